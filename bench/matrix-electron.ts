/**
 * A sample of the matrix inside Electron: the whole console with its embedded stack dies at a failpoint of a query, the
 * next one catches up. `npm run bench -- matrix-electron [--only b5=kill@3,...] [--fresh]`. One JSON line a case in
 * `test-results/bench/matrix-electron.jsonl`; goes on where it was stopped.
 */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { clusterFolder } from '../src/stack/embedded/cluster.ts';
import { judgeBronze, type BronzeVerdict } from './kill/oracle.ts';
import { readBronze } from './support/bronze.ts';
import { openHomeDatabase } from './support/database.ts';
import { startDisplay } from './support/display.ts';
import { bothRunning, connectHost, ROOT, startHost, until, type Host } from './support/host.ts';
import { openResults } from './support/results.ts';
import { buildTestApp } from './support/test-app.ts';

interface Outcome {
  readonly shot: string;
  readonly fired: boolean;
  readonly ms: number;
  readonly verdict: BronzeVerdict;
}

const SHOTS = ['b3=kill@5', 'b5=kill@9', 'b7=kill@6', 'b8=kill@4', 'b5=terminate@9', 'b8=terminate@4'];
const WAIT_MS = 300_000;

const { values: options } = parseArgs({
  options: { only: { type: 'string' }, fresh: { type: 'boolean', default: false } },
});
const results = openResults<Outcome>('matrix-electron', options.fresh);
const log = path.join(ROOT, 'test-results', 'bench', 'matrix-electron.log');
const display = await startDisplay();
process.env['DISPLAY'] = display.name;
try {
  const app = await buildTestApp();
  for (const shot of options.only?.split(',') ?? SHOTS) {
    if (results.lines.some((line) => line.shot === shot)) continue;
    const outcome = await runCase(app, shot);
    results.add(outcome);
    console.log(JSON.stringify(outcome));
  }
} finally {
  display.stop();
}
process.exitCode = results.lines.every(({ fired, verdict }) => fired && isSound(verdict)) ? 0 : 1;

async function runCase(app: string, shot: string): Promise<Outcome> {
  const begun = Date.now();
  const home = mkdtempSync(path.join(tmpdir(), 'sluice-matrix-electron-'));
  const marks = path.join(home, 'fired');
  const mark = path.join(marks, `${shot.replace(/=.*@/, '@')}.fired`);
  const env = { SLUICE_FAILPOINTS: shot, SLUICE_FAILPOINTS_DIR: marks, PRODUCER_RATE: '50' };
  const host = await startHost({ kind: 'electron', app, home, log, env });
  try {
    await untilFired(host, mark);
    if (shot.includes('=terminate')) await untilBackAgain(home);
    await host.kill();
    const verdict = await catchUp(home);
    return { shot, fired: existsSync(mark), ms: Date.now() - begun, verdict };
  } finally {
    await host.kill();
    [clusterFolder(home), home].forEach((folder) => rmSync(folder, { recursive: true, force: true }));
  }
}

async function untilFired(host: Host, mark: string): Promise<void> {
  const deadline = Date.now() + WAIT_MS;
  let isGone = false;
  void host.ended.then(() => (isGone = true));
  while (!existsSync(mark) && !isGone && Date.now() < deadline) await sleep(50);
  if (mark.length > 0 && !existsSync(mark)) throw new Error(`${path.basename(mark)} is not there; see ${log}`);
}

/** A thread that ended is started again by the console itself. */
async function untilBackAgain(home: string): Promise<void> {
  const remote = await connectHost(home, WAIT_MS);
  await until(remote, 'running after a thread ended', bothRunning, WAIT_MS);
  remote.close();
}

async function catchUp(home: string): Promise<BronzeVerdict> {
  const host = await startHost({ kind: 'node', home, log, env: { PRODUCER_MODE: 'idle' } });
  try {
    const remote = await connectHost(home, WAIT_MS);
    await until(remote, 'running again', bothRunning, WAIT_MS);
    const frauddb = openHomeDatabase(home, 'frauddb');
    const topics = openHomeDatabase(home, 'sluice_topics');
    const count = async (): Promise<string[]> => {
      const [rows] = await frauddb.query<{ n: string }>('SELECT count(*) AS n FROM transactions');
      const [records] = await topics.query<{ n: string }>('SELECT count(*) AS n FROM records');
      return [rows?.n ?? '', records?.n ?? ''];
    };
    const deadline = Date.now() + WAIT_MS;
    for (let done = false; !done; await sleep(500)) {
      const [rows, records] = await count();
      const { lag } = await remote.call('snapshot', {});
      done = rows === records && lag.bronze?.total === 0;
      if (Date.now() > deadline)
        throw new Error(`not caught up: ${rows} rows, ${records} records, ${lag.bronze?.total}`);
    }
    const { table } = await remote.call('snapshot', {});
    const verdict = await judgeBronze(frauddb, await readBronze(table?.path ?? ''));
    await Promise.all([frauddb.close(), topics.close()]);
    remote.close();
    await host.stop();
    return verdict;
  } finally {
    await host.kill();
  }
}

function isSound({ missing, doubled, foreign, bentCards }: BronzeVerdict): boolean {
  return missing + doubled + foreign + bentCards === 0;
}
