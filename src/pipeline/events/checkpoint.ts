/** What a checkpoint holds, who owns it, and what clearing it would do. */
import type { OffsetGap, QueryName } from './query.ts';

/** What a checkpoint folder holds right now. */
export interface CheckpointView {
  readonly path: string;
  readonly exists: boolean;
  readonly queryId: string | null;
  readonly lastOffsets: number | null;
  readonly lastCommit: number | null;
  /** True when offsets/N has no commits/N: batch N is in doubt and will be settled at the next start. */
  readonly inDoubt: boolean;
  readonly objects: number;
  readonly bytes: number;
  readonly newestAt: number | null;
  /** Text of the newest offsets file, as it is on disk. */
  readonly offsetsText: string | null;
  readonly offsetsName: string | null;
  readonly owner: LeaseView | null;
}

/** Who holds the lease beside a checkpoint. */
export interface LeaseView {
  readonly runId: string;
  readonly host: string;
  readonly pid: number;
  readonly epoch: number;
  readonly since: number;
  readonly renewedAt: number;
  /** Unset: Sluice. */
  readonly engine?: 'spark';
}

/**
 * Where a cleared query begins: behind what the table holds (Alert: behind its own last batch), at the first record of
 * the topic, or at its end.
 */
export const CLEAR_FROM = ['table', 'earliest', 'latest'] as const;
export type ClearFrom = (typeof CLEAR_FROM)[number];

/** What clearing would do, computed before anything is changed. */
export interface ClearPreview {
  readonly query: QueryName;
  readonly from: ClearFrom;
  /** False: the topic is another one than the checkpoint was made on, and its old offsets mean nothing there. */
  readonly sameSource: boolean;
  readonly queryId: string | null;
  readonly partitions: readonly {
    readonly partition: number;
    readonly checkpoint: string | null;
    readonly startsAt: string;
    readonly readAgain: number;
    readonly waiting: number;
  }[];
  readonly readAgain: number;
  /** Records that were not read yet and never will be. */
  readonly skipped: number;
  /** At most: rows that the table may hold a second time. */
  readonly rowsDoubled: number;
  readonly alertsAgain: number;
  /** `Delta version 435` or `committed offsets of batch 417`. */
  readonly startsFrom: string;
  readonly moves: readonly { readonly path: string; readonly objects: number; readonly bytes: number }[];
  readonly trash: string;
  /** Full sentences, the most important first. */
  readonly sentences: readonly string[];
}

/** What has been cleared, and where it lies now. */
export interface ClearResult {
  readonly query: QueryName;
  readonly oldQueryId: string | null;
  readonly newQueryId: string;
  readonly trash: string;
}

/** What of a topic was removed before a query read it, up to now. */
export interface LossView {
  readonly query: QueryName;
  readonly queryId: string | null;
  readonly gaps: readonly OffsetGap[];
  readonly total: number;
  /** Full sentences: what accepting would do, or has done. */
  readonly sentences: readonly string[];
}
