/**
 * Alert under trouble of every kind at once: 10 % errors and 5 % time-outs of the fraud API, 429 and lost answers of
 * Slack, and kill -9 at random moments, on real processes and a real PostgreSQL:
 * `npm run bench -- alert-soak [--rows 100000] [--kills 40] [--seed 1] [--batch 500]`.
 * One transaction meets an API that fails on it until the last kill: once it waits, it must wait through all of them.
 * One JSON line in `test-results/bench/alert-soak.jsonl`. Exit code 1 when the ledger does not close, a fraud is untold,
 * a repeat unmarked, or the waiting transaction was lost.
 */
import { loadavg } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { isSound } from '../../test/support/alert/oracle.ts';
import { startScriptedApi, startScriptedSlack, type Fate } from '../../test/support/alert/receivers.ts';
import { feed, seeded } from '../../test/support/alert/workload.ts';
import { openWorld } from '../../test/support/alert/world.ts';
import { begin, type Life } from '../../test/support/alert/process.ts';
import { ROOT } from '../support/host.ts';
import { openResults } from '../support/results.ts';

const { values: options } = parseArgs({
  options: {
    rows: { type: 'string', default: '100000' },
    kills: { type: 'string', default: '40' },
    seed: { type: 'string', default: '1' },
    batch: { type: 'string', default: '500' },
  },
});
const KILLS = Number(options.kills);
const random = seeded(Number(options.seed));
const log = path.join(ROOT, 'test-results', 'bench', 'alert-soak.log');
const results = openResults<Record<string, unknown>>('alert-soak', false);
const met = { errors: 0, timeouts: 0, throttled: 0, lost: 0 };
let patientWaits = true;

const world = await openWorld();
const scene = await world.openScene(`soak-${Date.now()}`);
const rows = Number(options.rows);
const mix = {
  rows: Math.round(rows * 0.97),
  frauds: Math.round(rows * 0.005),
  repeats: Math.round(rows * 0.02),
  garbage: Math.round(rows * 0.003),
  refused: Math.round(rows * 0.002),
  skips: Math.round(rows * 0.005),
};
const fed = feed(random, mix, 'soak');
/** A transaction of the first batch. */
const patient = fed.find(({ kind, fraud }) => kind === 'row' && fraud)?.transNum ?? '';
const api = await startScriptedApi(apiFate, (asked) => patientWaits && asked.includes(patient));
const slack = await startScriptedSlack(slackFate);
const begun = Date.now();
let lives = 0;
try {
  await scene.send(fed);
  const first = start();
  while (!(await isPending(patient))) await sleep(50);
  await first.kill();
  for (let kill = 0; kill < KILLS; kill += 1) await killOnce();
  const survived = await isPending(patient);
  patientWaits = false;
  const life = start();
  while (!(await scene.isSettled(fed.length))) await sleep(500);
  await life.stop();
  const verdict = await scene.judge(fed, slack);
  const sound = isSound(verdict) && survived;
  const line = {
    sound,
    kills: KILLS,
    lives,
    minutes: Math.round((Date.now() - begun) / 6_000) / 10,
    patientSurvived: survived,
    met,
    messages: slack.accepted.length,
    unheard: slack.accepted.filter(({ unheard }) => unheard).length,
    verdict,
    load: Number(loadavg()[0]?.toFixed(1)),
  };
  results.add(line);
  console.log(JSON.stringify(line));
  process.exitCode = sound ? 0 : 1;
} finally {
  await Promise.all([api.close(), slack.close()]);
  scene.close();
  await world.close();
}

function start(): Life {
  lives += 1;
  const alert = { fraudApiUrl: api.url, slack: { kind: 'preview', url: slack.url } } as const;
  const job = scene.job(alert, { maxOffsetsPerTrigger: Number(options.batch) });
  return begin({ job, folder: scene.folder, log });
}

/** The longer lives let whole batches and messages through, the shorter ones die in the middle of their recovery. */
async function killOnce(): Promise<void> {
  const life = start();
  await sleep(2_000 + random() * 14_000);
  await life.kill();
}

/** Of all requests: one in ten fails, one in twenty never gets an answer. */
function apiFate(): Fate {
  const draw = random();
  if (draw < 0.1) {
    met.errors += 1;
    return { status: [500, 502, 503, 504][Math.floor(draw * 40)] ?? 503 };
  }
  if (draw < 0.15) {
    met.timeouts += 1;
    return 'hang';
  }
  return 'ok';
}

function slackFate(): Fate | 'lost' {
  const draw = random();
  if (draw < 0.05) {
    met.throttled += 1;
    return { status: 429, retryAfter: 1 + Math.floor(random() * 3) };
  }
  if (draw < 0.08) {
    met.lost += 1;
    return 'lost';
  }
  return 'ok';
}

async function isPending(transNum: string): Promise<boolean> {
  const found = await world.frauddb.query('SELECT 1 FROM sluice.pending WHERE trans_num = $1', [transNum]);
  return found.length === 1;
}
