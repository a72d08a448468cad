/** Records of the topic into the columns of the table: the fast path where it is sure, else the exact one. */
import { parseChange } from '../cdc/parse.ts';
import { ChangeScanner } from '../cdc/scan.ts';
import type { Change, CoercionNote, DeadLetterCode } from '../cdc/transaction.ts';
import type { LongCells } from '../delta/cells.ts';
import { TableColumns } from '../delta/table-columns.ts';
import type { TopicRecord } from '../ports.ts';
import { bendMicros, FILE_COLUMNS, toBronzeRow, toDay, type BronzeRow } from './rows.ts';

/** What a record turned out to be; a row is in the columns already. */
export type Taken =
  | { readonly kind: 'row'; readonly notes: readonly CoercionNote[] }
  | { readonly kind: 'skip' }
  | { readonly kind: 'dead'; readonly code: DeadLetterCode; readonly reason: string };

/** Rows of one day, at their places in the columns. */
export interface DayRows {
  /** Days since 1970; null for rows without a time. */
  readonly day: number | null;
  readonly rows: Int32Array;
}

/** Text that is new in nearly every row. */
const UNIQUE = ['trans_date_trans_time', 'trans_num'];
const TIMESTAMP = FILE_COLUMNS.findIndex(({ name }) => name === 'trans_timestamp');
const INGESTION = FILE_COLUMNS.findIndex(({ name }) => name === 'ingestion_time');
const MICROS_A_DAY = 86_400_000_000;
const TWO_32 = 2 ** 32;
/** Stands in `#days` for null. */
const NO_DAY = -(2 ** 31);

const ROW: Taken = { kind: 'row', notes: [] };
const SKIP: Taken = { kind: 'skip' };

export class Intake {
  readonly table = new TableColumns(FILE_COLUMNS, UNIQUE);
  /** Records that the fast path took. */
  fast = 0;
  readonly #batchTimestamp: number;
  readonly #scanner = new ChangeScanner(this.table);
  #days = new Int32Array(0);

  /** `batchTimestamp`: ms. */
  constructor(batchTimestamp: number) {
    this.#batchTimestamp = batchTimestamp;
  }

  /** Whether `more` rows could make the columns larger than so many bytes. Arrays grow by doubling. */
  isFull(bytes: number, more: number): boolean {
    const { size, rows, present } = this.table;
    return rows + more > present.length ? 2 * size > bytes : size >= bytes;
  }

  /** Forgets the rows. */
  clear(): void {
    this.table.clear();
  }

  take(record: TopicRecord): Taken {
    const found = record.value === null ? 'unsure' : this.#scanner.scan(record.value);
    if (found === 'unsure') return this.#takeExactly(parseChange(record));
    this.fast += 1;
    if (found === 'skip') return SKIP;
    this.#addScanned();
    return ROW;
  }

  add(row: BronzeRow): void {
    this.#setDay(row.trans_timestamp === null ? NO_DAY : toDay(row.trans_timestamp));
    this.table.append(row as never);
  }

  /** The rows by day, in the order in which the days came. */
  byDay(): DayRows[] {
    const counts = new Map<number, number>();
    const days = this.#days.subarray(0, this.table.rows);
    for (const day of days) counts.set(day, (counts.get(day) ?? 0) + 1);
    const groups = new Map<number, Int32Array>();
    for (const [day, count] of counts) groups.set(day, new Int32Array(count));
    const filled = new Map<number, number>();
    days.forEach((day, row) => {
      const at = filled.get(day) ?? 0;
      (groups.get(day) as Int32Array)[at] = row;
      filled.set(day, at + 1);
    });
    return [...groups].map(([day, rows]) => ({ day: day === NO_DAY ? null : day, rows }));
  }

  #takeExactly(change: Change): Taken {
    if (change.kind === 'skip') return SKIP;
    if (change.kind === 'dead') return change;
    this.add(toBronzeRow(change.row, this.#batchTimestamp));
    return change.notes.length === 0 ? ROW : { kind: 'row', notes: change.notes };
  }

  /** The scanner has written its columns of the row; these are the ones that come from the batch and from the time. */
  #addScanned(): void {
    const { table } = this;
    const { micros } = this.#scanner;
    const row = table.rows;
    let day = NO_DAY;
    if (!Number.isNaN(micros)) {
      const bent = bendMicros(micros);
      day = Math.floor(bent / MICROS_A_DAY);
      setLong(table.cells[TIMESTAMP] as LongCells, row, bent);
      table.present[row] = (table.present[row] as number) | (1 << TIMESTAMP);
    }
    setLong(table.cells[INGESTION] as LongCells, row, this.#batchTimestamp * 1000);
    table.present[row] = (table.present[row] as number) | (1 << INGESTION);
    this.#setDay(day);
    table.rows += 1;
  }

  #setDay(day: number): void {
    const row = this.table.rows;
    if (row >= this.#days.length) {
      const larger = new Int32Array(Math.max(256, 2 * this.#days.length));
      larger.set(this.#days);
      this.#days = larger;
    }
    this.#days[row] = day;
  }
}

/** A whole number within 2^53. */
function setLong(cells: LongCells, row: number, value: number): void {
  const high = Math.floor(value / TWO_32);
  cells.setWords(row, high, value - high * TWO_32);
}
