/**
 * What the kernel shows to `src/pipeline/cdc/kernel.ts`: setting up, scanning, and where the columns lie. Addresses and
 * lengths are in bytes.
 */
import { input } from './records';
import { columnKeys, envelopeKeys, payloadKeys, plainText } from './scan';
import { columnAt, days, present } from './table';

export {
  acceptWide,
  forgetTaken,
  lastRecord,
  lastValue,
  lastValueBytes,
  openRecords,
  rowsTaken,
  scanOne,
  scanRecords,
  skipsTaken,
} from './records';
export { acceptRow, addColumn, clearTable, hasRoom, rowCount, setLimit, usedBytes } from './table';
export { defineTime, setIngestion } from './time';
export { INPUT_BYTES, MAX_ROWS, TEXT_BYTES } from './regions';

export function inputAt(): usize {
  return input;
}

export function plainTextAt(): usize {
  return plainText;
}

export function presentAt(): usize {
  return present;
}

export function daysAt(): usize {
  return days;
}

export function cellsAt(column: u32): usize {
  return columnAt(column).cells;
}

export function textsAt(column: u32): usize {
  return columnAt(column).texts!.bytes;
}

export function endsAt(column: u32): usize {
  return columnAt(column).texts!.ends;
}

export function textCount(column: u32): u32 {
  return columnAt(column).texts!.count;
}

/** The text of so many bytes that the host has put to `plainText`: its place among those of the column. */
export function takeText(column: u32, bytes: u32): u32 {
  return columnAt(column).texts!.take(plainText, bytes);
}

/** The key that the host has put to `plainText` becomes the next one of the envelope. */
export function addEnvelopeKey(bytes: u32): void {
  envelopeKeys.add(plainText, bytes);
  payloadKeys.add(plainText, bytes);
}

/** The same for the next column of the events. */
export function addColumnKey(bytes: u32): void {
  columnKeys.add(plainText, bytes);
}
