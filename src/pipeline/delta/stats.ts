/** Column statistics of a data file, as Delta 3.3 writes them: JSON text in `add.stats`. */
import { javaDouble } from '../java-double.ts';
import { KeptBounds, type BoundValues } from './kept-bounds.ts';
import type { EncodedColumn } from './parquet-column.ts';
import type { TableColumn } from './schema.ts';

/** `delta.dataSkippingNumIndexedCols`. */
const INDEXED_COLUMNS = 32;
const MAX_TEXT = 32;
/** Appended to a cut maximum, so that it stays an upper bound: what Delta 3.3 writes. */
const TIE_BREAKER = '\u007f';

/** Whether a column has bounds: not yet, or never, once a row group had values but no bounds. */
const EMPTY = 0;
const BOUNDED = 1;
const UNORDERED = 2;

/** Adds up what the row groups of one file have; its text is that of one group with all their rows. */
export class FileStats {
  rows = 0;
  readonly #columns: readonly TableColumn[];
  readonly #nulls: Int32Array;
  readonly #states: Uint8Array;
  readonly #bounds: KeptBounds;

  constructor(columns: readonly TableColumn[]) {
    this.#columns = columns.slice(0, INDEXED_COLUMNS);
    this.#nulls = new Int32Array(this.#columns.length);
    this.#states = new Uint8Array(this.#columns.length);
    this.#bounds = new KeptBounds(this.#columns.length);
  }

  /** `chunks`: one for each column, at least. */
  add(chunks: readonly EncodedColumn[]): void {
    this.rows += chunks[0]?.rows ?? 0;
    for (let index = 0; index < this.#columns.length; index++) {
      const { rows, count, bounds } = chunks[index] as EncodedColumn;
      const state = this.#states[index];
      this.#nulls[index] = (this.#nulls[index] as number) + rows - count;
      if (count === 0 || state === UNORDERED) continue;
      const { type } = this.#columns[index] as TableColumn;
      if (bounds.exist) this.#bounds.join(index, type, bounds, state === EMPTY);
      this.#states[index] = bounds.exist ? BOUNDED : UNORDERED;
    }
  }

  toJson(): string {
    const min: string[] = [];
    const max: string[] = [];
    const nulls: string[] = [];
    this.#columns.forEach(({ name: column, type }, index) => {
      const name = JSON.stringify(column);
      const bounds = this.#states[index] === BOUNDED ? toTexts(type, this.#bounds.valuesOf(index, type)) : null;
      if (bounds) {
        min.push(`${name}:${bounds.min}`);
        max.push(`${name}:${bounds.max}`);
      }
      nulls.push(`${name}:${this.#nulls[index]}`);
    });
    return (
      `{"numRecords":${this.rows},"minValues":{${min.join(',')}},` +
      `"maxValues":{${max.join(',')}},"nullCount":{${nulls.join(',')}}}`
    );
  }
}

function toTexts(type: TableColumn['type'], { min, max }: BoundValues): { min: string; max: string } | null {
  switch (type) {
    case 'string':
      return { min: JSON.stringify(cutText(min as string)), max: JSON.stringify(upperText(max as string)) };
    case 'double':
      return { min: javaDouble(min as number), max: javaDouble(max as number) };
    case 'timestamp':
      return timestampTexts(min as bigint, max as bigint);
    case 'long':
    case 'integer':
      return { min: String(min), max: String(max) };
  }
}

/** Cut down to milliseconds; readers add one millisecond to the maximum. */
function timestampTexts(min: bigint, max: bigint): { min: string; max: string } | null {
  const [low, high] = [toIso(min), toIso(max)];
  return low && high ? { min: JSON.stringify(low), max: JSON.stringify(high) } : null;
}

/** ISO text of the years 1 to 9999, beyond which readers disagree about the form. */
function toIso(micros: bigint): string | null {
  const ms = Number(micros / 1000n - (micros % 1000n < 0n ? 1n : 0n));
  return ms >= -62_135_596_800_000 && ms < 253_402_300_800_000 ? new Date(ms).toISOString() : null;
}

function upperText(max: string): string {
  const cut = cutText(max);
  return cut === max ? max : cut + tieBreaker(max, cut);
}

function cutText(text: string): string {
  return text.length <= MAX_TEXT ? text : [...text].slice(0, MAX_TEXT).join('');
}

/** A character above U+007F where the text is cut needs a tie breaker that is above it as well. */
function tieBreaker(whole: string, cut: string): string {
  const next = whole.codePointAt(cut.length) ?? 0;
  return next <= 0x7e ? TIE_BREAKER : '\u{10ffff}';
}
