/** The Bronze table, from its own log. */

/** Where the Bronze table stands, from its own log. */
export interface TableView {
  readonly path: string;
  readonly version: number | null;
  readonly rows: number;
  readonly files: number;
  readonly bytes: number;
  readonly lastCommitAt: number | null;
}

/** How the Bronze table is: what grows without end is seen before it hurts. Sizes in bytes. */
export interface TableHealth {
  readonly path: string;
  readonly version: number | null;
  /** The oldest version that the log still has. */
  readonly oldestVersion: number | null;
  readonly logFiles: number;
  readonly logBytes: number;
  readonly checkpointVersion: number | null;
  readonly checkpointAt: number | null;
  readonly commitsSinceCheckpoint: number;
  readonly checkpointInterval: number;
  readonly rows: number;
  readonly files: number;
  readonly bytes: number;
  readonly smallFiles: number;
  readonly partitions: number;
  readonly filesPerPartition: { readonly median: number; readonly max: number };
  /** So many files can be put together, into so many. */
  readonly mergeable: number;
  readonly mergedInto: number;
  readonly tombstones: number;
  /** Files that nothing refers to, and those of them that are old enough to be deleted. */
  readonly orphans: number;
  readonly orphanBytes: number;
  readonly deletable: number;
  readonly deletableBytes: number;
  /** Full sentences, the most important first; none when all is well. */
  readonly findings: readonly string[];
}

/** What putting small files together did, or would do. */
export interface OptimizeResult {
  readonly partitions: number;
  readonly filesRemoved: number;
  readonly filesAdded: number;
  readonly bytesRead: number;
  readonly rows: number;
  /** Versions of the table that were written. */
  readonly versions: readonly number[];
  /** New files that were given up, because somebody had removed what they were made of. */
  readonly gaveUp: number;
  readonly dryRun: boolean;
}

/** What deleting unreferenced files did, or would do. */
export interface VacuumResult {
  readonly files: number;
  readonly bytes: number;
  /** Unreferenced, but too young to be deleted. */
  readonly young: number;
  readonly youngBytes: number;
  readonly deleted: number;
  readonly dryRun: boolean;
  /** Some of the files. */
  readonly examples: readonly string[];
}

/** One version of the table. */
export interface TableVersion {
  readonly version: number;
  readonly at: number | null;
  readonly operation: string;
  readonly engine: string | null;
  readonly batchId: number | null;
  readonly rows: number | null;
  readonly filesAdded: number;
  readonly filesRemoved: number;
  readonly bytesAdded: number;
}
