/** A console beside a Spark that runs the Alert query: it sends and scores what waits, until a Sluice runs the query again. */
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { openTurn } from '../../../src/pipeline/alert/turn.ts';
import { systemClock } from '../../../src/pipeline/clock.ts';
import type { WorkerEvent } from '../../../src/pipeline/events.ts';
import type { JobSettings } from '../../../src/pipeline/job-settings.ts';
import { runJob } from '../../../src/pipeline/jobs.ts';
import { takeLease } from '../../../src/pipeline/ownership/lease.ts';
import { openLocalStore } from '../../../src/pipeline/store/local.ts';
import {
  startScriptedApi,
  startScriptedSlack,
  type ScriptedApi,
  type ScriptedSlack,
} from '../../support/alert/receivers.ts';
import { feed, seeded } from '../../support/alert/workload.ts';
import { openWorld, type Scene, type World } from '../../support/alert/world.ts';

const MIX = { rows: 3, frauds: 2, repeats: 0, garbage: 0, refused: 0, skips: 0 };
let world: World;
let api: ScriptedApi;
let slack: ScriptedSlack;

beforeAll(async () => {
  [world, api, slack] = await Promise.all([openWorld(), startScriptedApi(() => 'ok'), startScriptedSlack(() => 'ok')]);
}, 60_000);

afterAll(async () => {
  await Promise.all([api.close(), slack.close()]);
  await world.close();
});

/** What the query itself leaves: predictions and alerts that wait, as Spark stores them. It is nobody's turn to send. */
async function storeFrauds(scene: Scene): Promise<number> {
  const fed = feed(seeded(1), MIX, scene.folder.slice(-6));
  await scene.send(fed);
  const turn = openTurn(world.settings.frauddb);
  await vi.waitUntil(async () => (await turn.take()) !== 'other', { timeout: 30_000 });
  await runJob({ ...job(scene, 'sluice'), runs: 'available-now' }, () => undefined, new AbortController().signal);
  await turn.close();
  expect(await sent()).toBe(0);
  return fed.length;
}

function job(scene: Scene, engine: 'sluice' | 'spark'): JobSettings {
  const alert = { fraudApiUrl: api.url, slack: { kind: 'preview', url: slack.url }, engine } as const;
  return scene.job(alert, { lease: { expiryMs: 20_000, renewalMs: 100 } });
}

function drain(settings: JobSettings) {
  const stopping = new AbortController();
  const events: WorkerEvent[] = [];
  const ended = runJob(settings, (event) => void events.push(event), stopping.signal).then(
    () => null,
    (error: unknown) => error,
  );
  return { events, ended, stop: () => (stopping.abort(), ended) };
}

const sent = async (): Promise<number> =>
  Number(
    (await world.frauddb.query<{ n: string }>(`SELECT count(*) AS n FROM sluice.outbox WHERE state = 'sent'`))[0]?.n,
  );

const OTHER = { runId: 'other', host: 'elsewhere', pid: 7 };
const leaseOf = (scene: Scene) =>
  takeLease({
    store: openLocalStore(`${scene.folder}/checkpoint`),
    owner: OTHER,
    clock: systemClock,
    replaceOwn: false,
  });

it('sends what the cluster has stored, takes no lease and reads no topic', async () => {
  const scene = await world.openScene('drain-one');
  const records = await storeFrauds(scene);
  const before = slack.accepted.length;
  const running = drain(job(scene, 'spark'));
  await vi.waitUntil(async () => (await sent()) === 2, { timeout: 30_000 });
  await scene.send(feed(seeded(2), MIX, 'late'));
  expect(await running.stop()).toBeNull();
  expect(slack.accepted.length - before).toBe(2);
  expect(await scene.isSettled(records)).toBe(true);
  const states = running.events.filter((event) => event.type === 'state').map(({ state }) => state);
  expect(states).toEqual(['RUNNING', 'STOPPED']);
  scene.close();
}, 60_000);

it('is refused while a Sluice owns the query, and ends when one takes it', async () => {
  const scene = await world.openScene('drain-two');
  await storeFrauds(scene);
  const running = drain(job(scene, 'spark'));
  await vi.waitUntil(async () => (await sent()) === 2, { timeout: 30_000 });
  const lease = await leaseOf(scene);
  const fenced = { code: 'FENCED', seen: expect.stringContaining('process 7 on elsewhere (run other)') as string };
  expect(await running.ended).toMatchObject(fenced);
  expect(await drain(job(scene, 'spark')).ended).toMatchObject(fenced);
  await lease.release();
  scene.close();
}, 60_000);

it('runs beside the lease of a Spark', async () => {
  const scene = await world.openScene('drain-three');
  await storeFrauds(scene);
  const store = openLocalStore(`${scene.folder}/checkpoint`);
  const now = Date.now();
  const claim = {
    ...OTHER,
    epoch: 9,
    since: now,
    renewedAt: now,
    released: false,
    engine: 'spark',
    predecessor: 'none',
  };
  await store.put('_sluice/epochs/9', Buffer.from(JSON.stringify(claim)));
  const running = drain(job(scene, 'spark'));
  await vi.waitUntil(async () => (await sent()) === 2, { timeout: 30_000 });
  expect(await running.stop()).toBeNull();
  const refused = await drain(job(scene, 'sluice')).ended;
  expect(refused).toMatchObject({
    code: 'FENCED',
    seen: expect.stringMatching(/Spark, process 7 on elsewhere/) as string,
  });
  scene.close();
}, 60_000);
