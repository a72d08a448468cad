/** The two servers on loopback, asked by HTTP as the Alert query asks them. */
import { copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openDatabase, type Database } from '../../../src/pipeline/sql.ts';
import { startFraudApi, type FraudApiServer } from '../../../src/stack/embedded/fraud-api.ts';
import { startSlackPreview, type SlackPreview } from '../../../src/stack/embedded/slack-preview.ts';
import { startTestPostgres, type TestPostgres } from '../../support/postgres.ts';

let server: TestPostgres;
let frauddb: Database;
let api: FraudApiServer;
let preview: SlackPreview;
let own: string;
let shipped: string;

beforeAll(async () => {
  server = await startTestPostgres();
  frauddb = openDatabase((await server.createFraudDatabases()).frauddb);
  own = await mkdtemp(path.join(tmpdir(), 'sluice-own-'));
  shipped = await mkdtemp(path.join(tmpdir(), 'sluice-shipped-'));
  api = await startFraudApi(0, [own, shipped]);
  preview = await startSlackPreview(0, 'secret', frauddb);
});

afterAll(async () => {
  await Promise.all([api.close(), preview.close()]);
  await frauddb.close();
  await server.stop();
  for (const folder of [own, shipped]) await rm(folder, { recursive: true });
});

test('scored transactions are counted', async () => {
  const before = api.scored();
  expect((await post(`${api.url}/predict/raw`, '{"amt":1}')).status).toBe(200);
  expect((await post(`${api.url}/predict/batch/raw`, '[{"amt":1},{"amt":2}]')).status).toBe(200);
  expect(api.scored()).toBe(before + 3);
});

test('a reload takes new models, the first folder wins, and a bad file leaves the model in use', async () => {
  expect((await health()).model_versions).toEqual([]);
  expect(api.models()).toEqual([]);
  expect(await post(`${api.url}/model/reload`, '')).toMatchObject({ status: 500 });
  for (const name of ['stateless.json', 'history.json'])
    await copyFile(`model/artifacts/${name}`, path.join(shipped, name));
  expect(await post(`${api.url}/model/reload`, '')).toMatchObject({ status: 200, json: { model_loaded: true } });
  const version = 'trees-mine';
  const mine = { ...JSON.parse(await readFile('model/artifacts/history.json', 'utf8')), model_version: version };
  await writeFile(path.join(own, 'history.json'), JSON.stringify(mine));
  await post(`${api.url}/model/reload`, '');
  expect((await health()).model_versions).toEqual([expect.stringMatching(/^trees-stateless-/), version]);
  await writeFile(path.join(own, 'history.json'), '{');
  expect(await post(`${api.url}/model/reload`, '')).toMatchObject({
    status: 500,
    json: { detail: 'history.json: it is no JSON' },
  });
  await writeFile(path.join(own, 'history.json'), await readFile('model/artifacts/stateless.json'));
  expect((await post(`${api.url}/model/reload`, '')).text).toContain(
    'expected a model of shape history, got stateless',
  );
  expect((await health()).model_versions).toContain(version);
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

async function health(): Promise<{ model_loaded: boolean; model_versions: string[] }> {
  return (await (await fetch(`${api.url}/health`)).json()) as { model_loaded: boolean; model_versions: string[] };
}

async function post(url: string, body: string): Promise<{ status: number; text: string; json: unknown }> {
  const response = await fetch(url, { method: 'POST', body });
  const text = await response.text();
  const isJson = response.headers.get('content-type') === 'application/json';
  return { status: response.status, text, json: isJson ? (JSON.parse(text) as unknown) : null };
}
