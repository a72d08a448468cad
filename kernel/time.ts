/** What a row gets from the time of its transaction and of its batch. */
import { columnAt, days, present, rowCount } from './table';

const MICROS_A_DAY: f64 = 86_400_000_000;
const MAX_SAFE: i64 = 9_007_199_254_740_991;
/** Stands for null among the days. */
export const NO_DAY: i32 = i32.MIN_VALUE;

/** Which columns they are. */
let timeColumn: u32 = 0;
let timestampColumn: u32 = 0;
let ingestionColumn: u32 = 0;
let ingestion: i64 = 0;

/** Microseconds since 1970 of the row that is being written. */
let micros: f64 = NaN;

export function defineTime(time: u32, timestamp: u32, ingestionTime: u32): void {
  timeColumn = time;
  timestampColumn = timestamp;
  ingestionColumn = ingestionTime;
}

/** `micros` since 1970: the time of the batch. */
export function setIngestion(value: f64): void {
  ingestion = <i64>value;
}

export function forgetTime(): void {
  micros = NaN;
}

/** False for a time that is not exact as a double. */
export function setTime(column: u32, value: i64): bool {
  if (column !== timeColumn) return true;
  micros = <f64>value;
  return value <= MAX_SAFE && value >= -MAX_SAFE;
}

/** Spark divides by 1e6 as a double and casts back: the last digits of far dates are lost as there. */
export function finishRow(): void {
  const row = rowCount();
  let filled = load<u32>(present + 4 * row) | (1 << ingestionColumn);
  let day = NO_DAY;
  if (!isNaN(micros)) {
    const bent = trunc((micros / 1e6) * 1e6);
    day = <i32>floor(bent / MICROS_A_DAY);
    store<i64>(columnAt(timestampColumn).cells + 8 * row, <i64>bent);
    filled |= 1 << timestampColumn;
  }
  store<i64>(columnAt(ingestionColumn).cells + 8 * row, ingestion);
  store<u32>(present + 4 * row, filled);
  store<i32>(days + 4 * row, day);
}
