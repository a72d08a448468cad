/** The commit point of a batch: one conditional put of the next version of the log. */
import { SluiceError } from '../errors.ts';
import { failpoint } from '../failpoints.ts';
import type { ObjectStore } from '../ports.ts';
import {
  serializeCommit,
  type Action,
  type AddAction,
  type BatchMetadata,
  type CommitStamp,
  type ReplayMetadata,
} from './actions.ts';
import { commitKey } from './path.ts';
import { findSchemaConflict, type TableColumn } from './schema.ts';
import { readCommit, type Snapshot, type Table } from './snapshot.ts';

export interface Append {
  readonly batch: BatchMetadata;
  readonly replay?: ReplayMetadata;
  readonly rows: number;
  readonly adds: readonly AddAction[];
  readonly columns: readonly TableColumn[];
  readonly partitionBy: readonly string[];
}

export interface CommitParts {
  readonly store: ObjectStore;
  readonly table: Table;
  readonly now: () => number;
  readonly uuid: () => string;
  /** Throws when this run may no longer write. Called right before the put. */
  readonly checkOwner: () => Promise<void>;
}

/** `already`: the table holds the batch, from an earlier attempt. */
export type Outcome = { readonly kind: 'committed'; readonly version: number } | { readonly kind: 'already' };

/** Foreign commits that may come between; each lost race means that somebody else made progress. */
const MAX_REBASES = 100;

export async function commitBatch(parts: CommitParts, append: Append): Promise<Outcome> {
  await failpoint('b6');
  const stamp: CommitStamp = { timestamp: parts.now(), txnId: parts.uuid() };
  for (let lost = 0; lost <= MAX_REBASES; lost += 1) {
    // The put itself tells whether the table has moved on: only then it is read again.
    const snapshot = (lost === 0 ? parts.table.current() : null) ?? (await parts.table.refresh());
    if (holdsBatch(snapshot, append.batch)) return { kind: 'already' };
    checkTable(snapshot, append);
    const version = snapshot.version + 1;
    if (!(await tryVersion(parts, append, version, stamp))) continue;
    if (version > 0) parts.table.advance(version, toActions(append, stamp));
    return { kind: 'committed', version };
  }
  throw new SluiceError('STORE_UNAVAILABLE', {
    tried: `Committing batch ${append.batch.batchId} to the table`,
    seen: `another writer was faster ${MAX_REBASES} times`,
    expected: 'a free version',
    action: 'The query tries again by itself; pause the other writer if this stays.',
    retryable: true,
  });
}

export function holdsBatch(
  snapshot: Snapshot,
  { queryId, batchId }: Pick<BatchMetadata, 'queryId' | 'batchId'>,
): boolean {
  return (snapshot.txns.get(queryId) ?? -1) >= batchId;
}

/** What this commit adds to a table that exists. */
function toActions({ batch, adds }: Append, { timestamp }: CommitStamp): Action[] {
  const txn = { appId: batch.queryId, version: batch.batchId, lastUpdated: timestamp };
  return [{ commitInfo: { timestamp } }, { txn }, ...adds.map((add) => ({ add }))];
}

/** True when the version is ours: created now, or by a put of ours whose answer was lost. */
async function tryVersion(parts: CommitParts, append: Append, version: number, stamp: CommitStamp): Promise<boolean> {
  const { store, uuid } = parts;
  const create = version === 0 ? { tableId: uuid(), columns: append.columns, partitionBy: append.partitionBy } : null;
  const { batch, replay, rows, adds } = append;
  const bytes = serializeCommit({ version, batch, ...(replay && { replay }), rows, adds, stamp, create });
  await parts.checkOwner();
  const put = await store.putIfAbsent(commitKey(version), bytes);
  await failpoint('b7');
  if (put === 'created') return true;
  const winner = (await readCommit(store, version)) ?? [];
  if (winner.some(({ commitInfo }) => commitInfo?.txnId === stamp.txnId)) return true;
  await parts.checkOwner();
  checkWinner(winner, version, append.batch);
  return false;
}

/** Ours is a blind append: only a change of the table itself, or of our own place in it, stands in its way. */
function checkWinner(winner: readonly Action[], version: number, { queryId, batchId }: BatchMetadata): void {
  const tried = `Committing batch ${batchId} to the table`;
  if (winner.some(({ metaData, protocol }) => metaData || protocol)) {
    throw new SluiceError('TABLE_UNSUPPORTED', {
      tried,
      seen: `another writer changed the table itself in version ${version}`,
      expected: 'a table that stays as it is while a batch is written',
      action: 'Start the query again: it looks at the changed table first.',
    });
  }
  const moved = winner.find(({ txn }) => txn?.appId === queryId && txn.version > batchId);
  if (!moved) return;
  throw new SluiceError('FENCED', {
    tried,
    seen: `version ${version} holds batch ${moved.txn?.version} of this very query`,
    expected: 'to be the only one that runs this query',
    action: 'Stop the other one, then start this one again.',
  });
}

function checkTable({ metaData }: Snapshot, append: Append): void {
  if (!metaData) return;
  const sameFolders = JSON.stringify(metaData.partitionColumns) === JSON.stringify(append.partitionBy);
  const seen = sameFolders
    ? findSchemaConflict(append.columns, metaData.schemaString)
    : `the table is partitioned by ${metaData.partitionColumns.join(', ') || 'nothing'}`;
  if (seen === null) return;
  throw new SluiceError('TABLE_UNSUPPORTED', {
    tried: 'Comparing the table with the rows of this query',
    seen,
    expected: `the columns of the Bronze table, partitioned by ${append.partitionBy.join(', ')}`,
    action: 'Point the query at its own table, or change the table back.',
  });
}
