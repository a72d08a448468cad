import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openFraudApi, type FraudApi } from '../../../src/pipeline/alert/fraud-api.ts';
import { makeHistories } from '../../../src/pipeline/alert/history.ts';
import { rescore } from '../../../src/pipeline/alert/rescore.ts';
import { makeAlertSink } from '../../../src/pipeline/alert/sink.ts';
import type { AlertSettings } from '../../../src/pipeline/job-settings.ts';
import type { Sink, TopicRecord } from '../../../src/pipeline/ports.ts';
import type { Database } from '../../../src/pipeline/sql.ts';
import { useFrauddb } from '../../support/frauddb.ts';
import {
  batchOf,
  created,
  drive,
  emptyTables,
  EVENT_TIME,
  insertTransaction,
  memoryLog,
  memoryQuarantine,
  NOW,
  QUERY_ID,
  record,
  reply,
  settingsFor,
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

describe('the Alert sink', () => {
  let server: TestServer;
  let api: FraudApi;
  let clock: ReturnType<typeof virtualClock>;
  let quarantine: ReturnType<typeof memoryQuarantine>;
  let lines: string[];
  let settings: AlertSettings;

  beforeEach(async () => {
    await emptyTables(db);
    clock = virtualClock();
    quarantine = memoryQuarantine();
    server = await startServer(wellApi);
    settings = settingsFor(serving, { fraudApiUrl: server.url });
    lines = [];
    restart();
  });
  afterEach(async () => {
    api.close();
    await server.close();
  });

  /** What a new run has: nothing of the old one's memory. */
  function restart(): void {
    (api as FraudApi | undefined)?.close();
    api = openFraudApi(server.url, () => undefined, clock);
  }
  function parts(database: Database = db) {
    const memory = memoryLog();
    const log: typeof memory.log = (...line) => {
      memory.log(...line);
      lines.push(memory.lines.at(-1) ?? '');
    };
    const onStored = (): void => undefined;
    const histories = makeHistories(database, clock);
    return { settings, db: database, api, histories, quarantine, log, clock, onStored, close: async () => undefined };
  }
  const sink = (database?: Database): Sink => makeAlertSink(parts(database));
  const scoreWaiting = () =>
    drive(
      () => rescore(parts()),
      clock,
      async () => (await count('sluice.pending')) === 0,
    );
  const count = async (table: string, where = 'true') =>
    Number((await db.query<{ n: string }>(`SELECT count(*) AS n FROM ${table} WHERE ${where}`))[0]?.n);
  const everything = async () => ({
    predictions: await db.query(
      'SELECT trans_num, prediction_score, is_fraud_predicted, model_version FROM fraud_predictions ORDER BY 1',
    ),
    details: await db.query('SELECT * FROM sluice.prediction_details ORDER BY trans_num'),
    outbox: await db.query('SELECT * FROM sluice.outbox ORDER BY trans_num'),
    pending: await db.query('SELECT * FROM sluice.pending ORDER BY trans_num'),
    ledger: await db.query('SELECT * FROM sluice.alert_batches ORDER BY batch_id'),
    letters: quarantine.letters(),
  });

  /** Inserts the transactions and returns their events. */
  async function arrive(first: number, amounts: Record<string, number>): Promise<TopicRecord[]> {
    const events: TopicRecord[] = [];
    for (const [transNum, amt] of Object.entries(amounts)) {
      await insertTransaction(db, transNum, { amt });
      events.push(created(first + events.length, transNum, { amt }));
    }
    return events;
  }

  /** Every record is a prediction, a waiting row, a dead letter, a known transaction or a skip. */
  async function expectClosedLedger(): Promise<void> {
    const [sums] = await db.query<Record<string, string>>(
      `SELECT sum(records)::text AS records, sum(existing_transactions + dead_letters + declared_skips + deleted_skips)::text AS settled
       FROM sluice.alert_batches`,
    );
    const stored = (await count('sluice.prediction_details')) + (await count('sluice.pending'));
    expect(Number(sums?.['records'])).toBe(Number(sums?.['settled']) + stored);
  }

  it('stores predictions, details and an outbox row for each fraud, in one batch', async () => {
    const result = await sink().addBatch(batchOf(7, await arrive(0, { a: 100, b: 900, c: 600 })));
    expect(result).toEqual({
      inputRows: 3,
      outputRows: 3,
      extras: {
        deadLetters: 0,
        coercionNotes: 0,
        skips: 0,
        newTransactions: 3,
        existingTransactions: 0,
        predictions: 3,
        pending: 0,
        frauds: 2,
      },
    });
    expect(lines).toEqual([
      'Batch 7: Processing 3 transactions',
      'Batch 7: Inserted 3 NEW transactions',
      'Fraud detected: 2',
    ]);
    const { predictions, details, outbox } = await everything();
    expect(predictions.map((row) => Object.values(row))).toEqual([
      ['a', '0.1000', 0, 'test_model_1'],
      ['b', '0.9000', 1, 'test_model_1'],
      ['c', '0.6000', 1, 'test_model_1'],
    ]);
    expect(details[1]).toMatchObject({
      trans_num: 'b',
      risk_level: 'HIGH',
      offset: '1',
      batch_id: '7',
      explanation: ['High amount', 'Far from home'],
      defaults_used: [],
    });
    expect(outbox.map((row) => [row['trans_num'], row['state']])).toEqual([
      ['b', 'pending'],
      ['c', 'pending'],
    ]);
    await expectClosedLedger();
  });

  it('keeps names, streets and card numbers out of the outbox and the details', async () => {
    await sink().addBatch(batchOf(0, await arrive(0, { b: 900 })));
    const { outbox, details } = await everything();
    expect(JSON.stringify([outbox, details])).not.toMatch(/Jeff|Yang|Darlene|49923463|98065154/);
    expect(JSON.stringify(outbox)).toContain('•••• 4184');
  });

  it('changes nothing when the same batch is added again', async () => {
    const events = await arrive(0, { a: 100, b: 900 });
    const first = await sink().addBatch(batchOf(0, events));
    const before = await everything();
    restart();
    expect(await sink().lastBatch(QUERY_ID)).toBe(0);
    expect(await sink().addBatch(batchOf(0, events))).toEqual(first);
    expect(await everything()).toEqual(before);
    expect(server.requests).toHaveLength(1);
  });

  it('refuses a batch that the ledger knows with other offsets', async () => {
    const events = await arrive(0, { a: 100, b: 900 });
    await sink().addBatch(batchOf(0, events.slice(0, 1)));
    await expect(sink().addBatch(batchOf(0, events))).rejects.toMatchObject({ code: 'CHECKPOINT_CORRUPT' });
  });

  it('skips everything when another query reads the same records, and alerts nobody again', async () => {
    const events = await arrive(0, { a: 100, b: 900 });
    await sink().addBatch(batchOf(0, events));
    await db.query(`UPDATE sluice.outbox SET state = 'sent'`);
    lines.length = 0;
    await sink().addBatch(batchOf(8, events, { queryId: '00000000-0000-4000-8000-000000000001' }));
    expect(lines).toEqual([
      'Batch 8: Processing 2 transactions',
      'Batch 8: All 2 transactions already exist, skipping insert',
      'New transactions: 0 (all duplicates)',
    ]);
    expect(await count('sluice.outbox', `state = 'sent'`)).toBe(1);
    expect(await count('sluice.outbox')).toBe(1);
    await expectClosedLedger();
  });

  it('leaves nothing behind when it dies before its transaction commits, and does it all on the next try', async () => {
    const events = await arrive(0, { a: 100, b: 900 });
    const dying: Database = {
      ...db,
      transaction: (work) =>
        db.transaction(async (sql) => {
          await work(sql);
          throw new Error('killed');
        }),
    };
    await expect(sink(dying).addBatch(batchOf(0, events))).rejects.toThrow('killed');
    expect([
      await count('fraud_predictions'),
      await count('sluice.outbox'),
      await count('sluice.alert_batches'),
    ]).toEqual([0, 0, 0]);
    expect(await sink().lastBatch(QUERY_ID)).toBe(-1);
    await sink().addBatch(batchOf(0, events));
    expect([await count('fraud_predictions'), await count('sluice.outbox')]).toEqual([2, 1]);
  });

  it('takes the first row of a trans_num in a batch and counts the others as existing', async () => {
    const [event] = await arrive(0, { a: 900 });
    const later = created(1, 'a', { amt: 1 }, 'u');
    const { extras } = await sink().addBatch(batchOf(0, [event as TopicRecord, later]));
    expect(extras).toMatchObject({ newTransactions: 1, existingTransactions: 1, frauds: 1 });
    await expectClosedLedger();
  });

  it('closes the ledger over skips, dead letters and good rows', async () => {
    const [good] = await arrive(0, { a: 900 });
    const records = [
      good as TopicRecord,
      record(1, null),
      record(2, { op: 'd', before: { trans_num: 'x' }, after: null }),
      record(3, Buffer.from('{"op":')),
      record(4, Buffer.from([0xff, 0xfe])),
      created(5, 'nokey', { trans_num: null }),
      created(6, 'noamt', { amt: 'a lot' }),
      created(7, 'x'.repeat(101)),
      created(8, 'nul', { merchant: 'a\0b' }),
    ];
    const { extras } = await sink().addBatch(batchOf(0, records));
    expect(extras).toMatchObject({ deadLetters: 6, skips: 2, newTransactions: 1, existingTransactions: 0 });
    expect(quarantine.letters().map(({ offset, code }) => [offset, code])).toEqual([
      [3, 'NOT_JSON'],
      [4, 'NOT_UTF8'],
      [5, 'NO_KEY'],
      [6, 'REFUSED_BY_API'],
      [7, 'REFUSED_BY_DATABASE'],
      [8, 'REFUSED_BY_DATABASE'],
    ]);
    await expectClosedLedger();
  });

  it('counts a batch without any row', async () => {
    await sink().addBatch(batchOf(0, [record(0, null)]));
    expect(await sink().lastBatch(QUERY_ID)).toBe(0);
    expect(lines).toEqual([]);
    await expectClosedLedger();
  });

  it('quarantines what the API refuses before the batch is durable', async () => {
    const events = await arrive(0, { a: 100, bad: 900 });
    server.answer = (request, response, socket) =>
      request.body.includes('"bad"') ? reply(response, 422, {}) : wellApi(request, response, socket);
    const { extras } = await sink().addBatch(batchOf(0, events));
    expect(extras).toMatchObject({ deadLetters: 1, predictions: 1, newTransactions: 1 });
    expect(quarantine.letters()).toEqual([
      { offset: 1, code: 'REFUSED_BY_API', reason: 'The fraud API answered 422.' },
    ]);
    await expectClosedLedger();
  });

  it('fails the batch and stores nothing when the API wants other rights', async () => {
    server.answer = (_, response) => reply(response, 401, '');
    await expect(sink().addBatch(batchOf(0, await arrive(0, { a: 1 })))).rejects.toMatchObject({ code: 'API_REFUSED' });
    expect(await count('sluice.alert_batches')).toBe(0);
  });

  it('lets rows wait while the API is away, goes on, and scores each once when it is back', async () => {
    server.answer = (_, response) => reply(response, 503, '');
    const first = await sink().addBatch(batchOf(0, await arrive(0, { a: 100, b: 900 })));
    const second = await sink().addBatch(batchOf(1, await arrive(2, { c: 950 })));
    expect([first.extras.pending, second.extras.pending]).toEqual([2, 1]);
    expect(lines).toContain('warn: Batch 0: 2 transactions wait for the fraud API');
    await expectClosedLedger();
    restart();
    await drive(
      () => rescore(parts()),
      clock,
      async () => (await count('sluice.pending', 'attempts > 1')) > 0,
    );
    expect(await count('sluice.pending', 'last_error IS NOT NULL')).toBe(3);

    server.answer = wellApi;
    await scoreWaiting();
    expect(await count('fraud_predictions')).toBe(3);
    expect(await count('sluice.outbox', `state = 'pending'`)).toBe(2);
    expect(await count('sluice.prediction_details', '"offset" = 2 AND batch_id = 1')).toBe(1);
    expect(lines.filter((line) => line.startsWith('Fraud detected')).length).toBeGreaterThan(0);
    await expectClosedLedger();
  });

  it('sends what the card did before, earlier rows of the batch included, and stores it with the prediction', async () => {
    const events = await arrive(0, { a: 100, b: 900 });
    await db.query(`UPDATE transactions SET trans_date_trans_time = trans_date_trans_time - interval '10 minutes'
      WHERE trans_num = 'a'`);
    await sink().addBatch(batchOf(0, events));
    const stored = await db.query<{ history: unknown }>(
      `SELECT request->'history' AS history FROM sluice.prediction_details ORDER BY trans_num`,
    );
    const past = { seconds_since_last: 600, mean_amt: 100, spread_amt: 0, new_category: 0 };
    const windows = { count_1h: 1, sum_1h: 100, count_24h: 1, sum_24h: 100 };
    expect(stored[1]?.history).toEqual({ ...past, ...windows });
    const asked = JSON.parse(server.requests[0]?.body ?? '[]') as { history: unknown }[];
    expect(asked.map(({ history }) => history)).toEqual(stored.map(({ history }) => history));
  });

  it('asks about a waiting transaction later with the same past', async () => {
    server.answer = (_, response) => reply(response, 503, '');
    await sink().addBatch(batchOf(0, await arrive(0, { a: 100, b: 900 })));
    const first = JSON.parse(server.requests[0]?.body ?? '[]') as unknown[];
    restart();
    server.answer = wellApi;
    await arrive(2, { later: 5 });
    await scoreWaiting();
    const stored = await db.query<{ request: unknown }>(
      'SELECT request FROM sluice.prediction_details ORDER BY trans_num',
    );
    expect(stored.map(({ request }) => request)).toEqual(first);
  });

  it('counts nothing that it remembers of cards once rows were changed, deleted or truncated', async () => {
    let forgotten = 0;
    const histories = { read: async () => new Map(), forget: () => void (forgotten += 1) };
    const { addBatch } = makeAlertSink({ ...parts(), histories });
    const seen: number[] = [];
    for (const [id, op] of ['c', 'r', 'u', 'd', 't'].entries()) {
      await insertTransaction(db, `t${id}`);
      await addBatch(batchOf(id, [created(id, `t${id}`, {}, op)]));
      seen.push(forgotten);
    }
    expect(seen).toEqual([0, 0, 1, 2, 3]);
  });

  it('does not take a waiting transaction for new when its records come again', async () => {
    server.answer = (_, response) => reply(response, 503, '');
    const events = await arrive(0, { a: 900 });
    await sink().addBatch(batchOf(0, events));
    server.answer = wellApi;
    restart();
    const again = await sink().addBatch(batchOf(1, [created(1, 'a', { amt: 900 }, 'u')]));
    expect(again.extras).toMatchObject({ newTransactions: 0, existingTransactions: 1, pending: 0 });
    await expectClosedLedger();
  });

  it('settles waiting rows that the API refuses later, or that were deleted, in letters and counts of their own', async () => {
    server.answer = (_, response) => reply(response, 503, '');
    const events = await arrive(0, { bad: 900, gone: 900, fine: 900 });
    await sink().addBatch(batchOf(0, [...events, record(3, Buffer.from('?'))]));
    await db.query(`DELETE FROM transactions WHERE trans_num = 'gone'`);
    server.answer = (request, response, socket) =>
      request.body.includes('"bad"') ? reply(response, 400, '') : wellApi(request, response, socket);
    await scoreWaiting();
    expect(quarantine.letters().map(({ offset, code }) => [offset, code])).toEqual([
      [3, 'NOT_JSON'],
      [0, 'REFUSED_BY_API'],
    ]);
    expect((await everything()).ledger[0]).toMatchObject({ dead_letters: '2', deleted_skips: '1', pending: '3' });
    expect(await count('fraud_predictions')).toBe(1);
    await expectClosedLedger();
  });

  it('skips and counts a transaction that was deleted meanwhile, and does not bring it back', async () => {
    const events = await arrive(0, { a: 900, gone: 900 });
    await db.query(`DELETE FROM transactions WHERE trans_num = 'gone'`);
    const { extras } = await sink().addBatch(batchOf(0, events));
    expect(extras).toMatchObject({ skips: 1, newTransactions: 1 });
    expect(await count('transactions')).toBe(1);
    await expectClosedLedger();
  });

  it('adds missing transactions to a separate serving database, exactly, and leaves existing ones as they are', async () => {
    settings = { ...settings, servingDatabase: 'separate' };
    await insertTransaction(db, 'old', { merchant: 'kept' });
    await sink().addBatch(batchOf(0, [created(0, 'new'), created(1, 'old')]));
    const rows = await db.query(
      'SELECT trans_num, cc_num, merchant, amt, dob, trans_date_trans_time FROM transactions ORDER BY 1',
    );
    expect(rows).toEqual([
      {
        trans_num: 'new',
        cc_num: '4992346398065154184',
        merchant: 'fraud_Kirlin and Sons',
        amt: '512.30',
        dob: '1968-03-04',
        trans_date_trans_time: '2020-06-21 12:14:25',
      },
      expect.objectContaining({ trans_num: 'old', merchant: 'kept' }),
    ]);
    await expectClosedLedger();
  });

  it('makes dead letters of rows that a separate serving database refuses, and stores the others', async () => {
    settings = { ...settings, servingDatabase: 'separate' };
    const records = [
      created(0, 'fine'),
      created(1, 'wide', { merchant: 'x'.repeat(256) }),
      created(2, 'rich', { amt: 1e12 }),
      created(3, 'nowhere', { lat: null }),
      created(4, 'someday', { trans_date_trans_time: 'soon' }),
    ];
    const { extras } = await sink().addBatch(batchOf(0, records));
    expect(extras).toMatchObject({ deadLetters: 4, newTransactions: 1 });
    expect(quarantine.letters().map(({ reason }) => reason.slice(-6, -1))).toEqual([
      '22001',
      '22003',
      '23502',
      '22007',
    ]);
    await expectClosedLedger();
  });

  it('records alerts as suppressed, with the reason, while Slack is off', async () => {
    settings = { ...settings, slack: { kind: 'off', reason: 'SLACK_WEBHOOK_URL is empty.' } };
    await sink().addBatch(batchOf(0, await arrive(0, { b: 900 })));
    expect((await everything()).outbox).toEqual([
      expect.objectContaining({ state: 'suppressed', last_error: 'Alerts are off: SLACK_WEBHOOK_URL is empty.' }),
    ]);
  });

  it('suppresses only the old backlog of a first start', async () => {
    settings = { ...settings, suppressOlderThanMs: 86_400_000 };
    await insertTransaction(db, 'young', { amt: 900 });
    const [old] = await arrive(0, { old: 900 });
    const backlog = [
      { ...(old as TopicRecord), timestamp: NOW - 1 },
      { ...created(1, 'young', { amt: 900, trans_date_trans_time: (NOW - 1000) * 1000 }), timestamp: NOW - 1 },
    ];
    await sink().addBatch(batchOf(0, backlog));
    const [late] = await arrive(2, { late: 900 });
    const news = { ...(late as TopicRecord), timestamp: Date.now() + 60_000 };
    restart();
    await sink().addBatch(batchOf(1, [news], { timestamp: NOW + 10_000 }));
    const states = await db.query('SELECT trans_num, state, last_error FROM sluice.outbox ORDER BY 1');
    expect(states).toEqual([
      { trans_num: 'late', state: 'pending', last_error: null },
      {
        trans_num: 'old',
        state: 'suppressed',
        last_error: 'The transaction was older than 24 h when Alert first started.',
      },
      { trans_num: 'young', state: 'pending', last_error: null },
    ]);
    expect(EVENT_TIME).toBeLessThan(NOW - 86_400_000);
  });

  it('lets the sink and the scorer work on the same transactions without a deadlock', async () => {
    const amounts = Object.fromEntries(Array.from({ length: 150 }, (_, index) => [`t${index}`, 900]));
    const events = await arrive(0, amounts);
    server.answer = (_, response) => reply(response, 503, '');
    await sink().addBatch(batchOf(0, events.slice(0, 75)));
    server.answer = wellApi;
    clock.pass(60_000);
    const reversed = [...events].reverse();
    await Promise.all([
      scoreWaiting(),
      sink().addBatch(batchOf(1, events, { queryId: '00000000-0000-4000-8000-000000000001' })),
      sink().addBatch(batchOf(1, reversed, { queryId: '00000000-0000-4000-8000-000000000002' })),
    ]);
    expect([await count('fraud_predictions'), await count('sluice.outbox'), await count('sluice.pending')]).toEqual([
      150, 150, 0,
    ]);
    await expectClosedLedger();
  });
});
