/**
 * Fencing at the table. A run that was taken over may have asked for its lease just before, and be about to put the
 * next version: its put carries a condition on that version alone. So the new owner takes the next version itself,
 * before it looks at anything: what the old run puts then finds its place taken, looks for its lease and stops.
 */
import { serializeTakeOver, type TakeOver } from './actions.ts';
import type { Append, CommitParts } from './commit.ts';
import { commitKey } from './path.ts';
import { readCommit } from './snapshot.ts';

/** Answers the version that was taken. A table that does not exist yet is created, without a row. */
export async function takeNextVersion(
  { store, table, now, uuid, checkOwner }: CommitParts,
  by: TakeOver,
  shape: Pick<Append, 'columns' | 'partitionBy'>,
): Promise<number> {
  const stamp = { timestamp: now(), txnId: uuid() };
  for (;;) {
    const version = (await table.refresh()).version + 1;
    const create = version === 0 ? { tableId: uuid(), ...shape } : null;
    await checkOwner();
    const put = await store.putIfAbsent(commitKey(version), serializeTakeOver(by, version, stamp, create));
    if (put === 'created') return version;
    // A last version of the old run counts like any other; one of our own is known again after a lost answer.
    const winner = (await readCommit(store, version)) ?? [];
    if (winner.some(({ commitInfo }) => commitInfo?.txnId === stamp.txnId)) return version;
  }
}
