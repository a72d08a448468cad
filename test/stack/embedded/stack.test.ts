/** The whole embedded stack, and what happens when a part of it dies. */
import { rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openDatabase, type Database } from '../../../src/pipeline/sql.ts';
import { isAlive } from '../../../src/stack/embedded/orphan.ts';
import { createEmbeddedStack } from '../../../src/stack/embedded/stack.ts';
import type {
  Endpoints,
  ProducerSettings,
  ServiceName,
  ServiceView,
  Stack,
  StackEvent,
} from '../../../src/stack/stack.ts';
import { APP_ROOT, makeTestHome, MIGRATIONS_FOLDER, removeTestHome } from '../../support/postgres.ts';
import { countRecords, DEADLY_FILE, until } from './support.ts';

const STREAM: ProducerSettings = { mode: 'stream', rate: 200, rows: 0, seed: 7, csv: null, timeScale: null };

let home: string;
let stack: Stack;
let endpoints: Endpoints;
let frauddb: Database;
let topics: Database;
const events: StackEvent[] = [];

beforeAll(async () => {
  home = await makeTestHome();
  stack = newStack((event) => events.push(event));
  endpoints = await stack.start();
  frauddb = openDatabase(endpoints.serving);
  topics = openDatabase(endpoints.source.kind === 'embedded' ? endpoints.source.postgres : endpoints.serving);
});

afterAll(async () => {
  await Promise.all([frauddb.close(), topics.close()]);
  await stack.stop();
  await removeTestHome(home);
});

test('every service is up, with an address where there is one', () => {
  expect(latest().map(({ name, state }) => [name, state])).toEqual(
    ['postgres', 'capture', 'topic', 'lakehouse', 'fraud-api', 'slack-preview', 'producer'].map((name) => [name, 'OK']),
  );
  expect(service('postgres').address).toBe(`127.0.0.1:${endpoints.serving.port}`);
  expect(service('fraud-api').address).toBe(new URL(endpoints.fraudApiUrl).host);
  expect(service('lakehouse').address).toBe(path.join(home, 'lakehouse'));
});

test('the fraud API answers from the models of the app, and says so', async () => {
  const answer = await fetch(`${endpoints.fraudApiUrl}/health`);
  expect(await answer.json()).toMatchObject({ model_loaded: true });
  await until(() => service('fraud-api').detail.startsWith('2 models; '));
});

test('a test transaction that is sent is scored as a fraud, and a normal one is not', async () => {
  for (const [kind, fraud] of [
    ['suspicious', 1],
    ['normal', 0],
  ] as const) {
    const transNum = await stack.sendTestTransaction(kind);
    const [row] = await frauddb.query<{ amt: string; hour: number; category: string }>(
      `SELECT amt, extract(hour FROM trans_date_trans_time)::int AS hour, category FROM transactions WHERE trans_num = $1`,
      [transNum],
    );
    const body = JSON.stringify({ ...row, amt: Number(row?.amt), age: 36, gender: 'M' });
    const answer = await fetch(`${endpoints.fraudApiUrl}/predict/raw`, { method: 'POST', body });
    expect(await answer.json()).toMatchObject({ is_fraud_predicted: fraud, shape: 'stateless' });
  }
});

test('a scenario is played on one card, and its thefts are told', async () => {
  const thefts = await stack.playScenario('card-theft');
  const [row] = await frauddb.query<{ cards: number; rows: number }>(
    `SELECT count(DISTINCT cc_num)::int AS cards, count(*)::int AS rows FROM transactions WHERE trans_num = ANY($1::text[])`,
    [thefts],
  );
  expect(row).toEqual({ cards: 1, rows: 8 });
});

test('produced rows come out of the topic, and pausing ends them', async () => {
  await stack.startProducer(STREAM);
  await until(() => produced().rows > 100);
  await stack.pauseProducer();
  await bothAgree();
  const before = await countTransactions();
  await until(() => !produced().running);
  expect(await countTransactions()).toBe(before);
});

test('PostgreSQL that dies under load is FAILED, then back at its port, and no row is lost or doubled', async () => {
  await stack.startProducer(STREAM);
  await until(() => produced().running);
  const { pid } = service('postgres');
  events.length = 0;
  process.kill(pid ?? -1, 'SIGKILL');
  await until(() => seen('postgres', 'FAILED') && service('postgres').state === 'OK');
  expect(service('postgres').pid).not.toBe(pid);
  expect(service('postgres').address).toBe(`127.0.0.1:${endpoints.serving.port}`);
  const before = await until(async () => (await countTransactions()) > 0).then(countTransactions);
  await until(async () => (await countTransactions()) > before);
  await stack.pauseProducer();
  await bothAgree();
});

test('the thread that dies is reported and starts again at the same addresses, the producer too', async () => {
  await stack.startProducer(STREAM);
  events.length = 0;
  writeFileSync(DEADLY_FILE, '');
  await until(() => seen('fraud-api', 'FAILED'));
  rmSync(DEADLY_FILE);
  await until(() => service('fraud-api').state === 'OK');
  expect((await fetch(`${endpoints.fraudApiUrl}/health`)).status).toBe(200);
  expect((await fetch(endpoints.slackPreviewUrl ?? '', { method: 'POST', body: '{"text":"x"}' })).status).toBe(200);
  const before = await countTransactions();
  await until(async () => (await countTransactions()) > before);
  await stack.pauseProducer();
  await bothAgree();
  expect(events.some((event) => event.type === 'log' && event.line.level === 'error')).toBe(true);
});

test('a stop in the middle of a start leaves no server behind', async () => {
  const other = await makeTestHome();
  const seenPids = new Set<number>();
  const early = newStack((event) => {
    for (const { pid, name } of event.type === 'services' ? event.services : [])
      if (pid && name === 'postgres') seenPids.add(pid);
  }, other);
  const starting = early.start().catch(() => null);
  await early.stop();
  await starting;
  expect([...seenPids].filter(isAlive)).toEqual([]);
  await removeTestHome(other);
});

function newStack(onEvent: (event: StackEvent) => void, at = home): Stack {
  return createEmbeddedStack({
    home: at,
    appRoot: APP_ROOT,
    migrationsFolder: MIGRATIONS_FOLDER,
    workerFile: path.join(import.meta.dirname, 'fragile-worker.ts'),
    version: '0.0.0-test',
    onEvent,
  });
}

let views: readonly ServiceView[] = [];

function latest(): readonly ServiceView[] {
  for (const event of events) if (event.type === 'services') views = event.services;
  return views;
}

function service(name: ServiceName): ServiceView {
  const found = latest().find((view) => view.name === name);
  if (!found) throw new Error(`${name} has not been told`);
  return found;
}

function seen(name: ServiceName, state: string): boolean {
  return events.some(
    (event) => event.type === 'services' && event.services.some((view) => view.name === name && view.state === state),
  );
}

function produced(): { running: boolean; rows: number } {
  const last = events.filter((event) => event.type === 'producer').at(-1);
  return last?.type === 'producer'
    ? { running: last.producer.running, rows: last.producer.sent }
    : { running: false, rows: 0 };
}

async function countTransactions(): Promise<number> {
  const [row] = await frauddb.query<{ rows: number }>('SELECT count(*)::int AS rows FROM transactions');
  return row?.rows ?? 0;
}

/** Rows of the table and records of the topic: the same number, and each key once. */
async function bothAgree(): Promise<void> {
  const rows = await countTransactions();
  await until(async () => (await countRecords(topics)) >= rows);
  const [row] = await topics.query<{ records: number; keys: number }>(
    'SELECT count(*)::int AS records, count(DISTINCT key)::int AS keys FROM records',
  );
  expect(row).toEqual({ records: rows, keys: rows });
}
