/** Bounds of the columns of one file, joined row group by row group: texts are copied, for the list they come from is used again. */
import type { Bounds } from './bounds.ts';
import { ByteList } from './byte-list.ts';
import type { ColumnType } from './schema.ts';
import { compareEntries, type TextList } from './text-list.ts';

export interface BoundValues {
  readonly min: string | number | bigint;
  readonly max: string | number | bigint;
}

export class KeptBounds {
  /** Two words for each bound, the least one of a column first. Of texts: the entry in `#texts`. */
  readonly #words: Int32Array;
  readonly #doubles: Float64Array;
  readonly #texts = new ByteList();

  constructor(columns: number) {
    this.#words = new Int32Array(4 * columns);
    this.#doubles = new Float64Array(this.#words.buffer);
  }

  /** Takes bounds that exist. `isFirst`: the column has none yet. */
  join(index: number, type: ColumnType, bounds: Bounds, isFirst: boolean): void {
    const [min, max] = [2 * index, 2 * index + 1];
    if (bounds.list) {
      const { list } = bounds;
      if (isFirst || this.#compareText(list, bounds.min, min) < 0) this.#keepText(list, bounds.min, min);
      if (isFirst || this.#compareText(list, bounds.max, max) > 0) this.#keepText(list, bounds.max, max);
      return;
    }
    if (isFirst || this.#compare(type, bounds, 0, min) < 0) this.#keep(bounds, 0, min);
    if (isFirst || this.#compare(type, bounds, 1, max) > 0) this.#keep(bounds, 1, max);
  }

  valuesOf(index: number, type: ColumnType): BoundValues {
    return { min: this.#valueOf(type, 2 * index), max: this.#valueOf(type, 2 * index + 1) };
  }

  #valueOf(type: ColumnType, at: number): string | number | bigint {
    const word = this.#words[2 * at] as number;
    switch (type) {
      case 'string':
        return this.#texts.text(word);
      case 'integer':
        return word;
      case 'double':
        return this.#doubles[at] as number;
      case 'long':
      case 'timestamp':
        return (BigInt(this.#words[2 * at + 1] as number) << 32n) | BigInt(word >>> 0);
    }
  }

  #compareText(list: TextList, entry: number, at: number): number {
    return compareEntries(list, entry, this.#texts, this.#words[2 * at] as number);
  }

  #keepText({ bytes, ends }: TextList, entry: number, at: number): void {
    this.#words[2 * at] = this.#texts.append(bytes, ends[entry] as number, ends[entry + 1] as number);
  }

  /** Of the bound `end` of `bounds` (0: the least, 1: the greatest) with the one that is kept at `at`. */
  #compare(type: ColumnType, { words, doubles }: Bounds, end: number, at: number): number {
    if (type === 'double') return compareDoubles(doubles[end] as number, this.#doubles[at] as number);
    const [low, kept] = [words[2 * end] as number, this.#words[2 * at] as number];
    if (type === 'integer') return low - kept;
    const high = (words[2 * end + 1] as number) - (this.#words[2 * at + 1] as number);
    return high === 0 ? (low >>> 0) - (kept >>> 0) : high;
  }

  #keep({ words }: Bounds, end: number, at: number): void {
    this.#words[2 * at] = words[2 * end] as number;
    this.#words[2 * at + 1] = words[2 * end + 1] as number;
  }
}

/** -0 comes before 0. */
function compareDoubles(a: number, b: number): number {
  if (a === 0 && b === 0) return (Object.is(a, -0) ? 0 : 1) - (Object.is(b, -0) ? 0 : 1);
  return a - b;
}
