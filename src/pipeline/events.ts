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

/** Offsets [from, to) of one partition, decimal text. */
export interface OffsetGap {
  readonly partition: number;
  readonly from: string;
  readonly to: string;
}

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
      /** Offsets between what was read and the end of the topic, over the partitions. Texts, as Spark has them. */
      readonly metrics: {
        readonly minOffsetsBehindLatest: string;
        readonly maxOffsetsBehindLatest: string;
        readonly avgOffsetsBehindLatest: string;
      };
    },
  ];
  readonly sink: { readonly description: string; readonly numOutputRows: number };
  readonly x: BatchExtras;
}

/** What a batch did, beyond Spark's words. Absent numbers do not apply to the query. */
export interface BatchExtras {
  /** True when the batch was begun by an earlier run and settled by this one. */
  readonly recovered: boolean;
  /** True for a trigger that found nothing new: no batch, and `batchId` is the one that comes next. */
  readonly idle?: boolean;
  /** Offsets that were lost and passed over. */
  readonly lost?: number;
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
export type LogSource =
  QueryName | 'capture' | 'postgres' | 'producer' | 'fraud-api' | 'slack-preview' | 'stack' | 'console';

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
  stack: '[Stack]  ',
  console: '[Console]',
};

/** The line as it stands in a terminal and in the log file: `[Bronze] Batch 12: Writing to Bronze layer... 500 rows, version 12`. */
export function formatLogLine(line: LogLine): string {
  const prefix = PREFIX[line.source];
  return prefix.endsWith(' ') ? prefix + line.message : `${prefix} ${line.message}`;
}

export const RISK_LEVELS = ['HIGH', 'MEDIUM', 'LOW'] as const;
export type RiskLevel = (typeof RISK_LEVELS)[number];

/** Which model answered: of one transaction, with the history of its card, or none but the rules. */
export const MODEL_SHAPES = ['stateless', 'history', 'rules'] as const;
export type ModelShape = (typeof MODEL_SHAPES)[number];

/** What moved the score of the model, in log-odds: `base` and all inputs together give the probability. */
export interface Contributions {
  readonly base: number;
  /** `value` is the input as the model saw it. The strongest first. */
  readonly inputs: readonly { readonly feature: string; readonly value: number; readonly contribution: number }[];
}

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
  /** null when the API does not tell. */
  readonly shape: ModelShape | null;
  /** null when the API does not tell, as the rules never do. */
  readonly contributions: Contributions | null;
  readonly explanation: readonly string[];
  /** Inputs that could not be derived or that the API did not know, for which a default was taken. */
  readonly defaultsUsed: readonly string[];
  readonly partition: number | null;
  readonly offset: string | null;
  readonly batchId: number | null;
  readonly delivery: DeliveryState | null;
}

/**
 * `held`: sent, without an answer, and a person decides. `dead`: Slack does not take it. `discarded`: a person decided
 * that it is not sent. `suppressed`: recorded without ever being meant to go.
 */
export const DELIVERY_STATES = [
  'pending',
  'sending',
  'sent',
  'ambiguous',
  'held',
  'dead',
  'discarded',
  'suppressed',
] as const;
export type DeliveryState = (typeof DELIVERY_STATES)[number];

/** What Slack said to one message; null while it is on its way. */
export type MessageOutcome = 'accepted' | 'wait' | 'refused' | 'invalid' | 'ambiguous' | 'not-sent' | 'unowned';

/** One message that told of an alert, or tried to. */
export interface SendView {
  readonly messageId: string;
  readonly at: number;
  readonly settledAt: number | null;
  readonly outcome: MessageOutcome | null;
  readonly reason: string | null;
  /** How many alerts were in it. */
  readonly alerts: number;
}

/** Text of a message as a face shows it: no formats, no links, nothing that is interpreted. */
export type PreviewBlock =
  | { readonly kind: 'header' | 'section' | 'context'; readonly lines: readonly string[] }
  | { readonly kind: 'fields'; readonly fields: readonly { readonly name: string; readonly value: string }[] }
  | { readonly kind: 'link'; readonly text: string; readonly url: string };

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
  /** The newest message that told of it, or the one that would. */
  readonly preview: readonly PreviewBlock[];
  /** Every message that told of it or tried to, newest first, at most {@link SENDS_SHOWN}. */
  readonly sends: readonly SendView[];
}

export const SENDS_SHOWN = 20;

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
  /** Unset: Sluice. */
  readonly engine?: 'spark';
}

/**
 * Where a cleared query begins: behind what the table holds (Alert: behind its own last batch), at the first record of
 * the topic, or at its end.
 */
export const CLEAR_FROM = ['table', 'earliest', 'latest'] as const;
export type ClearFrom = (typeof CLEAR_FROM)[number];

/** What clearing would do, computed before anything is changed. */
export interface ClearPreview {
  readonly query: QueryName;
  readonly from: ClearFrom;
  /** False: the topic is another one than the checkpoint was made on, and its old offsets mean nothing there. */
  readonly sameSource: boolean;
  readonly queryId: string | null;
  readonly partitions: readonly {
    readonly partition: number;
    readonly checkpoint: string | null;
    readonly startsAt: string;
    readonly readAgain: number;
    readonly waiting: number;
  }[];
  readonly readAgain: number;
  /** Records that were not read yet and never will be. */
  readonly skipped: number;
  /** At most: rows that the table may hold a second time. */
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

/** What of a topic was removed before a query read it, up to now. */
export interface LossView {
  readonly query: QueryName;
  readonly queryId: string | null;
  readonly gaps: readonly OffsetGap[];
  readonly total: number;
  /** Full sentences: what accepting would do, or has done. */
  readonly sentences: readonly string[];
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

/** Codes of {@link DeadLetterView}, in the order in which people are shown them. */
export const DEAD_LETTER_CODES = [
  'NOT_JSON',
  'NOT_UTF8',
  'NO_ENVELOPE',
  'NO_AFTER',
  'UNKNOWN_OP',
  'TOO_LARGE',
  'NO_KEY',
  'REFUSED_BY_API',
  'REFUSED_BY_DATABASE',
] as const;
/** Why a record gives no row. */
export type DeadLetterCode = (typeof DEAD_LETTER_CODES)[number];

/** What lies in quarantine, counted. One record that both queries found counts once. */
export interface QuarantineView {
  readonly records: number;
  /** Records that no query has made a row of by a replay. */
  readonly waiting: number;
  readonly both: number;
  readonly bronzeOnly: number;
  readonly alertOnly: number;
  readonly reasons: readonly { readonly code: DeadLetterCode; readonly records: number; readonly waiting: number }[];
  /** Coercion notes by column: records whose row was written with a bent value. */
  readonly notes: readonly { readonly column: string; readonly notes: number }[];
  readonly files: number;
  readonly bytes: number;
  /** Beyond this many bytes a person should clear up; nothing is dropped by itself. */
  readonly capBytes: number;
  /** Files that are still to be looked at: all other numbers grow until this is 0. */
  readonly unreadFiles: number;
}

/** One record that gave no row, with every query that found it. All text is masked. */
export interface DeadLetterView {
  /** Names the record within both quarantines. */
  readonly id: string;
  readonly topic: string;
  readonly partition: number;
  readonly offset: string;
  /** Time of the record, ms. */
  readonly at: number;
  readonly code: DeadLetterCode;
  readonly reason: string;
  /** Bytes of its value; null for a record without one. */
  readonly size: number | null;
  readonly found: readonly {
    readonly query: QueryName;
    readonly batchId: number;
    /** Set once a replay has made a row of it; the Delta version for Bronze. */
    readonly replayed: { readonly at: number; readonly deltaVersion: number | null } | null;
  }[];
}

/** A value that was bent on its way into its row, which was written all the same. The text is masked. */
export interface NoteView {
  readonly topic: string;
  readonly partition: number;
  readonly offset: string;
  readonly at: number;
  readonly batchId: number;
  readonly column: string;
  readonly raw: string;
}

/** Some of many. `total` counts all that fit the question, also those beyond what is kept at hand. */
export interface PageOf<T> {
  readonly rows: readonly T[];
  readonly total: number;
}

/** Sixteen bytes of a letter: two hex digits or `••` each, and one character each. */
export interface HexRow {
  readonly at: number;
  readonly hex: readonly string[];
  readonly text: string;
}

/** A letter with a part of its bytes, card numbers masked. */
export interface LetterBytesView {
  readonly letter: DeadLetterView;
  /** The key of the record as text; null when it has none. */
  readonly key: string | null;
  /** First byte shown. */
  readonly from: number;
  readonly rows: readonly HexRow[];
  /** The same bytes as text; what is no text is written as `\xff`. */
  readonly text: string;
  /** The byte at which reading ended, null when the reason tells none. */
  readonly faultAt: number | null;
  readonly masked: boolean;
}

/** What a letter would become, or has become, for one query. */
export type Becomes =
  | { readonly kind: 'row'; readonly transNum: string | null; readonly amount: number | null; readonly notes: number }
  | {
      readonly kind: 'scored';
      readonly transNum: string;
      readonly probability: number;
      readonly level: RiskLevel;
      readonly fraud: boolean;
      /** Why its alert is recorded and not sent; null when it is sent, or there is none. */
      readonly suppressed: string | null;
    }
  /** Alert knows the transaction already, by another record. */
  | { readonly kind: 'known'; readonly transNum: string }
  /** The row is no longer in `transactions`. */
  | { readonly kind: 'gone'; readonly transNum: string }
  /** The fraud API gives no score now: the letter stays as it is. */
  | { readonly kind: 'waits'; readonly reason: string }
  | { readonly kind: 'skip'; readonly op: string }
  | { readonly kind: 'dead'; readonly code: DeadLetterCode; readonly reason: string }
  | { readonly kind: 'replayed'; readonly deltaVersion: number | null };

export interface ReplayRow {
  readonly id: string;
  readonly partition: number;
  readonly offset: string;
  /** Absent: that query did not find this record. */
  readonly bronze?: Becomes;
  readonly alert?: Becomes;
}

/** What a replay would do or has done. */
export interface ReplayView {
  readonly at: number;
  /** At most 200; the counts tell of all. */
  readonly rows: readonly ReplayRow[];
  readonly records: number;
  /** Records of which at least one query makes something new. */
  readonly pass: number;
  readonly bronzeRows: number;
  readonly predictions: number;
  readonly alerts: number;
  /** Versions of the table that the replay has written; none in a dry run. */
  readonly deltaVersions: readonly number[];
}

/** How the Bronze table is: what grows without end is seen before it hurts. Sizes in bytes. */
export interface TableHealth {
  readonly path: string;
  readonly version: number | null;
  /** The oldest version that the log still has. */
  readonly oldestVersion: number | null;
  readonly logFiles: number;
  readonly logBytes: number;
  readonly checkpointVersion: number | null;
  readonly checkpointAt: number | null;
  readonly commitsSinceCheckpoint: number;
  readonly checkpointInterval: number;
  readonly rows: number;
  readonly files: number;
  readonly bytes: number;
  readonly smallFiles: number;
  readonly partitions: number;
  readonly filesPerPartition: { readonly median: number; readonly max: number };
  /** So many files can be put together, into so many. */
  readonly mergeable: number;
  readonly mergedInto: number;
  readonly tombstones: number;
  /** Files that nothing refers to, and those of them that are old enough to be deleted. */
  readonly orphans: number;
  readonly orphanBytes: number;
  readonly deletable: number;
  readonly deletableBytes: number;
  /** Full sentences, the most important first; none when all is well. */
  readonly findings: readonly string[];
}

/** What putting small files together did, or would do. */
export interface OptimizeResult {
  readonly partitions: number;
  readonly filesRemoved: number;
  readonly filesAdded: number;
  readonly bytesRead: number;
  readonly rows: number;
  /** Versions of the table that were written. */
  readonly versions: readonly number[];
  /** New files that were given up, because somebody had removed what they were made of. */
  readonly gaveUp: number;
  readonly dryRun: boolean;
}

/** What deleting unreferenced files did, or would do. */
export interface VacuumResult {
  readonly files: number;
  readonly bytes: number;
  /** Unreferenced, but too young to be deleted. */
  readonly young: number;
  readonly youngBytes: number;
  readonly deleted: number;
  readonly dryRun: boolean;
  /** Some of the files. */
  readonly examples: readonly string[];
}

/** One version of the table. */
export interface TableVersion {
  readonly version: number;
  readonly at: number | null;
  readonly operation: string;
  readonly engine: string | null;
  readonly batchId: number | null;
  readonly rows: number | null;
  readonly filesAdded: number;
  readonly filesRemoved: number;
  readonly bytesAdded: number;
}

export type Emit = (event: WorkerEvent) => void;

/** From a thread to its host. */
export type WorkerEvent =
  | { readonly type: 'state'; readonly state: 'RUNNING' | 'STOPPED'; readonly queryId: string; readonly runId: string }
  | { readonly type: 'failed'; readonly error: ErrorView }
  | { readonly type: 'progress'; readonly progress: QueryProgress }
  | { readonly type: 'delivered'; readonly sent: number }
  /** Alerts are held back because Slack refuses for good, or flow again (null). */
  | { readonly type: 'alerts-paused'; readonly error: ErrorView | null }
  | { readonly type: 'log'; readonly line: LogLine }
  | { readonly type: 'reply'; readonly seq: number; readonly value: unknown }
  | { readonly type: 'refused'; readonly seq: number; readonly error: ErrorView };
