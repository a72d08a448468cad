/** Byte strings, one after the other in one buffer, addressed by their place; can find an equal one again. */

const FIRST_BYTES = 1024;
const FIRST_COUNT = 64;
const MAX_RANKED = 4_096;
const HEAD_BYTES = 6;

export class ByteList {
  bytes = new Uint8Array(FIRST_BYTES);
  /** Entry n is the bytes from ends[n] to ends[n + 1]. */
  ends = new Int32Array(FIRST_COUNT + 1);
  count = 0;
  /** Open addressing: place of an entry + 1, or 0. Empty until something is interned. */
  #slots = new Int32Array(0);
  #hashes = new Int32Array(0);
  #marks = new Int32Array(0);
  #base = 1;
  #ranks: Int32Array | null = null;

  /** Bytes of memory. */
  get size(): number {
    return this.bytes.byteLength + this.ends.byteLength + this.#slots.byteLength + 2 * this.#hashes.byteLength;
  }

  /** Adds the bytes [start, end) and answers their place. */
  append(from: Uint8Array, start: number, end: number): number {
    const at = this.ends[this.count] as number;
    const next = at + end - start;
    if (next > this.bytes.length) this.#growBytes(next);
    const { bytes } = this;
    for (let read = start, write = at; read < end; read++, write++) bytes[write] = from[read] as number;
    this.count += 1;
    if (this.count >= this.ends.length) this.ends = resized(this.ends, 2 * this.ends.length);
    this.ends[this.count] = next;
    return this.count - 1;
  }

  /** The place of equal bytes; they are added when they are new. Equal bytes must come with equal hashes. */
  intern(from: Uint8Array, start: number, end: number, hash: number): number {
    const mask = this.#slots.length - 1;
    for (let slot = mix(hash) & mask; mask > 0; slot = (slot + 1) & mask) {
      const entry = (this.#slots[slot] as number) - 1;
      if (entry < 0) break;
      if (this.#hashes[entry] === hash && this.#equals(entry, from, start, end)) return entry;
    }
    return this.#add(from, start, end, hash);
  }

  /**
   * The entries without repetition, in the order in which they first come, and for each entry its place among them. Null
   * when more than half of them are different: then there is nothing to gain.
   */
  distinct(entries: Int32Array): { distinct: Int32Array; codes: Int32Array } | null {
    const limit = entries.length >>> 1;
    const marks = this.#freshMarks(limit);
    const base = this.#base;
    const distinct = new Int32Array(limit);
    const codes = new Int32Array(entries.length);
    let count = 0;
    for (let at = 0; at < entries.length; at++) {
      const entry = entries[at] as number;
      let mark = marks[entry] as number;
      if (mark < base) {
        if (count === limit) return null;
        mark = base + count;
        marks[entry] = mark;
        distinct[count++] = entry;
        this.#base = mark + 1;
      }
      codes[at] = mark - base;
    }
    return { distinct: distinct.subarray(0, count), codes };
  }

  /** The place of each entry in the order of the bytes; null when there are so many that sorting them costs more than it saves. */
  ranks(): Int32Array | null {
    const { count } = this;
    if (count > MAX_RANKED) return null;
    if (this.#ranks?.length === count) return this.#ranks;
    const order = Int32Array.from({ length: count }, (_, entry) => entry).sort((a, b) => compareEntries(this, a, b));
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

  /** A mark of an entry counts from `#base` on: older ones need not be wiped. */
  #freshMarks(count: number): Int32Array {
    if (this.#marks.length < this.count) this.#marks = resized(this.#marks, this.ends.length);
    if (this.#base + count >= 2 ** 31) {
      this.#marks.fill(0);
      this.#base = 1;
    }
    return this.#marks;
  }

  /** Forgets all entries, and keeps the memory. */
  clear(): void {
    this.count = 0;
    this.#ranks = null;
    this.#slots.fill(0);
  }

  text(entry: number): string {
    return decoder.decode(this.bytes.subarray(this.ends[entry], this.ends[entry + 1]));
  }

  #equals(entry: number, from: Uint8Array, start: number, end: number): boolean {
    const { bytes } = this;
    let at = this.ends[entry] as number;
    if ((this.ends[entry + 1] as number) - at !== end - start) return false;
    for (let read = start; read < end; read++, at++) if (bytes[at] !== from[read]) return false;
    return true;
  }

  #add(from: Uint8Array, start: number, end: number, hash: number): number {
    if (2 * (this.count + 1) > this.#slots.length) this.#rehash(Math.max(2 * FIRST_COUNT, 2 * this.#slots.length));
    const entry = this.append(from, start, end);
    this.#hashes[entry] = hash;
    this.#place(entry);
    return entry;
  }

  #rehash(slots: number): void {
    this.#slots = new Int32Array(slots);
    this.#hashes = resized(this.#hashes, slots / 2);
    for (let entry = 0; entry < this.count; entry++) this.#place(entry);
  }

  #place(entry: number): void {
    const mask = this.#slots.length - 1;
    let slot = mix(this.#hashes[entry] as number) & mask;
    while (this.#slots[slot] !== 0) slot = (slot + 1) & mask;
    this.#slots[slot] = entry + 1;
  }

  #growBytes(needed: number): void {
    const larger = new Uint8Array(Math.max(needed, 2 * this.bytes.length));
    larger.set(this.bytes);
    this.bytes = larger;
  }
}

/** Order of the bytes: below zero when entry `a` comes first. */
export function compareEntries({ bytes, ends }: ByteList, a: number, b: number): number {
  let [at, other] = [ends[a] as number, ends[b] as number];
  const [end, otherEnd] = [ends[a + 1] as number, ends[b + 1] as number];
  while (at < end && other < otherEnd && bytes[at] === bytes[other]) {
    at += 1;
    other += 1;
  }
  if (at === end || other === otherEnd) return end - at - (otherEnd - other);
  return (bytes[at] as number) - (bytes[other] as number);
}

function shortHead(bytes: Uint8Array, at: number, length: number): number {
  let head = 0;
  for (let index = 0; index < HEAD_BYTES; index++)
    head = head * 256 + (index < length ? (bytes[at + index] as number) : 0);
  return head;
}

const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/** The upper bits of a hash must count for its slot as well. */
const mix = (hash: number): number => hash ^ (hash >>> 15);

function resized(from: Int32Array, length: number): Int32Array<ArrayBuffer> {
  const to = new Int32Array(length);
  to.set(from);
  return to;
}
