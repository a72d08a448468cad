/** What the change capture needs to know. */
import type { PostgresSettings } from '../../pipeline/job-settings.ts';
import type { EnvelopeOptions } from './envelope.ts';

export interface CaptureSettings extends EnvelopeOptions {
  readonly captured: PostgresSettings;
  readonly topics: PostgresSettings;
  readonly topic: string;
  readonly slot: string;
  readonly publication: string;
}

/** Debezium's own names, so that the two can be compared and swapped. */
export const CAPTURE_DEFAULTS = { serverName: 'postgres', slot: 'debezium', publication: 'dbz_publication' };
