/** Records of the topic into the columns of the table: the kernel where it is sure, else the exact parser. */
import { TRANSACTION_COLUMNS } from '../cdc/columns.ts';
import { borrowKernel, giveKernelBack, type Kernel, type KernelTable } from '../cdc/kernel.ts';
import { MAX_VALUE_BYTES, parseChange } from '../cdc/parse.ts';
import type { CoercionNote, DeadLetterCode } from '../cdc/transaction.ts';
import type { ColumnsView } from '../delta/columns-view.ts';
import type { PackedRecords, TopicRecord } from '../ports.ts';
import { groupByDay, type DayRows } from './days.ts';
import { dayOf, FILE_COLUMNS, toBronzeRow, type BronzeRow } from './rows.ts';

/** What a record turned out to be; a row is in the columns already. */
export type Taken =
  | { readonly kind: 'row'; readonly notes: readonly CoercionNote[] }
  | { readonly kind: 'skip' }
  | { readonly kind: 'dead'; readonly code: DeadLetterCode; readonly reason: string };

/** A record that only the exact parser understood. */
export interface TakenExactly {
  readonly record: TopicRecord;
  readonly taken: Taken;
}

/** The columns must be emptied, and the same asked again. */
export const FULL = 'full';

/** Text that is new in nearly every row. */
const UNIQUE = ['trans_date_trans_time', 'trans_num'];
const EVENT_KINDS = new Map(TRANSACTION_COLUMNS.map(({ name, kind }) => [name as string, kind]));
const placeOf = (column: keyof BronzeRow): number => FILE_COLUMNS.findIndex(({ name }) => name === column);

const TABLE: KernelTable = {
  columns: FILE_COLUMNS.map((column) => ({
    ...column,
    kind: EVENT_KINDS.get(column.name) ?? 'long',
    isUnique: UNIQUE.includes(column.name),
  })),
  eventColumns: TRANSACTION_COLUMNS.length,
  time: placeOf('trans_date_trans_time'),
  timestamp: placeOf('trans_timestamp'),
  ingestion: placeOf('ingestion_time'),
};

const ROW: Taken = { kind: 'row', notes: [] };
const SKIP: Taken = { kind: 'skip' };

export class Intake {
  readonly #batchTimestamp: number;
  readonly #kernel: Kernel;
  #packed: PackedRecords | null = null;
  /** Was parsed when the columns had no room for it. */
  #waiting: TopicRecord | null = null;

  /** @param batchTimestamp ms @param columnBytes of memory from which on the columns count as full */
  constructor(batchTimestamp: number, columnBytes = Infinity) {
    this.#batchTimestamp = batchTimestamp;
    this.#kernel = borrowKernel(TABLE);
    this.#kernel.begin(batchTimestamp, columnBytes);
  }

  /** The rows, for as long as nothing more is taken. */
  get table(): ColumnsView {
    this.#kernel.show();
    return this.#kernel;
  }

  /** What the kernel has taken by itself since the beginning. */
  get fast(): { readonly rows: number; readonly skips: number } {
    return this.#kernel.taken;
  }

  /** The rows by day, in the order in which the days came. */
  byDay(): DayRows[] {
    return groupByDay(this.#kernel.days.subarray(0, this.#kernel.rows));
  }

  /** Forgets the rows. */
  clear(): void {
    this.#kernel.clear();
  }

  /** Nothing of it may be used afterwards. */
  close(): void {
    giveKernelBack(this.#kernel);
  }

  /** One record. */
  take(record: TopicRecord): Taken | typeof FULL {
    const { rows } = this.fast;
    const found = record.value === null ? 'unsure' : this.#kernel.scanValue(record.value);
    if (found === 'full') return FULL;
    if (found === 'unsure') return this.#takeExactly(record);
    return this.fast.rows > rows ? ROW : SKIP;
  }

  /** Many records, for `next`. False when they must be taken one by one. */
  open(packed: PackedRecords): boolean {
    this.#packed = packed;
    return this.#kernel.open(packed.bytes, packed.count, packed.from, packed.to);
  }

  /** Goes on with them up to one that only the exact parser understands; null at their end. */
  next(): TakenExactly | typeof FULL | null {
    const packed = this.#packed as PackedRecords;
    const found = this.#waiting ? 'unsure' : this.#kernel.scan();
    if (found === 'done') return null;
    if (found === 'full') return FULL;
    const record = this.#waiting ?? packed.recordAt(this.#kernel.lastRecord);
    if (found === 'broken') throw new Error('a record is longer than it says');
    const taken = this.#takeExactly(record);
    this.#waiting = taken === FULL ? record : null;
    return taken === FULL ? FULL : { record, taken };
  }

  #takeExactly(record: TopicRecord): Taken | typeof FULL {
    const change = parseChange(record);
    if (change.kind === 'skip') return SKIP;
    if (change.kind === 'dead') return change;
    const row = toBronzeRow(change.row, this.#batchTimestamp);
    const long = longestText(row);
    if (long > MAX_VALUE_BYTES) return tooLarge(long);
    if (!this.#kernel.append(row as never, dayOf(row))) return FULL;
    return change.notes.length === 0 ? ROW : { kind: 'row', notes: change.notes };
  }
}

function longestText(row: BronzeRow): number {
  const lengths = Object.values(row).map((value) => (typeof value === 'string' ? Buffer.byteLength(value) : 0));
  return Math.max(...lengths);
}

/** Numbers may be longer as Spark prints them than they were sent. */
function tooLarge(bytes: number): Taken {
  const reason = `a text of the row has ${bytes} bytes, at most ${MAX_VALUE_BYTES} are written`;
  return { kind: 'dead', code: 'TOO_LARGE', reason };
}
