/**
 * The fast path from the bytes of a change event to a row of typed columns. It takes only what it knows for sure; for all
 * else it answers UNSURE, and the exact parser says what the record is. What it takes, it takes exactly as that one does.
 */
import { equalBytes, forgetWide, isWide, stringStop } from './bytes';
import { toAmount, unescape } from './host';
import {
  BACKSLASH,
  CLOSE_OBJECT,
  COMMA,
  NULL,
  OPEN_OBJECT,
  QUOTE,
  byteAt,
  skipBlanks,
  skipPlainString,
  skipString,
  skipValue,
} from './json';
import { KeyOrder, REFUSED_KEY, UNKNOWN_KEY } from './keys';
import { lastDouble, lastLong, readDouble, readInteger } from './numbers';
import { INPUT_BYTES, reserve } from './regions';
import { AMOUNT, Column, DOUBLE, INT, LONG, NUMBER_TEXT, TEXT, columnAt, present, rowCount } from './table';
import { finishRow, forgetTime, setTime } from './time';

export const UNSURE: u32 = 0;
export const ROW: u32 = 1;
/** d, t or m. */
export const SKIP: u32 = 2;
/** With a text that is not ASCII: somebody must look whether the value is UTF-8. */
export const WIDE_ROW: u32 = 3;
export const WIDE_SKIP: u32 = 4;

const OP: i32 = 0;
const AFTER: i32 = 1;
const SCHEMA: i32 = 2;
const PAYLOAD: i32 = 3;

export const envelopeKeys = new KeyOrder();
export const payloadKeys = new KeyOrder();
export const columnKeys = new KeyOrder();

/** What stands for a large column that an update did not touch. */
const PLACEHOLDER = '__debezium_unavailable_value';
const placeholder = reserve(PLACEHOLDER.length);
String.UTF8.encodeUnsafe(changetype<usize>(PLACEHOLDER), PLACEHOLDER.length, placeholder);

/** Text without its escapes, as the host puts it there. */
export const plainText: usize = reserve(INPUT_BYTES);

let op: u32 = 0;
let hasAfter: bool = false;

/** A value, behind which stands a zero byte. A row is written, and does not count yet. */
export function scanValue(at: usize, end: usize): u32 {
  forgetWide();
  forgetTime();
  at = scanEnvelope(at, envelopeKeys);
  if (at === 0 || skipBlanks(at) !== end) return UNSURE;
  if (op === 0x64 || op === 0x74 || op === 0x6d) return isWide() ? WIDE_SKIP : SKIP;
  if (!hasAfter || (op !== 0x63 && op !== 0x75 && op !== 0x72)) return UNSURE;
  finishRow();
  return isWide() ? WIDE_ROW : ROW;
}

function scanEnvelope(at: usize, keys: KeyOrder): usize {
  at = skipBlanks(at);
  if (byteAt(at) !== OPEN_OBJECT) return 0;
  op = 0;
  hasAfter = false;
  let seen: u32 = 0;
  for (let place: u32 = 0; ; place++) {
    at = skipBlanks(at + 1);
    if (byteAt(at) !== QUOTE) return 0;
    const key = keys.take(at, place);
    if (key === REFUSED_KEY) return 0;
    at = skipBlanks(keys.next);
    if (key === SCHEMA && place === 0 && keys === envelopeKeys) return scanWrapped(at);
    if (key > AFTER || (key >= 0 && (seen & (1 << key)) !== 0)) return 0;
    if (key >= 0) seen |= 1 << key;
    if (key === OP) {
      if (byteAt(at) !== QUOTE || byteAt(at + 2) !== QUOTE) return 0;
      op = byteAt(at + 1);
      at += 3;
    } else if (key === AFTER && byteAt(at) === OPEN_OBJECT) {
      at = scanRow(at);
      hasAfter = true;
    } else at = skipValue(at);
    if (at === 0) return 0;
    at = skipBlanks(at);
    if (byteAt(at) === COMMA) continue;
    return byteAt(at) === CLOSE_OBJECT ? at + 1 : 0;
  }
}

/** What follows the key `schema`: the event is the `payload`, which comes next and is the last. */
function scanWrapped(at: usize): usize {
  at = skipValue(at);
  if (at === 0) return 0;
  at = skipBlanks(at);
  if (byteAt(at) !== COMMA) return 0;
  at = skipBlanks(at + 1);
  if (byteAt(at) !== QUOTE || envelopeKeys.take(at, 1) !== PAYLOAD) return 0;
  at = scanEnvelope(envelopeKeys.next, payloadKeys);
  if (at === 0) return 0;
  at = skipBlanks(at);
  return byteAt(at) === CLOSE_OBJECT ? at + 1 : 0;
}

function scanRow(at: usize): usize {
  const row = rowCount();
  let seen: u32 = 0;
  let filled: u32 = 0;
  at = skipBlanks(at + 1);
  if (byteAt(at) !== CLOSE_OBJECT) {
    for (let place: u32 = 0; ; place++) {
      if (byteAt(at) !== QUOTE) return 0;
      const index = columnKeys.take(at, place);
      if (index === REFUSED_KEY) return 0;
      at = skipBlanks(columnKeys.next);
      if (index === UNKNOWN_KEY) at = skipValue(at);
      else {
        const bit: u32 = 1 << index;
        if ((seen & bit) !== 0) return 0;
        seen |= bit;
        if (load<u32>(at) === NULL) at += 4;
        else {
          at = scanCell(columnAt(index), row, at, index);
          filled |= bit;
        }
      }
      if (at === 0) return 0;
      at = skipBlanks(at);
      if (byteAt(at) !== COMMA) break;
      at = skipBlanks(at + 1);
    }
  }
  store<u32>(present + 4 * row, filled);
  return byteAt(at) === CLOSE_OBJECT ? at + 1 : 0;
}

function scanCell(column: Column, row: u32, at: usize, index: u32): usize {
  switch (column.kind) {
    case TEXT:
      return byteAt(at) === QUOTE ? scanText(column, row, at) : 0;
    case NUMBER_TEXT:
      return scanNumberText(column, row, at, index);
    case LONG:
      at = readInteger(at);
      store<i64>(column.cells + 8 * row, lastLong());
      return at;
    case INT:
      at = readInteger(at);
      if (lastLong() !== <i64>(<i32>lastLong())) return 0;
      store<i32>(column.cells + 4 * row, <i32>lastLong());
      return at;
    case DOUBLE:
      at = readDouble(at);
      store<f64>(column.cells + 8 * row, lastDouble());
      return at;
    case AMOUNT:
      return scanAmount(column, row, at);
    default:
      return 0;
  }
}

function scanText(column: Column, row: u32, at: usize): usize {
  const start = at + 1;
  const stop = stringStop(start);
  if (byteAt(stop) === BACKSLASH) return scanEscaped(column, row, at);
  const length = <u32>(stop - start);
  if (byteAt(stop) !== QUOTE || (length === PLACEHOLDER.length && equalBytes(start, placeholder, length))) return 0;
  store<u32>(column.cells + 4 * row, column.texts!.take(start, length));
  return stop + 1;
}

function scanEscaped(column: Column, row: u32, at: usize): usize {
  const end = skipString(at);
  const length = end === 0 ? -1 : unescape(at, end);
  if (length < 0) return 0;
  store<u32>(column.cells + 4 * row, column.texts!.take(plainText, length));
  return end;
}

function scanNumberText(column: Column, row: u32, at: usize, index: u32): usize {
  const end = readInteger(at);
  if (end === 0 || !setTime(index, lastLong())) return 0;
  store<u32>(column.cells + 4 * row, column.texts!.take(at, <u32>(end - at)));
  return end;
}

function scanAmount(column: Column, row: u32, at: usize): usize {
  if (byteAt(at) !== QUOTE) {
    const end = readDouble(at);
    store<f64>(column.cells + 8 * row, lastDouble());
    return end;
  }
  const end = skipPlainString(at);
  const value = end === 0 ? NaN : toAmount(at + 1, end - 1);
  store<f64>(column.cells + 8 * row, value);
  return isNaN(value) ? 0 : end;
}
