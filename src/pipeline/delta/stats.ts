/** Column statistics of a data file, as Delta 3.3 writes them: JSON text in `add.stats`. */
import { javaDouble } from '../java-double.ts';
import type { Bounds } from './bounds.ts';
import type { ColumnChunk } from './chunks.ts';
import type { TableColumn } from './schema.ts';

/** `delta.dataSkippingNumIndexedCols`. */
const INDEXED_COLUMNS = 32;
const MAX_TEXT = 32;
/** Appended to a cut maximum, so that it stays an upper bound: what Delta 3.3 writes. */
const TIE_BREAKER = '\u007f';

/** Adds up what the row groups of one file have; its text is that of one group with all their rows. */
export class FileStats {
  rows = 0;
  readonly #columns: readonly ColumnBounds[];

  constructor(columns: readonly TableColumn[]) {
    this.#columns = columns.slice(0, INDEXED_COLUMNS).map((column) => new ColumnBounds(column));
  }

  add(chunks: readonly ColumnChunk[]): void {
    this.rows += chunks[0]?.rows ?? 0;
    this.#columns.forEach((bounds, index) => bounds.add(chunks[index] as ColumnChunk));
  }

  toJson(): string {
    const min: string[] = [];
    const max: string[] = [];
    const nulls: string[] = [];
    for (const { column, nulls: count, ...bounds } of this.#columns.map((each) => each.toJson())) {
      const name = JSON.stringify(column);
      if (bounds.min !== null && bounds.max !== null) {
        min.push(`${name}:${bounds.min}`);
        max.push(`${name}:${bounds.max}`);
      }
      nulls.push(`${name}:${count}`);
    }
    return (
      `{"numRecords":${this.rows},"minValues":{${min.join(',')}},` +
      `"maxValues":{${max.join(',')}},"nullCount":{${nulls.join(',')}}}`
    );
  }
}

class ColumnBounds {
  readonly #column: TableColumn;
  #nulls = 0;
  #bounds: Bounds | null = null;
  /** Set once a row group had values but no bounds: then the file has none either. */
  #unordered = false;

  constructor(column: TableColumn) {
    this.#column = column;
  }

  add(chunk: ColumnChunk): void {
    const { rows, count, bounds } = chunk;
    this.#nulls += rows - count;
    if (count === 0 || this.#unordered) return;
    if (bounds === null) this.#unordered = true;
    else this.#bounds = this.#bounds === null ? bounds : join(this.#bounds, bounds);
  }

  toJson(): { column: string; nulls: number; min: string | null; max: string | null } {
    const { name, type } = this.#column;
    const bounds = this.#unordered || this.#bounds === null ? null : toTexts(type, this.#bounds);
    return { column: name, nulls: this.#nulls, min: bounds?.min ?? null, max: bounds?.max ?? null };
  }
}

function join(a: Bounds, b: Bounds): Bounds {
  return { min: isLess(b.min, a.min) ? b.min : a.min, max: isLess(a.max, b.max) ? b.max : a.max };
}

function isLess(a: Bounds['min'], b: Bounds['min']): boolean {
  if (typeof a === 'string') return Buffer.compare(Buffer.from(a), Buffer.from(b as string)) < 0;
  return a < (b as typeof a) || (Object.is(a, -0) && Object.is(b, 0));
}

function toTexts(type: TableColumn['type'], { min, max }: Bounds): { min: string; max: string } | null {
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
