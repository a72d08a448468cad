/** One transaction, followed through a real topic, table, database and message, and what is said where a step is missing. */
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openInspector, type Inspector } from '../../../src/pipeline/inspector.ts';
import { runJob } from '../../../src/pipeline/jobs.ts';
import type { JobSettings } from '../../../src/pipeline/job-settings.ts';
import { localFolder } from '../../../src/pipeline/store/location.ts';
import type { TransactionTrace } from '../../../src/pipeline/trace/view.ts';
import { EVENT_TIME, eventRow, slackOk, startServer, toJson, wellApi } from '../../pipeline/alert/support.ts';
import type { TestServer } from '../../pipeline/alert/support.ts';
import { openWorld, type Scene, type World } from '../../support/alert/world.ts';
import type { Fed } from '../../support/alert/workload.ts';
import { until } from './support.ts';

const SOURCE = { lsn: 0x1a9c4410, ts_ms: 1_790_000_000_000, txId: 7 };

let world: World;
let scene: Scene;
let api: TestServer;
let slack: TestServer;
let inspector: Inspector;
let alert: JobSettings;
let bronze: JobSettings;

beforeAll(async () => {
  world = await openWorld();
  scene = await world.openScene('trace');
  api = await startServer(wellApi);
  slack = await startServer(slackOk);
  inspector = openInspector(() => undefined);
  alert = scene.job({ fraudApiUrl: api.url, slack: { kind: 'preview', url: slack.url } }, { triggerMs: 0 });
  bronze = {
    ...alert,
    query: 'bronze',
    checkpoint: localFolder(path.join(scene.folder, 'bronze-checkpoint')),
    runs: 'available-now',
    maxOffsetsPerTrigger: null,
  };
  await scene.send([change('theft', 900), change('coffee', 4), change('theft', 900, 'u')]);
  await runJob(bronze, () => undefined, new AbortController().signal);
  await runAlertUntil(3);
}, 120_000);

afterAll(async () => {
  await inspector.close();
  await Promise.all([api.close(), slack.close()]);
  scene.close();
  await world.close();
});

function change(transNum: string, amt: number, op = 'c'): Fed {
  const value = Buffer.from(toJson({ before: null, after: eventRow(transNum, { amt }), op, source: SOURCE }));
  const key = Buffer.from(JSON.stringify({ trans_num: transNum }));
  return { kind: 'row', transNum, fraud: amt > 500, event: { key, value, headers: {} } };
}

async function runAlertUntil(records: number): Promise<void> {
  const stopping = new AbortController();
  const running = runJob(alert, () => undefined, stopping.signal);
  await until(() => scene.isSettled(records));
  stopping.abort();
  await running;
}

const trace = async (transNum: string): Promise<TransactionTrace> =>
  (await inspector.answer({ type: 'trace', seq: 1, job: alert, transNum })) as TransactionTrace;

describe('a transaction', () => {
  it('that is a fraud is followed from its change event to its rows, its score and its message', async () => {
    const { event, stored, bronze: table, prediction, delivery } = await trace('theft');
    expect(event).toMatchObject({ op: 'c', committedAt: SOURCE.ts_ms, lsn: '0/1A9C4410', unread: null });
    expect(stored).toMatchObject({ amount: '900.00', at: EVENT_TIME });
    expect(table.batch).toMatchObject({ id: 0, version: 0 });
    expect(table.rows).toHaveLength(2);
    for (const row of table.rows) {
      expect(row).toMatchObject({ version: 0, operation: 'STREAMING UPDATE' });
      expect(row.file).toMatch(/^year=2020\/month=6\/day=21\/part-.*\.parquet$/);
    }
    expect(prediction).toMatchObject({ isFraud: true, level: 'HIGH', batchId: 0 });
    expect(delivery).toMatchObject({ state: 'sent', sends: [{ outcome: 'accepted' }] });
  });

  it('that is none has no message to be followed to', async () => {
    const { prediction, delivery, bronze: table } = await trace('coffee');
    expect(prediction?.isFraud).toBe(false);
    expect(delivery).toBeNull();
    expect(table.rows).toHaveLength(1);
  });

  it('that nobody has seen has no steps', async () => {
    expect(await trace('nobody')).toEqual({
      transNum: 'nobody',
      event: null,
      stored: null,
      bronze: { batch: null, rows: [], files: 0, filesSearched: 0 },
      prediction: null,
      waiting: null,
      delivery: null,
    });
  });

  it('is found again where maintenance has put its files together', async () => {
    await scene.send([change('later', 5)]);
    await runJob(bronze, () => undefined, new AbortController().signal);
    await inspector.answer({
      type: 'maintain',
      seq: 2,
      job: bronze,
      task: { do: 'optimize', bySchedule: false, dryRun: false },
    });
    const { bronze: table } = await trace('theft');
    expect(table.batch).toMatchObject({ id: 0, version: 0 });
    expect(table.rows.map(({ operation }) => operation)).toEqual(['OPTIMIZE', 'OPTIMIZE']);
  });

  it('is followed without its event when the topic has removed it', async () => {
    await world.topics.query(`DELETE FROM records WHERE topic = 'trace'`);
    const { event, bronze: table } = await trace('theft');
    expect(event).toMatchObject({ op: null, unread: 'The topic has removed it.' });
    expect(table.rows).toHaveLength(2);
  });
});
