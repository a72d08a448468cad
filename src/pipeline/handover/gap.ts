/**
 * What another engine committed on this checkpoint since Sluice's last own batch. Its commits carry no offsets, so the
 * ranges come from the checkpoint's files, batch by batch as far as they are retained.
 */
import type { CheckpointLog, CheckpointState } from '../checkpoint/log.ts';
import { parseBatchMetadata, type BatchMetadata } from '../delta/actions.ts';
import { newestFirst } from '../delta/snapshot.ts';
import type { OffsetMap } from '../events.ts';
import { fromOffsetMap, toOffsetMap } from '../offsets.ts';
import type { ObjectStore, Offsets } from '../ports.ts';

/** A range that was committed and whose dead letters and notes nobody has written. */
export interface Piece {
  /** The batch that ends the range; with `from` smaller, all from there on in one. */
  readonly batch: number;
  readonly from: number;
  readonly start: OffsetMap;
  readonly end: OffsetMap;
}

/** The newest batch of this query that Sluice itself wrote, or null. */
export async function findOwnBatch(table: ObjectStore, queryId: string): Promise<BatchMetadata | null> {
  for await (const { actions } of newestFirst(table)) {
    const batch = parseBatchMetadata(actions.find(({ commitInfo }) => commitInfo)?.commitInfo);
    if (batch?.queryId === queryId) return batch;
  }
  return null;
}

/** The pieces from the batch after `own` to the newest confirmed one. */
export async function findGap(log: CheckpointLog, state: CheckpointState, own: BatchMetadata | null): Promise<Piece[]> {
  const last = state.commitIds.at(-1) ?? -1;
  let from = (own?.batchId ?? -1) + 1;
  let start: Offsets = own ? fromOffsetMap(own.end) : state.initial?.ok ? state.initial.value.offsets : new Map();
  const retained = new Set(state.offsetIds);
  const pieces: Piece[] = [];
  for (let batch = from; batch <= last; batch += 1) {
    if (!retained.has(batch)) continue;
    const { offsets: end } = await log.offsets(batch);
    pieces.push({ batch, from, start: toOffsetMap(start), end: toOffsetMap(end) });
    start = end;
    from = batch + 1;
  }
  return pieces;
}
