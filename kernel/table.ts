/** Rows as columns, in the order in which they came. A row is written at {@link rows}, and counts once that is raised. */
import { MAX_ROWS, TEXT_BYTES, reserve } from './regions';
import { TextList } from './texts';

/** What a column holds; the same numbers as in `src/pipeline/cdc/kernel.ts`. */
export const TEXT: u32 = 0;
export const NUMBER_TEXT: u32 = 1;
export const LONG: u32 = 2;
export const INT: u32 = 3;
export const DOUBLE: u32 = 4;
export const AMOUNT: u32 = 5;

/** Rows between two looks at how much memory is in use. */
const LOOK_EVERY: u32 = 512;
const MAX_COLUMNS: u32 = 31;

export class Column {
  readonly kind: u32;
  /** Bytes of a cell. */
  readonly width: u32;
  /** Row by row: 64-bit integers, doubles, 32-bit integers or places of texts. */
  readonly cells: usize;
  readonly texts: TextList | null;

  constructor(kind: u32, repeats: bool) {
    const isText = kind === TEXT || kind === NUMBER_TEXT;
    this.kind = kind;
    this.width = isText || kind === INT ? 4 : 8;
    this.cells = reserve(this.width * MAX_ROWS);
    this.texts = isText ? new TextList(repeats) : null;
  }
}

/** Bit n of a row is set when its column n is not null. */
export const present: usize = reserve(4 * MAX_ROWS);
/** Days since 1970, by which the rows are put into files. */
export const days: usize = reserve(4 * MAX_ROWS);

let rows: u32 = 0;
let columnCount: u32 = 0;
const columns = new StaticArray<Column | null>(MAX_COLUMNS);
/** The table is full once so many bytes are in use. */
let limit: u32 = u32.MAX_VALUE;
/** Every list of texts has at least so much room. */
let textRoom: u32 = TEXT_BYTES;

export function addColumn(kind: u32, repeats: bool): void {
  columns[columnCount++] = new Column(kind, repeats);
}

export function columnAt(index: u32): Column {
  return unchecked(columns[index])!;
}

export function rowCount(): u32 {
  return rows;
}

/** The row that was written counts from now on. */
export function acceptRow(): void {
  rows += 1;
}

export function clearTable(): void {
  rows = 0;
  textRoom = TEXT_BYTES;
  for (let index: u32 = 0; index < columnCount; index++) {
    const texts = columnAt(index).texts;
    if (texts) texts.clear();
  }
}

export function setLimit(bytes: u32): void {
  limit = bytes;
}

/** Whether there is room for one more row out of a value of so many bytes. */
export function hasRoom(valueBytes: u32): bool {
  if (rows === MAX_ROWS || (rows % LOOK_EVERY === 0 && rows > 0 && usedBytes() >= limit)) return false;
  if (textRoom < valueBytes) textRoom = leastRoom();
  if (textRoom < valueBytes) return false;
  textRoom -= valueBytes;
  return true;
}

/** Bytes of memory that hold something. */
export function usedBytes(): u32 {
  let bytes: u32 = 8 * rows;
  for (let index: u32 = 0; index < columnCount; index++) {
    const column = columnAt(index);
    bytes += column.width * rows;
    const texts = column.texts;
    if (texts) bytes += texts.size;
  }
  return bytes;
}

function leastRoom(): u32 {
  let least: u32 = TEXT_BYTES;
  for (let index: u32 = 0; index < columnCount; index++) {
    const texts = columnAt(index).texts;
    if (texts) least = min(least, texts.room);
  }
  return least;
}
