/** Alert reads what is captured. What it stores must never be captured itself, or it would feed itself for ever. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { JobSettings } from '../../../src/pipeline/job-settings.ts';
import { runJob } from '../../../src/pipeline/jobs.ts';
import { CAPTURE_DEFAULTS } from '../../../src/stack/embedded/capture-settings.ts';
import { startCapture, type Capture } from '../../../src/stack/embedded/capture.ts';
import { insertTransaction, slackOk, startServer, wellApi, type TestServer } from '../../pipeline/alert/support.ts';
import { openWorld, type World } from '../../support/alert/world.ts';
import { until } from './support.ts';

const TOPIC = 'echo';
let world: World;
let capture: Capture;
let api: TestServer;
let slack: TestServer;
let folder: string;

beforeAll(async () => {
  world = await openWorld();
  await world.openScene(TOPIC);
  const { frauddb: captured, topics } = world.settings;
  capture = startCapture({ captured, topics, topic: TOPIC, version: '0', ...CAPTURE_DEFAULTS }, () => undefined);
  await capture.streaming;
  api = await startServer(wellApi);
  slack = await startServer(slackOk);
  folder = mkdtempSync(path.join(tmpdir(), 'sluice-echo-'));
});
afterAll(async () => {
  await capture.stop();
  await Promise.all([api.close(), slack.close()]);
  rmSync(folder, { recursive: true, force: true });
  await world.close();
});

async function records(): Promise<number> {
  const [row] = await world.topics.query<{ n: string }>('SELECT sum(log_end) AS n FROM partitions WHERE topic = $1', [
    TOPIC,
  ]);
  return Number(row?.n ?? 0);
}
const jobWith = (servingDatabase: 'captured' | 'separate'): JobSettings =>
  world.jobIn(path.join(folder, servingDatabase), TOPIC, {
    servingDatabase,
    captured: world.settings.frauddb,
    fraudApiUrl: api.url,
    slack: { kind: 'preview', url: slack.url },
  });

test('nothing that Alert stores comes back as a change', async () => {
  for (let index = 0; index < 20; index++)
    await insertTransaction(world.frauddb, `t${index}`, { amt: 400 + index * 20 });
  await until(async () => (await records()) === 20, 30_000);
  const stopping = new AbortController();
  const running = runJob(jobWith('captured'), () => undefined, stopping.signal);
  await until(async () => {
    const [row] = await world.frauddb.query<{ scored: string; sent: string }>(
      `SELECT (SELECT count(*) FROM fraud_predictions) AS scored,
         (SELECT count(*) FROM sluice.outbox WHERE state <> 'sent') AS sent`,
    );
    return Number(row?.scored) === 20 && Number(row?.sent) === 0;
  }, 60_000);
  // The log is in order: what comes after everything that Alert wrote is the proof that nothing of it was captured.
  await insertTransaction(world.frauddb, 'marker', { amt: 1 });
  await until(async () => (await records()) >= 21, 30_000);
  stopping.abort();
  await running;
  expect(await records()).toBe(21);
});

test('a serving database of its own that is the captured one is refused before anything is inserted', async () => {
  const before = await records();
  const found = runJob(jobWith('separate'), () => undefined, new AbortController().signal);
  await expect(found).rejects.toMatchObject({
    code: 'SETTINGS_INVALID',
    seen: expect.stringContaining('it is the captured one') as string,
    expected: expect.stringContaining('comes back as a new change') as string,
  });
  expect(await records()).toBe(before);
});
