/** The seams of the engine. Each method says when it is called and what failing means. */
import type { BatchExtras, LogLevel } from './events.ts';

/** Partition -> next offset to read. */
export type Offsets = ReadonlyMap<number, bigint>;

/** One record of the topic. A null value is a tombstone. */
export interface TopicRecord {
  readonly partition: number;
  readonly offset: bigint;
  /** Record time, ms since 1970. */
  readonly timestamp: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
}

/** Some records of a read, one after the other. */
export interface RecordChunk extends Iterable<TopicRecord> {
  /** The same records as the source has them, for a reader that needs no object for each. */
  readonly packed?: readonly PackedRecords[];
  /** Says that keys and values of this chunk and of all before it are used up or copied: they may be written over. */
  readonly release?: () => void;
}

/** Records in Kafka's format v2, one after the other; to be iterated as objects as well. */
export interface PackedRecords extends Iterable<TopicRecord> {
  readonly bytes: Buffer;
  /** How many there are, wanted or not. */
  readonly count: number;
  /** Those are wanted whose offset, counted from that of the batch on, is in [from, to). */
  readonly from: number;
  readonly to: number;
  /** The record that begins at this byte. Throws when the bytes are none. */
  recordAt(at: number): TopicRecord;
  /** The last one that is wanted, if there is one. */
  last(): TopicRecord | undefined;
}

/** Half-open range of offsets per partition: [start, end). */
export interface OffsetRange {
  readonly start: Offsets;
  readonly end: Offsets;
}

/** Offsets [from, to) of one partition that the topic has removed before they were read. */
export interface Gap {
  readonly partition: number;
  readonly from: bigint;
  readonly to: bigint;
}

export interface Source {
  readonly topic: string;
  /** As Spark prints it: `KafkaV2[Subscribe[postgres.public.transactions]]`. */
  readonly description: string;
  /** Identity of the cluster that holds the topic; another one under the same name is `SOURCE_CHANGED`. */
  clusterId(): Promise<string>;
  /** Log start and log end of every partition. Called before each batch; throws retryable when the source is away. */
  bounds(): Promise<{ readonly start: Offsets; readonly end: Offsets }>;
  /**
   * Per partition the first offset whose record is not older than the moment (ms since 1970), the log end where there
   * is none. Called for a new query that starts at a time.
   */
  offsetsAt(timestamp: number): Promise<Offsets>;
  /**
   * Every record of the range, partition by partition, offsets rising. Called once per batch attempt, after the
   * promise is on disk. Throws `DATA_LOSS` when a part of the range is gone; never skips in silence.
   */
  read(range: OffsetRange, signal: AbortSignal): AsyncIterable<RecordChunk>;
  /** Shows progress to other tools, after `commits/N`. Best effort: the caller reports a failure and goes on. */
  publish(group: string, offsets: Offsets): Promise<void>;
  close(): Promise<void>;
}

/** One batch as the sink sees it. `timestamp` is the batch's own, from `offsets/N`: a re-run writes the same rows. */
export interface Batch {
  readonly id: number;
  readonly timestamp: number;
  readonly queryId: string;
  readonly topic: string;
  readonly clusterId: string;
  readonly range: OffsetRange;
  /** Parts of the range that are lost, and whose loss was accepted: there are no records of them. */
  readonly gaps: readonly Gap[];
  readonly records: AsyncIterable<RecordChunk>;
}

export interface Sink {
  /** As Spark prints it: `DeltaSink[path]`. */
  readonly description: string;
  /** Called at each start before anything else, when the target has something to check; throws when it may not be written to. */
  check?(): Promise<void>;
  /** Called once before the first batch: the newest batch of this query that the sink holds, -1 for none. */
  lastBatch(queryId: string): Promise<number>;
  /**
   * What the target holds without a mark of any query, as the Spark job that Sluice replaces leaves it. Called once,
   * when `lastBatch` is behind the checkpoint; a sink without this method never holds such batches.
   */
  foreign?(queryId: string, openBatchTimestamp: number | null): Promise<ForeignBatches>;
  /** Adds the batch. Called twice with one id it adds once. Returns only when the batch is durable. */
  addBatch(batch: Batch): Promise<BatchResult>;
  /** Called after `commits/N`: what the target wants done at times, beside the batches. Answers at once; a batch never waits for it. */
  settled?(batchId: number): void;
  /** Called when a trigger found nothing new: where the target stands, as far as this query knows. Answers at once. */
  standing?(): Pick<BatchExtras, 'deltaVersion'>;
  close(): Promise<void>;
}

/** How a target looks that a Spark job wrote without transaction ids. */
export interface ForeignBatches {
  /**
   * How many batches were written without transaction ids after this query's newest one; 0 when batches of another
   * query are among them.
   */
  readonly later: number;
  /** True when the batch with the asked timestamp is in the target. */
  readonly holdsOpenBatch: boolean;
}

/** What adding a batch did, and its lines for the log. */
export interface BatchResult {
  readonly inputRows: number;
  readonly outputRows: number;
  readonly extras: Omit<BatchExtras, 'recovered'>;
}

/** Objects by key below one root, `/` between parts. Strongly consistent. */
export interface ObjectStore {
  /** null when absent. */
  get(key: string): Promise<Buffer | null>;
  /**
   * Whether the bytes are the ones that were written, asked for what decides where a query goes on: null when they are or
   * when nothing tells, else a reason. A store that checks by itself does not have this method.
   */
  findDamage?(key: string, bytes: Uint8Array): Promise<string | null>;
  /** Creates the object or says that it exists: of racing callers exactly one gets `created`. Durable on return. */
  putIfAbsent(key: string, bytes: Uint8Array): Promise<'created' | 'exists'>;
  /** Creates or replaces. Durable on return, never half visible. */
  put(key: string, bytes: Uint8Array): Promise<void>;
  /**
   * Begins a group of new objects. A store that gains nothing by it does not have this method: there each is put alone.
   */
  newObjects?(): NewObjects;
  /** All objects whose key starts with the prefix and stands behind `after`, ordered by key. What stands before costs next to nothing. */
  list(prefix: string, after?: string): Promise<readonly ObjectInfo[]>;
  /** An absent key counts as deleted. */
  delete(key: string): Promise<void>;
}

/**
 * Objects under names that no other writer uses and that nobody reads before somebody names them. Until `durable` has
 * returned they may be half there or gone after a crash, so nothing may name them before.
 */
export interface NewObjects {
  /** Creates the object; fails when there is one already. */
  put(key: string, bytes: Uint8Array): Promise<void>;
  /** Returns when all that was put is durable. Called once, after the last put. */
  durable(): Promise<void>;
}

export interface ObjectInfo {
  readonly key: string;
  readonly size: number;
  readonly modifiedAt: number;
}

/** Time, so that tests can own it. */
export interface Clock {
  /** ms since 1970. */
  now(): number;
  /** Resolves after `ms`, or at once when the signal aborts. Never rejects. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}

/** Where a query says what it does. */
export interface Log {
  (level: LogLevel, message: string, batchId?: number): void;
}
