import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { openDatabase, type Database } from '../../../src/pipeline/sql.ts';
import { startCapture, type Capture } from '../../../src/stack/embedded/capture.ts';
import type { CaptureSettings } from '../../../src/stack/embedded/capture-settings.ts';
import { parseLsn } from '../../../src/stack/embedded/lsn.ts';
import { createSlot, openReplication } from '../../../src/stack/embedded/replication.ts';
import { startTestPostgres, type TestPostgres } from '../../support/postgres.ts';
import { captureSettings, countRecords, insertSql, readRecords, until, waitForRecords } from './support.ts';

let server: TestPostgres;
let settings: CaptureSettings;
let frauddb: Database;
let topics: Database;
let capture: Capture | null = null;
const lines: string[] = [];

beforeAll(async () => {
  server = await startTestPostgres();
  const databases = await server.createFraudDatabases();
  settings = captureSettings(databases);
  frauddb = openDatabase(databases.frauddb, { statementTimeoutMs: 0 });
  topics = openDatabase(databases.topics, { statementTimeoutMs: 0 });
});

afterEach(async () => {
  await capture?.stop();
  capture = null;
});

afterAll(async () => {
  await Promise.all([frauddb.close(), topics.close()]);
  await server.stop();
});

test('a stopped capture goes on with what happened meanwhile', async () => {
  await start();
  await frauddb.query(insertSql('a', 3));
  await waitForRecords(topics, 3);
  await capture?.stop();
  await frauddb.query(insertSql('b', 3));
  await start();
  await waitForRecords(topics, 6);
  expect(new Set((await readRecords(topics)).map(({ key }) => key)).size).toBe(6);
});

test('a broken connection is opened again, and nothing is lost or doubled', async () => {
  await start();
  const before = await countRecords(topics);
  for (let round = 0; round < 3; round += 1) {
    await frauddb.query(insertSql(`broken${round}_`, 50));
    await frauddb.query('SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots WHERE active');
  }
  await waitForRecords(topics, before + 150);
  const records = await readRecords(topics);
  expect(records.filter(({ key }) => key?.includes('broken'))).toHaveLength(150);
  expect(lines.some((line) => line.includes('connecting again'))).toBe(true);
});

test('while another holds the slot it waits', async () => {
  await start();
  await capture?.stop();
  const other = await openReplication(settings.captured, settings, {
    onMessage: () => undefined,
    onKeepalive: () => undefined,
  });
  capture = startCapture(settings, log);
  await until(() => lines.some((line) => line.includes('is active for PID')));
  expect(capture.status().phase).not.toBe('STREAMING');
  await other.stop();
  await capture.streaming;
});

test('an idle capture confirms the log that the topic itself makes', async () => {
  await start();
  await topics.query('CREATE TABLE IF NOT EXISTS noise (n int)');
  await topics.query('INSERT INTO noise SELECT generate_series(1, 20000)');
  const [row] = await topics.query<{ lsn: string }>('SELECT pg_current_wal_lsn() AS lsn');
  await until(async () => (await confirmed()) >= parseLsn(row?.lsn ?? '0/0'));
});

test('a lost slot means a new snapshot: every row comes again with op r, and the log says so', async () => {
  await start();
  await capture?.stop();
  await until(isUnread);
  await frauddb.query('SELECT pg_drop_replication_slot($1)', [settings.slot]);
  const [table] = await frauddb.query<{ rows: number }>('SELECT count(*)::int AS rows FROM transactions');
  const before = await countRecords(topics);
  await start();
  expect(await countRecords(topics)).toBe(before + (table?.rows ?? 0));
  expect(lines.some((line) => line.startsWith('warn') && line.includes('slot is lost'))).toBe(true);
});

test('the slot is confirmed exactly to the end of a commit, not one byte further', async () => {
  await start();
  await capture?.stop();
  const slot = 'exact';
  const names = { slot, publication: settings.publication };
  await createSlot(settings.captured, slot, () => Promise.resolve());
  const ends: bigint[] = [];
  const stream = await openReplication(settings.captured, names, {
    onMessage: (message) => void (message.type === 'commit' && ends.push(message.endLsn)),
    onKeepalive: () => undefined,
  });
  await frauddb.query(insertSql('exact', 1));
  await until(() => ends.length > 0);
  stream.acknowledge(ends[0] ?? 0n);
  await until(async () => (await confirmed(slot)) >= (ends[0] ?? 0n));
  expect(await confirmed(slot)).toBe(ends[0]);
  await stream.stop();
  await until(isUnread);
  await frauddb.query('SELECT pg_drop_replication_slot($1)', [slot]);
});

/** PostgreSQL notices the end of a reader a moment after it. */
async function isUnread(): Promise<boolean> {
  return (await frauddb.query('SELECT 1 FROM pg_replication_slots WHERE active')).length === 0;
}

async function start(): Promise<void> {
  lines.length = 0;
  capture = startCapture(settings, log);
  await capture.streaming;
}

function log(level: string, message: string): void {
  lines.push(`${level} ${message}`);
}

async function confirmed(slot = settings.slot): Promise<bigint> {
  const [row] = await frauddb.query<{ lsn: string | null }>(
    'SELECT confirmed_flush_lsn AS lsn FROM pg_replication_slots WHERE slot_name = $1',
    [slot],
  );
  return parseLsn(row?.lsn ?? '0/0');
}
