/** Rows as columns of typed arrays, in the order in which they came: what is scanned into, and what files are made of. */
import { DoubleCells, IntCells, LongCells, TextCells } from './cells.ts';
import type { CellValue, TableColumn, TableRow } from './schema.ts';

export type Cells = LongCells | IntCells | DoubleCells | TextCells;

const FIRST_ROWS = 256;
/** A column with more text than this does not repeat itself much. */
const KEPT_TEXT_BYTES = 1 << 20;
/** One bit per column in `present`. */
const MAX_COLUMNS = 31;

/** Rows are written at `rows`, and count once it is raised: a row that is given up leaves nothing behind. */
export class TableColumns {
  readonly columns: readonly TableColumn[];
  readonly cells: readonly Cells[];
  rows = 0;
  /** Bit n of a row is set when its column n is not null. */
  present = new Int32Array(FIRST_ROWS);

  /** `unique`: text columns whose values hardly repeat, so that looking for an equal one is a waste. */
  constructor(columns: readonly TableColumn[], unique: readonly string[] = []) {
    if (columns.length > MAX_COLUMNS) throw new RangeError(`a table has at most ${MAX_COLUMNS} columns`);
    this.columns = columns;
    this.cells = columns.map((column) => toCells(column, FIRST_ROWS, !unique.includes(column.name)));
  }

  /** Bytes of memory. */
  get size(): number {
    const sizes = this.cells.map((cells) =>
      cells instanceof TextCells ? cells.entries.byteLength + cells.texts.size : cells.values.byteLength,
    );
    return sizes.reduce((sum, size) => sum + size, this.present.byteLength);
  }

  /** Makes room for one more row. */
  reserve(): void {
    if (this.rows < this.present.length) return;
    const capacity = 2 * this.present.length;
    const larger = new Int32Array(capacity);
    larger.set(this.present);
    this.present = larger;
    for (const cells of this.cells) cells.resize(capacity);
  }

  /** Forgets the rows and keeps the memory for the next ones, and texts that are likely to come again. */
  clear(): void {
    this.rows = 0;
    for (const cells of this.cells) {
      if (cells instanceof TextCells && (!cells.repeats || cells.texts.size > KEPT_TEXT_BYTES)) cells.texts.clear();
    }
  }

  append(row: TableRow): void {
    this.reserve();
    let present = 0;
    this.columns.forEach(({ name }, column) => {
      const value = row[name] ?? null;
      if (value === null) return;
      present |= 1 << column;
      setCell(this.cells[column] as Cells, this.rows, value);
    });
    this.present[this.rows] = present;
    this.rows += 1;
  }
}

export function columnsOf(columns: readonly TableColumn[], rows: readonly TableRow[]): TableColumns {
  const table = new TableColumns(columns);
  for (const row of rows) table.append(row);
  return table;
}

function toCells({ type }: TableColumn, capacity: number, repeats: boolean): Cells {
  switch (type) {
    case 'string':
      return new TextCells(capacity, repeats);
    case 'double':
      return new DoubleCells(capacity);
    case 'integer':
      return new IntCells(capacity);
    case 'long':
    case 'timestamp':
      return new LongCells(capacity);
  }
}

function setCell(cells: Cells, row: number, value: Exclude<CellValue, null>): void {
  if (cells instanceof TextCells) cells.setText(row, value as string);
  else if (cells instanceof LongCells) cells.set(row, value as bigint);
  else cells.set(row, value as number);
}
