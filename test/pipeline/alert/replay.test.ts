import { afterEach, beforeEach, expect, it } from 'vitest';
import { openFraudApi, type FraudApi } from '../../../src/pipeline/alert/fraud-api.ts';
import { makeHistories } from '../../../src/pipeline/alert/history.ts';
import { becomesInAlert, replayInAlert, type AlertReplayParts } from '../../../src/pipeline/alert/replay.ts';
import { makeAlertSink } from '../../../src/pipeline/alert/sink.ts';
import type { AlertSettings } from '../../../src/pipeline/job-settings.ts';
import type { DeadLetter } from '../../../src/pipeline/quarantine/dead-letter.ts';
import type { Letter } from '../../../src/pipeline/quarantine/letters.ts';
import type { Database } from '../../../src/pipeline/sql.ts';
import { useFrauddb } from '../../support/frauddb.ts';
import {
  batchOf,
  created,
  emptyTables,
  insertTransaction,
  predict,
  QUERY_ID,
  record,
  reply,
  settingsFor,
  startServer,
  TOPIC,
  virtualClock,
  wellApi,
  type TestServer,
} from './support.ts';

let db: Database;
let serving: AlertSettings['serving'];
let server: TestServer;
let api: FraudApi;
let parts: AlertReplayParts;

useFrauddb((opened, settings) => {
  [db, serving] = [opened, settings];
});
beforeEach(async () => {
  await emptyTables(db);
  const clock = virtualClock();
  server = await startServer(wellApi);
  api = openFraudApi(server.url, () => undefined, clock);
  parts = { settings: settingsFor(serving, { fraudApiUrl: server.url }), db, api, clock };
});
afterEach(async () => {
  api.close();
  await server.close();
});

const read = (table: string, columns = '*') => db.query(`SELECT ${columns} FROM ${table} ORDER BY 1`);

/** A batch in which the API refused `a` (a fraud) and `b`, and whose third record is no JSON; the letters of it. */
async function refusedBatch(): Promise<Letter[]> {
  for (const [transNum, amt] of [
    ['a', 900],
    ['b', 100],
    ['c', 300],
  ] as const)
    await insertTransaction(db, transNum, { amt });
  server.answer = ({ path, body }, response) => {
    const asked = JSON.parse(body) as { trans_num: string; amt: number };
    if (path === '/predict/raw' && asked.trans_num === 'c') reply(response, 200, predict(asked));
    else reply(response, 422, 'refused');
  };
  const found: DeadLetter[] = [];
  const quarantine = {
    put: async ({ deadLetters }: { deadLetters: readonly DeadLetter[] }) => void found.push(...deadLetters),
  };
  const histories = makeHistories(db, parts.clock);
  const rest = { histories, log: () => undefined, onStored: () => undefined, close: async () => undefined };
  const records = [
    created(0, 'a', { amt: 900 }),
    created(1, 'b', { amt: 100 }),
    record(2, Buffer.from('{"cut')),
    created(3, 'c', { amt: 300 }),
  ];
  await makeAlertSink({ ...parts, ...rest, quarantine }).addBatch(batchOf(4, records));
  server.answer = wellApi;
  expect(found.map(({ code }) => code)).toEqual(['NOT_JSON', 'REFUSED_BY_API', 'REFUSED_BY_API']);
  return found.map((each) => ({ ...each, queryId: QUERY_ID, batchId: 4, cluster: 'test-cluster', topic: TOPIC }));
}

const inOrder = (becomes: Map<Letter, unknown>, letters: readonly Letter[]) => letters.map((each) => becomes.get(each));

it('tells what a letter would become, and stores nothing', async () => {
  const letters = await refusedBatch();
  const before = [await read('fraud_predictions'), await read('sluice.alert_batches')];
  const becomes = inOrder(await becomesInAlert(parts, letters), letters);
  expect(becomes).toMatchObject([
    { kind: 'dead', code: 'NOT_JSON' },
    { kind: 'scored', transNum: 'a', probability: 0.9, level: 'HIGH', fraud: true, suppressed: null },
    { kind: 'scored', transNum: 'b', fraud: false },
  ]);
  expect([await read('fraud_predictions'), await read('sluice.alert_batches')]).toEqual(before);
});

it('scores letters once, alerts once, and the ledger still accounts for each record', async () => {
  const letters = await refusedBatch();
  const first = inOrder(await replayInAlert(parts, letters), letters) as { kind: string }[];
  expect(first.map(({ kind }) => kind)).toEqual(['dead', 'scored', 'scored']);
  const stored = [await read('fraud_predictions'), await read('sluice.outbox'), await read('sluice.alert_batches')];
  expect(stored[1]).toMatchObject([{ trans_num: 'a', state: 'pending' }]);
  expect(stored[2]).toMatchObject([
    {
      records: '4',
      new_transactions: '3',
      predictions: '3',
      frauds: '1',
      dead_letters: '1',
      existing_transactions: '0',
    },
  ]);
  const again = inOrder(await replayInAlert(parts, letters), letters) as { kind: string }[];
  expect(again.map(({ kind }) => kind)).toEqual(['dead', 'known', 'known']);
  expect([await read('fraud_predictions'), await read('sluice.outbox'), await read('sluice.alert_batches')]).toEqual(
    stored,
  );
});

it('leaves a letter as it is while the API does not answer, or its row is gone', async () => {
  const letters = await refusedBatch();
  await db.query(`DELETE FROM transactions WHERE trans_num = 'b'`);
  const gone = inOrder(await replayInAlert(parts, letters.slice(2)), letters.slice(2));
  expect(gone).toEqual([{ kind: 'gone', transNum: 'b' }]);
  server.answer = (_request, response) => reply(response, 503, 'later');
  const waits = inOrder(await replayInAlert(parts, letters.slice(1, 2)), letters.slice(1, 2));
  expect(waits).toMatchObject([{ kind: 'waits' }]);
  expect(await read('sluice.pending')).toEqual([]);
  expect(await read('fraud_predictions', 'trans_num')).toEqual([{ trans_num: 'c' }]);
  expect(await read('sluice.alert_batches', 'batch_id, dead_letters')).toEqual([{ batch_id: '4', dead_letters: '3' }]);
});

it('gives a transaction that stands in two letters one prediction, and both letters its fate', async () => {
  const letters = await refusedBatch();
  const [, a] = letters;
  const twin = { ...(a as Letter), record: { ...(a as Letter).record, offset: 9n } };
  expect(inOrder(await replayInAlert(parts, [a as Letter, twin]), [a as Letter, twin])).toMatchObject([
    { kind: 'scored' },
    { kind: 'known' },
  ]);
  expect(await read('fraud_predictions', 'trans_num')).toEqual([{ trans_num: 'a' }, { trans_num: 'c' }]);
});
