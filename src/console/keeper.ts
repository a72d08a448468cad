/**
 * Looks after the Bronze table, by hand and by schedule, in a thread of its own that ends with each task: what it needs
 * for a while is given back. One task at a time.
 */
import { fromErrorView, toErrorView } from '../pipeline/errors.ts';
import type { LogLevel, LogLine, OptimizeResult, TableHealth, TableVersion, VacuumResult } from '../pipeline/events.ts';
import type { JobSettings, MaintenanceTask } from '../pipeline/job-settings.ts';
import { openThread, threadDied } from './thread.ts';
import { count } from './words.ts';

export interface Keeper {
  health(): Promise<TableHealth>;
  history(limit: number): Promise<readonly TableVersion[]>;
  optimize(dryRun: boolean): Promise<OptimizeResult>;
  vacuum(dryRun: boolean): Promise<VacuumResult>;
  /** From now on the schedule is kept. */
  start(): void;
  stop(): void;
}

export interface KeeperOptions {
  readonly workerFile: string;
  readonly job: () => JobSettings;
  readonly log: (line: LogLine) => void;
  /** Version of the table when its query runs, else null: nothing is done by schedule then. */
  readonly version: () => number | null;
  /** 0 = never. */
  readonly optimizeEveryMs: number;
  readonly vacuumEveryMs: number;
}

export function createKeeper(options: KeeperOptions): Keeper {
  const { workerFile, job, log, version } = options;
  const timers: NodeJS.Timeout[] = [];
  let last: Promise<unknown> = Promise.resolve();
  let optimizedAt: number | null = null;

  const say = (level: LogLevel, message: string): void => log({ at: Date.now(), level, source: 'bronze', message });

  function ask<T>(task: MaintenanceTask): Promise<T> {
    const next = last.then(() => runTask<T>(workerFile, job(), task, log));
    last = next.catch(() => undefined);
    return next;
  }

  async function optimize(dryRun: boolean, bySchedule: boolean): Promise<OptimizeResult> {
    const result = await ask<OptimizeResult>({ do: 'optimize', dryRun, bySchedule });
    if (result.versions.length > 0)
      say(
        'info',
        `Put ${count(result.filesRemoved, 'small file')} together into ${count(result.filesAdded - result.gaveUp, 'file')}, version ${result.versions.at(-1)}`,
      );
    return result;
  }

  async function vacuum(dryRun: boolean): Promise<VacuumResult> {
    const result = await ask<VacuumResult>({ do: 'vacuum', dryRun });
    if (result.deleted > 0) say('info', `Deleted ${count(result.deleted, 'file')} that nothing refers to any more`);
    return result;
  }

  /** A table that has not changed since needs nothing. */
  async function optimizeBySchedule(): Promise<void> {
    const now = version();
    if (now === null || now === optimizedAt) return;
    optimizedAt = now;
    await optimize(false, true);
  }

  async function vacuumBySchedule(): Promise<void> {
    if (version() !== null) await vacuum(false);
  }

  function every(ms: number, work: () => Promise<void>): void {
    if (ms === 0) return;
    const timer = setInterval(() => {
      work().catch((error: unknown) => say('warn', `The table was not looked after: ${toErrorView(error).message}`));
    }, ms);
    timers.push(timer.unref());
  }

  return {
    health: () => ask({ do: 'health' }),
    history: (limit) => ask({ do: 'history', limit }),
    optimize: (dryRun) => optimize(dryRun, false),
    vacuum,
    start: () => {
      every(options.optimizeEveryMs, optimizeBySchedule);
      every(options.vacuumEveryMs, vacuumBySchedule);
    },
    stop: () => timers.splice(0).forEach((timer) => clearInterval(timer)),
  };
}

function runTask<T>(file: string, job: JobSettings, task: MaintenanceTask, log: (line: LogLine) => void): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const thread = openThread(file, {
      onEvent: (event) => {
        if (event.type === 'log') log(event.line);
        if (event.type === 'reply') resolve(event.value as T);
        if (event.type === 'refused') reject(fromErrorView(event.error));
        if (event.type === 'reply' || event.type === 'refused') thread.post({ type: 'stop' });
      },
      onText: (message) => log({ at: Date.now(), level: 'warn', source: 'console', message }),
      onEnd: (error, code) => reject(threadDied('Looking after the table', error, code)),
    });
    thread.post({ type: 'maintain', seq: 1, job, task });
  });
}
