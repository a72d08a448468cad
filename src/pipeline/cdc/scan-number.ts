/** Numbers from the bytes of a JSON text, exact to the last digit. What has an odd form is refused, not guessed. */
import { MINUS, NINE, POINT, ZERO } from './scan-json.ts';

const TWO_32 = 2 ** 32;
/** So many digits are exact in a double. */
const SAFE_DIGITS = 15;
const LONG_DIGITS = 19;
const POWERS = Array.from({ length: SAFE_DIGITS + 1 }, (_, power) => 10 ** power);
const REFUSED = -1;

/** The number that was read last. A method answers where the number ends, or -1; what follows is not looked at. */
export class NumberBytes {
  /** Upper and lower 32 bits of the integer. */
  high = 0;
  low = 0;
  /** The integer as a double, exact up to 2^53; or the double. */
  value = 0;

  /** A plain integer of 64 bits: no fraction, no exponent, no `-0`. */
  integer(bytes: Uint8Array, start: number): number {
    const negative = bytes[start] === MINUS;
    const first = negative ? start + 1 : start;
    let [at, head, rest] = [first, 0, 0];
    for (; isDigit(bytes[at]) && at < first + SAFE_DIGITS; at++) head = head * 10 + ((bytes[at] as number) - ZERO);
    const middle = at;
    for (; isDigit(bytes[at]) && at <= first + LONG_DIGITS; at++) rest = rest * 10 + ((bytes[at] as number) - ZERO);
    const digits = at - first;
    if (digits === 0 || digits > LONG_DIGITS || bytes[at] === POINT || isExponent(bytes[at])) return REFUSED;
    if (bytes[first] === ZERO && (negative || digits > 1)) return REFUSED;
    this.#join(head, POWERS[at - middle] as number, rest);
    if (this.high >= TWO_32 / 2) return REFUSED;
    if (negative) this.#negate();
    return at;
  }

  /** Any JSON number, as the nearest double. */
  double(bytes: Buffer, start: number): number {
    const negative = bytes[start] === MINUS;
    const first = negative ? start + 1 : start;
    let [at, digits, value] = [first, 0, 0];
    for (; isDigit(bytes[at]); at++, digits++) value = value * 10 + ((bytes[at] as number) - ZERO);
    if (digits === 0 || (bytes[first] === ZERO && digits > 1)) return REFUSED;
    const whole = digits;
    if (bytes[at] === POINT) {
      at += 1;
      for (; isDigit(bytes[at]); at++, digits++) value = value * 10 + ((bytes[at] as number) - ZERO);
      if (digits === whole) return REFUSED;
    }
    const point = digits > whole;
    const end = isExponent(bytes[at]) ? skipExponent(bytes, at) : at;
    if (end === REFUSED) return REFUSED;
    // Up to 15 digits both sides of a division are exact, so that it rounds once: the nearest double.
    if (end === at && digits <= SAFE_DIGITS) value /= POWERS[digits - whole] as number;
    else value = Math.abs(Number(bytes.toString('latin1', start, end)));
    // The exact parser keeps the sign of a zero only when it was written with a point or an exponent.
    this.value = negative && (value !== 0 || point || end > at) ? -value : value;
    return end;
  }

  /** head * scale + rest, below 10^19, in two words. */
  #join(head: number, scale: number, rest: number): void {
    this.value = head * scale + rest;
    if (scale === 1) {
      this.high = Math.floor(head / TWO_32);
      this.low = head - this.high * TWO_32;
      return;
    }
    // A remainder of doubles is slow; a difference with a power of two is exact.
    const part = Math.floor(head / 2 ** 25);
    const upper = part * scale;
    const lower = (head - part * 2 ** 25) * scale + rest;
    const carried = Math.floor(upper / 128);
    const low = (upper - carried * 128) * 2 ** 25 + lower;
    const more = Math.floor(low / TWO_32);
    this.high = carried + more;
    this.low = low - more * TWO_32;
  }

  #negate(): void {
    this.low = this.low === 0 ? 0 : TWO_32 - this.low;
    this.high = this.low === 0 ? -this.high : -this.high - 1;
    this.value = -this.value;
  }
}

const isDigit = (byte: number | undefined): boolean => byte !== undefined && byte >= ZERO && byte <= NINE;
const isExponent = (byte: number | undefined): boolean => byte === 0x65 || byte === 0x45;

function skipExponent(bytes: Uint8Array, from: number): number {
  const first = bytes[from + 1] === MINUS || bytes[from + 1] === 0x2b ? from + 2 : from + 1;
  let at = first;
  while (isDigit(bytes[at])) at += 1;
  return at === first ? REFUSED : at;
}
