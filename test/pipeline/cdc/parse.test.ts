import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { MAX_VALUE_BYTES, parseChange } from '../../../src/pipeline/cdc/parse.ts';
import type { Change, TransactionRow } from '../../../src/pipeline/cdc/transaction.ts';
import { afterOf, envelope, FIXTURES, record } from '../support/records.ts';

const parse = (value: string | Buffer | null): Change => parseChange(record(0, 0n, value));
const rowWith = (changes: Record<string, unknown>): TransactionRow =>
  toRow(parse(envelope({ ...afterOf(1), ...changes })));
const notesWith = (changes: Record<string, unknown>): string[] => {
  const change = parse(envelope({ ...afterOf(1), ...changes }));
  return change.kind === 'row' ? change.notes.map(({ column, raw }) => `${column}=${raw}`) : [change.kind];
};

describe('numbers', () => {
  it('keeps all 19 digits of a card number', () => {
    expect(rowWith({}).cc_num).toBe(4992346398065154184n);
    expect(rowWith({ cc_num: '@9223372036854775807@' }).cc_num).toBe(9223372036854775807n);
  });

  it.each([
    ['28654.9', 28654],
    ['  17  ', 17],
    ['+5', 5],
    ['-7', -7],
    ['.', 0],
    ['12x', null],
    ['', null],
    ['-', null],
    ['1e3', null],
    ['2147483648', null],
    ['@28654.9@', 28654],
    ['@12345678.0@', null],
    [true, null],
    [{ a: 1 }, null],
  ])('casts the zip %j to %j, as Spark does', (value, wanted) => {
    expect(rowWith({ zip: value }).zip).toBe(wanted);
  });

  it.each([
    ['@-0.0@', -0],
    ['@1e-7@', 1e-7],
    ['@1e400@', Infinity],
    ['NaN', NaN],
    ['-infinity', -Infinity],
    ['4.97', 4.97],
    [' 4.97d ', 4.97],
    ['x', null],
  ])('casts the latitude %j to %j', (value, wanted) => {
    expect(rowWith({ lat: value }).lat).toBe(wanted);
  });

  it.each([
    ['@4.97@', 4.97],
    ['4.97', 4.97],
    ['AfE=', 4.97],
    ['/g8=', -4.97],
    ['JUC+P/8=', 1599999999.99],
    [{ scale: '@3@', value: 'AfE=' }, 0.497],
    [{ scale: '@2.5@', value: 'AfE=' }, null],
    ['not base64!', null],
  ])('reads the amount %j as %j', (value, wanted) => {
    expect(rowWith({ amt: value }).amt).toBe(wanted);
  });

  it('keeps numbers of text columns as text', () => {
    expect(rowWith({ dob: '@-4424@' }).dob).toBe('-4424');
    expect(rowWith({ merchant: '@4.50@' }).merchant).toBe('4.5');
    expect(rowWith({ merchant: '@12345678.91@' }).merchant).toBe('1.234567891E7');
    expect(rowWith({ merchant: { a: ['@1@', null] } }).merchant).toBe('{"a":[1,null]}');
  });
});

describe('coercion notes', () => {
  it('tell what the row lost, with the card number masked', () => {
    expect(notesWith({ zip: '28654.9', city_pop: '12x' })).toEqual(['zip=28654.9', 'city_pop=12x']);
    expect(notesWith({ cc_num: '4992346398065154184x' })).toEqual(['cc_num=•••••••••••••••4184x']);
    expect(notesWith({ job: '__debezium_unavailable_value' })).toEqual(['job=__debezium_unavailable_value']);
    expect(notesWith({ trans_date_trans_time: '2019-01-01T00:00:18Z' })).toHaveLength(1);
  });

  it('are silent where nothing is lost', () => {
    expect(
      notesWith({ zip: ' 28654 ', cc_num: '4242424242424242', lat: '1.5', new_column: { a: 1 }, amt: null }),
    ).toEqual([]);
  });
});

describe('envelopes', () => {
  it('are read with and without schema and payload', () => {
    const plain = parse(envelope(afterOf(3)));
    const wrapped = parse(`{"schema":{"type":"struct"},"payload":${envelope(afterOf(3))}}`);
    expect(wrapped).toEqual(plain);
    expect(toRow(plain)).toMatchObject({ trans_num: 't3', cc_num: 4992346398065154184n });
  });

  it.each([
    ['c', 'row'],
    ['r', 'row'],
    ['u', 'row'],
    ['d', 'skip'],
    ['t', 'skip'],
    ['m', 'skip'],
    ['x', 'dead'],
  ])('with op %s are a %s', (op, kind) => {
    expect(parse(envelope(afterOf(1), op)).kind).toBe(kind);
  });

  it('take missing columns as null and unknown ones not at all', () => {
    const row = toRow(parse('{"op":"c","after":{"trans_num":"a","extra":1}}'));
    expect(row).toMatchObject({ trans_num: 'a', cc_num: null, amt: null, merchant: null });
    expect(Object.keys(row)).toHaveLength(22);
  });

  it('cannot reach beyond their own keys', () => {
    const change = parse('{"op":"c","after":{"__proto__":{"trans_num":"stolen"},"merchant":"m"}}');
    expect(toRow(change).trans_num).toBeNull();
    expect(({} as Record<string, unknown>)['trans_num']).toBeUndefined();
    expect(parse('{"__proto__":{"op":"c","after":{}}}')).toMatchObject({ kind: 'dead', code: 'NO_ENVELOPE' });
  });
});

describe('what gives no row', () => {
  it.each([
    ['nothing', '', 'NOT_JSON'],
    ['blanks', '  \n', 'NOT_JSON'],
    ['a cut message', '{"before":null,"after":{"trans_num":"cut', 'NOT_JSON'],
    ['two messages', '{"op":"c"}{"op":"c"}', 'NOT_JSON'],
    ['a byte order mark', '\ufeff{"op":"c","after":{}}', 'NOT_JSON'],
    ['a magic byte', Buffer.from([0, 0, 0, 0, 1, 2]), 'NOT_JSON'],
    ['bytes that are no UTF-8', Buffer.from([0x22, 0xff, 0xfe, 0x22]), 'NOT_UTF8'],
    ['UTF-16', Buffer.from('{"op":"c"}', 'utf16le'), 'NOT_JSON'],
    ['a number', '17', 'NO_ENVELOPE'],
    ['a list', '[{"op":"c"}]', 'NO_ENVELOPE'],
    ['another object', '{"hello":1}', 'NO_ENVELOPE'],
    ['a payload that is text', '{"schema":null,"payload":"x"}', 'NO_ENVELOPE'],
    ['an op without after', '{"op":"c"}', 'NO_AFTER'],
    ['an empty after', '{"op":"u","after":null}', 'NO_AFTER'],
    ['an after that is text', '{"op":"c","after":"x"}', 'NO_AFTER'],
    ['no op', '{"after":{"trans_num":"a"}}', 'UNKNOWN_OP'],
    ['an op that is a number', '{"op":1,"after":{}}', 'UNKNOWN_OP'],
  ])('is a dead letter: %s', (_name, value, code) => {
    expect(parse(value)).toMatchObject({ kind: 'dead', code });
  });

  it('is a dead letter when nested 100,000 deep, wherever it stands', () => {
    const deep = '['.repeat(100_000) + ']'.repeat(100_000);
    expect(parse(deep)).toMatchObject({ kind: 'dead', code: 'NOT_JSON' });
    expect(parse(`{"op":"c","after":{"merchant":${deep}}}`)).toMatchObject({ kind: 'dead', code: 'NOT_JSON' });
    const lessDeep = '['.repeat(3_000) + ']'.repeat(3_000);
    expect(['row', 'dead']).toContain(parse(`{"op":"c","after":{"merchant":${lessDeep}}}`).kind);
  });

  it('is a dead letter above 16 MiB', () => {
    expect(parse(Buffer.alloc(MAX_VALUE_BYTES + 1, 0x20))).toMatchObject({ kind: 'dead', code: 'TOO_LARGE' });
  });

  it('is a skip when it is a tombstone', () => {
    expect(parse(null)).toEqual({ kind: 'skip', op: 'tombstone' });
  });

  it('never quotes the message in its reason', () => {
    const change = parse('{"op":"c","after":{"street":"1 Secret Lane",}}');
    expect(JSON.stringify(change)).not.toContain('Secret');
  });
});

describe('real Debezium messages', () => {
  const variants = ['precise', 'string', 'schema-double', 'schema-precise'];

  it.each(variants)('of the variant %s give the rows of the variant double', (variant) => {
    const wanted = readCapture('seed-double');
    const rows = readCapture(variant);
    expect(rows.size).toBeGreaterThan(10);
    for (const [key, row] of rows) expect({ key, row }).toEqual({ key, row: wanted.get(key) });
  });
});

/** Rows of a small capture by what names them: transaction number, op and place among its kind. */
function readCapture(variant: string): Map<string, TransactionRow> {
  const rows = new Map<string, TransactionRow>();
  const lines = readFileSync(path.join(FIXTURES, 'debezium', `${variant}.jsonl`), 'utf8')
    .trim()
    .split('\n');
  for (const line of lines) {
    const { value } = JSON.parse(line) as { value: string | null };
    const change = parse(value === null ? null : Buffer.from(value, 'base64'));
    expect(change.kind).not.toBe('dead');
    if (change.kind !== 'row') continue;
    const name = `${change.op} ${change.row.trans_num}`;
    let place = 0;
    while (rows.has(`${name} ${place}`)) place += 1;
    rows.set(`${name} ${place}`, change.row);
  }
  return rows;
}

function toRow(change: Change): TransactionRow {
  if (change.kind !== 'row') throw new Error(`no row but ${JSON.stringify(change)}`);
  return change.row;
}
