/** Numbers from the bytes of a JSON text, exact to the last digit. What has an odd form is refused, not guessed. */
import { toNumber } from './host';
import { MINUS, POINT, ZERO, byteAt, isDigit, isExponent, skipExponent } from './json';

/** Digits that are exact in a double. */
const SAFE_DIGITS: u32 = 15;
const LONG_DIGITS: u32 = 19;

/** The number that was read last. */
let long: i64 = 0;
let double: f64 = 0;

export function lastLong(): i64 {
  return long;
}

export function lastDouble(): f64 {
  return double;
}

/** A plain integer of 64 bits: no fraction, no exponent, no `-0`. Answers the address behind it, or 0. */
export function readInteger(at: usize): usize {
  const negative = byteAt(at) === MINUS;
  const first = negative ? at + 1 : at;
  let end = first;
  let value: u64 = 0;
  for (let digit = byteAt(end) - ZERO; digit < 10; digit = byteAt(end) - ZERO) {
    value = value * 10 + digit;
    end += 1;
  }
  const digits = <u32>(end - first);
  if (digits === 0 || digits > LONG_DIGITS || value > <u64>i64.MAX_VALUE) return 0;
  if (byteAt(first) === ZERO && (negative || digits > 1)) return 0;
  if (byteAt(end) === POINT || isExponent(byteAt(end))) return 0;
  long = negative ? -(<i64>value) : <i64>value;
  return end;
}

/** Any JSON number, as the nearest double. Answers the address behind it, or 0. */
export function readDouble(at: usize): usize {
  const negative = byteAt(at) === MINUS;
  const first = negative ? at + 1 : at;
  let end = first;
  let value: u64 = 0;
  for (; isDigit(byteAt(end)); end++) value = value * 10 + (byteAt(end) - ZERO);
  const whole = <u32>(end - first);
  if (whole === 0 || (byteAt(first) === ZERO && whole > 1)) return 0;
  let fraction: u32 = 0;
  if (byteAt(end) === POINT) {
    const start = end + 1;
    for (end = start; isDigit(byteAt(end)); end++) value = value * 10 + (byteAt(end) - ZERO);
    fraction = <u32>(end - start);
    if (fraction === 0) return 0;
  }
  const mantissa = end;
  if (isExponent(byteAt(end))) end = skipExponent(end);
  if (end === 0) return 0;
  // Up to 15 digits both sides of a division are exact, so that it rounds once: the nearest double.
  const exact = end === mantissa && whole + fraction <= SAFE_DIGITS;
  const size = exact ? <f64>value / power(fraction) : toNumber(first, end);
  // The exact parser keeps the sign of a zero only when it was written with a point or an exponent.
  double = negative && (size !== 0 || fraction > 0 || end > mantissa) ? -size : size;
  return end;
}

const POWERS: usize = memory.data<f64>([
  1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
]);

function power(exponent: u32): f64 {
  return load<f64>(POWERS + 8 * exponent);
}
