/** One transaction, followed from its change event to the file and the message it ended in. Null = not there, or not yet. */
import type { DeliveryState, RiskLevel, SendView } from '../events.ts';

export interface TransactionTrace {
  readonly transNum: string;
  readonly event: EventStep | null;
  readonly stored: StoredStep | null;
  readonly bronze: BronzeStep;
  readonly prediction: PredictionStep | null;
  /** Known, but not scored yet. */
  readonly waiting: WaitingStep | null;
  readonly delivery: DeliveryStep | null;
}

/** The record of the topic that Alert took the transaction from. */
export interface EventStep {
  readonly partition: number;
  readonly offset: string;
  /** Time of the record, ms. */
  readonly recordedAt: number | null;
  /** `c`, `u` or `r`. */
  readonly op: string | null;
  /** When the database committed the change, ms. */
  readonly committedAt: number | null;
  /** Position in PostgreSQL's log, as it prints it: `0/1A9C4410`. */
  readonly lsn: string | null;
  /** Why the record itself could not be read; null when it could. */
  readonly unread: string | null;
}

/** The row of `transactions`; no whole card and no name. */
export interface StoredStep {
  readonly at: number | null;
  readonly amount: string;
  readonly merchant: string;
  readonly category: string;
  readonly initials: string;
  readonly card: string;
}

export interface BronzeStep {
  /** The batch whose offsets hold the event. */
  readonly batch: { readonly id: number; readonly version: number; readonly at: number | null } | null;
  /** Where rows of this transaction lie now: one for each of its events that gave a row. */
  readonly rows: readonly RowPlace[];
  /** Live files of its day, and how many of them were looked into or passed over by their statistics. */
  readonly files: number;
  readonly filesSearched: number;
}

export interface RowPlace {
  /** Path below the table. */
  readonly file: string;
  /** Time of the batch that wrote it, ms. */
  readonly ingestedAt: number | null;
  /** The version that added the file, and what it was: small files that were put together stand in a later one. */
  readonly version: number | null;
  readonly operation: string | null;
}

export interface PredictionStep {
  /** 0 to 1. */
  readonly probability: number;
  readonly isFraud: boolean;
  readonly level: RiskLevel;
  readonly modelVersion: string;
  readonly at: number;
  readonly batchId: number | null;
}

export interface WaitingStep {
  readonly attempts: number;
  readonly nextAt: number | null;
  readonly lastError: string | null;
}

export interface DeliveryStep {
  readonly state: DeliveryState;
  readonly sentAt: number | null;
  /** Newest first. */
  readonly sends: readonly SendView[];
}
