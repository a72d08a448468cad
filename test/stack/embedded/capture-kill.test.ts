/** Kills the capturing process for real, and counts afterwards. */
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { openDatabase, type Database } from '../../../src/pipeline/sql.ts';
import type { CaptureSettings } from '../../../src/stack/embedded/capture-settings.ts';
import { startTestPostgres, type TestPostgres } from '../../support/postgres.ts';
import { captureSettings, countRecords, insertSql, until, waitForRecords } from './support.ts';

const ROWS_BEFORE = 20_000;
const ROWS_IN_ONE = 100_000;

let server: TestPostgres;
let settings: CaptureSettings;
let frauddb: Database;
let topics: Database;
let host: ChildProcess | null = null;

beforeAll(async () => {
  server = await startTestPostgres();
  const databases = await server.createFraudDatabases();
  settings = captureSettings(databases);
  frauddb = openDatabase(databases.frauddb, { statementTimeoutMs: 0 });
  topics = openDatabase(databases.topics, { statementTimeoutMs: 0 });
});

afterEach(() => killHost());

afterAll(async () => {
  await Promise.all([frauddb.close(), topics.close()]);
  await server.stop();
});

test('killed during the snapshot it leaves no record, and starts over', async () => {
  await frauddb.query(insertSql('before', ROWS_BEFORE));
  startHost();
  await until(isReadingSnapshot);
  await killHost();
  await until(async () => !(await isReadingSnapshot()));
  expect(await countRecords(topics)).toBe(0);
  expect(await topics.query('SELECT 1 FROM records LIMIT 1')).toEqual([]);

  startHost();
  await waitForRecords(topics, ROWS_BEFORE);
  expect(await audit()).toEqual({ records: ROWS_BEFORE, keys: ROWS_BEFORE, gaps: 0 });
});

test('killed three times inside 100,000 rows of one transaction it loses none and doubles none', async () => {
  const before = await countRecords(topics);
  const whole = before + ROWS_IN_ONE;
  startHost();
  const begun = Date.now();
  await frauddb.query(insertSql('one', ROWS_IN_ONE));
  for (const share of [0.1, 0.4, 0.7]) {
    await waitForRecords(topics, before + share * ROWS_IN_ONE);
    await killHost();
    expect(await countRecords(topics)).toBeLessThan(whole);
    startHost();
  }
  await waitForRecords(topics, whole);
  console.log(`100,000 rows with three kills took ${Date.now() - begun} ms`);
  expect(await audit()).toEqual({ records: whole, keys: whole, gaps: 0 });
});

test('killed between small transactions it loses none and doubles none', async () => {
  const before = await countRecords(topics);
  for (let round = 0; round < 3; round += 1) {
    startHost();
    for (let n = 0; n < 40; n += 1) await frauddb.query(insertSql(`small${round}_${n}_`, 5));
    await killHost();
  }
  startHost();
  await waitForRecords(topics, before + 600);
  expect(await audit()).toEqual({ records: before + 600, keys: before + 600, gaps: 0 });
});

function startHost(): void {
  host = fork(path.join(import.meta.dirname, 'capture-host.ts'), { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  host.send(settings);
}

async function killHost(): Promise<void> {
  const dying = host;
  host = null;
  if (!dying || dying.exitCode !== null) return;
  const gone = once(dying, 'exit');
  dying.kill('SIGKILL');
  await gone;
}

async function isReadingSnapshot(): Promise<boolean> {
  const rows = await frauddb.query(
    `SELECT 1 FROM pg_stat_activity WHERE application_name = 'sluice snapshot' AND query LIKE 'FETCH%'`,
  );
  return rows.length > 0;
}

/** Every record once, and offsets without a gap from the log's start to its end. */
async function audit(): Promise<{ records: number; keys: number; gaps: number }> {
  const [row] = await topics.query<{ records: number; keys: number; gaps: number }>(
    `SELECT count(*)::int AS records, count(DISTINCT key)::int AS keys,
       (SELECT count(*)::int FROM partitions p WHERE log_end - log_start <> (
          SELECT count(*) FROM records r WHERE r.topic = p.topic AND r.partition = p.partition
            AND "offset" >= log_start AND "offset" < log_end)) AS gaps
     FROM records`,
  );
  return row ?? { records: -1, keys: -1, gaps: -1 };
}
