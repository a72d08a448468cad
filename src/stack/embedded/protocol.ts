/** What the stack and its thread say to each other. Plain data; secrets travel here and never in argv or env. */
import type { ErrorView } from '../../pipeline/errors.ts';
import type { LogLine } from '../../pipeline/events.ts';
import type { PostgresSettings } from '../../pipeline/job-settings.ts';
import type { ProducerSettings, ProducerView } from '../stack.ts';
import type { CaptureStatus } from './capture.ts';
import type { ScenarioName } from '../producer/scenario.ts';
import type { TestKind } from '../producer/test-transaction.ts';
import type { Retention } from './topic.ts';

export interface ServicesConfig {
  readonly frauddb: PostgresSettings;
  readonly topics: PostgresSettings;
  /** Version of Sluice. */
  readonly version: string;
  /** Where models are looked for; the first folder that has one wins. */
  readonly modelFolders: readonly string[];
  /** 0 = any free port; after a restart of the thread the ports that were told before. */
  readonly fraudApiPort: number;
  readonly slackPreviewPort: number;
  readonly slackPreviewToken: string;
  readonly retention: Retention;
}

/** What came up, and where. */
export interface ServicesAddress {
  readonly fraudApiUrl: string;
  readonly fraudApiPort: number;
  readonly slackPreviewUrl: string;
  readonly slackPreviewPort: number;
}

/** How the services fare; sent once a second. */
export interface ServicesStatus {
  readonly capture: CaptureStatus;
  readonly topic: { readonly partitions: number; readonly records: string } | null;
  /** Bytes of log that the replication slot holds back; null when it cannot be told. */
  readonly walHeld: string | null;
  readonly scored: number;
  /** Versions of the models that answer; none: the five rules do. */
  readonly models: readonly string[];
  readonly previewMessages: number;
  readonly producer: ProducerView;
}

export type StackRequest =
  | { readonly type: 'start'; readonly seq: number; readonly config: ServicesConfig }
  /** Instead of `start`: only the producer, for a PostgreSQL that is not ours. */
  | { readonly type: 'start-producer'; readonly seq: number; readonly frauddb: PostgresSettings }
  | { readonly type: 'produce'; readonly seq: number; readonly settings: ProducerSettings }
  | { readonly type: 'pause'; readonly seq: number }
  | { readonly type: 'test'; readonly seq: number; readonly kind: TestKind }
  | { readonly type: 'play'; readonly seq: number; readonly name: ScenarioName }
  | { readonly type: 'stop'; readonly seq: number };

export type StackReply =
  | { readonly type: 'reply'; readonly seq: number; readonly value: unknown }
  | { readonly type: 'refused'; readonly seq: number; readonly error: ErrorView }
  | { readonly type: 'producer'; readonly producer: ProducerView }
  | { readonly type: 'status'; readonly status: ServicesStatus }
  | { readonly type: 'log'; readonly line: LogLine };
