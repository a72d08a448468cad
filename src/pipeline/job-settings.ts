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
  readonly fraudApiUrl: string;
  readonly slack: SlackSettings;
  /** On a first start from earliest, alerts on transactions older than this are recorded as suppressed; null = never. */
  readonly suppressOlderThanMs: number | null;
  readonly delivery: DeliverySettings;
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
  /** To the thread that runs Alert. */
  | { readonly type: 'resume-alerts'; readonly seq: number }
  | { readonly type: 'test-alert'; readonly seq: number }
  | { readonly type: 'lag'; readonly seq: number; readonly job: JobSettings }
  | { readonly type: 'inspect'; readonly seq: number; readonly job: JobSettings }
  | { readonly type: 'table'; readonly seq: number; readonly job: JobSettings }
  | { readonly type: 'preview-clear'; readonly seq: number; readonly job: JobSettings }
  | { readonly type: 'clear'; readonly seq: number; readonly job: JobSettings }
  | { readonly type: 'frauds'; readonly seq: number; readonly job: JobSettings; readonly limit: number }
  | { readonly type: 'deliveries'; readonly seq: number; readonly job: JobSettings; readonly limit: number }
  | { readonly type: 'totals'; readonly seq: number; readonly job: JobSettings }
  | DecideRequest;

/** What a person decided about alerts that wait for them; the answer is how many it changed. */
export interface DecideRequest {
  readonly type: 'resend-alerts' | 'discard-alerts';
  readonly seq: number;
  readonly job: JobSettings;
  readonly transNums: readonly string[];
}
