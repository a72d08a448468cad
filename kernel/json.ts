/**
 * Steps through the bytes of a JSON text as RFC 8259 defines it. Each function takes an address and answers the one
 * behind what it took, or 0 for what it does not know for sure. A zero byte stands behind the text, which no text has
 * inside, so that no function looks for the end.
 */
import { stringStop } from './bytes';

export const QUOTE: u32 = 0x22;
export const COMMA: u32 = 0x2c;
export const MINUS: u32 = 0x2d;
export const POINT: u32 = 0x2e;
export const ZERO: u32 = 0x30;
export const COLON: u32 = 0x3a;
export const OPEN_LIST: u32 = 0x5b;
export const BACKSLASH: u32 = 0x5c;
export const CLOSE_LIST: u32 = 0x5d;
export const OPEN_OBJECT: u32 = 0x7b;
export const CLOSE_OBJECT: u32 = 0x7d;

/** `null`, as four bytes that are read as one number. */
export const NULL: u32 = 0x6c6c756e;

/** Deeper texts are left to the exact parser, which knows when its stack ends. */
const MAX_DEPTH: u32 = 64;

export function byteAt(at: usize): u32 {
  return load<u8>(at);
}

/** The next byte that is no blank. */
export function skipBlanks(at: usize): usize {
  return byteAt(at) > 0x20 ? at : skipSome(at);
}

export function isDigit(byte: u32): bool {
  return byte - ZERO < 10;
}

export function skipDigits(at: usize): usize {
  while (isDigit(byteAt(at))) at += 1;
  return at;
}

export function isExponent(byte: u32): bool {
  return (byte | 0x20) === 0x65;
}

/** Behind the exponent that begins at `at`. */
export function skipExponent(at: usize): usize {
  const sign = byteAt(at + 1);
  const first = at + (sign === MINUS || sign === 0x2b ? 2 : 1);
  const end = skipDigits(first);
  return end === first ? 0 : end;
}

/** A string without escapes, from its first quote on. */
export function skipPlainString(at: usize): usize {
  const end = stringStop(at + 1);
  return byteAt(end) === QUOTE ? end + 1 : 0;
}

/** Any string, from its first quote on. */
export function skipString(at: usize): usize {
  let stop = stringStop(at + 1);
  while (byteAt(stop) === BACKSLASH) {
    const length = escapeLength(stop);
    if (length === 0) return 0;
    stop = stringStop(stop + length);
  }
  return byteAt(stop) === QUOTE ? stop + 1 : 0;
}

export function skipNumber(at: usize): usize {
  const first = byteAt(at) === MINUS ? at + 1 : at;
  let end = skipDigits(first);
  if (end === first || (byteAt(first) === ZERO && end > first + 1)) return 0;
  if (byteAt(end) === POINT) {
    const start = end + 1;
    end = skipDigits(start);
    if (end === start) return 0;
  }
  return isExponent(byteAt(end)) ? skipExponent(end) : end;
}

/** Any value that begins at `at`. */
export function skipValue(at: usize, depth: u32 = 0): usize {
  const byte = byteAt(at);
  if (byte === QUOTE) return skipString(at);
  if (byte === OPEN_OBJECT) return skipObject(at + 1, depth + 1);
  if (byte === OPEN_LIST) return skipList(at + 1, depth + 1);
  const word = load<u32>(at);
  if (word === NULL || word === TRUE) return at + 4;
  if (word === FALS) return byteAt(at + 4) === 0x65 ? at + 5 : 0;
  return skipNumber(at);
}

const TRUE: u32 = 0x65757274;
const FALS: u32 = 0x736c6166;

function skipObject(at: usize, depth: u32): usize {
  if (depth > MAX_DEPTH) return 0;
  at = skipBlanks(at);
  if (byteAt(at) === CLOSE_OBJECT) return at + 1;
  while (true) {
    if (byteAt(at) !== QUOTE) return 0;
    at = skipString(at);
    if (at === 0) return 0;
    at = skipBlanks(at);
    if (byteAt(at) !== COLON) return 0;
    at = skipValue(skipBlanks(at + 1), depth);
    if (at === 0) return 0;
    at = skipBlanks(at);
    const byte = byteAt(at);
    if (byte === CLOSE_OBJECT) return at + 1;
    if (byte !== COMMA) return 0;
    at = skipBlanks(at + 1);
  }
}

function skipList(at: usize, depth: u32): usize {
  if (depth > MAX_DEPTH) return 0;
  at = skipBlanks(at);
  if (byteAt(at) === CLOSE_LIST) return at + 1;
  while (true) {
    at = skipValue(at, depth);
    if (at === 0) return 0;
    at = skipBlanks(at);
    const byte = byteAt(at);
    if (byte === CLOSE_LIST) return at + 1;
    if (byte !== COMMA) return 0;
    at = skipBlanks(at + 1);
  }
}

function skipSome(at: usize): usize {
  while (isBlank(byteAt(at))) at += 1;
  return at;
}

function isBlank(byte: u32): bool {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
}

/** Bytes of the escape at `at`, 0 for one that does not exist. */
function escapeLength(at: usize): usize {
  const byte = byteAt(at + 1);
  if (byte === 0x75) return isHex(at + 2) && isHex(at + 3) && isHex(at + 4) && isHex(at + 5) ? 6 : 0;
  const isKnown =
    byte === QUOTE ||
    byte === BACKSLASH ||
    byte === 0x2f ||
    byte === 0x62 ||
    byte === 0x66 ||
    byte === 0x6e ||
    byte === 0x72 ||
    byte === 0x74;
  return isKnown ? 2 : 0;
}

function isHex(at: usize): bool {
  const byte = byteAt(at);
  return isDigit(byte) || (byte | 0x20) - 0x61 < 6;
}
