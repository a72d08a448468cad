/**
 * Replays the SQL of a recorded session and holds what our capture writes against what a real Debezium connector wrote.
 * What must differ (positions, times, transaction ids, version) is pinned on both sides; everything else is compared
 * byte for byte.
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openDatabase, type Database } from '../../../src/pipeline/sql.ts';
import { startCapture, type Capture } from '../../../src/stack/embedded/capture.ts';
import { startTestPostgres, type TestPostgres } from '../../support/postgres.ts';
import { captureSettings, readRecords, waitForRecords, type StoredRecord } from './support.ts';

interface Message {
  readonly offset: string;
  readonly headers: Readonly<Record<string, string | null>>;
  readonly key: string | null;
  readonly value: string | null;
}

const FIXTURES = path.resolve(import.meta.dirname, '../../fixtures/captures');
const [ddl = '', ...cases] = readFileSync(path.join(FIXTURES, 'workload.sql'), 'utf8').split(/^-- case: /m);
const recorded = readMessages('seed-double.jsonl');

let server: TestPostgres;
let frauddb: Database;
let topics: Database;
let capture: Capture;
let written: Map<string, StoredRecord[]>;

beforeAll(async () => {
  server = await startTestPostgres();
  const databases = await server.createFraudDatabases();
  frauddb = openDatabase(databases.frauddb, { statementTimeoutMs: 0 });
  topics = openDatabase(databases.topics, { statementTimeoutMs: 0 });
  await frauddb.query('DROP TABLE fraud_predictions, transactions');
  await frauddb.query(ddl);
  const [before = '', ...after] = cases;
  await frauddb.query(statementsOf(before));
  capture = startCapture(captureSettings(databases), () => undefined);
  await capture.streaming;
  for (const each of after) await frauddb.query(statementsOf(each));
  await waitForRecords(topics, recorded.length + 1);
  written = byKey(await readRecords(topics));
});

afterAll(async () => {
  await capture.stop();
  await Promise.all([frauddb.close(), topics.close()]);
  await server.stop();
});

test('every key has the recorded messages in the recorded order', () => {
  const expected = byKey(recorded);
  for (const [key, messages] of expected) {
    expect(
      written.get(key)?.map(({ value }) => pin(value)),
      key,
    ).toEqual(messages.map(({ value }) => pin(value)));
  }
  expect([...written.keys()].filter((key) => key !== 'null').sort()).toEqual([...expected.keys()].sort());
});

test('headers of a changed key are the recorded ones', () => {
  const headersOf = (messages: readonly { headers: Message['headers'] }[] = []) =>
    messages.map(({ headers }) =>
      Object.fromEntries(Object.entries(headers).filter(([name]) => !name.includes('.context.'))),
    );
  const expected = byKey(recorded);
  for (const key of ['{"trans_num":"dev_life"}', '{"trans_num":"dev_life_renamed"}']) {
    expect(headersOf(written.get(key)), key).toEqual(headersOf(expected.get(key)));
  }
});

test('a truncate is the recorded envelope without a key', () => {
  const [message] = readMessages('truncate.jsonl');
  const ours = written.get('null') ?? [];
  expect(ours.map(({ value }) => pin(value))).toEqual([pin(message?.value ?? null)]);
});

test('the comparison sees a difference: it covers every op, tombstones, 19 digits and the unavailable value', () => {
  const text = [...written.values()].flat().map(({ value }) => value ?? 'tombstone');
  for (const part of [
    '"op":"r"',
    '"op":"c"',
    '"op":"u"',
    '"op":"d"',
    '"op":"t"',
    'tombstone',
    '9223372036854775807',
    '__debezium_unavailable_value',
    '"snapshot":"first"',
    '"snapshot":"last"',
  ])
    expect(
      text.some((value) => value.includes(part)),
      part,
    ).toBe(true);
});

function statementsOf(text: string): string {
  return text.slice(text.indexOf('\n') + 1);
}

function readMessages(file: string): Message[] {
  const decode = (base64: string | null): string | null =>
    base64 === null ? null : Buffer.from(base64, 'base64').toString();
  return readFileSync(path.join(FIXTURES, file), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Message)
    .map(({ offset, headers, key, value }) => ({
      offset,
      headers: Object.fromEntries(Object.entries(headers).map(([name, each]) => [name, decode(each)])),
      key: decode(key),
      value: decode(value),
    }));
}

function byKey<T extends { key: string | null }>(messages: readonly T[]): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const message of messages)
    groups.set(String(message.key), [...(groups.get(String(message.key)) ?? []), message]);
  return groups;
}

/**
 * Positions, times and ids become constants; their form (digits, null, quotes) stays. Debezium forgets the begin of the
 * first transaction after its snapshot; we know it.
 */
function pin(value: string | null): string | null {
  if (value === null) return null;
  const streamed = value.includes('"snapshot":"false"');
  const source = value.indexOf('"source":{');
  return (
    value.slice(0, source) +
    value
      .slice(source)
      .replace(/"version":"[^"]*"/, '"version":"v"')
      .replace(/"name":"[^"]*"/, '"name":"n"')
      .replace(/\\"\d+\\"/g, '\\"1\\"')
      .replace(streamed ? '"sequence":"[null,' : '\0', '"sequence":"[\\"1\\",')
      .replace(/"transaction":\{[^}]*\}/, '"transaction":null')
      .replace(/"(ts_ms|ts_us|ts_ns|lsn|txId)":\d+/g, '"$1":1')
  );
}
