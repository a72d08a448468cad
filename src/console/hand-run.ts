/** A query run by hand: without a window, a stack or a data folder. Its thread is the ordinary one. */
import { randomUUID } from 'node:crypto';
import os from 'node:os';
import type { ErrorView } from '../pipeline/errors.ts';
import type { LogLine, PartitionLag, QueryProgress } from '../pipeline/events.ts';
import type { JobSettings } from '../pipeline/job-settings.ts';
import { describeLocation } from '../pipeline/store/location.ts';
import { buildHandJob } from './hand-job.ts';
import { readHandSettings } from './hand-settings.ts';
import { createInspector } from './inspector.ts';
import { createLogs } from './logs.ts';
import { createRedactor, jobSecrets } from './secrets.ts';
import { createSupervisor, type RunView, type Supervisor } from './supervisor.ts';

export interface HandRunOptions {
  readonly runs: JobSettings['runs'];
  /** The thread entry of the engine, absolute. */
  readonly workerFile: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly onLog: (line: LogLine) => void;
}

/** Partition -> next offset to read. */
type Positions = Readonly<Record<string, number>>;

/** The one object that a run by hand ends with. Counts are of this run; null = could not be asked. */
export interface HandRunSummary {
  readonly query: 'bronze';
  /** `done`: read what was available; `stopped`: asked to stop; `failed`: `error` says why. */
  readonly result: 'done' | 'stopped' | 'failed';
  readonly queryId: string | null;
  readonly rows: number;
  readonly batches: number;
  readonly deadLetters: number;
  readonly notes: number;
  readonly skips: number;
  readonly deltaVersion: number | null;
  readonly table: string;
  readonly checkpoint: string;
  readonly quarantine: string;
  /** Next to read, and the end of the topic, when the run ended. */
  readonly offsets: Positions | null;
  readonly end: Positions | null;
  readonly seconds: number;
  readonly error: ErrorView | null;
}

/** A batch may be on its way to a slow store; what is cut here is settled by the next run. */
const STOP_TIMEOUT_MS = 60_000;
const ASK_TIMEOUT_MS = 10_000;

/** Runs until done, failed, or asked to stop. Throws SETTINGS_INVALID before anything is begun. */
export async function runByHand(options: HandRunOptions, signal: AbortSignal): Promise<HandRunSummary> {
  const { runs, env, cwd, workerFile, onLog } = options;
  const resolved = readHandSettings(env, cwd);
  const jobOf = (runId: string): JobSettings =>
    buildHandJob({ resolved, cwd, runs, owner: { runId, host: os.hostname(), pid: process.pid } });
  const job = jobOf(randomUUID());
  const redactor = createRedactor();
  jobSecrets(job).forEach(redactor.add);
  const logs = createLogs({ level: resolved.settings['log.level'], redact: redactor.redact, write: onLog });
  const tally = createTally();
  const supervisor = createSupervisor({
    name: 'bronze',
    workerFile,
    job: jobOf,
    onChange: () => undefined,
    onWork: () => undefined,
    onProgress: tally.add,
    onIdle: tally.stand,
    onLog: logs.append,
    stopTimeoutMs: STOP_TIMEOUT_MS,
  });
  const began = Date.now();
  try {
    const view = await untilEnded(supervisor, runs, signal);
    const seconds = Math.round((Date.now() - began) / 100) / 10;
    return {
      ...summarise(job, view, tally, signal.aborted),
      ...(tally.standing ? toStanding(tally.standing) : await askAround(job, workerFile, logs.append, tally)),
      seconds,
    };
  } finally {
    logs.close();
  }
}

/** The supervisor starts a query again for ever; what is to be read once fails instead, and its caller decides. */
async function untilEnded(supervisor: Supervisor, runs: JobSettings['runs'], signal: AbortSignal): Promise<RunView> {
  const stop = (): void => supervisor.stop();
  supervisor.start();
  signal.addEventListener('abort', stop, { once: true });
  if (signal.aborted) stop();
  const ends = ['STOPPED', 'FAILED'] as const;
  const view = await (runs === 'available-now'
    ? supervisor.reached(...ends, 'RESTARTING')
    : supervisor.reached(...ends));
  if (view.state === 'RESTARTING') stop();
  signal.removeEventListener('abort', stop);
  return view;
}

interface Tally {
  rows: number;
  batches: number;
  deadLetters: number;
  notes: number;
  skips: number;
  last: QueryProgress | null;
  /** What the query told when it found nothing new, after its last batch. */
  standing: QueryProgress | null;
}

interface Telling {
  readonly add: (progress: QueryProgress) => void;
  readonly stand: (progress: QueryProgress) => void;
}

function createTally(): Tally & Telling {
  const tally: Tally = { rows: 0, batches: 0, deadLetters: 0, notes: 0, skips: 0, last: null, standing: null };
  const add = (progress: QueryProgress): void => {
    tally.rows += progress.sink.numOutputRows;
    tally.batches += 1;
    tally.deadLetters += progress.x.deadLetters;
    tally.notes += progress.x.coercionNotes;
    tally.skips += progress.x.skips;
    tally.last = progress;
    tally.standing = null;
  };
  const stand = (progress: QueryProgress): void => void (tally.standing = progress);
  return Object.assign(tally, { add, stand });
}

function summarise(job: JobSettings, view: RunView, tally: Tally, asked: boolean) {
  const { rows, batches, deadLetters, notes, skips } = tally;
  const result = view.error !== null ? 'failed' : asked ? 'stopped' : 'done';
  const places = {
    table: describeLocation(job.table),
    checkpoint: describeLocation(job.checkpoint),
    quarantine: describeLocation(job.quarantine),
  };
  const base = { query: 'bronze', result, queryId: view.queryId } as const;
  return { ...base, rows, batches, deadLetters, notes, skips, ...places, error: view.error };
}

/** A run that read to the end told it with its last word: another thread to ask would cost more than the end itself. */
function toStanding({ sources: [source], x }: QueryProgress) {
  return {
    deltaVersion: x.deltaVersion ?? null,
    offsets: toNumbers(source.endOffset),
    end: toNumbers(source.latestOffset),
  };
}

/** Where table and topic stand now; what cannot be asked is told as the last batch saw it. */
async function askAround(job: JobSettings, workerFile: string, onLog: (line: LogLine) => void, { last }: Tally) {
  const inspector = createInspector({ workerFile, onLog, timeoutMs: ASK_TIMEOUT_MS });
  try {
    const [table, lag] = await Promise.allSettled([inspector.ask('table', job), inspector.ask('lag', job)]);
    const partitions = lag.status === 'fulfilled' ? lag.value : null;
    const [source] = last?.sources ?? [];
    return {
      deltaVersion: table.status === 'fulfilled' ? table.value.version : (last?.x.deltaVersion ?? null),
      offsets: positions(partitions, ({ current, logStart }) => current ?? logStart) ?? toNumbers(source?.endOffset),
      end: positions(partitions, ({ end }) => end) ?? toNumbers(source?.latestOffset),
    };
  } finally {
    inspector.close();
  }
}

function positions(lag: readonly PartitionLag[] | null, of: (each: PartitionLag) => string): Positions | null {
  return lag && Object.fromEntries(lag.map((each) => [String(each.partition), Number(of(each))]));
}

function toNumbers(offsets: Readonly<Record<string, string>> | undefined): Positions | null {
  return offsets ? Object.fromEntries(Object.entries(offsets).map(([key, next]) => [key, Number(next)])) : null;
}
