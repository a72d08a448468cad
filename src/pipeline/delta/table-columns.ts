/** Rows as columns of typed arrays, in the order in which they came: rows that are at hand as objects. */
import { TextCells, Values } from './cells.ts';
import type { TableColumn, TableRow } from './schema.ts';

export type Cells = Values<BigInt64Array> | Values<Int32Array> | Values<Float64Array> | TextCells;

const FIRST_ROWS = 256;
/** One bit per column in `present`. */
const MAX_COLUMNS = 31;

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

  append(row: TableRow): void {
    this.#reserve();
    let present = 0;
    this.columns.forEach(({ name }, column) => {
      const value = row[name] ?? null;
      if (value === null) return;
      present |= 1 << column;
      (this.cells[column] as Cells).set(this.rows, value as never);
    });
    this.present[this.rows] = present;
    this.rows += 1;
  }

  /** Makes room for one more row. */
  #reserve(): void {
    if (this.rows < this.present.length) return;
    const capacity = 2 * this.present.length;
    const larger = new Int32Array(capacity);
    larger.set(this.present);
    this.present = larger;
    for (const cells of this.cells) cells.resize(capacity);
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
      return new Values(capacity, (rows) => new Float64Array(rows));
    case 'integer':
      return new Values(capacity, (rows) => new Int32Array(rows));
    case 'long':
    case 'timestamp':
      return new Values(capacity, (rows) => new BigInt64Array(rows));
  }
}
