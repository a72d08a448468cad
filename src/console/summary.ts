/** What a finished run says about itself: the one object that `sluice run --json` ends with. */
import type { AlertTotals, CheckpointView, PartitionLag, QueryName, TableView } from '../pipeline/events.ts';

/** Partition -> next offset to read. */
type Positions = Readonly<Record<string, number>>;

/**
 * Counts are of all that is stored, not only of this run, so that they agree with what lies on disk: rows of the table,
 * predictions, frauds and accepted alerts. `batches` are those of the present checkpoint. `deadLetters` are of this run.
 */
export interface RunSummary {
  readonly bronze: {
    readonly rows: number;
    readonly batches: number;
    readonly deltaVersion: number | null;
    readonly table: string;
    readonly checkpoint: string;
    readonly deadLetters: number;
  };
  readonly alert: {
    readonly predictions: number;
    readonly frauds: number;
    /** Deliveries that were accepted. */
    readonly alerts: number;
    readonly batches: number;
    readonly checkpoint: string;
    readonly deadLetters: number;
  };
  readonly offsets: { readonly bronze: Positions; readonly alert: Positions; readonly end: Positions };
  /** From both queries RUNNING to the end of the given time, or to Ctrl-C. */
  readonly seconds: number;
}

export interface SummaryParts {
  readonly table: TableView;
  readonly totals: AlertTotals;
  readonly checkpoints: Readonly<Record<QueryName, CheckpointView>>;
  readonly lag: Readonly<Record<QueryName, readonly PartitionLag[]>>;
  readonly deadLetters: Readonly<Record<QueryName, number>>;
  readonly seconds: number;
}

export function summarise({ table, totals, checkpoints, lag, deadLetters, seconds }: SummaryParts): RunSummary {
  return {
    bronze: {
      rows: table.rows,
      batches: batchesOf(checkpoints.bronze),
      deltaVersion: table.version,
      table: table.path,
      checkpoint: checkpoints.bronze.path,
      deadLetters: deadLetters.bronze,
    },
    alert: {
      predictions: totals.predictions,
      frauds: totals.frauds,
      alerts: totals.deliveries.sent,
      batches: batchesOf(checkpoints.alert),
      checkpoint: checkpoints.alert.path,
      deadLetters: deadLetters.alert,
    },
    offsets: {
      bronze: positions(lag.bronze, (each) => each.current ?? each.logStart),
      alert: positions(lag.alert, (each) => each.current ?? each.logStart),
      end: positions(lag.bronze, (each) => each.end),
    },
    seconds: Math.round(seconds * 10) / 10,
  };
}

const batchesOf = ({ lastCommit }: CheckpointView): number => (lastCommit ?? -1) + 1;

function positions(partitions: readonly PartitionLag[], offset: (each: PartitionLag) => string): Positions {
  return Object.fromEntries(partitions.map((each) => [String(each.partition), Number(offset(each))]));
}
