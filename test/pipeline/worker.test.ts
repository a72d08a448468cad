import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Worker } from 'node:worker_threads';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type {
  CheckpointView,
  ClearPreview,
  ClearResult,
  PartitionLag,
  TableView,
  WorkerEvent,
} from '../../src/pipeline/events.ts';
import type { JobSettings, PostgresSettings, WorkerRequest } from '../../src/pipeline/job-settings.ts';
import { localFolder } from '../../src/pipeline/store/location.ts';
import { openDatabase, type Database } from '../../src/pipeline/sql.ts';
import { readDelta } from '../support/deltalake.ts';
import { startTestPostgres, type TestPostgres } from '../support/postgres.ts';
import { afterOf, envelope, TOPIC } from './support/records.ts';

let postgres: TestPostgres;
let topics: PostgresSettings;
let frauddb: PostgresSettings;
let database: Database;
let root: string;
let tableFolder: string;

beforeAll(async () => {
  postgres = await startTestPostgres();
  ({ topics, frauddb } = await postgres.createFraudDatabases());
  database = openDatabase(topics);
  root = mkdtempSync(path.join(tmpdir(), 'sluice-worker-'));
  tableFolder = path.join(root, 'bronze', 'transactions');
  for (const partition of [0, 1]) {
    await database.query('INSERT INTO partitions (topic, partition) VALUES ($1, $2) ON CONFLICT DO NOTHING', [
      TOPIC,
      partition,
    ]);
  }
}, 60_000);

afterAll(async () => {
  await database.close();
  await postgres.stop();
  rmSync(root, { recursive: true, force: true });
});

describe('the worker thread', () => {
  it('runs Bronze, answers about it, and goes on from the table after its checkpoint was cleared', async () => {
    await append(0, 20);
    const query = startWorker();
    query.send({ type: 'run', job: job('run-1') });
    expect(await query.next('state')).toMatchObject({ state: 'RUNNING', runId: 'run-1' });
    expect(await query.next('progress')).toMatchObject({ progress: { batchId: 0, numInputRows: 20 } });
    await append(20, 5);
    expect(await query.next('progress')).toMatchObject({
      progress: { batchId: 1, numInputRows: 5, x: { deltaVersion: 1 } },
    });

    const inspector = startWorker();
    expect(await inspector.refusal({ type: 'clear', seq: 1, job: job('run-2'), from: 'table' })).toMatchObject({
      code: 'FENCED',
    });
    query.send({ type: 'stop' });
    expect(await query.next('state')).toMatchObject({ state: 'STOPPED' });
    await query.ended;

    await append(25, 3);
    const [lag, view, table, preview] = await Promise.all([
      inspector.ask<PartitionLag[]>({ type: 'lag', seq: 2, job: job('run-2') }),
      inspector.ask<CheckpointView>({ type: 'inspect', seq: 3, job: job('run-2') }),
      inspector.ask<TableView>({ type: 'table', seq: 4, job: job('run-2') }),
      inspector.ask<ClearPreview>({ type: 'preview-clear', seq: 5, job: job('run-2'), from: 'table' }),
    ]);
    expect(lag.map((each) => each.lag)).toEqual([1, 2]);
    expect(lag[0]?.oldestUnreadAt).toBe(1_735_000_000_026);
    expect(view).toMatchObject({ lastOffsets: 1, lastCommit: 1, inDoubt: false, owner: null });
    expect(table).toMatchObject({ version: 1, rows: 25 });
    expect(preview).toMatchObject({ readAgain: 0, rowsDoubled: 0, startsFrom: 'Delta version 1' });

    const cleared = await inspector.ask<ClearResult>({ type: 'clear', seq: 6, job: job('run-2'), from: 'table' });
    expect(cleared.oldQueryId).toBe(view.queryId);
    const again = startWorker();
    again.send({ type: 'run', job: job('run-3') });
    expect(await again.next('state')).toMatchObject({ state: 'RUNNING', queryId: cleared.newQueryId });
    expect(await again.next('progress')).toMatchObject({ progress: { batchId: 0, numInputRows: 3 } });
    again.send({ type: 'stop' });
    await again.ended;
    inspector.send({ type: 'stop' });
    await inspector.ended;
    expect(await readDelta(tableFolder)).toMatchObject({ rows: 28, distinct_trans_num: 28 });
    const published = await database.query(
      'SELECT "offset" FROM group_offsets WHERE group_id = $1 ORDER BY partition',
      ['sluice-bronze'],
    );
    expect(published).toEqual([{ offset: '14' }, { offset: '14' }]);
  }, 60_000);

  it('reports what made the query fail as its last word', async () => {
    const worker = startWorker();
    const wrong = { ...job('run-4'), checkpoint: localFolder('/proc/sluice/checkpoint') };
    worker.send({ type: 'run', job: wrong });
    const failed = await worker.next('failed');
    expect(failed.error.code).toMatch(/HOME_READ_ONLY|STORE_UNAVAILABLE/);
    await worker.ended;
  }, 30_000);
});

/** In one transaction, so that a query that runs meanwhile finds all of them or none. */
async function append(from: number, count: number): Promise<void> {
  await database.transaction(async (sql) => {
    for (let n = from; n < from + count; n += 1) {
      await sql.query(
        `WITH taken AS (UPDATE partitions SET log_end = log_end + 1 WHERE topic = $1 AND partition = $2 RETURNING log_end - 1 AS next)
         INSERT INTO records (topic, partition, "offset", recorded_at_ms, key, value) SELECT $1, $2, next, $3, $4, $5 FROM taken`,
        [TOPIC, n % 2, 1_735_000_000_000 + n, Buffer.from(`{"trans_num":"t${n}"}`), Buffer.from(envelope(afterOf(n)))],
      );
    }
  });
}

function job(runId: string): JobSettings {
  return {
    query: 'bronze',
    checkpoint: localFolder(path.join(root, 'checkpoints', 'bronze')),
    table: localFolder(tableFolder),
    quarantine: localFolder(path.join(root, 'quarantine', 'bronze')),
    source: { kind: 'embedded', postgres: topics, topic: TOPIC },
    startingOffsets: 'earliest',
    runs: 'until-stopped',
    triggerMs: 0,
    maxOffsetsPerTrigger: null,
    failOnDataLoss: true,
    alert: {
      serving: frauddb,
      servingDatabase: 'captured',
      fraudApiUrl: 'http://127.0.0.1:9',
      slack: { kind: 'off', reason: 'test' },
      suppressOlderThanMs: null,
      delivery: { onAmbiguous: 'resend', joinCardMs: 0, stormPerMinute: null, quietHours: null, linkBase: null },
    },
    owner: { runId, host: 'test-host', pid: process.pid },
  };
}

type EventOf<T extends WorkerEvent['type']> = Extract<WorkerEvent, { type: T }>;

function startWorker() {
  const worker = new Worker(new URL('../../src/pipeline/worker.ts', import.meta.url));
  const events: WorkerEvent[] = [];
  worker.on('message', (event: WorkerEvent) => events.push(event));
  const take = async <T extends WorkerEvent>(wanted: (event: WorkerEvent) => event is T): Promise<T> => {
    for (;;) {
      const at = events.findIndex(wanted);
      if (at >= 0) return events.splice(at, 1)[0] as T;
      await once(worker, 'message');
    }
  };
  const send = (request: WorkerRequest): void => worker.postMessage(request);
  return {
    send,
    ended: once(worker, 'exit'),
    next: <T extends WorkerEvent['type']>(type: T) => take((event): event is EventOf<T> => event.type === type),
    ask: async <T>(request: Extract<WorkerRequest, { seq: number }>): Promise<T> => {
      send(request);
      const reply = await take(
        (event): event is EventOf<'reply'> => event.type === 'reply' && event.seq === request.seq,
      );
      return reply.value as T;
    },
    refusal: async (request: Extract<WorkerRequest, { seq: number }>) => {
      send(request);
      return (await take((event): event is EventOf<'refused'> => event.type === 'refused' && event.seq === request.seq))
        .error;
    },
  };
}
