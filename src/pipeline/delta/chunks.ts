/** Some rows of the columns, packed column by column: what one row group and its statistics are made of. Pure. */
import { doubleBounds, intBounds, longBounds, textBounds, type Bounds } from './bounds.ts';
import type { ColumnsView, NumberCells, Numbers, TextEntries } from './columns-view.ts';
import type { TableColumn } from './schema.ts';
import type { TextList } from './text-list.ts';

/** One column of some rows. */
export interface ColumnChunk {
  readonly column: TableColumn;
  readonly rows: number;
  /** How many of the rows have a value. */
  readonly count: number;
  /** 1 for each row that has a value; null when all have one. */
  readonly defined: Uint8Array | null;
  /** Those that are not null, in order. */
  readonly values: Numbers | Texts;
  /** Null when there is no value, or one that has no place in an order. */
  readonly bounds: Bounds | null;
}

/** Texts by their entry in a list. */
export interface Texts {
  readonly list: TextList;
  readonly entries: Int32Array;
  /** The same without repetition, where texts repeat often: see `TextList.distinct`. */
  readonly dictionary: { readonly distinct: Int32Array; readonly codes: Int32Array } | null;
}

/** The rows at `picks`, in that order. */
export function pickChunks(table: ColumnsView, picks: Int32Array): ColumnChunk[] {
  return table.columns.map((column, index) => {
    const defined = findDefined(table.present, picks, 1 << index);
    const some = defined ? picks.filter((_, at) => defined[at] === 1) : picks;
    const values = pickValues(table.cells[index] as NumberCells | TextEntries, some);
    return { column, rows: picks.length, count: some.length, defined, values, bounds: boundsOf(values, some.length) };
  });
}

/** All rows. */
export function allChunks(table: ColumnsView): ColumnChunk[] {
  const all = Int32Array.from({ length: table.rows }, (_, row) => row);
  return pickChunks(table, all);
}

function findDefined(present: Int32Array, picks: Int32Array, bit: number): Uint8Array | null {
  let all = bit;
  for (let at = 0; at < picks.length; at++) all &= present[picks[at] as number] as number;
  if (all !== 0) return null;
  const defined = new Uint8Array(picks.length);
  for (let at = 0; at < picks.length; at++) {
    defined[at] = ((present[picks[at] as number] as number) & bit) === 0 ? 0 : 1;
  }
  return defined;
}

function pickValues(cells: NumberCells | TextEntries, picks: Int32Array): Numbers | Texts {
  if ('texts' in cells) {
    const entries = pickInts(cells.entries, picks);
    const { texts: list } = cells;
    return { list, entries, dictionary: cells.repeats ? list.distinct(entries) : null };
  }
  const { values } = cells;
  if (values instanceof Int32Array) return pickInts(values, picks);
  return values instanceof Float64Array ? pickDoubles(values, picks) : pickLongs(values, picks);
}

function boundsOf(values: Numbers | Texts, count: number): Bounds | null {
  if (count === 0) return null;
  if ('list' in values) return textBounds(values.list, values.dictionary?.distinct ?? values.entries);
  if (values instanceof Float64Array) return doubleBounds(values);
  return values instanceof Int32Array ? intBounds(values) : longBounds(values);
}

function pickInts(from: Int32Array, picks: Int32Array): Int32Array {
  const to = new Int32Array(picks.length);
  for (let at = 0; at < picks.length; at++) to[at] = from[picks[at] as number] as number;
  return to;
}

function pickDoubles(from: Float64Array, picks: Int32Array): Float64Array {
  const to = new Float64Array(picks.length);
  for (let at = 0; at < picks.length; at++) to[at] = from[picks[at] as number] as number;
  return to;
}

/** As pairs of words: bigints would make an object for each. */
function pickLongs(from: BigInt64Array, picks: Int32Array): BigInt64Array {
  const to = new BigInt64Array(picks.length);
  const read = new Int32Array(from.buffer, from.byteOffset, 2 * from.length);
  const write = new Int32Array(to.buffer);
  for (let at = 0; at < picks.length; at++) {
    const row = 2 * (picks[at] as number);
    write[2 * at] = read[row] as number;
    write[2 * at + 1] = read[row + 1] as number;
  }
  return to;
}
