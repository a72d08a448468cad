/**
 * The corpus of what a topic may bring: every class of broken and odd records, each with the verdict that it must get.
 * Verdicts are stated, not computed. Bronze and Alert agree on what is no row; Alert may refuse more.
 */
import { gzipSync } from 'node:zlib';
import type { DeadLetterCode } from '../../../src/pipeline/events.ts';
import { afterOf, envelope } from './records.ts';

export interface Poison {
  readonly name: string;
  readonly group: 'bytes' | 'envelope' | 'numbers' | 'dates' | 'text' | 'drift';
  /** Made with a number, so that each one is another record. */
  readonly value: (n: number) => string | Buffer | null;
  readonly bronze: 'row' | 'skip' | DeadLetterCode;
  /** Columns that are noted, for a row. */
  readonly notes?: readonly string[];
  /** Where Alert differs: it needs a key, an amount, and text that PostgreSQL takes. */
  readonly alert?: DeadLetterCode;
}

const rowWith = (changes: Record<string, unknown>) => (n: number) => envelope({ ...afterOf(n), ...changes });
const cut = (n: number): string => envelope(afterOf(n)).slice(0, 200);
const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth);

export const POISON: readonly Poison[] = [
  { group: 'bytes', name: 'nothing', value: () => '', bronze: 'NOT_JSON' },
  { group: 'bytes', name: 'a tombstone', value: () => null, bronze: 'skip' },
  { group: 'bytes', name: 'blanks', value: () => ' \n\t ', bronze: 'NOT_JSON' },
  { group: 'bytes', name: 'truncated JSON', value: cut, bronze: 'NOT_JSON' },
  {
    group: 'bytes',
    name: 'two documents',
    value: (n) => envelope(afterOf(n)) + envelope(afterOf(n)),
    bronze: 'NOT_JSON',
  },
  { group: 'bytes', name: 'a byte order mark', value: (n) => `\ufeff${envelope(afterOf(n))}`, bronze: 'NOT_JSON' },
  { group: 'bytes', name: 'UTF-16', value: (n) => Buffer.from(envelope(afterOf(n)), 'utf16le'), bronze: 'NOT_JSON' },
  { group: 'bytes', name: 'gzip', value: (n) => gzipSync(envelope(afterOf(n))), bronze: 'NOT_UTF8' },
  {
    group: 'bytes',
    name: 'invalid UTF-8',
    value: () =>
      Buffer.concat([Buffer.from('{"op":"c","after":{"merchant":"'), Buffer.from([0xff, 0xfe]), Buffer.from('"}}')]),
    bronze: 'NOT_UTF8',
  },
  {
    group: 'bytes',
    name: 'a lone surrogate',
    value: (n) => envelope(afterOf(n)).replace('travel', '\\ud800'),
    bronze: 'row',
  },
  {
    group: 'bytes',
    name: 'a NUL character',
    value: rowWith({ merchant: 'a\u0000b' }),
    bronze: 'row',
    alert: 'REFUSED_BY_DATABASE',
  },
  {
    group: 'bytes',
    name: 'depth 100,000',
    value: () => `{"op":"c","after":{"x":${nested(100_000)}}}`,
    bronze: 'NOT_JSON',
  },
  { group: 'bytes', name: 'a value of 1 MB', value: rowWith({ job: 'x'.repeat(1_000_000) }), bronze: 'row' },
  {
    group: 'bytes',
    name: '100,000 keys',
    value: (n) =>
      envelope({ ...afterOf(n), ...Object.fromEntries(Array.from({ length: 100_000 }, (_, k) => [`k${k}`, k])) }),
    bronze: 'row',
  },
  {
    group: 'bytes',
    name: 'duplicate keys: the last one counts',
    value: (n) => envelope(afterOf(n)).replace('"amt":9.68', '"amt":"x","amt":9.68'),
    bronze: 'row',
  },
  {
    group: 'bytes',
    name: '__proto__ as a key',
    value: (n) => envelope(afterOf(n)).replace('"amt"', '"__proto__":{"trans_num":"stolen"},"amt"'),
    bronze: 'row',
  },
  {
    group: 'bytes',
    name: 'an Avro magic byte',
    value: () => Buffer.from([0, 0, 0, 0, 7, 0x7b, 0x7d]),
    bronze: 'NOT_JSON',
  },

  { group: 'envelope', name: 'no after', value: () => '{"op":"c"}', bronze: 'NO_AFTER' },
  { group: 'envelope', name: 'an empty after', value: () => '{"op":"c","after":null}', bronze: 'NO_AFTER' },
  {
    group: 'envelope',
    name: 'no op',
    value: (n) => JSON.stringify({ after: { trans_num: `t${n}` } }),
    bronze: 'UNKNOWN_OP',
  },
  { group: 'envelope', name: 'an unknown op', value: () => '{"op":"z","after":{}}', bronze: 'UNKNOWN_OP' },
  { group: 'envelope', name: 'a payload as text', value: () => '{"schema":{},"payload":"{}"}', bronze: 'NO_ENVELOPE' },
  {
    group: 'envelope',
    name: 'a schema without payload',
    value: () => '{"schema":{"type":"struct"}}',
    bronze: 'NO_ENVELOPE',
  },
  {
    group: 'envelope',
    name: 'a delete',
    value: () => '{"op":"d","before":{"trans_num":"x"},"after":null}',
    bronze: 'skip',
  },
  { group: 'envelope', name: 'a truncate', value: () => '{"op":"t","before":null,"after":null}', bronze: 'skip' },
  { group: 'envelope', name: 'a message', value: () => '{"op":"m","message":{}}', bronze: 'skip' },

  { group: 'numbers', name: 'amount NaN', value: rowWith({ amt: 'NaN' }), bronze: 'row', alert: 'REFUSED_BY_API' },
  {
    group: 'numbers',
    name: 'amount Infinity',
    value: rowWith({ amt: 'Infinity' }),
    bronze: 'row',
    alert: 'REFUSED_BY_API',
  },
  {
    group: 'numbers',
    name: 'amount 1e400',
    value: rowWith({ amt: '@1e400@' }),
    bronze: 'row',
    alert: 'REFUSED_BY_API',
  },
  { group: 'numbers', name: 'latitude -0.0', value: rowWith({ lat: '@-0.0@' }), bronze: 'row' },
  { group: 'numbers', name: 'an integer as text', value: rowWith({ zip: '99160' }), bronze: 'row' },
  {
    group: 'numbers',
    name: 'a decimal in an integer',
    value: rowWith({ zip: '28654.9' }),
    bronze: 'row',
    notes: ['zip'],
  },
  {
    group: 'numbers',
    name: 'a word in an integer',
    value: rowWith({ city_pop: '12x' }),
    bronze: 'row',
    notes: ['city_pop'],
  },
  {
    group: 'numbers',
    name: 'a card number of 19 digits',
    value: rowWith({ cc_num: '@9223372036854775807@' }),
    bronze: 'row',
  },
  {
    group: 'numbers',
    name: 'a card number beyond 64 bits',
    value: rowWith({ cc_num: '@99999999999999999999@' }),
    bronze: 'row',
    notes: ['cc_num'],
  },
  { group: 'numbers', name: 'an amount in base64', value: rowWith({ amt: 'AfE=' }), bronze: 'row' },
  {
    group: 'numbers',
    name: 'base64 of a wrong length',
    value: rowWith({ amt: 'AfE' }),
    bronze: 'row',
    notes: ['amt'],
    alert: 'REFUSED_BY_API',
  },
  {
    group: 'numbers',
    name: 'an amount too wide for NUMERIC(10,2)',
    value: rowWith({ amt: '@123456789012.10@' }),
    bronze: 'row',
  },
  { group: 'numbers', name: 'a negative amount', value: rowWith({ amt: '@-4.97@' }), bronze: 'row' },
  { group: 'numbers', name: 'no amount', value: rowWith({ amt: null }), bronze: 'row', alert: 'REFUSED_BY_API' },

  { group: 'dates', name: 'milliseconds', value: rowWith({ trans_date_trans_time: 1_546_300_800_000 }), bronze: 'row' },
  {
    group: 'dates',
    name: 'ISO text',
    value: rowWith({ trans_date_trans_time: '2019-01-01T00:00:18Z' }),
    bronze: 'row',
    notes: ['trans_date_trans_time'],
  },
  {
    group: 'dates',
    name: 'the year 0',
    value: rowWith({ trans_date_trans_time: '@-62167219200000000@' }),
    bronze: 'row',
  },
  {
    group: 'dates',
    name: 'the year 1677',
    value: rowWith({ trans_date_trans_time: '@-9223372800000000@' }),
    bronze: 'row',
  },
  {
    group: 'dates',
    name: 'the year 2262',
    value: rowWith({ trans_date_trans_time: '@9214646400000000@' }),
    bronze: 'row',
  },
  {
    group: 'dates',
    name: 'the year 9999',
    value: rowWith({ trans_date_trans_time: '@253402300799000000@' }),
    bronze: 'row',
  },
  {
    group: 'dates',
    name: 'the year 294276',
    value: rowWith({ trans_date_trans_time: '@9223371331200000000@' }),
    bronze: 'row',
  },
  {
    group: 'dates',
    name: 'infinity',
    value: rowWith({ trans_date_trans_time: '@9223372036825200000@' }),
    bronze: 'row',
  },
  { group: 'dates', name: 'born before 1970', value: rowWith({ dob: -10_000 }), bronze: 'row' },
  { group: 'dates', name: 'no date', value: rowWith({ trans_date_trans_time: null }), bronze: 'row' },

  { group: 'text', name: 'a merchant of 256 characters', value: rowWith({ merchant: 'm'.repeat(256) }), bronze: 'row' },
  { group: 'text', name: 'a gender of two characters', value: rowWith({ gender: 'XX' }), bronze: 'row' },
  {
    group: 'text',
    name: 'right-to-left and zero-width marks',
    value: rowWith({ merchant: 'a\u202eb\u200bc' }),
    bronze: 'row',
  },
  { group: 'text', name: 'a formula', value: rowWith({ merchant: '=HYPERLINK("http://x","y")' }), bronze: 'row' },
  { group: 'text', name: 'a mention of all', value: rowWith({ merchant: '<!channel>' }), bronze: 'row' },
  { group: 'text', name: 'SQL', value: rowWith({ merchant: `'; DROP TABLE transactions; --` }), bronze: 'row' },
  { group: 'text', name: 'a lookup', value: rowWith({ merchant: '${jndi:ldap://x/y}' }), bronze: 'row' },
  { group: 'text', name: 'ANSI escapes', value: rowWith({ merchant: '\u001b[31mred' }), bronze: 'row' },
  { group: 'text', name: 'line ends', value: rowWith({ merchant: 'a\r\nb' }), bronze: 'row' },
  {
    group: 'text',
    name: 'the placeholder of an untouched value',
    value: rowWith({ job: '__debezium_unavailable_value' }),
    bronze: 'row',
    notes: ['job'],
  },

  { group: 'drift', name: 'a new column', value: rowWith({ loyalty: { tier: 3 } }), bronze: 'row' },
  { group: 'drift', name: 'a column gone', value: rowWith({ city: undefined }), bronze: 'row' },
  { group: 'drift', name: 'a column renamed', value: rowWith({ zip: undefined, zip_code: 99160 }), bronze: 'row' },
  { group: 'drift', name: 'the key gone', value: rowWith({ trans_num: undefined }), bronze: 'row', alert: 'NO_KEY' },
  {
    group: 'drift',
    name: 'a key too long',
    value: rowWith({ trans_num: 'k'.repeat(101) }),
    bronze: 'row',
    alert: 'REFUSED_BY_DATABASE',
  },
  { group: 'drift', name: 'an integer as words', value: rowWith({ zip: 'ninety' }), bronze: 'row', notes: ['zip'] },
  {
    group: 'drift',
    name: 'a document in a text column',
    value: rowWith({ merchant: { name: 'x' } }),
    bronze: 'row',
    notes: ['merchant'],
  },
  {
    group: 'drift',
    name: 'another order of columns',
    value: (n) => envelope(Object.fromEntries(Object.entries(afterOf(n)).reverse())),
    bronze: 'row',
  },
  {
    group: 'drift',
    name: 'names in capitals',
    value: (n) => envelope(Object.fromEntries(Object.entries(afterOf(n)).map(([k, v]) => [k.toUpperCase(), v]))),
    bronze: 'row',
    alert: 'NO_KEY',
  },
];
