/**
 * Kills whole consoles with SIGKILL at random moments under load, lets the last one catch up, and asks the oracles.
 * `npm run bench -- kill [--runs 30] [--electron 10] [--seed 1] [--rate 100] [--copies 3] [--keep]`
 * Every run is one JSON line in `test-results/bench/kill.jsonl`. Exit code 1 when anything was lost, doubled or untold.
 */
import { appendFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { openDatabase } from '../../src/pipeline/sql.ts';
import { CAPTURED_DATABASE, migrateAll } from '../../src/stack/embedded/migrations.ts';
import { startPostgres } from '../../src/stack/embedded/postgres.ts';
import { clusterFolder } from '../../src/stack/embedded/cluster.ts';
import { readBronze } from '../support/bronze.ts';
import { openHomeDatabase } from '../support/database.ts';
import { startDisplay } from '../support/display.ts';
import { bothRunning, connectHost, ROOT, startHost, until, type HostKind } from '../support/host.ts';
import { copyRows, insertRows, isCutOff } from './load.ts';
import { judgeAlert, judgeBronze } from './oracle.ts';

const { values: options } = parseArgs({
  options: {
    runs: { type: 'string', default: '30' },
    electron: { type: 'string', default: '10' },
    seed: { type: 'string', default: '1' },
    rate: { type: 'string', default: '100' },
    copies: { type: 'string', default: '3' },
    snapshot: { type: 'string', default: '50000' },
    keep: { type: 'boolean', default: false },
  },
});
const RUNS = Number(options.runs);
const ELECTRON_RUNS = Number(options.electron);
const COPY_ROWS = 100_000;
const CATCH_UP_MS = 30 * 60_000;

const results = path.join(ROOT, 'test-results', 'bench');
const home = mkdtempSync(path.join(tmpdir(), 'sluice-kill-'));
const log = path.join(results, 'kill.log');
const random = seeded(Number(options.seed));

await main();

async function main(): Promise<void> {
  mkdirSync(results, { recursive: true });
  const display = ELECTRON_RUNS > 0 ? await startDisplay() : null;
  if (display) process.env['DISPLAY'] = display.name;
  try {
    await prepare();
    for (let run = 0; run < RUNS; run += 1) await killOnce(run);
    process.exitCode = (await catchUp()) ? 0 : 1;
  } finally {
    display?.stop();
    if (!options.keep)
      [clusterFolder(home), home].forEach((folder) => rmSync(folder, { recursive: true, force: true }));
    else console.log(`kept: ${home}`);
  }
}

/** Rows that are there before the slot is: the first start has to read them as a snapshot. */
async function prepare(): Promise<void> {
  const server = await startPostgres({ home, appRoot: ROOT });
  await migrateAll(server.settings, path.join(ROOT, 'src/stack/embedded/migrations'));
  const frauddb = openDatabase(server.settings(CAPTURED_DATABASE), { statementTimeoutMs: 0 });
  await insertRows(frauddb, 'snapshot', Number(options.snapshot));
  await frauddb.close();
  await server.stop();
}

/**
 * The first runs die early, inside of the snapshot; some of the later ones die while a COPY of 100,000 rows is written
 * or captured; the others at any moment from the first second to the tenth after they answer.
 */
async function killOnce(run: number): Promise<void> {
  const kind: HostKind = run % 3 === 2 && electronRuns(run) < ELECTRON_RUNS ? 'electron' : 'node';
  const during = run < 4 ? 'snapshot' : copyAt(run) ? 'copy' : 'stream';
  const begun = Date.now();
  const host = await startHost({ kind, home, log, env: { PRODUCER_RATE: options.rate } });
  let copied: Promise<unknown> = Promise.resolve();
  if (during === 'snapshot') await sleep(400 + random() * 3_500);
  else {
    const remote = await connectHost(home);
    await until(remote, `run ${run}`, bothRunning, 120_000);
    remote.close();
    if (during === 'copy') copied = copy(run);
    await sleep(during === 'copy' ? 500 + random() * 8_000 : random() * 9_000);
  }
  const killedAfterMs = Date.now() - begun;
  await host.kill();
  await copied;
  tell({ run, kind, during, killedAfterMs });
}

async function copy(run: number): Promise<void> {
  const frauddb = openHomeDatabase(home, 'frauddb');
  try {
    await copyRows(frauddb, `copy${run}`, COPY_ROWS);
  } catch (error) {
    if (!isCutOff(error)) throw error;
  } finally {
    await frauddb.close();
  }
}

async function catchUp(): Promise<boolean> {
  const begun = Date.now();
  const host = await startHost({ kind: 'node', home, log, env: { PRODUCER_MODE: 'idle' } });
  const remote = await connectHost(home);
  await until(remote, 'running again', bothRunning, 120_000);
  const firstRunning = Date.now() - begun;
  await settled(remote);
  const caughtUpMs = Date.now() - begun;
  const frauddb = openHomeDatabase(home, 'frauddb');
  const topics = openHomeDatabase(home, 'sluice_topics');
  const { table, totals } = await remote.call('snapshot', {});
  const bronze = await judgeBronze(frauddb, await readBronze(table?.path ?? ''));
  const alert = await judgeAlert(frauddb, topics, 0);
  await Promise.all([frauddb.close(), topics.close()]);
  remote.close();
  const exitCode = await host.stop();
  const sound =
    bronze.missing + bronze.doubled + bronze.foreign + bronze.bentCards === 0 &&
    alert.unaccounted + alert.wrongVerdicts + alert.untold + alert.unmarkedRepeats + alert.pending === 0 &&
    alert.repeats <= alert.ambiguousSends &&
    exitCode === 0;
  tell({
    sound,
    runs: RUNS,
    seed: options.seed,
    firstRunning,
    caughtUpMs,
    exitCode,
    bronze,
    alert,
    deliveries: totals?.deliveries,
  });
  return sound;
}

/** Everything that was inserted has been captured, read by both queries, and told. */
async function settled(remote: Awaited<ReturnType<typeof connectHost>>): Promise<void> {
  const frauddb = openHomeDatabase(home, 'frauddb');
  const topics = openHomeDatabase(home, 'sluice_topics');
  const deadline = Date.now() + CATCH_UP_MS;
  for (;;) {
    const [rows] = await frauddb.query<{ n: string }>('SELECT count(*) AS n FROM transactions');
    const [records] = await topics.query<{ n: string }>('SELECT count(*) AS n FROM records');
    const { lag, totals } = await remote.call('snapshot', {});
    const waiting = totals
      ? totals.pendingRows + totals.deliveries.pending + totals.deliveries.sending + totals.deliveries.ambiguous
      : 1;
    if (records?.n === rows?.n && lag.bronze?.total === 0 && lag.alert?.total === 0 && waiting === 0) break;
    if (Date.now() > deadline)
      throw new Error(
        `not caught up: ${JSON.stringify({ rows, records, lag: [lag.bronze?.total, lag.alert?.total], totals })}`,
      );
    await sleep(1_000);
  }
  await Promise.all([frauddb.close(), topics.close()]);
}

function electronRuns(before: number): number {
  return Array.from({ length: before }, (_, run) => run).filter((run) => run % 3 === 2).length;
}

function copyAt(run: number): boolean {
  const copies = Number(options.copies);
  const step = Math.max(1, Math.floor((RUNS - 4) / Math.max(1, copies)));
  return run >= 4 && (run - 4) % step === step - 1 && Math.floor((run - 4) / step) < copies;
}

function tell(line: object): void {
  const text = JSON.stringify(line);
  appendFileSync(path.join(results, 'kill.jsonl'), `${text}\n`);
  console.log(text);
}

/** Mulberry32: a small generator, so that a seed gives the same moments again. */
function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
