import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openAlert, type AlertJob } from '../../../src/pipeline/alert/alert.ts';
import { makeLoop } from '../../../src/pipeline/alert/loop.ts';
import { readDeliveries, readFrauds, readTotals } from '../../../src/pipeline/alert/read.ts';
import { systemClock } from '../../../src/pipeline/clock.ts';
import type { AlertSettings } from '../../../src/pipeline/job-settings.ts';
import type { Database } from '../../../src/pipeline/sql.ts';
import { startFraudApi } from '../../../src/stack/embedded/fraud-api.ts';
import { startSlackPreview } from '../../../src/stack/embedded/slack-preview.ts';
import { useFrauddb } from '../../support/frauddb.ts';
import {
  batchOf,
  created,
  emptyTables,
  EVENT_TIME,
  insertTransaction,
  memoryLog,
  memoryQuarantine,
  settingsFor,
  slackOk,
  startServer,
  virtualClock,
  wellApi,
  type TestServer,
} from './support.ts';

let db: Database;
let serving: AlertSettings['serving'];

useFrauddb((opened, settings) => {
  [db, serving] = [opened, settings];
});

describe('the Alert job', () => {
  let api: TestServer;
  let slack: TestServer;
  const jobs: AlertJob[] = [];
  const delivered = new EventTarget();

  beforeEach(async () => {
    await emptyTables(db);
    api = await startServer(wellApi);
    slack = await startServer(slackOk);
  });
  afterEach(async () => {
    await Promise.all(jobs.splice(0).map((job) => job.sink.close()));
    await Promise.all([api.close(), slack.close()]);
  });

  function open(changes: Partial<AlertSettings> = {}) {
    const { log, lines } = memoryLog();
    const job = openAlert({
      settings: settingsFor(serving, { fraudApiUrl: api.url, slack: { kind: 'preview', url: slack.url }, ...changes }),
      quarantine: memoryQuarantine(),
      log,
      clock: systemClock,
      epoch: 1,
      onDelivered: () => void delivered.dispatchEvent(new Event('delivered')),
      onPaused: () => undefined,
      stillOwner: async () => true,
      ownsQuery: true,
    });
    jobs.push(job);
    return { job, lines };
  }

  it('goes from the change event to an accepted message', async () => {
    const { job, lines } = open();
    job.start();
    await insertTransaction(db, 'TRANS_12345', { amt: 950 });
    const accepted = once(delivered, 'delivered');
    await job.sink.addBatch(batchOf(7, [created(41, 'TRANS_12345', { amt: 950 })]));
    await accepted;
    await job.stop();
    expect([...lines].sort()).toEqual(
      [
        'Batch 7: Processing 1 transactions',
        'Batch 7: Inserted 1 NEW transactions',
        'Fraud detected: 1',
        '🚨 ALERT sent for TRANS_12345 (HIGH risk)',
        'Slack alerts sent: 1',
      ].sort(),
    );
    expect(slack.requests[0]?.body).not.toMatch(/Jeff|Yang|Darlene|4992346/);
  });

  it('finishes the message in flight when it is stopped, so that nothing becomes ambiguous', async () => {
    const { job } = open();
    let release: () => void = () => undefined;
    const arrived = new Promise<void>((resolve) => {
      slack.answer = (request, response, socket) => {
        release = () => slackOk(request, response, socket);
        resolve();
      };
    });
    await insertTransaction(db, 't1', { amt: 950 });
    await job.sink.addBatch(batchOf(0, [created(0, 't1', { amt: 950 })]));
    job.start();
    await arrived;
    const stopped = job.stop();
    release();
    await stopped;
    expect(await db.query('SELECT state, ambiguous_sends FROM sluice.outbox')).toEqual([
      { state: 'sent', ambiguous_sends: 0 },
    ]);
  });

  it('sends nothing while alerts are off, and can be stopped and closed again and again', async () => {
    const { job } = open({ slack: { kind: 'off', reason: 'no URL' } });
    job.start();
    await insertTransaction(db, 't1', { amt: 950 });
    await job.sink.addBatch(batchOf(0, [created(0, 't1', { amt: 950 })]));
    await job.stop();
    await job.stop();
    await job.sink.close();
    await job.sink.close();
    expect(slack.requests).toHaveLength(0);
    expect((await readTotals(db)).deliveries.suppressed).toBe(1);
  });

  it('understands the fraud API and the Slack preview of the embedded stack', async () => {
    const fraudApi = await startFraudApi(0, ['model/artifacts']);
    const preview = await startSlackPreview(0, 'token', db);
    const { job } = open({ fraudApiUrl: fraudApi.url, slack: { kind: 'preview', url: preview.webhookUrl } });
    const changes = { amt: 312, category: 'grocery_pos', trans_date_trans_time: Date.UTC(2020, 5, 21, 23, 5) * 1000 };
    await insertTransaction(db, 't1', changes);
    await job.sink.addBatch(batchOf(0, [created(0, 't1', changes)]));
    const accepted = once(delivered, 'delivered');
    job.start();
    await accepted;
    await job.stop();
    expect((await readFrauds(db, 1))[0]).toMatchObject({
      level: 'HIGH',
      ruleBased: false,
      shape: 'history',
      contributions: { base: expect.any(Number) as number, inputs: expect.any(Array) as unknown[] },
      explanation: expect.arrayContaining([expect.stringMatching(/^Category grocery_pos \(\+/)]) as string[],
      delivery: 'sent',
    });
    expect(JSON.stringify(await db.query('SELECT body FROM sluice.preview_messages'))).toMatch(/▲ HIGH risk 9\d\.\d %/);
    await Promise.all([fraudApi.close(), preview.close()]);
  });

  it('opens without any server being there', async () => {
    const { job } = open({ serving: { ...serving, port: 9 }, fraudApiUrl: 'http://127.0.0.1:9' });
    expect(job.sink.description).toBe('AlertSink[127.0.0.1:9/frauddb]');
    await expect(job.sink.lastBatch('3f0c2a52-6f0e-4a50-9f0b-0d6a3b1c2d3e')).rejects.toMatchObject({ retryable: true });
  });

  it('shows frauds masked, newest first', async () => {
    const { job } = open();
    for (const [index, id] of ['t1', 't2', 't3'].entries()) {
      await insertTransaction(db, id, { amt: 400 + index * 300 });
      await job.sink.addBatch(batchOf(index, [created(index, id, { amt: 400 + index * 300, dob: null })]));
    }
    const frauds = await readFrauds(db, 10);
    expect(frauds.map(({ transNum }) => transNum)).toEqual(['t3', 't2']);
    expect(frauds[0]).toEqual({
      transNum: 't3',
      predictedAt: expect.closeTo(Date.now(), -5) as number,
      transactionAt: EVENT_TIME,
      probability: 1,
      level: 'HIGH',
      amount: '1000.00',
      merchant: 'Kirlin and Sons',
      category: 'personal_care',
      initials: 'J. Y.',
      card: '•••• 4184',
      city: 'Columbia',
      state: 'SC',
      distanceKm: expect.closeTo(24.56, 1) as number,
      modelVersion: 'test_model_1',
      ruleBased: false,
      shape: null,
      contributions: null,
      explanation: ['High amount', 'Far from home'],
      defaultsUsed: ['age'],
      partition: 0,
      offset: '2',
      batchId: 2,
      delivery: 'pending',
    });
    expect(await readFrauds(db, 1)).toHaveLength(1);
    expect(JSON.stringify([frauds, await readDeliveries(db, 10)])).not.toMatch(/Jeff|Yang|Darlene|4992346/);
  });

  it('shows a prediction of another tool with what is known of it', async () => {
    await insertTransaction(db, 't1');
    await db.query(
      `INSERT INTO fraud_predictions (trans_num, prediction_score, is_fraud_predicted, model_version) VALUES ('t1', 0.65, 1, 'rule_based_v1')`,
    );
    expect((await readFrauds(db, 10))[0]).toMatchObject({
      level: 'MEDIUM',
      ruleBased: true,
      explanation: [],
      offset: null,
      delivery: null,
    });
  });

  it('shows deliveries with the lines of their message, and totals', async () => {
    const { job } = open();
    await insertTransaction(db, 't1', { amt: 950 });
    await insertTransaction(db, 't2', { amt: 100 });
    await job.sink.addBatch(batchOf(0, [created(0, 't1', { amt: 950 }), created(1, 't2', { amt: 100 })]));
    expect(await readDeliveries(db, 10)).toEqual([
      expect.objectContaining({
        transNum: 't1',
        state: 'pending',
        level: 'HIGH',
        initials: 'J. Y.',
        card: '•••• 4184',
        attempts: 0,
        ambiguousSends: 0,
        sentAt: null,
      }),
    ]);
    expect((await readDeliveries(db, 10))[0]?.preview[0]).toEqual({
      kind: 'header',
      lines: ['▲ HIGH risk 95.0 %: $950.00'],
    });
    expect(await readTotals(db)).toEqual({
      predictions: 2,
      frauds: 1,
      pendingRows: 0,
      predictionsHour: 2,
      predictionsDay: 2,
      byLevel: {
        HIGH: { hour: 1, day: 1, all: 1 },
        MEDIUM: { hour: 0, day: 0, all: 0 },
        LOW: { hour: 0, day: 0, all: 0 },
      },
      deliveries: { pending: 1, sending: 0, sent: 0, ambiguous: 0, held: 0, dead: 0, discarded: 0, suppressed: 0 },
      minutes: [{ at: await minuteOf(db, 't1'), HIGH: 1, MEDIUM: 0, LOW: 0 }],
    });
  });

  it('answers totals of an empty database', async () => {
    expect(await readTotals(db)).toMatchObject({ predictions: 0, frauds: 0, pendingRows: 0 });
    expect([await readFrauds(db, 5), await readDeliveries(db, 5)]).toEqual([[], []]);
  });
});

async function minuteOf(database: Database, transNum: string): Promise<number> {
  const [row] = await database.query<{ seconds: string }>(
    'SELECT extract(epoch FROM created_at) AS seconds FROM sluice.outbox WHERE trans_num = $1',
    [transNum],
  );
  return Math.floor(Number(row?.seconds) / 60) * 60_000;
}

describe('a background loop', () => {
  it('goes on after an error that may pass, and waits longer each time', async () => {
    const clock = virtualClock(0);
    const { log, lines } = memoryLog();
    const times: number[] = [];
    const loop = makeLoop(
      'Working',
      async () => {
        times.push(clock.now());
        if (times.length < 4) throw new Error('away');
        return 'pause';
      },
      clock,
      log,
    );
    loop.start();
    while (times.length < 4) await new Promise((resolve) => setImmediate(resolve));
    await loop.stop();
    expect(times).toEqual([0, 1_000, 3_000, 7_000]);
    expect(lines).toEqual(Array(3).fill('warn: Working: away'));
  });

  it('begins its next step at once when it is woken, also during a step', async () => {
    let steps = 0;
    const done = new Promise<void>((resolve) => {
      const loop = makeLoop(
        'Working',
        async () => {
          steps += 1;
          if (steps === 1) loop.wake();
          if (steps === 2) setImmediate(loop.wake);
          if (steps === 3) resolve(loop.stop().then(() => undefined));
          return steps === 3 ? 'pause' : 3_600_000;
        },
        systemClock,
        () => undefined,
      );
      loop.start();
    });
    await done;
    expect(steps).toBe(3);
  });
});
