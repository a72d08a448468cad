/** Why a transaction that is no fraud got its score: the real scorer is asked once more with what it was asked then. */
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { explainScore } from '../../../src/pipeline/alert/explain.ts';
import { openFraudApi, type FraudApi } from '../../../src/pipeline/alert/fraud-api.ts';
import { makeHistories } from '../../../src/pipeline/alert/history.ts';
import { makeAlertSink } from '../../../src/pipeline/alert/sink.ts';
import type { PostgresSettings } from '../../../src/pipeline/job-settings.ts';
import type { Database } from '../../../src/pipeline/sql.ts';
import { startFraudApi, type FraudApiServer } from '../../../src/stack/embedded/fraud-api.ts';
import {
  batchOf,
  created,
  emptyTables,
  insertTransaction,
  memoryQuarantine,
  settingsFor,
  virtualClock,
} from '../../pipeline/alert/support.ts';
import { useFrauddb } from '../../support/frauddb.ts';

const COFFEE = { amt: 4.5, category: 'food_dining' };
const clock = virtualClock();
let db: Database;
let serving: PostgresSettings;
let server: FraudApiServer;
let api: FraudApi;

useFrauddb((opened, settings) => {
  [db, serving] = [opened, settings];
});
beforeAll(async () => {
  server = await startFraudApi(0, ['model/artifacts']);
  api = openFraudApi(server.url, () => undefined, clock);
});
afterAll(async () => {
  api.close();
  await server.close();
});
beforeEach(async () => {
  await emptyTables(db);
  await insertTransaction(db, 'coffee', COFFEE);
  const rest = { log: () => undefined, onStored: () => undefined, close: async () => undefined };
  const parts = { settings: settingsFor(serving), db, api, clock, histories: makeHistories(db, clock), ...rest };
  await makeAlertSink({ ...parts, quarantine: memoryQuarantine() }).addBatch(
    batchOf(0, [created(0, 'coffee', COFFEE)]),
  );
});

it('gives the stored score again, with what each input added', async () => {
  const found = await explainScore(db, api, 'coffee');
  expect(found).toMatchObject({ transNum: 'coffee', category: 'food_dining', isFraud: false, shape: 'history' });
  expect(found.stored).toEqual({ probability: found.probability, modelVersion: found.modelVersion });
  const { base, inputs } = found.contributions ?? { base: NaN, inputs: [] };
  const sum = inputs.reduce((total, { contribution }) => total + contribution, base);
  expect(inputs).toHaveLength(14);
  expect(Math.abs(1 / (1 + Math.exp(-sum)) - found.probability)).toBeLessThanOrEqual(0.5e-4);
  expect(await db.query('SELECT contributions FROM sluice.prediction_details')).toEqual([{ contributions: null }]);
});

it('says so when Alert has not scored the transaction, or the API is away', async () => {
  await expect(explainScore(db, api, 'tea')).rejects.toMatchObject({ code: 'NOT_ALLOWED_NOW' });
  const nobody = openFraudApi('http://127.0.0.1:9', () => undefined, clock);
  await expect(explainScore(db, nobody, 'coffee')).rejects.toMatchObject({ code: 'API_UNAVAILABLE' });
  nobody.close();
});
