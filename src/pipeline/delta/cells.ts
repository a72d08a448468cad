/** The values of one column, row by row, as typed arrays that grow. Nulls are kept beside them, by `TableColumns`. */
import { ByteList } from './byte-list.ts';

/** 64-bit integers, as two 32-bit words, so that appending one makes no bigint. */
export class LongCells {
  values: BigInt64Array<ArrayBuffer>;
  #words: Int32Array<ArrayBuffer>;

  constructor(capacity: number) {
    this.values = new BigInt64Array(capacity);
    this.#words = new Int32Array(this.values.buffer);
  }

  set(row: number, value: bigint): void {
    this.values[row] = value;
  }

  /** `high` and `low` are the upper and the lower 32 bits. */
  setWords(row: number, high: number, low: number): void {
    this.#words[2 * row + LOW_WORD] = low;
    this.#words[2 * row + 1 - LOW_WORD] = high;
  }

  resize(capacity: number): void {
    this.values = grown(this.values, new BigInt64Array(capacity));
    this.#words = new Int32Array(this.values.buffer);
  }
}

export class IntCells {
  values: Int32Array<ArrayBuffer>;

  constructor(capacity: number) {
    this.values = new Int32Array(capacity);
  }

  set(row: number, value: number): void {
    this.values[row] = value;
  }

  resize(capacity: number): void {
    this.values = grown(this.values, new Int32Array(capacity));
  }
}

export class DoubleCells {
  values: Float64Array<ArrayBuffer>;

  constructor(capacity: number) {
    this.values = new Float64Array(capacity);
  }

  set(row: number, value: number): void {
    this.values[row] = value;
  }

  resize(capacity: number): void {
    this.values = grown(this.values, new Float64Array(capacity));
  }
}

/** Texts as UTF-8. `entries` says for each row which text of `texts` it has: equal texts are kept once. */
export class TextCells {
  readonly texts = new ByteList();
  entries: Int32Array<ArrayBuffer>;
  /** Whether texts repeat: those that never do are not looked up. */
  readonly repeats: boolean;

  constructor(capacity: number, repeats: boolean) {
    this.entries = new Int32Array(capacity);
    this.repeats = repeats;
  }

  /** Takes the bytes [start, end). `hash` is theirs by {@link hashBytes}; it may be anything where texts do not repeat. */
  setBytes(row: number, bytes: Uint8Array, start: number, end: number, hash: number): void {
    this.entries[row] = this.repeats
      ? this.texts.intern(bytes, start, end, hash)
      : this.texts.append(bytes, start, end);
  }

  setText(row: number, text: string): void {
    const bytes = Buffer.from(text);
    this.setBytes(row, bytes, 0, bytes.length, hashBytes(bytes));
  }

  resize(capacity: number): void {
    this.entries = grown(this.entries, new Int32Array(capacity));
  }
}

export const HASH_START = 0x811c9dc5 | 0;

export function hashBytes(bytes: Uint8Array): number {
  let hash = HASH_START;
  for (const byte of bytes) hash = hashByte(hash, byte);
  return hash;
}

export const hashByte = (hash: number, byte: number): number => Math.imul(hash ^ byte, 0x01000193);

/** Where the lower word of a 64-bit number stands: 0 on little-endian machines. */
const LOW_WORD = new Int32Array(BigInt64Array.of(1n).buffer)[0] === 1 ? 0 : 1;

function grown<T extends { set(from: T): void }>(from: T, to: T): T {
  to.set(from);
  return to;
}
