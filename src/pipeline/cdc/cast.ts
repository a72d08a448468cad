/** Text to number as Spark casts it with `spark.sql.ansi.enabled=false`: null where it gives null. Pure. */
import { javaDouble } from '../java-double.ts';
import { JsonNumber, type JsonValue } from './json.ts';

const LONG = { min: -(2n ** 63n), max: 2n ** 63n - 1n };
const INT = { min: -(2n ** 31n), max: 2n ** 31n - 1n };
const DOUBLE = /^[+-]?(?:NaN|Infinity|(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?[fFdD]?)$/;
const PLAIN_INTEGER = /^-?\d{1,18}$/;
const MAY_BE_HALF = /[\ud800-\udfff]/;
const SPECIAL: Readonly<Record<string, number>> = {
  inf: Infinity,
  '+inf': Infinity,
  infinity: Infinity,
  '+infinity': Infinity,
  '-inf': -Infinity,
  '-infinity': -Infinity,
  nan: NaN,
};

/** What Spark's `from_json` gives for a text column: text (`?` for half a character), anything else as Jackson prints it. */
export function toText(value: JsonValue): string | null {
  if (typeof value === 'string') return MAY_BE_HALF.test(value) ? value.replace(/\p{Surrogate}/gu, '?') : value;
  return value === null ? null : render(value);
}

/** `UTF8String.toLong`: trimmed, digits after a point cut off. */
export function toLong(text: string): bigint | null {
  return toInteger(text, LONG);
}

export function toInt(text: string): number | null {
  const value = toInteger(text, INT);
  return value === null ? null : Number(value);
}

export function toDouble(text: string): number | null {
  const trimmed = trimAll(text);
  if (DOUBLE.test(trimmed)) return Number(trimmed.replace(/(?<=[\d.])[fFdD]$/, ''));
  return SPECIAL[trimmed.toLowerCase()] ?? null;
}

/** Whether nothing was lost on the way from text to integer. */
export function isWhole(text: string): boolean {
  return PLAIN_INTEGER.test(text) || /^[+-]?\d+(\.0*)?$/.test(trimAll(text));
}

/**
 * The unscaled bytes that Debezium's `decimal.handling.mode=precise` puts into base64 (big-endian two's complement), with
 * the two digits after the point of `amt`; null when the text is no such thing.
 */
export function decodeAmount(base64: string, scale = 2): number | null {
  if (!/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(base64)) return null;
  const bytes = Buffer.from(base64, 'base64');
  if (bytes.length === 0 || bytes.length > 16 || !Number.isInteger(scale)) return null;
  const unscaled = BigInt.asIntN(bytes.length * 8, BigInt(`0x${bytes.toString('hex')}`));
  return Number(`${unscaled}e-${scale}`);
}

function toInteger(text: string, range: { min: bigint; max: bigint }): bigint | null {
  if (PLAIN_INTEGER.test(text)) return inRange(BigInt(text), range);
  const match = /^([+-]?)(\d*)(?:\.\d*)?$/.exec(trimAll(text));
  if (!match || match[0] === match[1]) return null;
  const value = BigInt(`${match[2] || '0'}`) * (match[1] === '-' ? -1n : 1n);
  return inRange(value, range);
}

function inRange(value: bigint, { min, max }: { min: bigint; max: bigint }): bigint | null {
  return value < min || value > max ? null : value;
}

/** Jackson reads a number with a point or an exponent as a double, and prints it as Java does. */
function render(value: JsonValue): string {
  if (value instanceof JsonNumber) return renderNumber(value.text);
  if (Array.isArray(value)) return `[${value.map((each: JsonValue) => render(each)).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const entries = Object.entries(value).map(([key, each]) => `${JSON.stringify(key)}:${render(each as JsonValue)}`);
  return `{${entries.join(',')}}`;
}

function renderNumber(text: string): string {
  if (/[.eE]/.test(text)) return javaDouble(Number(text));
  return text === '-0' ? '0' : text;
}

/** Spark trims exactly these: blanks and ISO control characters. */
function trimAll(text: string): string {
  return /^[\x00-\x20\x7f]|[\x00-\x20\x7f]$/.test(text)
    ? text.replace(/^[\x00-\x20\x7f]+|[\x00-\x20\x7f]+$/g, '')
    : text;
}
