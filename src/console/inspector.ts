/** Asks the engine about things: one thread that answers requests by number, opened when needed and again when it dies. */
import { fromErrorView, SluiceError } from '../pipeline/errors.ts';
import type {
  AlertTotals,
  CheckpointView,
  ClearFrom,
  ClearPreview,
  ClearResult,
  DeliveryView,
  FraudView,
  LogLine,
  LossView,
  OffsetGap,
  PartitionLag,
  QueryName,
  ScoreExplanation,
  TableView,
  WorkerEvent,
} from '../pipeline/events.ts';
import type { TakeOverView } from '../pipeline/handover/take-over-view.ts';
import type { JobSettings, WorkerRequest } from '../pipeline/job-settings.ts';
import type { QuarantineAnswers, QuarantineQuestion } from '../pipeline/quarantine/questions.ts';
import type { TransactionTrace } from '../pipeline/trace/view.ts';
import { openThread, threadDied, type Thread } from './thread.ts';

/** Question -> answer. */
export interface Answers {
  lag: readonly PartitionLag[];
  inspect: CheckpointView;
  table: TableView;
  'preview-clear': ClearPreview;
  clear: ClearResult;
  frauds: readonly FraudView[];
  deliveries: readonly DeliveryView[];
  totals: AlertTotals;
  'preview-take-over': TakeOverView;
  'preview-loss': LossView;
  'accept-loss': LossView;
  'resend-alerts': number;
  'discard-alerts': number;
  trace: TransactionTrace;
  explain: ScoreExplanation;
}
export type Question = keyof Answers;

/** What some questions need besides. */
export interface More {
  readonly transNums?: readonly string[];
  /** Unset: from the table. */
  readonly from?: ClearFrom;
  readonly gaps?: readonly OffsetGap[];
}

export interface Inspector {
  /** Rejects with what the engine said, with `WORKER_DIED`, or when the time is over. */
  ask<Q extends Question>(question: Q, job: JobSettings, more?: More): Promise<Answers[Q]>;
  askQuarantine<Q extends QuarantineQuestion>(question: Q, jobs: Jobs): Promise<QuarantineAnswers[Q['about']]>;
  close(): void;
}

export type Jobs = Readonly<Record<QueryName, JobSettings>>;

export interface InspectorOptions {
  readonly workerFile: string;
  readonly onLog: (line: LogLine) => void;
  readonly timeoutMs?: number;
}

interface Pending {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
  readonly timer: NodeJS.Timeout;
}

/** How many of the newest frauds and deliveries a face gets. */
const LIST_LIMIT = 200;
const TIMEOUT_MS = 15_000;
/** Clearing moves a whole folder, a replay may write thousands of rows; neither is given up half way by us. */
const LONG_TIMEOUT_MS = 300_000;
/** A table that Spark has written for long is read back through all of its log. */
const LONG_LOOKS: readonly Question[] = ['clear', 'preview-take-over'];
const LONG_QUESTIONS: readonly QuarantineQuestion['about'][] = ['dry-run', 'replay', 'export'];

export function createInspector(options: InspectorOptions): Inspector {
  const pending = new Map<number, Pending>();
  let thread: Thread | null = null;
  let seq = 0;

  function open(): Thread {
    const opened = openThread(options.workerFile, {
      onEvent,
      onText: (message) => options.onLog({ at: Date.now(), level: 'warn', source: 'console', message }),
      onEnd: (error, code) => {
        if (thread === opened) drop(threadDied('Asking the inspector', error, code));
      },
    });
    return opened;
  }

  function onEvent(event: WorkerEvent): void {
    if (event.type === 'log') options.onLog(event.line);
    if (event.type === 'reply') settle(event.seq)?.resolve(event.value);
    if (event.type === 'refused') settle(event.seq)?.reject(fromErrorView(event.error));
  }

  function settle(number: number): Pending | undefined {
    const found = pending.get(number);
    pending.delete(number);
    clearTimeout(found?.timer);
    return found;
  }

  /** Forgets the thread and all that it was asked. */
  function drop(error: Error): void {
    thread?.terminate();
    thread = null;
    for (const number of [...pending.keys()]) settle(number)?.reject(error);
  }

  function send(what: string, timeoutMs: number, toRequest: (seq: number) => WorkerRequest): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const number = ++seq;
      // A thread that does not answer is ended: what hangs in it would hang the next question too.
      const timer = setTimeout(() => drop(tooLate(what, timeoutMs)), timeoutMs);
      pending.set(number, { resolve, reject, timer });
      thread ??= open();
      thread.post(toRequest(number));
    });
  }

  const usual = options.timeoutMs ?? TIMEOUT_MS;
  return {
    ask: <Q extends Question>(question: Q, job: JobSettings, more: More = {}) => {
      const timeoutMs = LONG_LOOKS.includes(question) ? LONG_TIMEOUT_MS : usual;
      return send(question, timeoutMs, (number) => toRequest(question, number, job, more)) as Promise<Answers[Q]>;
    },
    askQuarantine: <Q extends QuarantineQuestion>(question: Q, { bronze: job, alert: alertJob }: Jobs) => {
      const timeoutMs = LONG_QUESTIONS.includes(question.about) ? LONG_TIMEOUT_MS : usual;
      const ask = (number: number): WorkerRequest => ({ type: 'quarantine', seq: number, job, alertJob, question });
      return send(question.about, timeoutMs, ask) as Promise<QuarantineAnswers[Q['about']]>;
    },
    close: () => drop(threadDied('Asking the inspector', null, 0)),
  };
}

function toRequest(type: Question, seq: number, job: JobSettings, more: More): WorkerRequest {
  const { transNums = [], from = 'table', gaps = [] } = more;
  switch (type) {
    case 'resend-alerts':
    case 'discard-alerts':
      return { type, seq, job, transNums };
    case 'trace':
    case 'explain':
      return { type, seq, job, transNum: transNums[0] ?? '' };
    case 'preview-clear':
    case 'clear':
      return { type, seq, job, from };
    case 'accept-loss':
      return { type, seq, job, gaps };
    case 'frauds':
    case 'deliveries':
      return { type, seq, job, limit: LIST_LIMIT };
    default:
      return { type, seq, job };
  }
}

function tooLate(question: string, timeoutMs: number): SluiceError {
  return new SluiceError('WORKER_DIED', {
    tried: `Asking the inspector for ${question}`,
    seen: `no answer within ${timeoutMs / 1_000} s`,
    expected: 'an answer',
    action: 'It is asked again in a fresh thread; look at the services of the stack if it happens again.',
    retryable: true,
  });
}
