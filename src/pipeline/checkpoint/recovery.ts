/**
 * What a start does with what the last run left behind: one pure function, so that every row of the truth table is a test.
 * N = newest offsets/N, M = newest commits/M, T = newest batch that the sink holds for this query. Absent counts as -1.
 */
import type { ErrorCode } from '../errors.ts';
import type { ForeignBatches } from '../ports.ts';
import { RETAINED_BATCHES, type CheckpointState } from './log.ts';

export interface Found {
  readonly checkpoint: CheckpointState;
  /** T. */
  readonly sinkBatch: number;
  readonly foreign: ForeignBatches;
}

export type Decision =
  /** Nothing is there: a new query. */
  | { readonly do: 'create' }
  /** In this order: delete a torn offsets file, write missing commit files, run an open batch again, plan `next`. */
  | {
      readonly do: 'resume';
      readonly drop: number | null;
      readonly confirm: readonly number[];
      readonly rerun: number | null;
      readonly next: number;
    }
  | { readonly do: 'fail'; readonly code: ErrorCode; readonly seen: string; readonly expected: string };

export function recover(found: Found): Decision {
  const { checkpoint, sinkBatch: t } = found;
  const n = checkpoint.offsetIds.at(-1) ?? -1;
  const m = checkpoint.commitIds.at(-1) ?? -1;
  if (isEmpty(checkpoint)) return { do: 'create' };
  return (
    findDamage(checkpoint, n, m) ?? dropTorn(checkpoint, n, m, t) ?? findStepBack(checkpoint, n) ?? decide(found, n, m)
  );
}

function decide({ foreign, sinkBatch: t }: Found, n: number, m: number): Decision {
  if (t > n) return ahead(n, t);
  if (n > m + 1) return repair(n, m, t);
  if (t < m && foreign.later < m - t) return behind(m, t);
  if (n === m) return resume({ next: n + 1 });
  const isInSink = t === n || foreign.holdsOpenBatch;
  return isInSink ? resume({ confirm: [n], next: n + 1 }) : resume({ rerun: n, next: n + 1 });
}

/** Commit files are missing: the sink tells how far the batches really came. */
function repair(n: number, m: number, t: number): Decision {
  if (t === n) return resume({ confirm: span(m + 1, n), next: n + 1 });
  if (t === n - 1) return resume({ confirm: span(m + 1, n - 1), rerun: n, next: n + 1 });
  const seen = `offsets up to batch ${n}, commits up to ${name(m)}, the sink at ${name(t)}`;
  return corrupt(seen, 'at most one open batch, or a sink that tells how far it came');
}

/** A newest offsets file that was cut while being written promised nothing, if no later step can have happened. */
function dropTorn(checkpoint: CheckpointState, n: number, m: number, t: number): Decision | null {
  const newest = checkpoint.newestOffsets;
  if (newest === null || newest.ok) return null;
  if (m === n - 1 && t === n - 1) return resume({ drop: n, next: n });
  return corrupt(`offsets/${n} is damaged: ${newest.reason}`, 'a whole file, because the batch may have been written');
}

function findDamage(checkpoint: CheckpointState, n: number, m: number): Decision | null {
  const { queryId, initial, newestCommit, previousOffsets } = checkpoint;
  if (queryId === null) return corrupt('the file metadata is missing', 'the id of the query beside its batches');
  if (!queryId.ok) return corrupt(`metadata is damaged: ${queryId.reason}`, 'the id of the query');
  if (m > n) return corrupt(`commits up to batch ${m}, offsets up to ${name(n)}`, 'offsets for every committed batch');
  if (newestCommit && !newestCommit.ok)
    return corrupt(`commits/${m} is damaged: ${newestCommit.reason}`, 'a whole file');
  if (initial && !initial.ok) return corrupt(`sources/0/0 is damaged: ${initial.reason}`, 'where batch 0 starts');
  if (n === 0 && initial === null) return corrupt('sources/0/0 is missing', 'where batch 0 starts');
  if (n > 0 && previousOffsets === null) return corrupt(`offsets/${n - 1} is missing`, `where batch ${n} starts`);
  if (previousOffsets && !previousOffsets.ok) {
    return corrupt(`offsets/${n - 1} is damaged: ${previousOffsets.reason}`, `where batch ${n} starts`);
  }
  return findGap('offsets', checkpoint.offsetIds) ?? findGap('commits', checkpoint.commitIds);
}

/** Offsets only grow, and no partition goes away: a batch that ends before it begins would read records a second time. */
function findStepBack({ newestOffsets, previousOffsets, initial }: CheckpointState, n: number): Decision | null {
  const before = n === 0 ? initial : previousOffsets;
  if (!newestOffsets?.ok || !before?.ok) return null;
  const { offsets } = newestOffsets.value;
  const lower = [...before.value.offsets].find(([partition, next]) => (offsets.get(partition) ?? -1n) < next);
  if (!lower) return null;
  const seen = `offsets/${n} ends partition ${lower[0]} at ${offsets.get(lower[0]) ?? 'nothing'}, the batch begins at ${lower[1]}`;
  return corrupt(seen, 'offsets that do not go back');
}

/** A purge that was cut short leaves holes, but only below what is retained. */
function findGap(folder: string, ids: readonly number[]): Decision | null {
  const retained = ids.filter((id) => id > (ids.at(-1) ?? 0) - RETAINED_BATCHES);
  const at = retained.findIndex((id, index) => index > 0 && id !== (retained[index - 1] ?? 0) + 1);
  return at < 0 ? null : corrupt(`${folder}/${(retained[at] ?? 0) - 1} is missing`, 'batch ids without a gap');
}

function isEmpty(checkpoint: CheckpointState): boolean {
  return checkpoint.queryId === null && checkpoint.offsetIds.length === 0 && checkpoint.commitIds.length === 0;
}

function resume(steps: { next: number; drop?: number; confirm?: number[]; rerun?: number }): Decision {
  const { next, drop = null, confirm = [], rerun = null } = steps;
  return { do: 'resume', drop, confirm, rerun, next };
}

const span = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, index) => from + index);
const name = (batch: number): string => (batch < 0 ? 'none' : `batch ${batch}`);

function corrupt(seen: string, expected: string): Decision {
  return { do: 'fail', code: 'CHECKPOINT_CORRUPT', seen, expected };
}

function ahead(n: number, t: number): Decision {
  const seen = `the sink holds batch ${t} of this query, the checkpoint knows ${name(n)}`;
  return { do: 'fail', code: 'TABLE_AHEAD', seen, expected: 'a checkpoint that is not older than the sink' };
}

function behind(m: number, t: number): Decision {
  const seen = `the checkpoint has committed batch ${m}, the sink holds ${name(t)}`;
  return { do: 'fail', code: 'TABLE_BEHIND', seen, expected: 'a sink that holds every committed batch' };
}
