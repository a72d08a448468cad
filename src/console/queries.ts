/** Both queries together: their supervisors, what is known about them, and clearing their checkpoints. */
import { randomUUID } from 'node:crypto';
import os from 'node:os';
import { isDeepStrictEqual } from 'node:util';
import { fromErrorView } from '../pipeline/errors.ts';
import {
  QUERY_NAMES,
  type ClearFrom,
  type ClearResult,
  type LogLevel,
  type LogLine,
  type LossView,
  type OffsetGap,
  type QueryName,
} from '../pipeline/events.ts';
import type { JobSettings, SlackSettings } from '../pipeline/job-settings.ts';
import type { Endpoints } from '../stack/stack.ts';
import { invalid } from './commands.ts';
import type { CommandAnswers, QueryView } from './contract.ts';
import { obeyDeadLetters, type DeadLetterCommand, type DeadLetterParts } from './dead-letters.ts';
import type { Ground } from './ground.ts';
import { planHandOver } from './hand-over.ts';
import { createInspector } from './inspector.ts';
import { buildJob } from './job.ts';
import { createKeeper, type Keeper } from './keeper.ts';
import { lookAtQueries, type QueryLooks } from './query-looks.ts';
import { doesNotStop, isBeingCleared, isRunning, STOP_PATIENCE_MS } from './query-refusals.ts';
import { isFreed, runnerOf } from './runner.ts';
import type { SnapshotStore } from './snapshot.ts';
import { createSupervisor, type RunView, type Supervisor } from './supervisor.ts';
import { drains, openTakeOverDesk, readEngine, type TakeOverDesk } from './take-over-desk.ts';
import { judge } from './verdict.ts';
import { createWatch } from './watch.ts';
import { title } from './words.ts';

export interface QueriesOptions {
  readonly ground: Ground;
  readonly store: SnapshotStore;
  readonly endpoints: Endpoints;
  readonly slack: SlackSettings;
  readonly workerFile: string;
  readonly log: (line: LogLine) => void;
}

export interface Queries extends QueryLooks {
  /** Begins to watch, and asks both queries to start. */
  begin(): void;
  /** Lets both finish their batch and stop; resolves when both have. */
  end(): Promise<void>;
  /** Ends what `end` needed: nothing can be asked any more. */
  close(): void;
  start(which: QueryName | 'all'): void;
  stop(which: QueryName | 'all'): void;
  restart(which: QueryName | 'all'): void;
  clear(query: QueryName, from: ClearFrom, confirm: string): Promise<ClearResult>;
  /** Accepts exactly these offsets, and starts the query. */
  acceptLoss(query: QueryName, gaps: readonly OffsetGap[]): Promise<LossView>;
  /** Handing a query over to Spark, and taking it back. */
  readonly handover: TakeOverDesk;
  deadLetters(command: DeadLetterCommand): Promise<CommandAnswers[DeadLetterCommand['command']]>;
  /** Resolves when both are RUNNING; rejects with the error of the first that failed for good. */
  running(): Promise<void>;
  refresh(): Promise<void>;
  /** Resolves when Alert has done it. */
  askAlert(what: 'resume-alerts' | 'test-alert'): Promise<void>;
  /** Answers how many alerts were changed. */
  decide(what: 'resend-alerts' | 'discard-alerts', transNums: readonly string[]): Promise<number>;
  /** Looks after the Bronze table. */
  readonly keeper: Keeper;
}

export function createQueries({ ground, store, endpoints, slack, workerFile, log }: QueriesOptions): Queries {
  const clearing = new Set<QueryName>();
  const engine = readEngine(ground);
  const say = (level: LogLevel, message: string): void => log({ at: Date.now(), level, source: 'console', message });
  const inspector = createInspector({ workerFile, onLog: log });
  const watch = createWatch({
    inspector,
    store,
    job: (query) => jobOf(query),
    isAway: (query) => {
      const { state, runner } = store.get().queries[query];
      return runner !== null || state === 'STOPPED' || state === 'FAILED';
    },
    onLook: judgeAll,
    onTrouble: (message) => say('warn', message),
  });
  const keeper = createKeeper({
    workerFile,
    job: () => jobOf('bronze'),
    log,
    version: () => (store.get().queries.bronze.state === 'RUNNING' ? (store.get().table?.version ?? null) : null),
    optimizeEveryMs: ground.settings['bronze.optimizeEvery'],
    vacuumEveryMs: ground.settings['bronze.vacuumEvery'],
  });
  const supervisors: Readonly<Record<QueryName, Supervisor>> = {
    bronze: supervise('bronze'),
    alert: supervise('alert'),
  };

  function jobOf(query: QueryName, runId: string = randomUUID()): JobSettings {
    const owner = { runId, host: os.hostname(), pid: process.pid };
    const settings = { ...ground.settings, 'alert.engine': engine.current() };
    return buildJob({ query, settings, endpoints, slack, serving: ground.serving, owner });
  }

  function supervise(name: QueryName): Supervisor {
    return createSupervisor({
      name,
      workerFile,
      job: (runId) => jobOf(name, runId),
      onChange: (view) => show(view),
      onWork: () => watch.touch(name),
      onLog: log,
    });
  }

  function show(run: RunView): void {
    const triggerMs = ground.settings[`${run.name}.trigger`];
    const { queries, lag, checkpoints, table } = store.get();
    const around = {
      run,
      checkpoint: checkpoints[run.name],
      table: run.name === 'bronze' ? table : null,
      drains: drains(run.name, engine),
      self: { host: os.hostname(), pid: process.pid },
    };
    const [runner, now] = [runnerOf(around), Date.now()];
    const judged = judge(run, triggerMs, lag[run.name], now, { runner, freed: isFreed(around, now) });
    const next: QueryView = { ...run, triggerMs, runner, ...judged };
    if (!isSame(queries[run.name], next)) store.set('queries', { ...queries, [run.name]: next });
  }

  function judgeAll(): void {
    for (const name of QUERY_NAMES) show(supervisors[name].view());
  }

  function each(which: QueryName | 'all', act: (supervisor: Supervisor) => void): void {
    const names = which === 'all' ? QUERY_NAMES : [which];
    for (const name of names) if (clearing.has(name)) throw isBeingCleared(name);
    for (const name of names) act(supervisors[name]);
  }

  async function stopped(query: QueryName, what: string): Promise<void> {
    supervisors[query].stop();
    const late = new Promise<never>((_, reject) =>
      setTimeout(() => reject(doesNotStop(query, what)), STOP_PATIENCE_MS).unref(),
    );
    await Promise.race([supervisors[query].reached('STOPPED', 'FAILED'), late]);
  }

  /** Lets the query finish its batch and stop, does the work, and starts it again if it ran. */
  async function whileStopped<T>(query: QueryName, what: string, work: () => Promise<T>): Promise<T> {
    if (clearing.has(query)) throw isBeingCleared(query);
    const ranBefore = !['STOPPED', 'STOPPING'].includes(supervisors[query].view().state);
    clearing.add(query);
    try {
      await stopped(query, what);
      return await work();
    } finally {
      clearing.delete(query);
      watch.touch(query);
      if (ranBefore) supervisors[query].start();
    }
  }

  async function clear(query: QueryName, from: ClearFrom, confirm: string): Promise<ClearResult> {
    if (confirm !== query)
      throw invalid(`Clearing the checkpoint of ${query}`, `the name ${JSON.stringify(confirm)}`, `the name ${query}`);
    return whileStopped(query, 'Clearing its checkpoint', async () => {
      const result = await inspector.ask('clear', jobOf(query), { from });
      say(
        'info',
        `The checkpoint of ${title(query)} was cleared: query ${result.newQueryId} begins from ${from}, the old files are in ${result.trash}`,
      );
      return result;
    });
  }

  async function acceptLoss(query: QueryName, gaps: readonly OffsetGap[]): Promise<LossView> {
    const { state } = supervisors[query].view();
    if (state !== 'FAILED' && state !== 'STOPPED') throw isRunning(query, state);
    const accepted = await whileStopped(query, 'Accepting a loss', () =>
      inspector.ask('accept-loss', jobOf(query), { gaps }),
    );
    say('warn', `${title(query)} goes on behind a loss that was accepted: ${accepted.total} offsets are given up`);
    supervisors[query].start();
    return accepted;
  }

  const composeFile = ground.profile === 'docker' ? ground.composeFile : null;
  const handover = openTakeOverDesk({
    look: (query) => inspector.ask('preview-take-over', jobOf(query)),
    run: (query) => supervisors[query].view(),
    engine,
    handOver: (query, now) => planHandOver({ job: jobOf(query), composeFile, ...now }),
    begin: (query) => each(query, (supervisor) => supervisor.restart()),
    say,
  });

  const deadLetterParts: DeadLetterParts = {
    inspector,
    jobs: () => ({ bronze: jobOf('bronze'), alert: jobOf('alert') }),
    exports: ground.paths.exports,
    whileStopped,
    onReplayed: (query, { bronzeRows, predictions, alerts }) => {
      watch.touchQuarantine();
      const made = query === 'bronze' ? `${bronzeRows} rows` : `${predictions} predictions and ${alerts} alerts`;
      say('info', `Dead letters of ${title(query)} were replayed: ${made} are new`);
    },
  };

  const looks = lookAtQueries({ ask: inspector.ask, jobOf, run: (query) => supervisors[query].view() });

  return {
    ...looks,
    begin: () => {
      watch.start();
      keeper.start();
      each('all', (supervisor) => supervisor.start());
    },
    end: async () => {
      for (const name of QUERY_NAMES) supervisors[name].stop();
      await Promise.all(QUERY_NAMES.map((name) => supervisors[name].reached('STOPPED', 'FAILED')));
    },
    close: () => {
      watch.stop();
      keeper.stop();
      inspector.close();
    },
    start: (which) => each(which, (supervisor) => supervisor.start()),
    stop: (which) => each(which, (supervisor) => supervisor.stop()),
    restart: (which) => each(which, (supervisor) => supervisor.restart()),
    keeper,
    clear,
    acceptLoss,
    handover,
    deadLetters: (command) => obeyDeadLetters(deadLetterParts, command),
    running: async () => {
      const views = await Promise.all(QUERY_NAMES.map((name) => supervisors[name].reached('RUNNING', 'FAILED')));
      const failed = views.find(({ state }) => state === 'FAILED');
      if (failed?.error) throw fromErrorView(failed.error);
    },
    refresh: watch.refresh,
    askAlert: (what) => supervisors.alert.ask(what),
    decide: async (what, transNums) => {
      const changed = await inspector.ask(what, jobOf('alert'), { transNums });
      say('info', `${what === 'resend-alerts' ? 'Sending again' : 'Discarded'}: ${changed} alerts`);
      watch.touch('alert');
      await watch.refresh();
      return changed;
    },
  };
}

/** A verdict is made anew with each look; faces need to hear of it only when a value in it differs. */
function isSame(a: QueryView, b: QueryView): boolean {
  const keys = Object.keys(b) as (keyof QueryView)[];
  return keys.every((key) => Object.is(a[key], b[key]) || (key === 'runner' && isDeepStrictEqual(a[key], b[key])));
}
