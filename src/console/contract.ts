/** Everything that a face (window, terminal, control socket) may ask of the console, and everything it is told. */
import type { z } from 'zod';
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
import type { ProducerView, Profile, ServiceLog } from '../stack/stack.ts';
import type { CaptureView } from '../stack/connector/capture-view.ts';
import type { Ensured } from '../stack/connector/connector.ts';
import type { DoctorReport, FixResult } from '../stack/doctor/report.ts';
import type { ServiceView, StackWork } from '../stack/stack.ts';
import type { TakeOverView } from '../pipeline/handover/take-over-view.ts';
import type { TransactionTrace } from '../pipeline/trace/view.ts';
import type { COMMANDS } from './command-schemas.ts';

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
