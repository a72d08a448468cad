/** Taking the Bronze table over from a run that has not ended. */
import { randomUUID } from 'node:crypto';
import { openTable } from '../delta/snapshot.ts';
import { takeNextVersion } from '../delta/take-over.ts';
import type { Lease } from '../ownership/lease.ts';
import type { Clock, ObjectStore } from '../ports.ts';
import { BRONZE_COLUMNS, PARTITION_COLUMNS } from './rows.ts';

/** Answers the version of the table after which nothing counts that another run writes. */
export async function fenceTable(
  store: ObjectStore,
  clock: Clock,
  lease: Pick<Lease, 'check' | 'epoch' | 'settle'>,
  runId: string,
): Promise<number> {
  const parts = { store, table: openTable(store), now: () => clock.now(), uuid: randomUUID, checkOwner: lease.check };
  const shape = { columns: BRONZE_COLUMNS, partitionBy: PARTITION_COLUMNS };
  const version = await takeNextVersion(parts, { runId, epoch: lease.epoch }, shape);
  await lease.settle();
  return version;
}
