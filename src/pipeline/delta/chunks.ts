/** Some rows of the columns, packed column by column: what one row group and its statistics are made of. Pure. */
import type { ByteList } from './byte-list.ts';
import { TextCells } from './cells.ts';
import type { TableColumn } from './schema.ts';
import type { TableColumns } from './table-columns.ts';

/** One column of some rows. `values` holds those that are not null, in order. */
export interface ColumnChunk {
  readonly column: TableColumn;
  readonly rows: number;
  /** 1 for each row that has a value; null when all have one. */
  readonly defined: Uint8Array | null;
  readonly values: BigInt64Array | Int32Array | Float64Array | Texts;
}

/** Texts as places in a list. */
export interface Texts {
  readonly list: ByteList;
  readonly entries: Int32Array;
}

/** The rows at `picks`, in that order. */
export function pickChunks(table: TableColumns, picks: Int32Array): ColumnChunk[] {
  return table.columns.map((column, index) => {
    const defined = findDefined(table.present, picks, 1 << index);
    const some = defined ? picks.filter((_, at) => defined[at] === 1) : picks;
    return { column, rows: picks.length, defined, values: pickValues(table.cells[index] as never, some) };
  });
}

/** All rows. */
export function allChunks(table: TableColumns): ColumnChunk[] {
  return pickChunks(
    table,
    Int32Array.from({ length: table.rows }, (_, row) => row),
  );
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

function pickValues(cells: TableColumns['cells'][number], picks: Int32Array): ColumnChunk['values'] {
  if (cells instanceof TextCells) return { list: cells.texts, entries: pickInts(cells.entries, picks) };
  const { values } = cells;
  if (values instanceof Int32Array) return pickInts(values, picks);
  return values instanceof Float64Array ? pickDoubles(values, picks) : pickLongs(values, picks);
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

/** Moved as doubles would change the bits of some numbers, and as bigints would make one for each. */
function pickLongs(from: BigInt64Array, picks: Int32Array): BigInt64Array {
  const to = new BigInt64Array(picks.length);
  const [read, write] = [new Int32Array(from.buffer), new Int32Array(to.buffer)];
  for (let at = 0; at < picks.length; at++) {
    const row = 2 * (picks[at] as number);
    write[2 * at] = read[row] as number;
    write[2 * at + 1] = read[row + 1] as number;
  }
  return to;
}
