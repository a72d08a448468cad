/** From a change to a row of the Bronze table, as the reference Spark job writes it. Pure. */
import { toLong } from '../cdc/cast.ts';
import { TRANSACTION_COLUMNS, type ColumnKind } from '../cdc/columns.ts';
import type { TransactionRow } from '../cdc/transaction.ts';
import type { ColumnType, TableColumn } from '../delta/schema.ts';
import { NO_DAY } from './days.ts';

/** Timestamps are microseconds since 1970. Partition columns are UTC and not zero padded. */
export interface BronzeRow extends TransactionRow {
  readonly trans_timestamp: bigint | null;
  readonly ingestion_time: bigint;
  readonly year: number | null;
  readonly month: number | null;
  readonly day: number | null;
}

const TYPES: Readonly<Record<ColumnKind, ColumnType>> = {
  text: 'string',
  'number-text': 'string',
  long: 'long',
  int: 'integer',
  double: 'double',
  amount: 'double',
};

export const PARTITION_COLUMNS = ['year', 'month', 'day'] as const;

/** The columns of the table in order; the partition columns are last and are not in the files. */
export const BRONZE_COLUMNS: readonly TableColumn[] = [
  ...TRANSACTION_COLUMNS.map(({ name, kind }) => ({ name, type: TYPES[kind] })),
  { name: 'trans_timestamp', type: 'timestamp' },
  { name: 'ingestion_time', type: 'timestamp' },
  ...PARTITION_COLUMNS.map((name) => ({ name, type: 'integer' as const })),
];

/** The columns that stand in the files. */
export const FILE_COLUMNS = BRONZE_COLUMNS.filter(({ name }) => !PARTITION_COLUMNS.some((each) => each === name));

/** `batchTimestamp` in ms: Spark's `current_timestamp()` is the time of the batch, in a re-run too. */
export function toBronzeRow(row: TransactionRow, batchTimestamp: number): BronzeRow {
  const micros = toTransTimestamp(row.trans_date_trans_time);
  const date = toUtcDate(micros === null ? null : toDay(micros));
  return { ...row, trans_timestamp: micros, ingestion_time: BigInt(batchTimestamp) * 1000n, ...date };
}

/** Spark divides by 1e6 as a double and casts back: the last digits of far dates are lost as there. */
const bendMicros = (micros: number): number => Math.trunc((micros / 1e6) * 1e6);

function toTransTimestamp(text: string | null): bigint | null {
  const micros = text === null ? null : toLong(text);
  return micros === null ? null : clampLong(bendMicros(Number(micros)));
}

/** Java's conversion of a double to a long stops at the ends. */
function clampLong(value: number): bigint {
  const whole = BigInt(value);
  return BigInt.asIntN(64, whole) === whole ? whole : value > 0 ? 2n ** 63n - 1n : -(2n ** 63n);
}

const MICROS_A_DAY = 86_400_000_000n;

/** Days since 1970. */
export const toDay = (micros: bigint): number => Number(micros / MICROS_A_DAY - (micros % MICROS_A_DAY < 0n ? 1n : 0n));

/** The day that a row is kept under, for `groupByDay`. */
export const dayOf = ({ trans_timestamp: at }: BronzeRow): number => (at === null ? NO_DAY : toDay(at));

export interface UtcDate {
  readonly year: number | null;
  readonly month: number | null;
  readonly day: number | null;
}

/** Proleptic Gregorian calendar (days to civil, Hinnant): JavaScript dates end in the year 275760. */
export function toUtcDate(daysSince1970: number | null): UtcDate {
  if (daysSince1970 === null) return { year: null, month: null, day: null };
  const days = daysSince1970 + 719_468;
  const era = Math.floor(days / 146_097);
  const dayOfEra = days - era * 146_097;
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const shifted = Math.floor((5 * dayOfYear + 2) / 153);
  const month = shifted < 10 ? shifted + 3 : shifted - 9;
  const day = dayOfYear - Math.floor((153 * shifted + 2) / 5) + 1;
  return { year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day };
}
