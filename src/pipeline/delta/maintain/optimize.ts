/**
 * Small files become larger ones while others go on writing (OPTIMIZE): the new files first, then one commit that puts
 * them in the place of the old, with `dataChange: false`. Appends of others do not matter; when a file that was read has
 * been removed meanwhile, the work is given up. Old files stay until vacuum takes them.
 */
import { failpoint } from '../../failpoints.ts';
import type { ObjectStore } from '../../ports.ts';
import { ENGINE, type Action, type AddAction, type RemoveAction } from '../actions.ts';
import { commitKey, decodePath } from '../path.ts';
import { readCommit, type Snapshot, type Table } from '../snapshot.ts';
import { dataColumns, mergeFiles } from './merge.ts';
import { planCompaction, type CompactionGroup, type CompactionRules } from './plan.ts';
import type { OptimizeResult } from '../../events.ts';

export interface OptimizeParts {
  readonly store: ObjectStore;
  readonly table: Table;
  readonly now: () => number;
  readonly uuid: () => string;
  /** Throws when this run may no longer write. */
  readonly checkOwner: () => Promise<void>;
  readonly signal: AbortSignal;
}

/** Groups that are committed together: a death loses no more than the work of one commit. */
const GROUPS_PER_COMMIT = 32;
const MAX_REBASES = 100;

/** `dryRun` only says what would be done. */
export async function optimize(parts: OptimizeParts, rules: CompactionRules, dryRun = false): Promise<OptimizeResult> {
  const snapshot = await parts.table.refresh();
  const groups = planCompaction(snapshot, rules);
  const result = { ...countGroups(groups), filesAdded: groups.length, versions: [] as number[], gaveUp: 0, dryRun };
  if (dryRun || groups.length === 0 || !snapshot.metaData) return result;
  const columns = dataColumns(snapshot.metaData);
  for (let at = 0; at < groups.length && !parts.signal.aborted; at += GROUPS_PER_COMMIT) {
    const some = groups.slice(at, at + GROUPS_PER_COMMIT);
    const readVersion = (await parts.table.refresh()).version;
    const adds: AddAction[] = [];
    for (const group of some) adds.push(await mergeFiles(parts, columns, group));
    await failpoint('b14');
    const version = await commit(parts, some, adds, readVersion);
    if (version === null) {
      result.gaveUp += some.length;
      for (const { path } of adds) await parts.store.delete(decodePath(path));
    } else result.versions.push(version);
  }
  return result;
}

function countGroups(groups: readonly CompactionGroup[]) {
  const files = groups.flatMap((group) => group.files.map(([, file]) => file));
  return {
    partitions: new Set(groups.map(({ partitionValues }) => partitionValues)).size,
    filesRemoved: files.length,
    bytesRead: files.reduce((sum, { size }) => sum + size, 0),
    rows: files.reduce((sum, { rows }) => sum + rows, 0),
  };
}

/** The version that the files are in, or null when somebody has removed a file that was read. */
async function commit(
  parts: OptimizeParts,
  groups: readonly CompactionGroup[],
  adds: readonly AddAction[],
  readVersion: number,
): Promise<number | null> {
  const removes = groups.flatMap(({ files }) => files.map(([path, file]) => toRemove(path, file, parts.now())));
  const txnId = parts.uuid();
  const bytes = serialize({ readVersion, txnId, timestamp: parts.now(), adds, removes });
  for (let lost = 0; lost <= MAX_REBASES; lost += 1) {
    const snapshot = await parts.table.refresh();
    if (!isUnchanged(snapshot, removes)) return null;
    const version = snapshot.version + 1;
    await parts.checkOwner();
    if ((await parts.store.putIfAbsent(commitKey(version), bytes)) === 'created') return version;
    const winner = (await readCommit(parts.store, version)) ?? [];
    if (winner.some(({ commitInfo }) => commitInfo?.txnId === txnId)) return version;
    if (winner.some(({ metaData, protocol }) => metaData || protocol)) return null;
  }
  return null;
}

const isUnchanged = ({ files }: Snapshot, removes: readonly RemoveAction[]): boolean =>
  removes.every(({ path }) => files.has(path));

function toRemove(path: string, { size, partitionValues }: CompactionGroup['files'][number][1], now: number) {
  return { path, deletionTimestamp: now, dataChange: false, extendedFileMetadata: true, partitionValues, size };
}

interface NewOptimize {
  readonly readVersion: number;
  readonly txnId: string;
  readonly timestamp: number;
  readonly adds: readonly AddAction[];
  readonly removes: readonly RemoveAction[];
}

function serialize({ readVersion, txnId, timestamp, adds, removes }: NewOptimize): Buffer {
  const bytesOf = (files: readonly { readonly size?: number }[]): string =>
    String(files.reduce((sum, { size = 0 }) => sum + size, 0));
  const commitInfo = {
    timestamp,
    operation: 'OPTIMIZE',
    operationParameters: { predicate: '[]', zOrderBy: '[]', auto: 'false' },
    readVersion,
    isolationLevel: 'SnapshotIsolation',
    isBlindAppend: false,
    operationMetrics: {
      numRemovedFiles: String(removes.length),
      numRemovedBytes: bytesOf(removes),
      numAddedFiles: String(adds.length),
      numAddedBytes: bytesOf(adds),
    },
    engineInfo: ENGINE,
    txnId,
  };
  const actions: (Action | object)[] = [
    { commitInfo },
    ...removes.map((remove) => ({ remove })),
    ...adds.map((add) => ({ add })),
  ];
  return Buffer.from(actions.map((action) => `${JSON.stringify(action)}\n`).join(''));
}
