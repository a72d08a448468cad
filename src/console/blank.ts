/** The snapshot before anything has happened. */
import type { ConsoleView, QueryView, Snapshot } from './contract.ts';
import { initialMachine } from './query-state.ts';
import { judge } from './verdict.ts';

/** What the console knows of itself from the beginning. */
export type Self = Pick<ConsoleView, 'version' | 'runtime' | 'fallback' | 'home'>;

export function emptySnapshot({ version, runtime, fallback, home }: Self): Snapshot {
  const now = Date.now();
  const view: ConsoleView = {
    version,
    pid: process.pid,
    runtime,
    fallback,
    home,
    profile: 'embedded',
    work: null,
    startedAt: now,
    stack: 'DOWN',
    step: null,
    error: null,
    slack: 'off',
  };
  return {
    console: view,
    services: [],
    producer: null,
    queries: { bronze: idleQuery('bronze', now), alert: idleQuery('alert', now) },
    lag: { bronze: null, alert: null },
    checkpoints: { bronze: null, alert: null },
    table: null,
    quarantine: null,
    totals: null,
    frauds: [],
    deliveries: [],
    notices: [],
  };
}

function idleQuery(name: QueryView['name'], now: number): QueryView {
  const { state, since, error, nextAttemptAt } = initialMachine(now);
  const totals = { rows: 0, batches: 0, deadLetters: 0, notes: 0 };
  const run = {
    name,
    state,
    since,
    error,
    attempts: 0,
    nextAttemptAt,
    queryId: null,
    runId: null,
    startedAt: null,
    totals,
    batches: [],
    alertsPaused: null,
  };
  return { ...run, triggerMs: 0, runner: null, ...judge(run, 0, null, now) };
}
