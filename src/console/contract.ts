/**
 * Everything that a face (window, terminal, control socket) may ask of the console, and everything it is told.
 * A command is checked here against its schema, wherever it comes from.
 */
import { z } from 'zod';
import { CLEAR_FROM, DEAD_LETTER_CODES } from '../pipeline/events.ts';
import type { ErrorView } from '../pipeline/errors.ts';
import type {
  AlertTotals,
  CheckpointView,
  ClearPreview,
  ClearResult,
  DeadLetterView,
  DeliveryView,
  FraudView,
  LetterBytesView,
  LeaseView,
  LogLine,
  LossView,
  NoteView,
  PageOf,
  PartitionLag,
  QuarantineView,
  QueryName,
  QueryProgress,
  QueryState,
  ReplayView,
  ScoreExplanation,
  OptimizeResult,
  TableHealth,
  TableVersion,
  TableView,
  VacuumResult,
} from '../pipeline/events.ts';
import { COMPOSE_SERVICES, type ProducerView, type Profile, type ServiceLog } from '../stack/stack.ts';
import type { CaptureView } from '../stack/connector/capture-view.ts';
import type { Ensured } from '../stack/connector/connector.ts';
import { CHECK_IDS, type DoctorReport, type FixResult } from '../stack/doctor/report.ts';
import type { ServiceView, StackWork } from '../stack/stack.ts';
import type { TakeOverView } from '../pipeline/handover/take-over-view.ts';
import type { TransactionTrace } from '../pipeline/trace/view.ts';

export type { ScoreExplanation } from '../pipeline/events.ts';
export type { BronzeStep, DeliveryStep, EventStep, StoredStep, TransactionTrace } from '../pipeline/trace/view.ts';
export type { TakeOverView } from '../pipeline/handover/take-over-view.ts';
export { SluiceError, toErrorView, type ErrorView } from '../pipeline/errors.ts';
export { COMPOSE_SERVICES } from '../stack/stack.ts';
export type { ComposeService, ContainerView, ProducerView, Profile, ServiceLog } from '../stack/stack.ts';
export type { ServiceView, ServiceVerb, StackWork } from '../stack/stack.ts';
export type { CaptureView, ConnectorCard } from '../stack/connector/capture-view.ts';
export type { ConnectorState, Ensured, TaskView } from '../stack/connector/connector.ts';
export type { SlotView } from '../stack/connector/slot.ts';
export { CHECK_IDS, wantsFixing } from '../stack/doctor/report.ts';
export type { CheckId, CheckState, CheckView, DoctorReport, Fix, FixResult } from '../stack/doctor/report.ts';

const query = z.enum(['bronze', 'alert']);
const from = z.enum(CLEAR_FROM);
const offset = z.string().regex(/^\d{1,19}$/);
const gap = z.strictObject({ partition: z.number().int().min(0), from: offset, to: offset });
const queries = z.enum(['bronze', 'alert', 'all']);
const transNums = z.array(z.string().min(1).max(100)).min(1).max(500);
const letterId = z.string().max(120);
/** Dead letters: those that `query` found, of one reason, or chosen one by one. */
const letters = { query: queries.default('all'), reason: z.enum(DEAD_LETTER_CODES).optional() };
const chosen = { ...letters, ids: z.array(letterId).min(1).max(200).optional() };
const composeService = z.enum(COMPOSE_SERVICES);
const composeServices = z.enum(['all', ...COMPOSE_SERVICES]).default('all');
const page = { from: z.number().int().min(0).default(0), limit: z.number().int().min(1).max(200).default(50) };

/** Command name -> schema of its arguments. */
export const COMMANDS = {
  snapshot: z.strictObject({}),
  'query.start': z.strictObject({ query: queries }),
  'query.stop': z.strictObject({ query: queries }),
  'query.restart': z.strictObject({ query: queries }),
  'checkpoint.preview': z.strictObject({ query, from }),
  /** `confirm` is the name of the query, typed by the person. Stops, moves to the trash, mints a new query id, starts. */
  'checkpoint.clear': z.strictObject({ query, from, confirm: z.string().max(20) }),
  /** What the topic has removed before the query read it. */
  'loss.preview': z.strictObject({ query }),
  /** Gives up exactly these offsets, as the preview showed them, and starts the query. */
  'loss.accept': z.strictObject({ query, gaps: z.array(gap).min(1).max(10_000) }),
  /** What taking a query over from Spark would do, and whether it can be done now. Only looks. */
  'takeOver.plan': z.strictObject({ query }),
  /** `lastCommit`: the newest confirmed batch, as it was shown. Anything else is refused. */
  'takeOver.confirm': z.strictObject({
    query,
    lastCommit: z.number().int().min(0).nullable(),
    sparkIsStopped: z.boolean().default(false),
  }),
  /** What to run where Spark is to take a query over. */
  'handOver.plan': z.strictObject({ query }),
  /** Alert gives its lease back, and from now on only scores what waits and sends what Spark stores. Sets `alert.engine`. */
  'handOver.leave': z.strictObject({}),
  'table.health': z.strictObject({}),
  'table.history': z.strictObject({ limit: z.number().int().min(1).max(1000).default(20) }),
  /** Puts small files together. */
  'table.optimize': z.strictObject({ dryRun: z.boolean().default(false) }),
  /** Deletes what nothing refers to; only says what it would delete unless `delete` is true. */
  'table.vacuum': z.strictObject({ delete: z.boolean().default(false) }),
  'producer.start': z.strictObject({}),
  'producer.pause': z.strictObject({}),
  'producer.test': z.strictObject({ kind: z.enum(['normal', 'suspicious']) }),
  'producer.scenario': z.strictObject({ name: z.enum(['card-theft', 'late-night']) }),
  /** Lets alerts go again after Slack had refused for good. */
  'alerts.resume': z.strictObject({}),
  /** Sends one message that tells of no transaction; answers once Slack has accepted it. */
  'alerts.test': z.strictObject({}),
  /** What a person decides about alerts that are held or that Slack did not take. */
  'alerts.resend': z.strictObject({ transNums }),
  'alerts.discard': z.strictObject({ transNums }),
  'deadLetters.list': z.strictObject({ ...letters, ...page }),
  'deadLetters.notes': z.strictObject({ column: z.string().max(60).optional(), ...page }),
  /** `from`: the first byte to show; null for where reading ended. */
  'deadLetters.show': z.strictObject({ id: letterId, from: z.number().int().min(0).nullable().default(null) }),
  'deadLetters.dryRun': z.strictObject(chosen),
  /** Each query with letters among them finishes its batch, stands still for the replay, and goes on. */
  'deadLetters.replay': z.strictObject(chosen),
  /** Writes the letters, masked, as JSON lines into the data folder. */
  'deadLetters.export': z.strictObject(letters),
  /** Writes the bytes of one letter, as they are, into the data folder. */
  'deadLetters.save': z.strictObject({ id: letterId }),
  /** Of the docker stack; each answers when it is done and what runs is healthy. `all` starts and stops the queries too. */
  'stack.start': z.strictObject({ service: composeServices }),
  'stack.stop': z.strictObject({ service: composeServices }),
  'stack.restart': z.strictObject({ service: composeServices }),
  /** Stops the queries, removes the containers and keeps all data. */
  'stack.down': z.strictObject({}),
  /** Restarts kafka, debezium-connect and minio, waits until they are healthy, then restarts the queries. */
  'stack.repair': z.strictObject({}),
  'stack.logs': z.strictObject({
    service: composeService,
    after: z.number().int().min(0).default(0),
    limit: z.number().int().min(1).max(1000).default(200),
  }),
  /** Follows one transaction from its change event to the file and the message it ended in. */
  'transaction.trace': z.strictObject({ transNum: z.string().trim().min(1).max(100) }),
  /** Asks the fraud API for the reasons of a stored score, a fraud or not. */
  'transaction.explain': z.strictObject({ transNum: z.string().trim().min(1).max(100) }),
  /** Looks at everything that the queries stand on; only looks. */
  'doctor.run': z.strictObject({}),
  /** `will` is what the finding said would be run, as it was shown: anything else is refused. Makes the check again. */
  'doctor.fix': z.strictObject({ id: z.enum(CHECK_IDS), will: z.array(z.string().max(500)).min(1).max(50) }),
  'connector.view': z.strictObject({}),
  /** Only says what it would change unless `confirm` is true. */
  'connector.ensure': z.strictObject({ confirm: z.boolean().default(false) }),
  /** Restarts what has failed. This one and the next two answer when the connector has settled. */
  'connector.restart': z.strictObject({}),
  'connector.pause': z.strictObject({}),
  'connector.resume': z.strictObject({}),
  'logs.read': z.strictObject({
    /** Only lines with a higher id. */
    after: z.number().int().min(0).optional(),
    grep: z.string().max(200).optional(),
    limit: z.number().int().min(1).max(1000).default(200),
  }),
} as const;

export type CommandName = keyof typeof COMMANDS;
export type CommandArgs<C extends CommandName> = z.input<(typeof COMMANDS)[C]>;

/** Command name -> what it answers. */
export interface CommandAnswers {
  snapshot: Snapshot;
  'query.start': null;
  'query.stop': null;
  'query.restart': null;
  'checkpoint.preview': ClearPreview;
  'checkpoint.clear': ClearResult;
  'takeOver.plan': TakeOverPlan;
  'takeOver.confirm': TakeOverPlan;
  'handOver.plan': HandOverPlan;
  'handOver.leave': null;
  'table.health': TableHealth;
  'table.history': { readonly versions: readonly TableVersion[] };
  'table.optimize': OptimizeResult;
  'table.vacuum': VacuumResult;
  'loss.preview': LossView;
  'loss.accept': LossView;
  'producer.start': null;
  'producer.pause': null;
  'producer.test': { readonly transNum: string };
  /** Of the thefts. */
  'producer.scenario': { readonly transNums: readonly string[] };
  'alerts.resume': null;
  'alerts.test': null;
  /** How many were changed. */
  'alerts.resend': { readonly changed: number };
  'alerts.discard': { readonly changed: number };
  'deadLetters.list': PageOf<DeadLetterView>;
  'deadLetters.notes': PageOf<NoteView>;
  'deadLetters.show': LetterBytesView;
  'deadLetters.dryRun': ReplayView;
  'deadLetters.replay': ReplayView;
  'deadLetters.export': { readonly file: string; readonly letters: number; readonly total: number };
  'deadLetters.save': { readonly file: string; readonly bytes: number };
  'stack.start': null;
  'stack.stop': null;
  'stack.restart': null;
  'stack.down': null;
  'stack.repair': null;
  'stack.logs': ServiceLog;
  'transaction.trace': TransactionTrace;
  'transaction.explain': ScoreExplanation;
  'doctor.run': DoctorReport;
  'doctor.fix': FixResult;
  'connector.view': CaptureView;
  'connector.ensure': Ensured;
  'connector.restart': CaptureView;
  'connector.pause': CaptureView;
  'connector.resume': CaptureView;
  'logs.read': { readonly lines: readonly LogEntry[]; readonly last: number };
}

/** A log line with its number; numbers rise by one and never repeat within one console. */
export interface LogEntry extends LogLine {
  readonly id: number;
}

/** The verdict on a query in words, computed once so that every face says the same. */
export type Verdict = 'OK' | 'WARN' | 'STALLED' | 'STOPPED' | 'FAILED' | 'WAITING';

export interface QueryView {
  readonly name: QueryName;
  readonly state: QueryState;
  readonly verdict: Verdict;
  /** `Bronze keeps up.` */
  readonly headline: string;
  /** One or two sentences of evidence. */
  readonly detail: string;
  readonly queryId: string | null;
  readonly runId: string | null;
  /** When the present state began. */
  readonly since: number;
  readonly startedAt: number | null;
  readonly triggerMs: number;
  readonly error: ErrorView | null;
  /** Restarts by the supervisor after a failure that may pass by itself, and when the next one comes. */
  readonly attempts: number;
  readonly nextAttemptAt: number | null;
  readonly totals: {
    readonly rows: number;
    readonly batches: number;
    readonly deadLetters: number;
    readonly notes: number;
  };
  /** The newest batches, newest first, bounded. */
  readonly batches: readonly QueryProgress[];
  /** Why no alert goes to Slack until a person has acted; null while they flow. Only of Alert. */
  readonly alertsPaused: ErrorView | null;
  /** Who runs the query instead of this console; null while this console does, and while nobody does. */
  readonly runner: RunnerView | null;
}

/** A Spark cluster or another console that runs a query, as far as its lease, checkpoint and table tell. */
export interface RunnerView {
  readonly engine: 'spark' | 'sluice';
  /** Null: nobody holds the lease just now, where a setting leaves the query to Spark. */
  readonly owner: LeaseView | null;
  /** Newest batch that is confirmed. */
  readonly lastBatch: number | null;
  /** When the checkpoint was written last. */
  readonly writtenAt: number | null;
  /** Only of Bronze. */
  readonly table: { readonly version: number; readonly at: number | null } | null;
  /** Meanwhile this console scores what waits and sends the alerts. Only of Alert. */
  readonly drains: boolean;
  /** Why a start here is refused, and what to do; null where it is not. */
  readonly refusal: string | null;
}

/** Taking a query over from a Spark cluster: what is seen, and what would be done. */
export interface TakeOverPlan {
  /** When it was looked. */
  readonly at: number;
  readonly view: TakeOverView;
  /** Why it cannot be done now; null when it can. */
  readonly refusal: ErrorView | null;
  /** True where nothing tells whether Spark has stopped: a person must say so. */
  readonly asksWhetherStopped: boolean;
  /** Full sentences, in order; none where it is refused. */
  readonly does: readonly string[];
}

/** Handing a query over to a Spark cluster. Secrets are named, never shown. */
export interface HandOverPlan {
  readonly query: QueryName;
  /** This console runs it, and must stop first. */
  readonly runsHere: boolean;
  /** True where `handOver.leave` does that: Alert, whose alerts go on to be sent from here. */
  readonly leaves: boolean;
  /** Why Spark cannot run it on this stack; null when it can. */
  readonly obstacle: string | null;
  /** One for each release, or way, to choose from; for a POSIX shell. */
  readonly commands: readonly { readonly title: string; readonly text: string }[];
  /** Names in the environment that the program needs besides. */
  readonly secrets: readonly string[];
  /** Full sentences. */
  readonly notes: readonly string[];
}

export interface LagView {
  readonly at: number;
  readonly partitions: readonly PartitionLag[];
  readonly total: number;
  /** Age of the oldest unread record, ms. */
  readonly oldestMs: number | null;
  /** Offsets per second: what comes in, what is read. */
  readonly produced: number;
  readonly consumed: number;
  /** Seconds until caught up; null when nothing waits or it is growing. */
  readonly drainSeconds: number | null;
  /** Total lag of the last minutes, oldest first; null where it was not known. */
  readonly history: readonly {
    readonly at: number;
    readonly lag: number | null;
    readonly produced: number | null;
    readonly consumed: number | null;
  }[];
}

/** A thing that a person should know and that is not an error of a query: a settings file put aside, a fallback in use. */
export interface Notice {
  readonly id: string;
  readonly level: 'info' | 'warn' | 'error';
  readonly text: string;
}

export interface ConsoleView {
  readonly version: string;
  readonly pid: number;
  readonly runtime: string;
  /** True on the fallback Electron: for development and tests only. */
  readonly fallback: boolean;
  readonly home: string;
  readonly profile: Profile;
  readonly startedAt: number;
  readonly stack: 'STARTING' | 'UP' | 'STOPPING' | 'DOWN' | 'FAILED';
  /** What is being done right now while starting, e.g. `Starting PostgreSQL`. */
  readonly step: string | null;
  readonly error: ErrorView | null;
  /** What is being done to the services of the stack just now. */
  readonly work: StackWork | null;
  readonly slack: 'webhook' | 'preview' | 'off';
}

/** Everything a face needs, bounded. Each part is replaced as a whole when it changes. */
export interface Snapshot {
  readonly console: ConsoleView;
  readonly services: readonly ServiceView[];
  readonly producer: ProducerView | null;
  readonly queries: Readonly<Record<QueryName, QueryView>>;
  readonly lag: Readonly<Record<QueryName, LagView | null>>;
  readonly checkpoints: Readonly<Record<QueryName, CheckpointView | null>>;
  readonly table: TableView | null;
  readonly quarantine: QuarantineView | null;
  readonly totals: AlertTotals | null;
  /** Newest first, at most 200. */
  readonly frauds: readonly FraudView[];
  /** Newest first: the newest 200, and of the older ones those that wait for a person. */
  readonly deliveries: readonly DeliveryView[];
  readonly notices: readonly Notice[];
}

export type SnapshotPart = keyof Snapshot;

/** What the console tells without being asked: changed parts of the snapshot, at most four times a second, and log lines. */
export type ConsoleEvent =
  | { readonly type: 'parts'; readonly parts: Partial<Snapshot> }
  | { readonly type: 'logs'; readonly lines: readonly LogEntry[] };

/** The console as a face sees it. */
export interface ConsoleApi {
  /** Checks the arguments, does it, answers. Rejects with a SluiceError. */
  call<C extends CommandName>(command: C, args: CommandArgs<C>): Promise<CommandAnswers[C]>;
  /** Returns the way to stop listening. */
  subscribe(listener: (event: ConsoleEvent) => void): () => void;
}
