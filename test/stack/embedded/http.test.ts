/** The two servers on loopback, asked by HTTP as the Alert query asks them. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openDatabase, type Database } from '../../../src/pipeline/sql.ts';
import { startFraudApi, type FraudApiServer } from '../../../src/stack/embedded/fraud-api.ts';
import { startSlackPreview, type SlackPreview } from '../../../src/stack/embedded/slack-preview.ts';
import { startTestPostgres, type TestPostgres } from '../../support/postgres.ts';

let server: TestPostgres;
let frauddb: Database;
let api: FraudApiServer;
let preview: SlackPreview;

beforeAll(async () => {
  server = await startTestPostgres();
  frauddb = openDatabase((await server.createFraudDatabases()).frauddb);
  api = await startFraudApi(0, '1.2.3');
  preview = await startSlackPreview(0, 'secret', frauddb);
});

afterAll(async () => {
  await Promise.all([api.close(), preview.close()]);
  await frauddb.close();
  await server.stop();
});

test('one transaction is scored with level, version, explanation and what was asked', async () => {
  const asked = { trans_num: 't1', amt: 999.99, distance_km: 120, hour: 2, day_of_week: 6, gender: 'F', unknown: 1 };
  const { status, json } = await post(`${api.url}/predict/raw`, JSON.stringify(asked));
  expect(status).toBe(200);
  expect(json).toMatchObject({
    trans_num: 't1',
    is_fraud_predicted: 1,
    fraud_probability: 1,
    risk_level: 'HIGH',
    model_version: 'rule_based_v1',
    feature_explanation: expect.stringMatching(/^- High amount: \$999\.99\n- Distance/),
    raw_input: { amt: 999.99 },
  });
});

test('a list is scored in its order, with a summary', async () => {
  const { json } = await post(
    `${api.url}/predict/batch/raw`,
    JSON.stringify([
      { amt: 1, trans_num: 'a' },
      { amt: 600, distance_km: 200, trans_num: 'b' },
    ]),
  );
  expect(json).toMatchObject({
    predictions: [
      { trans_num: 'a', is_fraud_predicted: 0 },
      { trans_num: 'b', is_fraud_predicted: 1 },
    ],
    summary: { total_transactions: 2, fraud_detected: 1, fraud_rate: 0.5, high_risk_count: 1 },
  });
  expect(api.scored()).toBeGreaterThanOrEqual(2);
});

test.each([
  ['no JSON', '{"amt":', 'JSON'],
  ['no amount', '{"hour":3}', 'amt'],
  ['an amount as text', '{"amt":"9.99"}', 'amt'],
  ['an hour that no day has', '{"amt":1,"hour":24}', 'hour'],
])('%s is refused with 422 and a reason', async (_name, body, reason) => {
  const { status, text } = await post(`${api.url}/predict/raw`, body);
  expect(status).toBe(422);
  expect(text).toContain(reason);
});

test('health and model info say that there is no model', async () => {
  expect(await (await fetch(`${api.url}/health`)).json()).toMatchObject({
    model_loaded: false,
    model_version: 'rule_based_v1',
  });
  expect(await (await fetch(`${api.url}/model/info`)).json()).toMatchObject({ model_type: 'rule_based' });
  expect((await post(`${api.url}/model/reload`, '')).json).toMatchObject({ reloaded: false });
  expect((await fetch(`${api.url}/nothing`)).status).toBe(404);
  expect((await fetch(`${api.url}/predict/raw`)).status).toBe(405);
});

test('a body that is too large is refused', async () => {
  const answer = await post(`${api.url}/predict/raw`, 'x'.repeat(5 * 1024 * 1024)).catch(() => null);
  expect(answer === null || answer.status === 413).toBe(true);
  expect((await fetch(`${api.url}/health`)).status).toBe(200);
});

test('a message for Slack is stored before it is accepted', async () => {
  const message = {
    text: 'Fraud',
    blocks: [{ type: 'header', text: { type: 'plain_text', text: 'Fraud', emoji: false } }],
  };
  expect(await post(preview.webhookUrl, JSON.stringify(message))).toMatchObject({ status: 200, text: 'ok' });
  const [row] = await frauddb.query('SELECT body FROM sluice.preview_messages ORDER BY id DESC LIMIT 1');
  expect(row?.['body']).toEqual(message);
});

test.each([
  ['{}', 'no_text'],
  ['{"blocks":[]}', 'no_text'],
  ['nonsense', 'invalid_payload'],
  ['{"blocks":[{"no":"type"}]}', 'invalid_payload'],
])('the preview answers %s as Slack would: %s', async (body, word) => {
  expect(await post(preview.webhookUrl, body)).toMatchObject({ status: 400, text: word });
});

test('without the token there is no receiver', async () => {
  expect((await post(`${preview.url}/services/preview/other`, '{"text":"x"}')).status).toBe(404);
});

async function post(url: string, body: string): Promise<{ status: number; text: string; json: unknown }> {
  const response = await fetch(url, { method: 'POST', body });
  const text = await response.text();
  const isJson = response.headers.get('content-type') === 'application/json';
  return { status: response.status, text, json: isJson ? (JSON.parse(text) as unknown) : null };
}
