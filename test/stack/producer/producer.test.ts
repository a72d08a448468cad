/** The producer against a real database: it resumes, it skips bad lines, and it outlives a break. */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { openDatabase, type Database } from '../../../src/pipeline/sql.ts';
import type { ProducerSettings } from '../../../src/stack/stack.ts';
import { createGenerator } from '../../../src/stack/producer/generator.ts';
import { paceOf } from '../../../src/stack/producer/pace.ts';
import { createProducer, type Producer } from '../../../src/stack/producer/producer.ts';
import { COLUMN_NAMES, type Transaction } from '../../../src/stack/producer/transaction.ts';
import { startTestPostgres, type TestPostgres } from '../../support/postgres.ts';
import { until } from '../embedded/support.ts';

const BULK: ProducerSettings = { mode: 'bulk', rate: 25, rows: 2_500, seed: 5, csv: null, timeScale: null };

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

let server: TestPostgres;
let frauddb: Database;
let producer: Producer;
const lines: string[] = [];

beforeAll(async () => {
  server = await startTestPostgres();
  frauddb = openDatabase((await server.createFraudDatabases()).frauddb, { statementTimeoutMs: 0 });
});

beforeEach(async () => {
  lines.length = 0;
  await frauddb.query('TRUNCATE transactions, producer_checkpoint CASCADE');
  producer = newProducer();
});

afterEach(() => producer.pause());

afterAll(async () => {
  await frauddb.close();
  await server.stop();
});

test('bulk sends exactly the rows that were asked for, and a second start finds them there', async () => {
  await producer.start(BULK);
  await done();
  expect(await transNums()).toEqual(expected(5, 2_500));
  await producer.start(BULK);
  await done();
  expect(await transNums()).toHaveLength(2_500);
  await producer.start({ ...BULK, rows: 2_600 });
  await done();
  expect(await transNums()).toEqual(expected(5, 2_600));
});

test('paused and started again by another process it goes on with the next row', async () => {
  await producer.start({ ...BULK, mode: 'stream', rate: 2_000 });
  await until(() => producer.view().sent > 300);
  await producer.pause();
  const sent = producer.view().sent;
  expect(await checkpoint()).toBe(sent);
  producer = newProducer();
  await producer.start({ ...BULK, mode: 'stream', rate: 2_000 });
  await until(() => producer.view().sent > 300);
  await producer.pause();
  expect(await transNums()).toEqual(expected(5, sent + producer.view().sent));
});

test('a rate is kept: about so many rows in a second', async () => {
  const begun = Date.now();
  await producer.start({ ...BULK, mode: 'stream', rate: 100 });
  await until(() => producer.view().sent >= 200);
  const seconds = (Date.now() - begun) / 1_000;
  expect(seconds).toBeGreaterThan(1.5);
});

test('a connection that breaks is no loss', async () => {
  await producer.start({ ...BULK, rows: 20_000 });
  await until(() => producer.view().sent > 1_000);
  await frauddb.query(
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'sluice' AND pid <> pg_backend_pid()",
  );
  await done();
  expect(await transNums()).toEqual(expected(5, 20_000));
});

test('a file is loaded but for its bad lines, which are told by number', async () => {
  const rows = first(6, 20);
  const text = rows.map((row, index) => (index === 4 ? 'nonsense' : toLine(row)));
  const csv = path.join(server.home, 'some.csv');
  writeFileSync(csv, `${['', ...COLUMN_NAMES].join(',')}\n${text.join('\n')}\n`);
  await producer.start({ ...BULK, csv, rows: 1_000 });
  await done();
  expect(await transNums()).toHaveLength(19);
  expect(producer.view()).toMatchObject({ sent: 19, badLines: 1, source: 'some.csv' });
  expect(lines.filter((line) => line.includes('Line 6 is no transaction'))).toHaveLength(1);
});

test('a missing file is told once and leaves the producer idle', async () => {
  await producer.start({ ...BULK, csv: '/nowhere/x.csv' });
  await until(() => !producer.view().running);
  expect(lines.some((line) => line.startsWith('error') && line.includes('/nowhere/x.csv'))).toBe(true);
});

test('the time of a file is kept, scaled, and never runs backwards', () => {
  const pace = paceOf({ ...BULK, mode: 'stream', csv: 'x', timeScale: 60 });
  const at = (time: string): Transaction => ({ trans_date_trans_time: time }) as Transaction;
  expect(
    ['2019-01-01 00:00:00', '2019-01-01 00:01:00', '2019-01-01 00:00:30', '2019-01-01 01:00:00'].map(at).map(pace),
  ).toEqual([0, 1_000, 1_000, 60_000]);
});

test('idle sends nothing; a test transaction goes all the same', async () => {
  await producer.start({ ...BULK, mode: 'idle' });
  const transNum = await producer.sendTest('suspicious');
  expect(await transNums()).toEqual([transNum]);
  expect(producer.view().running).toBe(false);
});

function newProducer(): Producer {
  return createProducer(frauddb, (level, message) => lines.push(`${level} ${message}`));
}

async function done(): Promise<void> {
  await until(() => !producer.view().running);
}

async function transNums(): Promise<string[]> {
  const rows = await frauddb.query<{ trans_num: string }>('SELECT trans_num FROM transactions');
  return rows.map((row) => row.trans_num).sort();
}

async function checkpoint(): Promise<number> {
  const [row] = await frauddb.query<{ last_line_processed: string }>(
    'SELECT last_line_processed FROM producer_checkpoint',
  );
  return Number(row?.last_line_processed);
}

function first(seed: number, count: number): Transaction[] {
  const source = createGenerator(seed).rows(0);
  return Array.from({ length: count }, () => source.next().value);
}

function expected(seed: number, count: number): string[] {
  return first(seed, count)
    .map(({ trans_num }) => trans_num ?? '')
    .sort();
}

function toLine(row: Transaction): string {
  return ['0', ...COLUMN_NAMES.map((name) => `"${row[name] ?? ''}"`)].join(',');
}
