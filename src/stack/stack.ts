/** What every way of having the systems around the queries offers to the console. */
import type { LogLine } from '../pipeline/events.ts';
import type { ScenarioName } from './producer/scenario.ts';
import type { PostgresSettings, SourceSettings } from '../pipeline/job-settings.ts';
import type { Lakehouse, Servers } from './servers.ts';

/** The three ways to have a stack: in Sluice's own processes, in docker by our compose file, or servers that exist. */
export const PROFILES = ['embedded', 'docker', 'external'] as const;
export type Profile = (typeof PROFILES)[number];

/** The services of the compose file that a person may command, in the order in which they start. */
export const COMPOSE_SERVICES = [
  'postgres',
  'kafka',
  'debezium-connect',
  'minio',
  'fraud-api',
  'data-producer',
] as const;
export type ComposeService = (typeof COMPOSE_SERVICES)[number];

export type ServiceName = ComposeService | 'capture' | 'topic' | 'lakehouse' | 'slack-preview' | 'producer';
export type ServiceState = 'STOPPED' | 'STARTING' | 'OK' | 'WARN' | 'STOPPING' | 'FAILED';
export type ServiceVerb = 'start' | 'stop' | 'restart' | 'logs';

/** One service as the window shows it. `detail` is one short sentence, e.g. `18 MB of WAL held`. */
export interface ServiceView {
  readonly name: ServiceName;
  readonly title: string;
  readonly state: ServiceState;
  readonly detail: string;
  readonly pid: number | null;
  /** `127.0.0.1:54213`, or a folder. */
  readonly address: string | null;
  /** What docker tells of its container; absent where it has none. */
  readonly container?: ContainerView;
  /** What can be asked of it; absent = nothing can. */
  readonly verbs?: readonly ServiceVerb[];
  /** Why nothing can be asked of it, as a sentence; absent where something can, and on the embedded stack. */
  readonly locked?: string;
}

export interface ContainerView {
  readonly image: string;
  /** As docker calls it. */
  readonly state: 'created' | 'running' | 'paused' | 'restarting' | 'removing' | 'exited' | 'dead';
  /** Null where the compose file has no health check. */
  readonly health: 'starting' | 'healthy' | 'unhealthy' | null;
  /** Of the last end; null while it runs. */
  readonly exitCode: number | null;
  /** Ports of this machine and the ports of the container they lead to. */
  readonly ports: readonly { readonly host: number; readonly container: number }[];
  /** Of one core, so 250 are two and a half; null before the first measurement. */
  readonly cpuPercent: number | null;
  readonly memoryBytes: number | null;
  /** ms since 1970; null while it does not run. */
  readonly upSince: number | null;
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
  readonly lakehouse: Lakehouse;
}

export type StackEvent =
  | { readonly type: 'services'; readonly services: readonly ServiceView[] }
  | { readonly type: 'producer'; readonly producer: ProducerView }
  | { readonly type: 'work'; readonly work: StackWork | null }
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
  /** Takes everything down that lives in our own processes, the producer first. Servers and containers stay as they are. */
  stop(): Promise<void>;
  /** Known before `start`, and whether or not that worked; null on the embedded stack. */
  readonly servers: Servers | null;
  /** Null where services cannot be commanded. */
  readonly control: StackControl | null;
}

/** What can be done to the services of a docker stack. Each resolves when it is done and what it started is healthy. */
export interface StackControl {
  start(service: ComposeService | 'all'): Promise<void>;
  stop(service: ComposeService | 'all'): Promise<void>;
  restart(service: ComposeService | 'all'): Promise<void>;
  /** Removes the containers and the network. Volumes, and so all data, stay. */
  down(): Promise<void>;
  /** Restarts kafka, debezium-connect and minio, and resolves when all of them are healthy. */
  repair(): Promise<void>;
  /** Lines of a service's log with a higher number than `after`, the oldest first, at most `limit` of the newest. */
  logs(service: ComposeService, after: number, limit: number): Promise<ServiceLog>;
}

/** A bounded part of what a container has written. */
export interface ServiceLog {
  readonly lines: readonly { readonly id: number; readonly at: number; readonly text: string }[];
  /** To be asked for next as `after`. */
  readonly last: number;
}

/** What is being done to the services just now. */
export interface StackWork {
  readonly verb: 'start' | 'stop' | 'restart' | 'down' | 'repair';
  readonly service: ComposeService | 'all';
  /** `Waiting for Kafka to be healthy` */
  readonly step: string;
  readonly since: number;
}
