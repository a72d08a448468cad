/** What the doctor looks at: addresses and settings as plain data, whatever stack they come from. */
import type { QueryName } from '../../pipeline/events.ts';
import type { PostgresSettings, SourceSettings } from '../../pipeline/job-settings.ts';
import type { StoreLocation } from '../../pipeline/store/location.ts';
import type { ConnectorConfig } from '../connector/config.ts';

export interface Patient {
  readonly profile: 'embedded' | 'docker' | 'external';
  /** The data folder, absolute. */
  readonly home: string;
  /** Null while the embedded stack does not run: nothing behind it can be asked then. */
  readonly servers: PatientServers | null;
  readonly table: StoreLocation;
  readonly checkpoints: Readonly<Record<QueryName, StoreLocation>>;
  /** Run ids that this console itself has given out: a lease of one of them is ours. */
  readonly ownRuns: readonly string[];
  readonly slack: SlackForm;
  readonly ports: readonly WantedPort[];
  /** The folder of the numbered migrations of frauddb; null where it is not known. */
  readonly migrations: string | null;
}

export interface PatientServers {
  readonly source: SourceSettings;
  readonly captured: PostgresSettings;
  readonly serving: PostgresSettings;
  readonly servingDatabase: 'captured' | 'separate';
  readonly slot: string;
  readonly publication: string;
  /** Null on the embedded stack, which captures by itself. */
  readonly connect: ConnectTarget | null;
  readonly fraudApiUrl: string;
}

export interface ConnectTarget {
  readonly url: string;
  readonly wanted: ConnectorConfig;
}

/** How alerts go, without the address. `wrong` says why it may not be used. */
export type SlackForm =
  { readonly kind: 'webhook' | 'preview' | 'empty' | 'unset' } | { readonly kind: 'wrong'; readonly why: string };

/** A port of 127.0.0.1 that a service of the stack is to have. */
export interface WantedPort {
  readonly service: string;
  readonly port: number;
  /** Whose it must be; null for a container, whose process is not ours to know. */
  readonly pid: number | null;
}
