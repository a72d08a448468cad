import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TRANSACTION_COLUMNS } from '../../../src/pipeline/cdc/columns.ts';
import { parseAll, takeAll } from '../support/columns.ts';
import { afterOf, envelope, FIXTURES, goldenRecords, record } from '../support/records.ts';
import { generatedValues } from '../support/generated.ts';
import { FORMS, hostileValue } from '../support/hostile.ts';

/** Holds the fast path against the exact one: row for row, note for note, reason for reason. */
function compare(values: readonly (Buffer | null)[]): { fast: number } {
  const records = values.map((value, n) => record(0, BigInt(n), value));
  const { fast, ...ours } = takeAll(records);
  expect(ours).toEqual(parseAll(records));
  return { fast };
}

const isFast = (text: string): boolean => compare([Buffer.from(text)]).fast === 1;
const withCell = (column: string, raw: string): string =>
  envelope({ ...afterOf(1), [column]: 'CELL' }).replace('"CELL"', () => raw);

describe('the fast path and the exact path', () => {
  it('agree on hostile messages, one after the other', () => {
    let [tried, fast] = [0, 0];
    fc.assert(
      fc.property(fc.array(hostileValue, { minLength: 1, maxLength: 8 }), (values) => {
        tried += values.length;
        fast += compare(values).fast;
      }),
      { numRuns: 800 },
    );
    // A test that never meets the fast path would hold nothing against anything.
    expect(fast / tried).toBeGreaterThan(0.2);
    expect(fast / tried).toBeLessThan(0.9);
  }, 120_000);

  it.each(TRANSACTION_COLUMNS.map(({ name }) => name))('agree on every form of a value of %s', (column) => {
    for (const raw of FORMS) compare([Buffer.from(withCell(column, raw))]);
  });

  it('agree on every prefix of a message, and on every byte of it changed', () => {
    const whole = Buffer.from(envelope({ ...afterOf(1), first: 'Zoë' }, 'u'));
    const cut = Array.from({ length: whole.length }, (_, length) => whole.subarray(0, length));
    const changed = Array.from({ length: whole.length }, (_, at) => {
      const copy = Buffer.from(whole);
      copy[at] = (at * 31 + (copy[at] as number)) & 0xff;
      return copy;
    });
    compare([...cut, ...changed, whole]);
  });
});

describe('the fast path', () => {
  it('takes plain rows, in any order of keys, with blanks, with nulls and without columns', () => {
    const plain = envelope(afterOf(1));
    expect(isFast(plain)).toBe(true);
    expect(isFast(`{"schema":{"type":"struct","fields":[]},"payload":${plain}}`)).toBe(true);
    expect(isFast(JSON.stringify(JSON.parse(plain.replace(/"cc_num":\d+,/, '')), null, 2))).toBe(true);
    expect(isFast('{"op":"r","after":{"is_fraud":null,"trans_num":"a"}}')).toBe(true);
    expect(isFast('{"op":"c","after":{}}')).toBe(true);
    expect(isFast(envelope({ ...afterOf(1), first: 'Zoë 😀' }))).toBe(true);
    for (const op of ['d', 't', 'm']) expect(isFast(envelope(null, op))).toBe(true);
  });

  it.each([
    ['city', '"O\\u0027Fallon \\"x\\" \\ud83d"'],
    ['cc_num', '9223372036854775807'],
    ['cc_num', '-9223372036854775807'],
    ['amt', '"4.97"'],
    ['amt', '"AfE="'],
    ['lat', '33.986391000000005'],
    ['lat', '-1e-7'],
    ['zip', '-2147483648'],
    ['dob', '-4424'],
  ])('takes %s %s', (column, raw) => {
    expect(isFast(withCell(column, raw))).toBe(true);
  });

  it.each([
    ['a placeholder', withCell('job', '"__debezium_unavailable_value"')],
    ['a number out of range', withCell('cc_num', '9223372036854775808')],
    ['a bent number', withCell('zip', '"28654.9"')],
    ['a column twice', '{"op":"c","after":{"zip":1,"zip":2}}'],
    ['an op twice', '{"op":"c","op":"d","after":{}}'],
    ['payload before schema', `{"payload":${envelope(afterOf(1))},"schema":null}`],
    ['a key behind the payload', `{"schema":null,"payload":${envelope(afterOf(1))},"op":"d"}`],
    ['a payload alone', `{"payload":${envelope(afterOf(1))}}`],
    ['a payload in a payload', `{"schema":1,"payload":{"schema":1,"payload":${envelope(afterOf(1))}}}`],
    ['a placeholder with an escape', withCell('job', '"__debezium_unavailable_valu\\u0065"')],
    ['something after the end', `${envelope(afterOf(1))} x`],
    ['a key with an escape', '{"\\u006fp":"c","after":{}}'],
    ['deep nesting', `{"op":"c","x":${'['.repeat(65)}${']'.repeat(65)},"after":{}}`],
  ])('leaves %s to the exact path', (_name, text) => {
    expect(isFast(text)).toBe(false);
  });

  it('leaves bytes that are no UTF-8 to the exact path, wherever they stand', () => {
    const text = envelope({ ...afterOf(1), first: 'X', unknown: 'X' });
    for (let at = text.indexOf('X'); at >= 0; at = text.indexOf('X', at + 1)) {
      const bytes = Buffer.from(text);
      bytes[at] = 0xc3;
      expect(compare([bytes]).fast).toBe(0);
    }
  });
});

describe('real messages', () => {
  const captures = [
    ...readdirSync(path.join(FIXTURES, 'debezium'))
      .filter((name) => name.endsWith('.jsonl'))
      .map((name) => `debezium/${name}`),
    'captures/seed-double.jsonl',
    'captures/truncate.jsonl',
  ];

  it.each(captures)('of %s give the same rows on both paths', (name) => {
    compare(readCapture(name));
  });

  it('of the connector as it is set up take the fast path, but for what is bent or escaped', () => {
    const values = readCapture('captures/seed-double.jsonl');
    expect(compare(values).fast / values.length).toBeGreaterThan(0.85);
  });

  it('of the golden topic give the same rows on both paths', () => {
    const records = goldenRecords();
    const { fast, ...ours } = takeAll(records);
    expect(ours).toEqual(parseAll(records));
    expect(fast).toBeGreaterThan(150);
  });
});

it('reads the generated topic as JSON.parse does', () => {
  const values = generatedValues(20_000);
  const { rows, fast } = takeAll(values.map((value, n) => record(0, BigInt(n), value)));
  expect(fast).toBe(values.length);
  values.forEach((value, n) => {
    const { after } = parsePlainly(value.toString());
    for (const { name, kind } of TRANSACTION_COLUMNS) {
      const text = after[name] ?? '';
      const wanted =
        kind === 'long' ? BigInt(text) : kind === 'int' || kind === 'double' || kind === 'amount' ? Number(text) : text;
      if (!Object.is(rows[n]?.[name], wanted)) expect({ n, [name]: rows[n]?.[name] }).toEqual({ n, [name]: wanted });
    }
  });
});

/** `JSON.parse` with numbers as they stand in the text. */
function parsePlainly(text: string): { after: Record<string, string> } {
  const keepDigits = (_key: string, value: unknown, context?: { source?: string }): unknown =>
    typeof value === 'number' ? context?.source : value;
  return JSON.parse(text, keepDigits) as { after: Record<string, string> };
}

function readCapture(name: string): (Buffer | null)[] {
  const lines = readFileSync(path.join(FIXTURES, name), 'utf8').trim().split('\n');
  return lines.map((line) => {
    const { value } = JSON.parse(line) as { value: string | null };
    return value === null ? null : Buffer.from(value, 'base64');
  });
}
