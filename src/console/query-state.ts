/**
 * The state machine of one query, pure: what has happened goes in, the next state and what is to be done come out.
 * At most one thread lives at a time: a new one is asked for only after `ended` or before there was any.
 */
import { assertNever, type ErrorView } from '../pipeline/errors.ts';
import type { QueryState } from '../pipeline/events.ts';

export interface QueryMachine {
  readonly state: QueryState;
  /** When the present state began, ms. */
  readonly since: number;
  /** Why the last run failed; kept until a run reaches RUNNING or a person acts. */
  readonly error: ErrorView | null;
  /** The failures of the last ten minutes. */
  readonly failures: readonly Failure[];
  /** When the query starts again by itself; set only while RESTARTING waits for it. */
  readonly nextAttemptAt: number | null;
}

export interface Failure {
  readonly at: number;
  readonly crash: boolean;
}

export type QueryInput =
  | { readonly type: 'start' | 'stop' | 'restart' }
  | { readonly type: 'running' }
  /** The thread is gone; with the reason, or null after a clean stop. */
  | { readonly type: 'ended'; readonly error: ErrorView | null }
  /** The back-off is over. */
  | { readonly type: 'retry' };

export type QueryAction =
  | { readonly type: 'spawn' }
  | { readonly type: 'ask-to-stop' }
  | { readonly type: 'schedule-retry'; readonly at: number }
  | { readonly type: 'cancel-retry' };

export interface Step {
  readonly machine: QueryMachine;
  readonly actions: readonly QueryAction[];
}

const WINDOW_MS = 10 * 60_000;
const MAX_CRASHES = 5;
const FIRST_BACKOFF_MS = 1_000;
const MAX_BACKOFF_MS = 30_000;

export function initialMachine(now: number): QueryMachine {
  return { state: 'STOPPED', since: now, error: null, failures: [], nextAttemptAt: null };
}

/** `random` is in [0, 1) and spreads the back-off. */
export function step(machine: QueryMachine, input: QueryInput, now: number, random: number): Step {
  switch (input.type) {
    case 'start':
      return start(machine, now);
    case 'restart':
      return hasThread(machine) ? stopThread(machine, 'RESTARTING', now) : start(machine, now);
    case 'stop':
      return stop(machine, now);
    case 'running':
      return machine.state === 'STARTING' ? enter(machine, { state: 'RUNNING', error: null }, now) : stay(machine);
    case 'ended':
      return hasThread(machine) ? ended(machine, input.error, now, random) : stay(machine);
    case 'retry':
      return machine.nextAttemptAt === null ? stay(machine) : spawn(machine, now);
    default:
      return assertNever(input);
  }
}

/** True while a thread lives, or has been asked for. */
export function hasThread(machine: QueryMachine): boolean {
  const { state } = machine;
  return state !== 'STOPPED' && state !== 'FAILED' && machine.nextAttemptAt === null;
}

function start(machine: QueryMachine, now: number): Step {
  if (machine.state === 'STOPPING') return enter(machine, { state: 'RESTARTING' }, now);
  if (hasThread(machine)) return stay(machine);
  // A person asked: earlier failures are forgiven.
  return spawn({ ...machine, failures: [], error: null }, now);
}

function stop(machine: QueryMachine, now: number): Step {
  if (hasThread(machine)) return stopThread(machine, 'STOPPING', now);
  if (machine.state === 'STOPPED') return stay(machine);
  const cancel: QueryAction[] = machine.nextAttemptAt === null ? [] : [{ type: 'cancel-retry' }];
  return enter(machine, { state: 'STOPPED', error: null, nextAttemptAt: null }, now, cancel);
}

function stopThread(machine: QueryMachine, state: 'STOPPING' | 'RESTARTING', now: number): Step {
  if (machine.state === state) return stay(machine);
  const asked = machine.state === 'STOPPING' || machine.state === 'RESTARTING';
  return enter(machine, { state }, now, asked ? [] : [{ type: 'ask-to-stop' }]);
}

function ended(machine: QueryMachine, error: ErrorView | null, now: number, random: number): Step {
  const fatal = error !== null && !error.retryable;
  if (fatal) return enter(machine, { state: 'FAILED', error }, now);
  if (machine.state === 'RESTARTING') return spawn({ ...machine, error: null }, now);
  // A failure that may pass by itself does not matter to a query that is to stop anyway.
  if (machine.state === 'STOPPING' || error === null) return enter(machine, { state: 'STOPPED', error: null }, now);
  return failed(machine, error, now, random);
}

function failed(machine: QueryMachine, error: ErrorView, now: number, random: number): Step {
  const crash = error.code === 'WORKER_DIED';
  const failures = [...machine.failures, { at: now, crash }].filter(({ at }) => at > now - WINDOW_MS).slice(-50);
  // A service that is away comes back some day; a thread that keeps dying does not get better.
  const crashLoop = crash && failures.filter((each) => each.crash).length >= MAX_CRASHES;
  if (crashLoop) return enter({ ...machine, failures }, { state: 'FAILED', error }, now);
  const nextAttemptAt = now + Math.round(random * Math.min(MAX_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** failures.length));
  const change = { state: 'RESTARTING', error, failures, nextAttemptAt } as const;
  return enter(machine, change, now, [{ type: 'schedule-retry', at: nextAttemptAt }]);
}

function spawn(machine: QueryMachine, now: number): Step {
  const cancel: QueryAction[] = machine.nextAttemptAt === null ? [] : [{ type: 'cancel-retry' }];
  return enter(machine, { state: 'STARTING', nextAttemptAt: null }, now, [...cancel, { type: 'spawn' }]);
}

function enter(
  machine: QueryMachine,
  change: Partial<QueryMachine>,
  now: number,
  actions: readonly QueryAction[] = [],
): Step {
  return { machine: { ...machine, ...change, since: now }, actions };
}

const stay = (machine: QueryMachine): Step => ({ machine, actions: [] });
