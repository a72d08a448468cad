import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { openDatabase, type Database } from '../../../src/pipeline/sql.ts';
import type { TopicEvent } from '../../../src/stack/embedded/envelope.ts';
import {
  append,
  applyRetention,
  createTopic,
  murmur2,
  partitionOf,
  readBounds,
} from '../../../src/stack/embedded/topic.ts';
import { startTestPostgres, type TestPostgres } from '../../support/postgres.ts';
import { readRecords } from './support.ts';

const TOPIC = 'a';
let server: TestPostgres;
let topics: Database;

beforeAll(async () => {
  server = await startTestPostgres();
  topics = openDatabase((await server.createFraudDatabases()).topics);
});

beforeEach(async () => {
  await topics.query('TRUNCATE records, partitions');
  await createTopic(topics, TOPIC);
});

afterAll(async () => {
  await topics.close();
  await server.stop();
});

/** The values stand in Kafka's own UtilsTest. */
test.each([
  ['21', -973932308],
  ['foobar', -790332482],
  ['a-little-bit-long-string', -985981536],
  ['a-little-bit-longer-string', -1486304829],
  ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58897971],
  ['abc', 479470107],
])('murmur2 of %s is what Kafka computes', (text, hash) => {
  expect(murmur2(Buffer.from(text))).toBe(hash);
});

test('a negative hash loses its sign bit before it is divided', () => {
  expect(partitionOf(Buffer.from('21'), 4)).toBe((-973932308 & 0x7fffffff) % 4);
  expect(partitionOf(null, 4)).toBe(0);
});

test('keys, values, null and empty values and headers come back as they were, in order', async () => {
  const bytes = Buffer.from(Array.from({ length: 256 }, (_, index) => index));
  const sent = [
    event('k', bytes),
    event('k', null),
    event('k', Buffer.alloc(0)),
    event('k', Buffer.from('ümlaut'), { '__debezium.newkey': '{"a":"ü"}' }),
  ];
  await topics.transaction((sql) => append(sql, TOPIC, sent, 1_000));
  const rows = await topics.query<{ value: Buffer | null; key: Buffer; headers: object; recorded_at_ms: string }>(
    'SELECT key, value, headers, recorded_at_ms FROM records ORDER BY "offset"',
  );
  expect(rows.map(({ key }) => key.toString())).toEqual(['k', 'k', 'k', 'k']);
  expect(rows.map(({ value }) => value)).toEqual(sent.map(({ value }) => value));
  expect(rows.map(({ headers }) => headers)).toEqual(sent.map(({ headers }) => headers));
  expect(new Set(rows.map((row) => row.recorded_at_ms))).toEqual(new Set(['1000']));
});

test('a rollback takes its offsets back, and racing appends leave no gap', async () => {
  const failing = topics.transaction(async (sql) => {
    await append(sql, TOPIC, keys('lost', 50), 1);
    throw new Error('on purpose');
  });
  await expect(failing).rejects.toThrow('on purpose');
  await Promise.all([1, 2, 3].map((n) => topics.transaction((sql) => append(sql, TOPIC, keys(`k${n}`, 100), 1))));
  const records = await readRecords(topics);
  for (const { partition, logStart, logEnd } of await readBounds(topics, TOPIC)) {
    const offsets = records.filter((record) => record.partition === partition).map(({ offset }) => BigInt(offset));
    expect(offsets).toEqual(Array.from({ length: Number(logEnd) }, (_, index) => BigInt(index)));
    expect(logStart).toBe(0n);
  }
  expect(records).toHaveLength(300);
});

test('retention by age moves the log start and keeps the end', async () => {
  await topics.transaction((sql) => append(sql, TOPIC, keys('old', 40), 1_000));
  await topics.transaction((sql) => append(sql, TOPIC, keys('new', 40), 9_000));
  const before = await readBounds(topics, TOPIC);
  expect(await applyRetention(topics, TOPIC, { maxAgeMs: 5_000, maxBytes: null }, 10_000)).toBe(40);
  const after = await readBounds(topics, TOPIC);
  expect(after.map(({ logEnd }) => logEnd)).toEqual(before.map(({ logEnd }) => logEnd));
  expect((await readRecords(topics)).every(({ key }) => key?.startsWith('new'))).toBe(true);
  expect(await applyRetention(topics, TOPIC, { maxAgeMs: 0, maxBytes: null }, 99_000)).toBe(40);
  for (const { logStart, logEnd } of await readBounds(topics, TOPIC)) expect(logStart).toBe(logEnd);
});

test('retention by size keeps the newest records', async () => {
  await topics.transaction((sql) => append(sql, TOPIC, keys('x', 400), 1_000));
  const removed = await applyRetention(topics, TOPIC, { maxAgeMs: null, maxBytes: 4_000 }, 1_000);
  expect(removed).toBeGreaterThan(0);
  const kept = await topics.query<{ bytes: number }>(
    'SELECT sum(length(key) + length(value))::int AS bytes FROM records',
  );
  expect(kept[0]?.bytes).toBeLessThanOrEqual(4_000);
  expect(kept[0]?.bytes).toBeGreaterThan(2_000);
});

function event(key: string, value: Buffer | null, headers: Record<string, string> = {}): TopicEvent {
  return { key: Buffer.from(key), value, headers };
}

function keys(prefix: string, count: number): TopicEvent[] {
  return Array.from({ length: count }, (_, n) => event(`${prefix}${n}`, Buffer.from('0123456789012345')));
}
