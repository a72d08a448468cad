/**
 * Batches that the replaced Spark job wrote: plain appends without a transaction id. Its rows carry the time of their
 * batch in `ingestion_time`, which is how an open batch is found in the table.
 */
import { isReplayAppId, type Action } from '../delta/actions.ts';
import { newestFirst, type Snapshot } from '../delta/snapshot.ts';
import type { ForeignBatches, ObjectStore } from '../ports.ts';

export async function findForeign(
  store: ObjectStore,
  snapshot: Snapshot,
  queryId: string,
  openTimestamp: number | null,
): Promise<ForeignBatches> {
  let oldest = 0;
  let later = 0;
  let isMixed = false;
  let holdsOpenBatch = false;
  for await (const { version, actions } of newestFirst(store)) {
    oldest = version;
    if (actions.some(({ txn }) => txn?.appId === queryId)) return { later: isMixed ? 0 : later, holdsOpenBatch };
    // A replay of dead letters says nothing about how far the batches came.
    if (actions.some(({ txn }) => txn && isReplayAppId(txn.appId))) continue;
    if (actions.some(({ txn }) => txn)) isMixed = true;
    else if (actions.some(({ commitInfo }) => commitInfo?.operation === 'WRITE')) {
      later += 1;
      if (openTimestamp !== null) holdsOpenBatch ||= actions.some((action) => isOfBatch(action, openTimestamp));
    }
  }
  // Without a batch of ours in the table the versions that were cleaned up can only have been foreign.
  if (!snapshot.txns.has(queryId)) later += oldest;
  return { later: isMixed ? 0 : later, holdsOpenBatch };
}

/** Statistics are cut to milliseconds, and the time of a batch is in milliseconds: they match exactly. */
function isOfBatch({ add }: Action, timestamp: number): boolean {
  if (!add?.stats) return false;
  const { minValues, maxValues } = JSON.parse(add.stats) as Record<string, { ingestion_time?: string } | undefined>;
  const [min, max] = [minValues?.ingestion_time, maxValues?.ingestion_time];
  return min !== undefined && min === max && Date.parse(min) === timestamp;
}
