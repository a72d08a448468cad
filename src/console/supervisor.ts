/** Runs one query: a worker thread per run, the state machine of `query-state.ts`, and what its batches add up to. */
import { randomUUID } from 'node:crypto';
import { assertNever, fromErrorView, SluiceError, toErrorView, type ErrorView } from '../pipeline/errors.ts';
import type { LogLevel, LogLine, QueryName, QueryProgress, WorkerEvent } from '../pipeline/events.ts';
import type { JobSettings } from '../pipeline/job-settings.ts';
import type { QueryView } from './contract.ts';
import { initialMachine, step, type QueryAction, type QueryInput, type QueryMachine } from './query-state.ts';
import { openThread, threadDied, type Thread } from './thread.ts';
import { title } from './words.ts';

/** What a supervisor knows by itself; the verdict is added by who knows the lag, and the checkpoint. */
export type RunView = Omit<QueryView, 'verdict' | 'headline' | 'detail' | 'triggerMs' | 'runner'>;

export interface SupervisorOptions {
  readonly name: QueryName;
  readonly workerFile: string;
  /** The settings of the run that is about to begin. */
  readonly job: (runId: string) => JobSettings;
  readonly onChange: (view: RunView) => void;
  /** After each batch, and whenever alerts were delivered. */
  readonly onWork: () => void;
  readonly onProgress?: (progress: QueryProgress) => void;
  /** After a trigger that found nothing, which is told seldom, and at the end of a run that reads what is available. */
  readonly onIdle?: (progress: QueryProgress) => void;
  readonly onLog: (line: LogLine) => void;
  readonly stopTimeoutMs?: number;
  readonly random?: () => number;
}

export interface Supervisor {
  /** Asks for a thread. Asked while stopping, it starts again once stopped. */
  start(): void;
  stop(): void;
  restart(): void;
  view(): RunView;
  /** Resolves once the state is one of these; at once when it is already. */
  reached(...states: readonly QueryView['state'][]): Promise<RunView>;
  /** Asks the running thread to do something beside its batches. Rejects with its reason, or when it does not run. */
  ask(what: 'resume-alerts' | 'test-alert'): Promise<void>;
}

const KEPT_BATCHES = 50;
/** A thread that has said its last word may close its files and connections before it is ended. */
const LAST_WORD_MS = 2_000;

/** Longer than one message may take, waits of the pace included. */
const ASK_TIMEOUT_MS = 90_000;

interface Asked {
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
  readonly timer: NodeJS.Timeout;
}

interface Waiter {
  readonly states: readonly QueryView['state'][];
  readonly resolve: (view: RunView) => void;
}

export function createSupervisor(options: SupervisorOptions): Supervisor {
  const { name } = options;
  const random = options.random ?? Math.random;
  let machine: QueryMachine = initialMachine(Date.now());
  let thread: Thread | null = null;
  let outcome: ErrorView | null | undefined;
  let retryTimer: NodeJS.Timeout | undefined;
  let endTimer: NodeJS.Timeout | undefined;
  let run: { queryId: string | null; runId: string | null; startedAt: number | null } = {
    queryId: null,
    runId: null,
    startedAt: null,
  };
  let totals: RunView['totals'] = { rows: 0, batches: 0, deadLetters: 0, notes: 0 };
  let batches: readonly QueryProgress[] = [];
  let waiters: readonly Waiter[] = [];
  let alertsPaused: ErrorView | null = null;
  let seq = 0;
  const asked = new Map<number, Asked>();

  const log = (level: LogLevel, message: string): void =>
    options.onLog({ at: Date.now(), level, source: name, message });

  const view = (): RunView => ({
    name,
    state: machine.state,
    since: machine.since,
    error: machine.error,
    attempts: machine.failures.length,
    nextAttemptAt: machine.nextAttemptAt,
    ...run,
    totals,
    batches,
    alertsPaused,
  });

  function apply(input: QueryInput): void {
    const before = machine.state;
    const next = step(machine, input, Date.now(), random());
    machine = next.machine;
    for (const action of next.actions) act(action);
    if (machine.state !== before)
      log('info', `Query ${machine.state}${machine.error ? ` after ${machine.error.code}` : ''}`);
    tell();
  }

  function tell(): void {
    const now = view();
    options.onChange(now);
    const [reached, waiting] = partition(waiters, ({ states }) => states.includes(now.state));
    waiters = waiting;
    for (const { resolve } of reached) resolve(now);
  }

  function act(action: QueryAction): void {
    switch (action.type) {
      case 'spawn':
        return spawn();
      case 'ask-to-stop':
        return askToStop();
      case 'schedule-retry':
        retryTimer = setTimeout(() => apply({ type: 'retry' }), Math.max(0, action.at - Date.now()));
        return;
      case 'cancel-retry':
        return clearTimeout(retryTimer);
      default:
        return assertNever(action);
    }
  }

  function spawn(): void {
    const runId = randomUUID();
    outcome = undefined;
    run = { queryId: run.queryId, runId, startedAt: Date.now() };
    thread = openThread(options.workerFile, {
      onEvent,
      onText: (text) => log('warn', text),
      onEnd: (error, code) => onEnd(error, code),
    });
    thread.post({ type: 'run', job: options.job(runId) });
  }

  function askToStop(): void {
    const timeout = options.stopTimeoutMs ?? 10_000;
    thread?.post({ type: 'stop' });
    endTimer = setTimeout(() => {
      log('warn', `Did not stop within ${timeout / 1_000} s and was ended; the next start settles its last batch`);
      outcome = null;
      thread?.terminate();
    }, timeout);
  }

  function onEvent(event: WorkerEvent): void {
    switch (event.type) {
      case 'state':
        run = { ...run, queryId: event.queryId };
        return event.state === 'RUNNING' ? apply({ type: 'running' }) : lastWord(null);
      case 'failed':
        log('error', `${event.error.code}: ${event.error.message}. ${event.error.action}`);
        return lastWord(event.error);
      case 'progress':
        return onProgress(event.progress);
      case 'delivered':
        return options.onWork();
      case 'log':
        return options.onLog(event.line);
      case 'alerts-paused':
        alertsPaused = event.error;
        return tell();
      case 'reply':
        return settle(event.seq, (question) => question.resolve());
      case 'refused':
        return settle(event.seq, (question) => question.reject(fromErrorView(event.error)));
      default:
        return assertNever(event);
    }
  }

  function lastWord(error: ErrorView | null): void {
    outcome = error;
    clearTimeout(endTimer);
    endTimer = setTimeout(() => thread?.terminate(), LAST_WORD_MS);
  }

  function onEnd(error: Error | null, code: number): void {
    clearTimeout(endTimer);
    thread = null;
    alertsPaused = null;
    for (const number of [...asked.keys()]) settle(number, (question) => question.reject(notRunning(name)));
    const died = () => toErrorView(threadDied(`Running ${title(name)}`, error, code));
    const reason = outcome === undefined ? died() : outcome;
    if (outcome === undefined && reason) log('error', `${reason.code}: ${reason.message}`);
    apply({ type: 'ended', error: reason });
  }

  function onProgress(progress: QueryProgress): void {
    // A trigger that found nothing is no batch.
    if (progress.x.idle) return options.onIdle?.(progress);
    batches = [progress, ...batches].slice(0, KEPT_BATCHES);
    totals = {
      rows: totals.rows + progress.sink.numOutputRows,
      batches: totals.batches + 1,
      deadLetters: totals.deadLetters + progress.x.deadLetters,
      notes: totals.notes + progress.x.coercionNotes,
    };
    tell();
    options.onProgress?.(progress);
    options.onWork();
  }

  function ask(what: 'resume-alerts' | 'test-alert'): Promise<void> {
    if (!thread || machine.state !== 'RUNNING') return Promise.reject(notRunning(name));
    const number = ++seq;
    const answer = new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => settle(number, (question) => question.reject(notRunning(name))), ASK_TIMEOUT_MS);
      asked.set(number, { resolve, reject, timer });
    });
    thread.post({ type: what, seq: number });
    return answer;
  }

  function settle(number: number, act: (question: Asked) => void): void {
    const question = asked.get(number);
    asked.delete(number);
    clearTimeout(question?.timer);
    if (question) act(question);
  }

  return {
    ask,
    start: () => apply({ type: 'start' }),
    stop: () => apply({ type: 'stop' }),
    restart: () => apply({ type: 'restart' }),
    view,
    reached: (...states) => {
      if (states.includes(machine.state)) return Promise.resolve(view());
      return new Promise((resolve) => (waiters = [...waiters, { states, resolve }]));
    },
  };
}

function partition<T>(all: readonly T[], test: (each: T) => boolean): [T[], T[]] {
  return [all.filter(test), all.filter((each) => !test(each))];
}

function notRunning(name: QueryName): SluiceError {
  return new SluiceError('NOT_ALLOWED_NOW', {
    tried: `Asking ${title(name)}`,
    seen: 'it does not run, or did not answer in time',
    expected: 'a running query',
    action: `Start ${title(name)}, then try again.`,
  });
}
