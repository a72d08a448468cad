/** Two consoles and one checkpoint: a race for it, and an owner that falls asleep and wakes up. */
import { randomUUID } from 'node:crypto';
import { existsSync, writeFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { readCommitted } from '../../src/pipeline/checkpoint/inspect.ts';
import { clearNow } from '../../src/pipeline/clearing.ts';
import { systemClock } from '../../src/pipeline/clock.ts';
import type { JobSettings, PostgresSettings } from '../../src/pipeline/job-settings.ts';
import { openJobStores } from '../../src/pipeline/job-stores.ts';
import { openSource } from '../../src/pipeline/jobs.ts';
import type { LeaseTimes } from '../../src/pipeline/ownership/lease.ts';
import { openLocalStore } from '../../src/pipeline/store/local.ts';
import { localFolder } from '../../src/pipeline/store/location.ts';
import type { Told } from './host.ts';
import { isRunning, isType, startHost, until, untilFrozen, type Host } from './processes.ts';

/** An expiry that many cases can wait for. */
export const SHORT_LEASE: LeaseTimes = { expiryMs: 900, renewalMs: 150 };

export interface Topic {
  readonly name: string;
  readonly postgres: PostgresSettings;
  /** Records in it. */
  readonly records: number;
}

/** What one case showed; the table is judged afterwards. */
export interface Outcome {
  readonly table: string;
  /** What did not go as it must, as sentences. */
  readonly wrong: readonly string[];
  readonly facts: Readonly<Record<string, number | string>>;
}

/** Of one run. */
const BATCHES = 6;

type Job = Omit<JobSettings, 'owner'>;

/** Two processes that begin in the same millisecond: one runs, the other is told by whom. */
export async function race(folder: string, topic: Topic): Promise<Outcome> {
  const job = jobIn(folder, topic, SHORT_LEASE);
  const hosts = await Promise.all([startHost(), startHost()]);
  const at = Date.now() + 60;
  for (const host of hosts) host.send({ job, runId: randomUUID(), at });
  const began = await Promise.all(hosts.map((host) => host.next(isType('began'))));
  const ends = await Promise.all(hosts.map(async (host) => ({ host, end: await host.next(isRunningOrFailed) })));
  const winners = ends.filter(({ end }) => end.type === 'state').map(({ host }) => host);
  const wrong = winners.length === 1 ? [] : [`${winners.length} winners`];
  const [winner] = winners;
  for (const { end } of ends) if (end.type === 'failed' && winner) wrong.push(...checkFenced(end.error, winner));
  if (winner) {
    await untilDone(folder, topic);
    winner.signal('SIGTERM');
  }
  await Promise.all(hosts.map(({ ended }) => ended));
  const apartMs = Math.abs((began[0]?.at ?? 0) - (began[1]?.at ?? 0));
  return { table: placeOf(folder).table, wrong, facts: { winner: hosts.indexOf(winner as Host), apartMs } };
}

export interface Zombie {
  /** The step at which the owner falls asleep: a name of `docs/decisions/failpoints.md`, or ms after it began to run. */
  readonly at: `b${number}@${number}` | number;
  /**
   * `late`: the new owner is done when the old one wakes up; `early`: it has just begun; `paused`: it has planned its
   * first batch and not promised it; `cleared`: the checkpoint is cleared in between, and the new owner is done.
   */
  readonly wake: 'late' | 'early' | 'paused' | 'cleared';
  readonly times: LeaseTimes;
}

/** An owner sleeps for longer than its lease, another takes over, the first wakes up: it must stop and have done nothing. */
export async function zombie(folder: string, topic: Topic, { at, wake, times }: Zombie): Promise<Outcome> {
  const job = jobIn(folder, topic, times);
  const marks = path.join(folder, 'failpoints');
  await mkdir(marks, { recursive: true });
  const sleeper = await startHost(typeof at === 'string' ? at.replace('@', '=freeze@') : null, marks);
  sleeper.send({ job, runId: randomUUID(), at: 0 });
  if (typeof at === 'number') await freezeAfter(sleeper, at);
  await untilFrozen(sleeper);
  const asleep = Date.now();
  if (wake === 'cleared') await clear(job);
  const heir = await takeOver(job, wake === 'paused' ? 'b1=pause@1' : null, path.join(folder, 'heir'));
  const takenAfterMs = Date.now() - asleep;
  if (wake === 'late' || wake === 'cleared') await untilDone(folder, topic);
  if (wake === 'paused') await until('the heir pauses', () => existsSync(path.join(folder, 'heir', 'b1@1.fired')));
  sleeper.signal('SIGCONT');
  const end = await sleeper.next(isType('failed'));
  if (wake === 'paused') writeFileSync(path.join(folder, 'heir', 'b1.go'), '');
  await untilDone(folder, topic);
  heir.signal('SIGTERM');
  await Promise.all([sleeper.ended, heir.ended]);
  const wrong = [
    ...checkFenced(end.error, heir),
    ...heir.told.filter(isType('failed')).map(({ error }) => error.message),
  ];
  return { table: placeOf(folder).table, wrong, facts: { takenAfterMs, asleepMs: Date.now() - asleep } };
}

async function freezeAfter(host: Host, ms: number): Promise<void> {
  await host.next(isRunning);
  await new Promise((resolve) => setTimeout(resolve, ms));
  host.signal('SIGSTOP');
}

/** Starts consoles until one gets the lease; each one before must be told who has it. */
async function takeOver(job: Job, failpoints: string | null, marks: string): Promise<Host> {
  for (;;) {
    const host = await startHost(failpoints, marks);
    host.send({ job, runId: randomUUID(), at: 0 });
    const end = await host.next(isRunningOrFailed);
    if (end.type === 'state') return host;
    await host.ended;
    if (end.error.code !== 'FENCED') throw new Error(`the heir fails: ${end.error.code} ${end.error.message}`);
  }
}

/** As a person does in a third console; refused until the lease has run out. */
async function clear(job: Job): Promise<void> {
  const owner = { runId: randomUUID(), host: os.hostname(), pid: process.pid };
  const full = { ...job, owner };
  const silent = (): void => undefined;
  const [source, stores] = [await openSource(job.source, silent), await openJobStores(full, silent)];
  const parts = { job: full, source, stores, table: stores.table, clock: systemClock };
  try {
    await until('clearing', () => clearNow(parts).then(() => true, toRefusal));
  } finally {
    await source.close();
    stores.close();
  }
}

function toRefusal(error: { readonly code?: string }): false {
  if (error.code !== 'FENCED') throw error;
  return false;
}

const isRunningOrFailed = (told: Told): told is Extract<Told, { type: 'state' | 'failed' }> =>
  isRunning(told) || told.type === 'failed';

async function untilDone(folder: string, { records }: Topic): Promise<void> {
  const store = openLocalStore(placeOf(folder).checkpoint);
  await until('every record is committed', async () => {
    const committed = await readCommitted(store);
    return [...(committed?.offsets.values() ?? [])].reduce((sum, next) => sum + Number(next), 0) === records;
  });
}

const placeOf = (folder: string) => ({
  checkpoint: path.join(folder, 'checkpoint'),
  table: path.join(folder, 'table'),
});

/** Several batches of a few records, so that every step is passed more than once. */
function jobIn(folder: string, { name, postgres, records }: Topic, lease: LeaseTimes): Job {
  return {
    query: 'bronze',
    checkpoint: localFolder(placeOf(folder).checkpoint),
    table: localFolder(placeOf(folder).table),
    quarantine: localFolder(path.join(folder, 'quarantine')),
    source: { kind: 'embedded', postgres, topic: name },
    startingOffsets: 'earliest',
    triggerMs: 0,
    maxOffsetsPerTrigger: Math.ceil(records / BATCHES),
    lease,
    runs: 'until-stopped',
    alert: null,
  };
}

function checkFenced(error: { code: string; message: string }, owner: Host): string[] {
  const names =
    error.message.includes(`process ${owner.pid} on ${os.hostname()}`) && /since 20\d\d-/.test(error.message);
  if (error.code === 'FENCED' && names) return [];
  return [`the loser says ${error.code}: ${error.message}, and the owner is process ${owner.pid}`];
}
