/** One case of the matrix: feed, die at the failpoint, start again, let it settle, judge. */
import { existsSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ALERT_FAILPOINTS, type AlertFailpoint } from './failpoints.ts';
import type { Verdict } from './oracle.ts';
import { startScriptedApi, startScriptedSlack } from './receivers.ts';
import { feed, seeded, SMALL } from './workload.ts';
import type { Scene, World } from './world.ts';
import { begin, type Life } from './process.ts';
import { ROOT, type Runtime } from './runtime.ts';

export const KILLS = ['kill', 'terminate'] as const;

export interface Case {
  readonly failpoint: AlertFailpoint;
  readonly kill: (typeof KILLS)[number];
  readonly seed: number;
}

export interface Outcome extends Case {
  /** The shot, as it was armed. */
  readonly shot: string;
  readonly fired: boolean;
  readonly settledMs: number;
  readonly verdict: Verdict;
}

const SETTLE_MS = 120_000;
const FIRE_MS = 60_000;
export async function runCase(world: World, each: Case, runtime?: Runtime): Promise<Outcome> {
  const random = seeded(each.seed * 100 + ALERT_FAILPOINTS.indexOf(each.failpoint) * 2 + KILLS.indexOf(each.kill));
  const label = `${each.failpoint}-${each.kill}-${each.seed}`;
  const scene = await world.openScene(`${label}-${Date.now()}`);
  const fed = feed(random, SMALL, label);
  const begun = Date.now();
  // Only while the fraud API is away do rows wait, and are refused late.
  let away = each.failpoint === 'a13' || each.failpoint === 'a14';
  const api = await startScriptedApi(() => (away ? { status: 503 } : 'ok'));
  const slack = await startScriptedSlack(() => 'ok');
  const lives: Life[] = [];
  const shot = shotOf(each, random);
  const start = (failpoints?: string): Life => {
    const job = scene.job({ fraudApiUrl: api.url, slack: { kind: 'preview', url: slack.url } });
    const life = begin({
      job,
      folder: scene.folder,
      log: logFile(),
      ...(failpoints ? { failpoints } : {}),
      ...(runtime ? { runtime } : {}),
    });
    lives.push(life);
    return life;
  };
  try {
    await scene.send(fed);
    const first = start(shot);
    if (each.failpoint === 'a14') {
      while (!(await refusedWaits(world))) await sleep(50);
      away = false;
    }
    const fired = await untilFired(scene, shot, first);
    away = false;
    const last = each.kill === 'kill' && fired ? await first.ended.then(() => start()) : first;
    await untilSettled(scene, fed.length, label);
    await last.stop();
    const verdict = await scene.judge(fed, slack);
    return { ...each, shot, fired, settledMs: Date.now() - begun, verdict };
  } finally {
    await Promise.all(lives.map((life) => life.kill()));
    await Promise.all([api.close(), slack.close()]);
    scene.close();
  }
}

/** a12 is the step of every store: `commits/N` is being written. a9 waits for the bytes to leave, a11 for Slack's answer. */
function shotOf({ failpoint, kill }: Case, random: () => number): string {
  const name = failpoint === 'a12' ? 'b9' : failpoint;
  const wait = failpoint === 'a9' ? ':200' : failpoint === 'a11' ? ':1500' : '';
  const pass = failpoint === 'a13' || failpoint === 'a14' ? 1 : 1 + Math.floor(random() * 3);
  return `${name}=${kill}${wait}@${pass}`;
}

/** Whether a row waits that the API will refuse. */
async function refusedWaits({ frauddb }: World): Promise<boolean> {
  return (await frauddb.query(`SELECT 1 FROM sluice.pending WHERE trans_num LIKE '%-x%' LIMIT 1`)).length > 0;
}

async function untilFired(scene: Scene, shot: string, life: Life): Promise<boolean> {
  const [, name = '', pass = '1'] = /^(\w+)=.*@(\d+)$/.exec(shot) ?? [];
  const mark = path.join(scene.folder, 'fired', `${name}@${pass}.fired`);
  const deadline = Date.now() + FIRE_MS;
  let gone = false;
  void life.ended.then(() => (gone = true));
  while (!existsSync(mark) && !gone && Date.now() < deadline) await sleep(25);
  return existsSync(mark);
}

async function untilSettled(scene: Scene, records: number, label: string): Promise<void> {
  const deadline = Date.now() + SETTLE_MS;
  while (!(await scene.isSettled(records))) {
    if (Date.now() > deadline) throw new Error(`${label} does not settle; see ${logFile()}`);
    await sleep(100);
  }
}

function logFile(): string {
  const folder = path.join(ROOT, 'test-results', 'bench');
  mkdirSync(folder, { recursive: true });
  return path.join(folder, 'alert-matrix.log');
}
