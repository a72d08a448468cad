/** A record that gives no row: kept with its bytes, so that it can be replayed. */
import type { CoercionNote, DeadLetterCode } from '../cdc/transaction.ts';
import type { TopicRecord } from '../ports.ts';

export interface DeadLetter {
  readonly record: TopicRecord;
  readonly code: DeadLetterCode;
  readonly reason: string;
}

export interface NotedRecord {
  readonly record: TopicRecord;
  readonly note: CoercionNote;
}

/** What one batch quarantines. Written before the batch is committed, under a name that the batch determines. */
export interface QuarantineBatch {
  readonly queryId: string;
  readonly batchId: number;
  /** Set when the letters were found after the batch had been committed: they get an object of their own beside the batch's. */
  readonly part?: string;
  readonly clusterId: string;
  readonly topic: string;
  readonly deadLetters: readonly DeadLetter[];
  readonly notes: readonly NotedRecord[];
}

/** Called by a sink before its commit; putting the same batch again is no new letter. Called for an empty one too. */
export interface Quarantine {
  put(batch: QuarantineBatch): Promise<void>;
}
