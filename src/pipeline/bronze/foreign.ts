/**
 * Batches that the replaced Spark job wrote: plain appends without a transaction id. Its rows carry the time of their
 * batch in `ingestion_time`, which is how an open batch is found in the table.
 */
import type { Action } from '../delta/actions.ts';
import { listVersions, readCommit, type Snapshot } from '../delta/snapshot.ts';
import type { ForeignBatches, ObjectStore } from '../ports.ts';

export async function findForeign(
  store: ObjectStore,
  snapshot: Snapshot,
  queryId: string,
  openTimestamp: number | null,
): Promise<ForeignBatches> {
  let allLater = snapshot.version >= 0;
  let holdsOpenBatch = false;
  for (const version of (await listVersions(store, 'commit')).reverse()) {
    const actions = (await readCommit(store, version)) ?? [];
    if (actions.some(({ txn }) => txn?.appId === queryId)) break;
    if (actions.some(({ txn }) => txn)) allLater = false;
    else if (openTimestamp !== null) holdsOpenBatch ||= actions.some((action) => isOfBatch(action, openTimestamp));
  }
  return { allLater, holdsOpenBatch };
}

/** Statistics are cut to milliseconds, and the time of a batch is in milliseconds: they match exactly. */
function isOfBatch({ add }: Action, timestamp: number): boolean {
  if (!add?.stats) return false;
  const { minValues, maxValues } = JSON.parse(add.stats) as Record<string, { ingestion_time?: string } | undefined>;
  const [min, max] = [minValues?.ingestion_time, maxValues?.ingestion_time];
  return min !== undefined && min === max && Date.parse(min) === timestamp;
}
