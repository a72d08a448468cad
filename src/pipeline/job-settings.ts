/** What one query needs to run, as plain data. It reaches the thread by one message, so that secrets are in no argv or env. */
import type { QueryName } from './events.ts';
import type { LeaseTimes } from './ownership/lease.ts';

export interface PostgresSettings {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly database: string;
}

/** Where the topic is read from. Kafka joins this union with its own source. */
export type SourceSettings = { readonly kind: 'embedded'; readonly postgres: PostgresSettings; readonly topic: string };

/** Where alerts go; `preview` is the receiver on loopback that stands in for Slack on the embedded stack. */
export type SlackSettings =
  | { readonly kind: 'webhook'; readonly url: string }
  | { readonly kind: 'preview'; readonly url: string }
  | { readonly kind: 'off'; readonly reason: string };

export interface AlertSettings {
  /** The database with `transactions` and `fraud_predictions`. */
  readonly serving: PostgresSettings;
  /** `captured`: rows are in `transactions` already; `separate`: missing rows are inserted there. */
  readonly servingDatabase: 'captured' | 'separate';
  readonly fraudApiUrl: string;
  readonly slack: SlackSettings;
  /** On a first start from earliest, alerts on transactions older than this are recorded as suppressed; null = never. */
  readonly suppressOlderThanMs: number | null;
}

export interface JobSettings {
  readonly query: QueryName;
  /** Absolute folder of the streaming checkpoint. */
  readonly checkpoint: string;
  /** Absolute folder of the Bronze Delta table. */
  readonly table: string;
  /** Absolute folder of quarantined records of this query. */
  readonly quarantine: string;
  readonly source: SourceSettings;
  readonly startingOffsets: 'earliest' | 'latest';
  /** 0 = as soon as there is data. */
  readonly triggerMs: number;
  readonly maxOffsetsPerTrigger: number | null;
  readonly alert: AlertSettings;
  /** How long the lease holds; unset for the usual minute. */
  readonly lease?: LeaseTimes;
  /** Who runs this, for the lease. */
  readonly owner: { readonly runId: string; readonly host: string; readonly pid: number };
}

/** From the host to the thread. `seq` pairs a request with its reply. */
export type WorkerRequest =
  | { readonly type: 'run'; readonly job: JobSettings }
  | { readonly type: 'stop' }
  | { readonly type: 'lag'; readonly seq: number; readonly job: JobSettings }
  | { readonly type: 'inspect'; readonly seq: number; readonly job: JobSettings }
  | { readonly type: 'table'; readonly seq: number; readonly job: JobSettings }
  | { readonly type: 'preview-clear'; readonly seq: number; readonly job: JobSettings }
  | { readonly type: 'clear'; readonly seq: number; readonly job: JobSettings }
  | { readonly type: 'frauds'; readonly seq: number; readonly job: JobSettings; readonly limit: number }
  | { readonly type: 'deliveries'; readonly seq: number; readonly job: JobSettings; readonly limit: number }
  | { readonly type: 'totals'; readonly seq: number; readonly job: JobSettings };
