/** The values of one column, row by row, as typed arrays that grow. Nulls are kept beside them, by `TableColumns`. */
import { ByteList } from './byte-list.ts';
import type { Numbers } from './columns-view.ts';

/** Numbers of one kind. */
export class Values<T extends Numbers> {
  values: T;
  readonly #make: (capacity: number) => T;

  constructor(capacity: number, make: (capacity: number) => T) {
    this.values = make(capacity);
    this.#make = make;
  }

  set(row: number, value: T[number]): void {
    this.values[row] = value;
  }

  resize(capacity: number): void {
    this.values = grown(this.values, this.#make(capacity));
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

  set(row: number, text: string): void {
    const bytes = Buffer.from(text);
    this.entries[row] = this.repeats
      ? this.texts.intern(bytes, 0, bytes.length, hashBytes(bytes))
      : this.texts.append(bytes, 0, bytes.length);
  }

  resize(capacity: number): void {
    this.entries = grown(this.entries, new Int32Array(capacity));
  }
}

function hashBytes(bytes: Uint8Array): number {
  let hash = HASH_START;
  for (const byte of bytes) hash = Math.imul(hash ^ byte, HASH_FACTOR);
  return hash;
}

const HASH_START = 0x811c9dc5 | 0;
const HASH_FACTOR = 0x01000193;

function grown<T extends Numbers>(from: T, to: T): T {
  to.set(from as never);
  return to;
}
