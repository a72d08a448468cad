/**
 * PostgreSQL's text of a value -> its JSON text as Debezium writes it with `decimal.handling.mode=double` and adaptive
 * times. Integers keep all their digits: nothing goes through a JavaScript number that could cut them.
 */
import { javaDouble } from '../../pipeline/java-double.ts';

/** What decides how a column is written. */
export interface ColumnType {
  readonly typeOid: number;
  /** -1 when the type has no modifier. */
  readonly typeMod: number;
}

type Encode = (text: string) => string;

const INTEGERS = new Set([20, 21, 23, 26]);
const NUMBERS = new Set([700, 701, 1700]);
const BOOL = 16;
const BYTEA = 17;
const DATE = 1082;
const TIMESTAMP = 1114;
const TIMESTAMPTZ = 1184;
/** What Debezium makes of infinity: wrapped integers for days, the ends of its own range for microseconds. */
const INFINITE_DAYS: Readonly<Record<string, string>> = { infinity: '-2147472692', '-infinity': '-2147472691' };
const INFINITE_MICROS: Readonly<Record<string, string>> = {
  infinity: '9223372036825200000',
  '-infinity': '-9223372036832400000',
};
const SPECIAL = /[\u0000-\u001f\ud800-\udfff]/;
/** An escape of JSON as a whole, or half of a pair. */
const JSON_PIECE = /\\(?:u[0-9a-f]{4}|.)|[\ud800-\udfff]/g;
const DATE_TEXT = /^(\d+)-(\d\d)-(\d\d)( BC)?$/;
const TIMESTAMP_TEXT = /^(\d+)-(\d\d)-(\d\d) (\d\d):(\d\d):(\d\d)(?:\.(\d+))?( BC)?$/;

/** The writer for one column: PostgreSQL's text in, JSON text out. */
export function encoderOf({ typeOid, typeMod }: ColumnType): Encode {
  if (INTEGERS.has(typeOid)) return (text) => text;
  if (NUMBERS.has(typeOid)) return numberText;
  switch (typeOid) {
    case BOOL:
      return (text) => (text === 't' || text === 'true' ? 'true' : 'false');
    case DATE:
      return (text) => INFINITE_DAYS[text] ?? String(daysOf(text));
    case TIMESTAMP:
      return typeMod >= 0 && typeMod <= 3 ? millisText : (text) => INFINITE_MICROS[text] ?? microsOf(text).toString();
    case TIMESTAMPTZ:
      return (text) => stringText(text.replace(' ', 'T').replace(/\+00$/, 'Z'));
    case BYTEA:
      return (text) => stringText(Buffer.from(text.slice(2), 'hex').toString('base64'));
    default:
      return stringText;
  }
}

/** The JSON text that stands for "no value" where Debezium may not write null: the type's own zero. */
export function zeroOf({ typeOid }: ColumnType): string {
  if (INTEGERS.has(typeOid) || typeOid === DATE || typeOid === TIMESTAMP) return '0';
  if (NUMBERS.has(typeOid)) return '0.0';
  if (typeOid === BOOL) return 'false';
  return typeOid === TIMESTAMPTZ ? '"1970-01-01T00:00:00Z"' : '""';
}

/** A JSON string as Debezium's writer has it: characters beyond 16 bits and control characters are escaped, in capitals. */
export function stringText(text: string): string {
  const json = JSON.stringify(text);
  return SPECIAL.test(text) ? json.replace(JSON_PIECE, escapePiece) : json;
}

/** A number as Debezium's JSON has it: a double as Java prints it; what JSON has no number for becomes text. */
export function numberText(text: string): string {
  const value = Number(text);
  return Number.isFinite(value) ? javaDouble(value) : `"${javaDouble(value)}"`;
}

/** Days since 1970-01-01 of `2019-01-31` or `0044-03-15 BC`, in the proleptic Gregorian calendar. */
export function daysOf(text: string): number {
  const [, year, month, day, bc] = DATE_TEXT.exec(text) ?? unreadable(text);
  return daysFromCivil(yearOf(year, bc), Number(month), Number(day));
}

/** Microseconds since 1970 of `2019-01-01 00:00:18.25`, its wall clock read as UTC. */
export function microsOf(text: string): bigint {
  const [, year, month, day, hour, minute, second, fraction, bc] = TIMESTAMP_TEXT.exec(text) ?? unreadable(text);
  const days = daysFromCivil(yearOf(year, bc), Number(month), Number(day));
  const seconds = days * 86_400 + Number(hour) * 3_600 + Number(minute) * 60 + Number(second);
  return BigInt(seconds) * 1_000_000n + BigInt((fraction ?? '').padEnd(6, '0'));
}

function millisText(text: string): string {
  const infinite = INFINITE_MICROS[text];
  return (infinite === undefined ? microsOf(text) / 1_000n : BigInt(infinite) / 1_000n).toString();
}

function escapePiece(piece: string): string {
  if (/^\\u/.test(piece)) return `\\u${piece.slice(2).toUpperCase()}`;
  return /^[\ud800-\udfff]$/.test(piece) ? `\\u${piece.charCodeAt(0).toString(16).toUpperCase()}` : piece;
}

/** The year before 1 is 1 BC, which calendars count as 0. */
function yearOf(year: string | undefined, bc: string | undefined): number {
  return bc ? 1 - Number(year) : Number(year);
}

/** Counts days from a year that begins in March, so that the leap day is the last one of a year. */
function daysFromCivil(year: number, month: number, day: number): number {
  const y = month <= 2 ? year - 1 : year;
  const era = Math.floor(y / 400);
  const yearOfEra = y - era * 400;
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1;
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * 146_097 + dayOfEra - 719_468;
}

function unreadable(text: string): never {
  throw new Error(`"${text}" is no date or time in PostgreSQL's ISO style`);
}
