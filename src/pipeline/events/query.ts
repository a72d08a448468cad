/** The two queries and what a batch of them did. */

export const QUERY_NAMES = ['bronze', 'alert'] as const;
export type QueryName = (typeof QUERY_NAMES)[number];

/** The state machine of one query; RESTARTING is a stop with a start already asked for. */
export type QueryState = 'STOPPED' | 'STARTING' | 'RUNNING' | 'STOPPING' | 'RESTARTING' | 'FAILED';

/** Partition -> next offset to read, both as decimal text, as in Spark's offsets JSON. */
export type OffsetMap = Readonly<Record<string, string>>;

/** Offsets [from, to) of one partition, decimal text. */
export interface OffsetGap {
  readonly partition: number;
  readonly from: string;
  readonly to: string;
}

/** Milliseconds per phase of a batch, named as in Spark's StreamingQueryProgress. */
export interface BatchDurations {
  readonly latestOffset: number;
  readonly walCommit: number;
  readonly getBatch: number;
  readonly addBatch: number;
  readonly commitOffsets: number;
  readonly triggerExecution: number;
}

/** One finished batch. Field names are Spark's; what Spark cannot tell stands under `x`. */
export interface QueryProgress {
  readonly id: string;
  readonly runId: string;
  readonly name: QueryName;
  /** ISO time of the batch, from `offsets/N`. */
  readonly timestamp: string;
  readonly batchId: number;
  readonly batchDuration: number;
  readonly numInputRows: number;
  readonly inputRowsPerSecond: number;
  readonly processedRowsPerSecond: number;
  readonly durationMs: BatchDurations;
  readonly sources: readonly [
    {
      readonly description: string;
      readonly startOffset: OffsetMap;
      readonly endOffset: OffsetMap;
      readonly latestOffset: OffsetMap;
      readonly numInputRows: number;
      /** Offsets between what was read and the end of the topic, over the partitions. Texts, as Spark has them. */
      readonly metrics: {
        readonly minOffsetsBehindLatest: string;
        readonly maxOffsetsBehindLatest: string;
        readonly avgOffsetsBehindLatest: string;
      };
    },
  ];
  readonly sink: { readonly description: string; readonly numOutputRows: number };
  readonly x: BatchExtras;
}

/** What a batch did, beyond Spark's words. Absent numbers do not apply to the query. */
export interface BatchExtras {
  /** True when the batch was begun by an earlier run and settled by this one. */
  readonly recovered: boolean;
  /** True for a trigger that found nothing new: no batch, and `batchId` is the one that comes next. */
  readonly idle?: boolean;
  /** Offsets that were lost and passed over. */
  readonly lost?: number;
  readonly deadLetters: number;
  readonly coercionNotes: number;
  /** Declared skips: d, tombstone, t, m, and for Alert rows that are no longer in `transactions`. */
  readonly skips: number;
  readonly deltaVersion?: number;
  readonly files?: number;
  readonly bytes?: number;
  readonly newTransactions?: number;
  readonly existingTransactions?: number;
  readonly predictions?: number;
  readonly pending?: number;
  readonly frauds?: number;
}

/** Lag of one partition. All offsets are decimal text; lag is a count of offsets. */
export interface PartitionLag {
  readonly partition: number;
  readonly logStart: string;
  /** Next to read, from the last committed batch; null before the first start. */
  readonly current: string | null;
  readonly end: string;
  readonly lag: number;
  /** Record time of the oldest unread record, ms; null when nothing waits. */
  readonly oldestUnreadAt: number | null;
}
