/** Typed columns as rows again, so that they can be compared. */
import type { Taken } from '../../../src/pipeline/bronze/intake.ts';
import { FULL, Intake } from '../../../src/pipeline/bronze/intake.ts';
import { toBronzeRow } from '../../../src/pipeline/bronze/rows.ts';
import { parseChange } from '../../../src/pipeline/cdc/parse.ts';
import type { ColumnsView } from '../../../src/pipeline/delta/columns-view.ts';
import { openParquetFile } from '../../../src/pipeline/delta/parquet.ts';
import type { CellValue, TableColumn, TableRow } from '../../../src/pipeline/delta/schema.ts';
import { columnsOf } from '../../../src/pipeline/delta/table-columns.ts';
import type { TopicRecord } from '../../../src/pipeline/ports.ts';

type Row = Record<string, CellValue>;

export interface Outcome {
  readonly rows: Row[];
  readonly taken: Taken[];
  readonly fast: number;
}

export const BATCH_TIME = 1_795_361_321_800;

/** What the fast path and the columns make of the records. */
export function takeAll(records: readonly TopicRecord[]): Outcome {
  const intake = new Intake(BATCH_TIME);
  const taken = records.map((record) => intake.take(record)).filter((each) => each !== FULL);
  if (taken.length < records.length) throw new Error('the columns are full');
  const { rows, skips } = intake.fast;
  const outcome = { rows: rowsOf(intake.table), taken, fast: rows + skips };
  intake.close();
  return outcome;
}

/** What the exact path makes of them. */
export function parseAll(records: readonly TopicRecord[]): Omit<Outcome, 'fast'> {
  const rows: Row[] = [];
  const taken = records.map((record): Taken => {
    const change = parseChange(record);
    if (change.kind === 'skip') return { kind: 'skip' };
    if (change.kind === 'dead') return change;
    const { year: _year, month: _month, day: _day, ...row } = toBronzeRow(change.row, BATCH_TIME);
    rows.push(row as unknown as Row);
    return { kind: 'row', notes: change.notes };
  });
  return { rows, taken };
}

/** Statistics of a file that was written in row groups of so many rows. */
export function toStats(columns: readonly TableColumn[], rows: readonly TableRow[], groupRows = Infinity): string {
  const file = openParquetFile(columns);
  for (let at = 0; at < rows.length; at += groupRows) file.append(columnsOf(columns, rows.slice(at, at + groupRows)));
  return file.stats.toJson();
}

export function rowsOf(table: ColumnsView): Row[] {
  return Array.from({ length: table.rows }, (_, row) =>
    Object.fromEntries(table.columns.map(({ name }, column) => [name, cellOf(table, column, row)])),
  );
}

function cellOf({ present, cells }: ColumnsView, column: number, row: number): CellValue {
  if (((present[row] ?? 0) & (1 << column)) === 0) return null;
  const cell = cells[column];
  if (!cell) return null;
  return 'texts' in cell ? cell.texts.text(cell.entries[row] ?? 0) : (cell.values[row] ?? null);
}
