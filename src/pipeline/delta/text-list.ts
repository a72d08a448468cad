/** Byte strings, one after the other in one buffer, addressed by their place: what is read of them. Whoever fills them keeps them. */

const MAX_RANKED = 4_096;
const HEAD_BYTES = 6;

export class TextList {
  bytes: Uint8Array = new Uint8Array(0);
  /** Entry n is the bytes from ends[n] to ends[n + 1]; the first one begins at 0. */
  ends: Int32Array = new Int32Array(1);
  /** May be raised as entries are added. */
  count = 0;
  #marks = new Int32Array(0);
  #base = 1;
  #words: Int32Array | null = null;
  #ranks: Int32Array | null = null;

  /** Reads these from now on. Must be called as well when entries that were there have become others. */
  show(bytes: Uint8Array, ends: Int32Array, count: number): void {
    this.bytes = bytes;
    this.ends = ends;
    this.count = count;
    this.#ranks = null;
  }

  /** The place of each entry in the order of the bytes; null when there are so many that sorting them costs more than it saves. */
  ranks(): Int32Array | null {
    const { count } = this;
    if (count > MAX_RANKED) return null;
    if (this.#ranks?.length === count) return this.#ranks;
    const order = Int32Array.from({ length: count }, (_, entry) => entry).sort((a, b) =>
      compareEntries(this, a, this, b),
    );
    const ranks = new Int32Array(count);
    order.forEach((entry, rank) => (ranks[entry] = rank));
    return (this.#ranks = ranks);
  }

  /** The first six bytes as a number, filled up with zeros: of two texts the one with the smaller number comes first. */
  head(entry: number): number {
    const { bytes } = this;
    const at = this.ends[entry] as number;
    const length = (this.ends[entry + 1] as number) - at;
    if (length < HEAD_BYTES) return shortHead(bytes, at, length);
    const upper = ((bytes[at] as number) << 8) | (bytes[at + 1] as number);
    const lower =
      ((bytes[at + 2] as number) << 24) |
      ((bytes[at + 3] as number) << 16) |
      ((bytes[at + 4] as number) << 8) |
      (bytes[at + 5] as number);
    return upper * 2 ** 32 + (lower >>> 0);
  }

  /**
   * A mark for each entry, for whoever wants to know which ones it has met. Those below `base` are of older uses; new ones
   * are to lie in [base, base + count).
   */
  marks(count: number): { readonly marks: Int32Array; readonly base: number } {
    if (this.#marks.length < this.count) this.#marks = resized(this.#marks, 2 * this.count);
    if (this.#base + count >= 2 ** 31) {
      this.#marks.fill(0);
      this.#base = 1;
    }
    const base = this.#base;
    this.#base += count;
    return { marks: this.#marks, base };
  }

  /** The bytes as words of four; null where they do not lie so. */
  get words(): Int32Array | null {
    const { buffer, byteOffset, length } = this.bytes;
    if ((byteOffset & 3) !== 0) return null;
    if (this.#words?.buffer !== buffer || this.#words.byteOffset !== byteOffset || this.#words.length !== length >>> 2)
      this.#words = new Int32Array(buffer, byteOffset, length >>> 2);
    return this.#words;
  }

  text(entry: number): string {
    return decoder.decode(this.bytes.subarray(this.ends[entry], this.ends[entry + 1]));
  }
}

/** Order of the bytes: below zero when entry `a` of the one list comes before entry `b` of the other. */
export function compareEntries(one: TextList, a: number, other: TextList, b: number): number {
  const { bytes } = one;
  const { bytes: others } = other;
  let at = one.ends[a] as number;
  let to = other.ends[b] as number;
  const end = one.ends[a + 1] as number;
  const otherEnd = other.ends[b + 1] as number;
  while (at < end && to < otherEnd && bytes[at] === others[to]) {
    at += 1;
    to += 1;
  }
  if (at === end || to === otherEnd) return end - at - (otherEnd - to);
  return (bytes[at] as number) - (others[to] as number);
}

function shortHead(bytes: Uint8Array, at: number, length: number): number {
  let head = 0;
  for (let index = 0; index < HEAD_BYTES; index++)
    head = head * 256 + (index < length ? (bytes[at + index] as number) : 0);
  return head;
}

const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

function resized(from: Int32Array, length: number): Int32Array<ArrayBuffer> {
  const to = new Int32Array(length);
  to.set(from);
  return to;
}
