/** What is seen of a checkpoint that a Spark may still write, before anybody takes it over. Plain data. */
import type { Decision } from '../checkpoint/recovery.ts';
import type { CheckpointView, OffsetGap, OffsetMap, PartitionLag, QueryName } from '../events.ts';

export interface TakeOverView {
  readonly query: QueryName;
  readonly checkpoint: CheckpointView;
  readonly topic: string | null;
  /** What the settings in the checkpoint tell of who made it. */
  readonly engine: string | null;
  readonly writer: WriterView;
  /** Null where no table was named. */
  readonly table: TableSide | null;
  /** What a start of Sluice would do now; null when the checkpoint cannot be read. */
  readonly decision: Decision | null;
  readonly next: NextBatch | null;
  /** Null where no broker was named, or none answered. */
  readonly lag: readonly PartitionLag[] | null;
  /** What Bronze will read again beside its batches; null where the topic or the table was not looked at. */
  readonly readAgain: ReadAgain | null;
  /** What is strange, in sentences. */
  readonly findings: readonly string[];
  readonly wayBack: readonly string[];
}

/** `lives`: do not touch it. `perhaps`: nothing tells; a person must know. `gone`: nobody reads what waits. */
export interface WriterView {
  readonly verdict: 'lives' | 'perhaps' | 'gone';
  readonly why: string;
}

export interface TableSide {
  readonly path: string;
  /** -1 = there is no table. */
  readonly version: number;
  /** Newest batch of this query that the table has a mark (`txn`) for; null for none. */
  readonly txn: number | null;
  readonly lastCommitAt: number | null;
  /** Commits behind that mark by a job that leaves none. */
  readonly unmarkedCommits: number;
}

/** What another engine committed and Sluice has not yet looked through for dead letters and notes. */
export interface ReadAgain {
  readonly batches: number;
  /** Offsets that the topic still holds. */
  readonly records: number;
  /** Offsets that it has removed: they stay unaudited. */
  readonly gone: readonly OffsetGap[];
}

/** The first batch that Sluice would run. */
export interface NextBatch {
  readonly batch: number;
  /** True for one that is promised and not in the table: it keeps its range. */
  readonly again: boolean;
  readonly start: OffsetMap;
  /** Null: as far as the topic goes then. */
  readonly end: OffsetMap | null;
}
