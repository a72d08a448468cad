/** The systems of a stack that stands outside of Sluice's own processes, and how each is reached. Plain data. */
import type { QueryName } from '../pipeline/events.ts';
import type { PostgresSettings } from '../pipeline/job-settings.ts';
import type { KafkaSettings } from '../pipeline/source/kafka-settings.ts';
import type { StoreLocation } from '../pipeline/store/location.ts';

/** Where the queries keep what they write. */
export interface Lakehouse {
  /** The Bronze Delta table. */
  readonly table: StoreLocation;
  readonly checkpoint: Readonly<Record<QueryName, StoreLocation>>;
  readonly quarantine: Readonly<Record<QueryName, StoreLocation>>;
}

/** Kafka Connect, and the connector on it that captures the transactions. */
export interface ConnectSettings {
  /** Of any worker, e.g. `http://127.0.0.1:8083`. */
  readonly url: string;
  /** `postgres-connector`. */
  readonly connector: string;
  /** The captured PostgreSQL as the workers reach it: inside of docker it has another name than outside. */
  readonly database: { readonly host: string; readonly port: number };
  readonly slot: string;
  readonly publication: string;
}

export interface Servers {
  readonly kafka: KafkaSettings;
  /** Null where the capture is somebody else's business. */
  readonly connect: ConnectSettings | null;
  /** The captured database, frauddb; it serves Alert as well unless another one is set. */
  readonly captured: PostgresSettings;
  readonly lakehouse: Lakehouse;
  readonly fraudApiUrl: string;
}
