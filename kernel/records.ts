/** The records of a batch as Kafka packs them (record format v2), one after the other. */
import { INPUT_BYTES, reserve } from './regions';
import { ROW, UNSURE, WIDE_ROW, WIDE_SKIP, scanValue } from './scan';
import { acceptRow, hasRoom } from './table';

/** What `scanRecords` stops for; the same numbers as in `src/pipeline/cdc/kernel.ts`. */
const DONE: u32 = 0;
/** The record is left to the exact parser. */
const NOT_SURE: u32 = 1;
/** The value must be looked at for being UTF-8. Its row, if it has one, is written and does not count yet. */
const WIDE: u32 = 2;
/** The table must be emptied first; the record comes again. */
const FULL: u32 = 3;
/** The bytes are not what a batch should be; the record comes again for somebody who says what is wrong. */
const BROKEN: u32 = 4;

export const input: usize = reserve(INPUT_BYTES);

let at: usize = 0;
let end: usize = 0;
let left: u32 = 0;
let from: i32 = 0;
let to: i32 = 0;
/** The record that was read last. */
let recordAt: usize = 0;
let valueAt: usize = 0;
let valueBytes: i32 = 0;
/** Its offset within the batch. */
let delta: i32 = 0;
let found: u32 = UNSURE;
let takenRows: u32 = 0;
let takenSkips: u32 = 0;
let cursor: usize = 0;

/** @param first @param behind offsets within the batch that are wanted: [first, behind) */
export function openRecords(bytes: u32, count: u32, first: i32, behind: i32): void {
  at = input;
  end = input + bytes;
  left = count;
  from = first;
  to = behind;
}

/** Goes on with the records until there is something that the host must do. */
export function scanRecords(): u32 {
  for (; left > 0; left--) {
    recordAt = at;
    const next = readRecord();
    if (next === 0) return BROKEN;
    if (delta >= from && delta < to) {
      if (valueBytes >= 0 && !hasRoom(valueBytes)) return FULL;
      const status = take();
      if (status !== DONE) {
        at = next;
        left -= 1;
        return status;
      }
    }
    at = next;
  }
  return DONE;
}

/** The value that the host has put into the input. */
export function scanOne(bytes: u32): u32 {
  if (!hasRoom(bytes)) return FULL;
  valueAt = input;
  valueBytes = bytes;
  return take();
}

/** The last value is UTF-8. */
export function acceptWide(): void {
  count(found === WIDE_ROW);
}

/** Where the last record begins, counted from the input on. */
export function lastRecord(): u32 {
  return <u32>(recordAt - input);
}

/** Where its value begins, and its bytes. */
export function lastValue(): u32 {
  return <u32>(valueAt - input);
}

export function lastValueBytes(): i32 {
  return valueBytes;
}

/** Records that were taken here, as rows and as skips, since `forgetTaken`. */
export function rowsTaken(): u32 {
  return takenRows;
}

export function skipsTaken(): u32 {
  return takenSkips;
}

export function forgetTaken(): void {
  takenRows = 0;
  takenSkips = 0;
}

function take(): u32 {
  if (valueBytes < 0) return NOT_SURE;
  const behind = valueAt + valueBytes;
  const kept = load<u8>(behind);
  store<u8>(behind, 0);
  found = scanValue(valueAt, behind);
  store<u8>(behind, kept);
  if (found === UNSURE) return NOT_SURE;
  if (found === WIDE_ROW || found === WIDE_SKIP) return WIDE;
  count(found === ROW);
  return DONE;
}

function count(isRow: bool): void {
  if (isRow) {
    acceptRow();
    takenRows += 1;
  } else takenSkips += 1;
}

/** Finds the value of the record at `at`, and answers where the next record begins; 0 when the bytes end too early. */
function readRecord(): usize {
  const start = at;
  cursor = at;
  const length = readVarint();
  const next = cursor + length;
  if (length < 0 || next > end) return 0;
  cursor += 1;
  skipVarint();
  delta = readVarint();
  const keyBytes = readVarint();
  if (keyBytes > 0) cursor += keyBytes;
  valueBytes = cursor < next ? readVarint() : -1;
  valueAt = cursor;
  const isWhole = cursor <= next && (valueBytes <= 0 || valueAt + valueBytes <= next);
  return isWhole && next > start ? next : 0;
}

/** Signed, zigzag, seven bits a byte. */
function readVarint(): i32 {
  let value: u32 = 0;
  for (let shift: u32 = 0; shift < 35; shift += 7) {
    const byte: u32 = load<u8>(cursor++);
    value |= (byte & 0x7f) << shift;
    if (byte < 0x80) break;
  }
  return (<i32>(value >> 1)) ^ -(<i32>(value & 1));
}

function skipVarint(): void {
  for (let left = 10; left > 0; left--) if (load<u8>(cursor++) < 0x80) return;
}
