/** What every way of having the systems around the queries offers to the console. */
import type { LogLine } from '../pipeline/events.ts';
import type { ScenarioName } from './producer/scenario.ts';
import type { PostgresSettings, SourceSettings } from '../pipeline/job-settings.ts';

export type ServiceName = 'postgres' | 'capture' | 'topic' | 'lakehouse' | 'fraud-api' | 'slack-preview' | 'producer';
export type ServiceState = 'STOPPED' | 'STARTING' | 'OK' | 'WARN' | 'STOPPING' | 'FAILED';

/** One service as the window shows it. `detail` is one short sentence, e.g. `18 MB of WAL held`. */
export interface ServiceView {
  readonly name: ServiceName;
  readonly title: string;
  readonly state: ServiceState;
  readonly detail: string;
  readonly pid: number | null;
  /** `127.0.0.1:54213`, or a folder. */
  readonly address: string | null;
}

export type ProducerMode = 'stream' | 'bulk' | 'idle';

/** What the producer is to do. `csv` null = generated transactions. */
export interface ProducerSettings {
  readonly mode: ProducerMode;
  /** Rows per second in mode stream. */
  readonly rate: number;
  /** Rows in mode bulk. */
  readonly rows: number;
  readonly seed: number;
  readonly csv: string | null;
  /** In mode stream with a CSV: how many times faster than the file's own time; null = use `rate`. */
  readonly timeScale: number | null;
}

export interface ProducerView {
  readonly mode: ProducerMode;
  readonly running: boolean;
  readonly sent: number;
  readonly rowsPerSecond: number;
  /** Lines of the CSV that were no transaction: reported and skipped. */
  readonly badLines: number;
  readonly source: string;
}

/** Where everything is once the stack is up. */
export interface Endpoints {
  readonly source: SourceSettings;
  /** frauddb: `transactions` and `fraud_predictions`. */
  readonly serving: PostgresSettings;
  readonly fraudApiUrl: string;
  /** The local receiver that stands in for Slack. */
  readonly slackPreviewUrl: string | null;
}

export type StackEvent =
  | { readonly type: 'services'; readonly services: readonly ServiceView[] }
  | { readonly type: 'producer'; readonly producer: ProducerView }
  | { readonly type: 'log'; readonly line: LogLine };

export interface Stack {
  /** Brings everything up but the producer. Throws a SluiceError that says which service and why. */
  start(): Promise<Endpoints>;
  /** Begins to produce; called when both queries are RUNNING. */
  startProducer(settings: ProducerSettings): Promise<void>;
  pauseProducer(): Promise<void>;
  /** Inserts one transaction by hand; resolves with its trans_num once it is committed. */
  sendTestTransaction(kind: 'normal' | 'suspicious'): Promise<string>;
  /** Inserts a story of one card: its owner's purchases and a thief's. Resolves with the trans_nums of the thefts. */
  playScenario(name: ScenarioName): Promise<readonly string[]>;
  /** Takes everything down that this stack started, the producer first. */
  stop(): Promise<void>;
}
