/** What one query needs to run, as plain data. It reaches the thread by one message, so that secrets are in no argv or env. */
import type { ClearFrom, OffsetGap, QueryName } from './events.ts';
import type { LeaseTimes } from './ownership/lease.ts';
import type { KafkaSettings } from './source/kafka-settings.ts';
import type { StartingOffsets } from './source/start.ts';
import type { StoreLocation } from './store/location.ts';
import type { QuarantineQuestion } from './quarantine/questions.ts';

export interface PostgresSettings {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly database: string;
  /** Absent or null for plain text. */
  readonly tls?: PostgresTls | null;
}

export interface PostgresTls {
  /** `require` encrypts and believes any server; `verify-ca` wants a certificate we trust, `verify-full` also its name. */
  readonly mode: 'require' | 'verify-ca' | 'verify-full';
  /** PEM text; null takes what the machine trusts. */
  readonly ca: string | null;
}

/** The topic of the embedded stack: rows of a database. */
export interface EmbeddedSettings {
  readonly kind: 'embedded';
  readonly postgres: PostgresSettings;
  readonly topic: string;
}

/** Where the topic is read from. */
export type SourceSettings = EmbeddedSettings | KafkaSettings;

/** Where alerts go; `preview` is the receiver on loopback that stands in for Slack on the embedded stack. */
export type SlackSettings =
  | { readonly kind: 'webhook'; readonly url: string }
  | { readonly kind: 'preview'; readonly url: string }
  | { readonly kind: 'off'; readonly reason: string };

/** How alerts travel. Times are ms. */
export interface DeliverySettings {
  /** What becomes of a send whose outcome is unknown: it goes again with a mark, or a person decides. */
  readonly onAmbiguous: 'resend' | 'hold';
  /** Later frauds of a card that was told of within this time wait for its end and share one message; 0 = never. */
  readonly joinCardMs: number;
  /** More frauds than this within a minute: those below HIGH are gathered into digests; null = never. */
  readonly stormPerMinute: number | null;
  /** While it lasts only HIGH goes; minutes since midnight on this computer, `to` may lie on the next day. */
  readonly quietHours: { readonly from: number; readonly to: number } | null;
  /** Where a transaction can be looked at: its number is put at the end; null = no link. */
  readonly linkBase: string | null;
}

export interface AlertSettings {
  /** The database with `transactions` and `fraud_predictions`. */
  readonly serving: PostgresSettings;
  /** `captured`: rows are in `transactions` already; `separate`: missing rows are inserted there. */
  readonly servingDatabase: 'captured' | 'separate';
  /** The captured database, where it is known: a separate serving database must be another one. */
  readonly captured?: PostgresSettings;
  readonly fraudApiUrl: string;
  /** Who runs the query. `spark`: a cluster does, and here only what waits is scored and sent. Unset: `sluice`. */
  readonly engine?: 'sluice' | 'spark';
  readonly slack: SlackSettings;
  /** On a first start from earliest, alerts on transactions older than this are recorded as suppressed; null = never. */
  readonly suppressOlderThanMs: number | null;
  readonly delivery: DeliverySettings;
}

export interface JobSettings {
  readonly query: QueryName;
  /** The streaming checkpoint. */
  readonly checkpoint: StoreLocation;
  /** The Bronze Delta table. */
  readonly table: StoreLocation;
  /** Quarantined records of this query. */
  readonly quarantine: StoreLocation;
  readonly source: SourceSettings;
  /** Only for a query without a checkpoint. */
  readonly startingOffsets: StartingOffsets;
  /** `available-now`: reads what the topic holds at the start, in batches, and ends. */
  readonly runs: 'until-stopped' | 'available-now';
  /** 0 = as soon as there is data. */
  readonly triggerMs: number;
  readonly maxOffsetsPerTrigger: number | null;
  /** False: offsets that the topic has removed are passed over by themselves, written down and warned about. Unset: they stop the query. */
  readonly failOnDataLoss?: boolean;
  /** Null for Bronze where nothing of Alert is known. */
  readonly alert: AlertSettings | null;
  /** How long the lease holds; unset for the usual minute. */
  readonly lease?: LeaseTimes;
  /** Who runs this, for the lease. */
  readonly owner: { readonly runId: string; readonly host: string; readonly pid: number };
}

/** From the host to the thread. `seq` pairs a request with its reply. */
export type WorkerRequest =
  | { readonly type: 'run'; readonly job: JobSettings }
  | { readonly type: 'stop' }
  /** To the thread that runs Alert. */
  | { readonly type: 'resume-alerts'; readonly seq: number }
  | { readonly type: 'test-alert'; readonly seq: number }
  | { readonly type: 'lag'; readonly seq: number; readonly job: JobSettings }
  | { readonly type: 'inspect'; readonly seq: number; readonly job: JobSettings }
  | { readonly type: 'table'; readonly seq: number; readonly job: JobSettings }
  | { readonly type: 'preview-clear'; readonly seq: number; readonly job: JobSettings; readonly from: ClearFrom }
  | { readonly type: 'clear'; readonly seq: number; readonly job: JobSettings; readonly from: ClearFrom }
  | { readonly type: 'preview-take-over'; readonly seq: number; readonly job: JobSettings }
  | { readonly type: 'preview-loss'; readonly seq: number; readonly job: JobSettings }
  | {
      readonly type: 'accept-loss';
      readonly seq: number;
      readonly job: JobSettings;
      readonly gaps: readonly OffsetGap[];
    }
  | { readonly type: 'frauds'; readonly seq: number; readonly job: JobSettings; readonly limit: number }
  | { readonly type: 'deliveries'; readonly seq: number; readonly job: JobSettings; readonly limit: number }
  | { readonly type: 'totals'; readonly seq: number; readonly job: JobSettings }
  | { readonly type: 'trace'; readonly seq: number; readonly job: JobSettings; readonly transNum: string }
  | { readonly type: 'explain'; readonly seq: number; readonly job: JobSettings; readonly transNum: string }
  /** `job` is the one of Bronze. */
  | {
      readonly type: 'quarantine';
      readonly seq: number;
      readonly job: JobSettings;
      readonly alertJob: JobSettings;
      readonly question: QuarantineQuestion;
    }
  | { readonly type: 'maintain'; readonly seq: number; readonly job: JobSettings; readonly task: MaintenanceTask }
  | DecideRequest;

/** What is done for the Bronze table beside its batches. */
export type MaintenanceTask =
  | { readonly do: 'health' }
  | { readonly do: 'history'; readonly limit: number }
  | { readonly do: 'optimize'; readonly bySchedule: boolean; readonly dryRun: boolean }
  | { readonly do: 'vacuum'; readonly dryRun: boolean };

/** What a person decided about alerts that wait for them; the answer is how many it changed. */
export interface DecideRequest {
  readonly type: 'resend-alerts' | 'discard-alerts';
  readonly seq: number;
  readonly job: JobSettings;
  readonly transNums: readonly string[];
}
