/**
 * The vocabulary that travels from a query to its supervisor, and on to the window and the terminal.
 * Everything here is plain data: it crosses threads, sockets and IPC as it is. 64-bit numbers are decimal text.
 */
import type { ErrorView } from './errors.ts';

export const QUERY_NAMES = ['bronze', 'alert'] as const;
export type QueryName = (typeof QUERY_NAMES)[number];

/** The state machine of one query; RESTARTING is a stop with a start already asked for. */
export type QueryState = 'STOPPED' | 'STARTING' | 'RUNNING' | 'STOPPING' | 'RESTARTING' | 'FAILED';

/** Partition -> next offset to read, both as decimal text, as in Spark's offsets JSON. */
export type OffsetMap = Readonly<Record<string, string>>;

/** Milliseconds per phase of a batch, named as in Spark's StreamingQueryProgress. */
export interface BatchDurations {
  readonly latestOffset: number;
  readonly walCommit: number;
  readonly getBatch: number;
  readonly addBatch: number;
  readonly commitOffsets: number;
  readonly triggerExecution: number;
}

/** One finished batch. Field names are Spark's; what Spark cannot tell stands under `x`. */
export interface QueryProgress {
  readonly id: string;
  readonly runId: string;
  readonly name: QueryName;
  /** ISO time of the batch, from `offsets/N`. */
  readonly timestamp: string;
  readonly batchId: number;
  readonly batchDuration: number;
  readonly numInputRows: number;
  readonly inputRowsPerSecond: number;
  readonly processedRowsPerSecond: number;
  readonly durationMs: BatchDurations;
  readonly sources: readonly [
    {
      readonly description: string;
      readonly startOffset: OffsetMap;
      readonly endOffset: OffsetMap;
      readonly latestOffset: OffsetMap;
      readonly numInputRows: number;
    },
  ];
  readonly sink: { readonly description: string; readonly numOutputRows: number };
  readonly x: BatchExtras;
}

/** What a batch did, beyond Spark's words. Absent numbers do not apply to the query. */
export interface BatchExtras {
  /** True when the batch was begun by an earlier run and settled by this one. */
  readonly recovered: boolean;
  readonly deadLetters: number;
  readonly coercionNotes: number;
  /** Declared skips: d, tombstone, t, m, and for Alert rows that are no longer in `transactions`. */
  readonly skips: number;
  readonly deltaVersion?: number;
  readonly files?: number;
  readonly bytes?: number;
  readonly newTransactions?: number;
  readonly existingTransactions?: number;
  readonly predictions?: number;
  readonly pending?: number;
  readonly frauds?: number;
}

export type LogLevel = 'info' | 'warn' | 'error';
export type LogSource = QueryName | 'capture' | 'postgres' | 'producer' | 'fraud-api' | 'slack-preview' | 'console';

/** One log line. `message` has no prefix; {@link formatLogLine} adds the one that people filter by. */
export interface LogLine {
  readonly at: number;
  readonly level: LogLevel;
  readonly source: LogSource;
  readonly message: string;
  readonly batchId?: number;
}

const PREFIX: Readonly<Record<LogSource, string>> = {
  bronze: '[Bronze] ',
  alert: '[Alert]  ',
  capture: '[Capture]',
  postgres: '[Postgres]',
  producer: '[Producer]',
  'fraud-api': '[API]    ',
  'slack-preview': '[Slack]  ',
  console: '[Console]',
};

/** The line as it stands in a terminal and in the log file: `[Bronze] Batch 12: Writing to Bronze layer... 500 rows, version 12`. */
export function formatLogLine(line: LogLine): string {
  const prefix = PREFIX[line.source];
  return prefix.endsWith(' ') ? prefix + line.message : `${prefix} ${line.message}`;
}

export const RISK_LEVELS = ['HIGH', 'MEDIUM', 'LOW'] as const;
export type RiskLevel = (typeof RISK_LEVELS)[number];

/** One stored fraud as the window shows it: masked, never with the whole card number, street or date of birth. */
export interface FraudView {
  readonly transNum: string;
  readonly predictedAt: number;
  readonly transactionAt: number | null;
  readonly probability: number;
  readonly level: RiskLevel;
  readonly amount: string;
  readonly merchant: string;
  readonly category: string;
  /** Initials of the card holder. */
  readonly initials: string;
  /** `•••• 4184` */
  readonly card: string;
  readonly city: string | null;
  readonly state: string | null;
  readonly distanceKm: number | null;
  readonly modelVersion: string;
  /** True when the score came from rules and not from a model. */
  readonly ruleBased: boolean;
  readonly explanation: readonly string[];
  /** Inputs that could not be derived, for which a default was sent to the API. */
  readonly defaultsUsed: readonly string[];
  readonly partition: number | null;
  readonly offset: string | null;
  readonly batchId: number | null;
  readonly delivery: DeliveryState | null;
}

export type DeliveryState = 'pending' | 'sending' | 'sent' | 'ambiguous' | 'dead' | 'suppressed';

/** One row of the alert outbox. */
export interface DeliveryView {
  readonly transNum: string;
  readonly state: DeliveryState;
  readonly level: RiskLevel;
  readonly amount: string;
  readonly merchant: string;
  readonly attempts: number;
  /** Sends whose outcome is unknown; each is marked "may be a repeat" when sent again. */
  readonly ambiguousSends: number;
  readonly createdAt: number;
  readonly sentAt: number | null;
  readonly nextAt: number | null;
  readonly lastError: string | null;
  /** The lines of the message as Slack shows them, plain text. */
  readonly preview: readonly string[];
}

/** Totals of stored predictions and deliveries, from SQL. */
export interface AlertTotals {
  readonly predictions: number;
  readonly frauds: number;
  readonly pendingRows: number;
  readonly byLevel: Readonly<Record<RiskLevel, { readonly hour: number; readonly day: number; readonly all: number }>>;
  readonly predictionsHour: number;
  readonly predictionsDay: number;
  readonly deliveries: Readonly<Record<DeliveryState, number>>;
  /** The last half hour, oldest first; a minute in which no fraud was stored is absent. */
  readonly minutes: readonly FraudMinute[];
}

/** Frauds stored in one minute; `at` is its start, ms. */
export interface FraudMinute extends Readonly<Record<RiskLevel, number>> {
  readonly at: number;
}

/** Lag of one partition. All offsets are decimal text; lag is a count of offsets. */
export interface PartitionLag {
  readonly partition: number;
  readonly logStart: string;
  /** Next to read, from the last committed batch; null before the first start. */
  readonly current: string | null;
  readonly end: string;
  readonly lag: number;
  /** Record time of the oldest unread record, ms; null when nothing waits. */
  readonly oldestUnreadAt: number | null;
}

/** What a checkpoint folder holds right now. */
export interface CheckpointView {
  readonly path: string;
  readonly exists: boolean;
  readonly queryId: string | null;
  readonly lastOffsets: number | null;
  readonly lastCommit: number | null;
  /** True when offsets/N has no commits/N: batch N is in doubt and will be settled at the next start. */
  readonly inDoubt: boolean;
  readonly objects: number;
  readonly bytes: number;
  readonly newestAt: number | null;
  /** Text of the newest offsets file, as it is on disk. */
  readonly offsetsText: string | null;
  readonly offsetsName: string | null;
  readonly owner: LeaseView | null;
}

/** Who holds the lease beside a checkpoint. */
export interface LeaseView {
  readonly runId: string;
  readonly host: string;
  readonly pid: number;
  readonly epoch: number;
  readonly since: number;
  readonly renewedAt: number;
}

/** What clearing would do, computed before anything is changed. */
export interface ClearPreview {
  readonly query: QueryName;
  readonly from: 'table';
  readonly queryId: string | null;
  readonly partitions: readonly {
    readonly partition: number;
    readonly checkpoint: string | null;
    readonly startsAt: string;
    readonly readAgain: number;
    readonly waiting: number;
  }[];
  readonly readAgain: number;
  readonly rowsDoubled: number;
  readonly alertsAgain: number;
  /** `Delta version 435` or `committed offsets of batch 417`. */
  readonly startsFrom: string;
  readonly moves: readonly { readonly path: string; readonly objects: number; readonly bytes: number }[];
  readonly trash: string;
  /** Full sentences, the most important first. */
  readonly sentences: readonly string[];
}

/** What has been cleared, and where it lies now. */
export interface ClearResult {
  readonly query: QueryName;
  readonly oldQueryId: string | null;
  readonly newQueryId: string;
  readonly trash: string;
}

/** Where the Bronze table stands, from its own log. */
export interface TableView {
  readonly path: string;
  readonly version: number | null;
  readonly rows: number;
  readonly files: number;
  readonly bytes: number;
  readonly lastCommitAt: number | null;
}

/** From a thread to its host. */
export type WorkerEvent =
  | { readonly type: 'state'; readonly state: 'RUNNING' | 'STOPPED'; readonly queryId: string; readonly runId: string }
  | { readonly type: 'failed'; readonly error: ErrorView }
  | { readonly type: 'progress'; readonly progress: QueryProgress }
  | { readonly type: 'delivered'; readonly sent: number }
  | { readonly type: 'log'; readonly line: LogLine }
  | { readonly type: 'reply'; readonly seq: number; readonly value: unknown }
  | { readonly type: 'refused'; readonly seq: number; readonly error: ErrorView };
