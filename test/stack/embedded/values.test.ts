import { expect, test } from 'vitest';
import { formatLsn, parseLsn } from '../../../src/stack/embedded/lsn.ts';
import { isStored } from '../../../src/stack/embedded/position.ts';
import { daysOf, encoderOf, microsOf, numberText, stringText } from '../../../src/stack/embedded/values.ts';

test.each([
  ['1970-01-01', 0],
  ['1582-10-04', -141438],
  ['0001-01-01', -719162],
  ['0044-03-15 BC', -735160],
  ['2000-02-29', 11016],
  ['9999-12-31', 2932896],
])('%s is day %i', (text, days) => expect(daysOf(text)).toBe(days));

test.each([
  ['2019-01-01 00:00:18', 1546300818000000n],
  ['1969-12-31 23:59:59.999999', -1n],
  ['1969-12-31 23:59:59.5', -500000n],
  ['9999-12-31 23:59:59.999999', 253402300799999999n],
])('%s is %d microseconds', (text, micros) => expect(microsOf(text)).toBe(micros));

test.each([
  ['10.00', '10.0'],
  ['99999999.99', '9.999999999E7'],
  ['0.001', '0.001'],
  ['0.0009', '9.0E-4'],
  ['9999999', '9999999.0'],
  ['10000000', '1.0E7'],
  ['-0', '-0.0'],
  ['NaN', '"NaN"'],
  ['-Infinity', '"-Infinity"'],
])('the number %s is written %s', (text, json) => expect(numberText(text)).toBe(json));

test('a bigint keeps every digit, a short timestamp is milliseconds, infinity is what Debezium makes of it', () => {
  expect(encoderOf({ typeOid: 20, typeMod: -1 })('9223372036854775807')).toBe('9223372036854775807');
  expect(encoderOf({ typeOid: 1114, typeMod: 3 })('1970-01-01 00:00:01.25')).toBe('1250');
  expect(encoderOf({ typeOid: 1114, typeMod: -1 })('infinity')).toBe('9223372036825200000');
  expect(encoderOf({ typeOid: 1082, typeMod: -1 })('-infinity')).toBe('-2147472691');
});

test('strings escape what Debezium escapes, and parse back to themselves', () => {
  expect(stringText('a\u001f\u0000🏠"\\u001f\n')).toBe('"a\\u001F\\u0000\\uD83C\\uDFE0\\"\\\\u001f\\n"');
  for (const text of ['plain', '\\ud83c', '\u2028', '\t\r\n\b\f', '🏠\\🏠'])
    expect(JSON.parse(stringText(text))).toBe(text);
});

test('a position of the log is the same in text and number', () => {
  expect(parseLsn('16/B374D848')).toBe(0x16b374d848n);
  expect(formatLsn(0x16b374d848n)).toBe('16/B374D848');
  expect(formatLsn(parseLsn('00000000/01A2B3C4'))).toBe('0/1A2B3C4');
});

test('a change is stored when its transaction is older, or the same and its number not greater', () => {
  const position = { commitLsn: 100n, index: 5 };
  expect([
    isStored(position, 99n, 9),
    isStored(position, 100n, 5),
    isStored(position, 100n, 6),
    isStored(position, 101n, 1),
  ]).toEqual([true, true, false, false]);
});
