/**
 * Files that nothing refers to any more (VACUUM). Never a live file, never one that a reader of an older version within
 * the retention may want, and never a young one: it may belong to a batch that is about to be committed.
 */
import { failpoint } from '../../failpoints.ts';
import type { VacuumResult } from '../../events.ts';
import type { ObjectInfo, ObjectStore } from '../../ports.ts';
import { decodePath } from '../path.ts';
import { readProperties } from '../properties.ts';
import type { Snapshot, Table } from '../snapshot.ts';

export interface VacuumParts {
  readonly store: ObjectStore;
  readonly table: Table;
  readonly now: () => number;
  /** Throws when this run may no longer write. */
  readonly checkOwner: () => Promise<void>;
  readonly signal: AbortSignal;
}

/** However short a table sets its retention: a batch never takes that long. */
const MIN_AGE_MS = 7 * 86_400_000;
const PARALLEL = 16;

/** `dryRun` only says what would be deleted. */
export async function vacuum(parts: VacuumParts, dryRun: boolean): Promise<VacuumResult> {
  const { store, signal } = parts;
  const { orphans, deletable } = await findOrphans(parts);
  let deleted = 0;
  for (let at = 0; !dryRun && at < deletable.length && !signal.aborted; at += PARALLEL) {
    const some = deletable.slice(at, at + PARALLEL);
    await parts.checkOwner();
    await failpoint('b14');
    await Promise.all(some.map(({ key }) => store.delete(key)));
    deleted += some.length;
  }
  return {
    files: deletable.length,
    bytes: sizeOf(deletable),
    young: orphans.length - deletable.length,
    youngBytes: sizeOf(orphans) - sizeOf(deletable),
    deleted,
    dryRun,
    examples: deletable.slice(0, 20).map(({ key }) => key),
  };
}

/** The folder is listed before the table is read: what is committed in between counts as live. */
export async function findOrphans({ store, table, now }: Pick<VacuumParts, 'store' | 'table' | 'now'>) {
  const objects = (await store.list('')).filter(({ key }) => isDataFile(key));
  const snapshot = await table.refresh();
  const retentionMs = Math.max(MIN_AGE_MS, readProperties(snapshot.metaData?.configuration).deletedFileRetentionMs);
  const cutoff = now() - retentionMs;
  const kept = keptKeys(snapshot, cutoff);
  const orphans = objects.filter(({ key }) => !kept.has(key));
  return { objects, orphans, deletable: orphans.filter(({ modifiedAt }) => modifiedAt < cutoff) };
}

export const sizeOf = (objects: readonly Pick<ObjectInfo, 'size'>[]): number =>
  objects.reduce((sum, { size }) => sum + size, 0);

/** Live files, and those that were live within the retention. */
function keptKeys({ files, tombstones }: Snapshot, cutoff: number): Set<string> {
  const kept = new Set<string>();
  for (const path of files.keys()) kept.add(decodePath(path));
  for (const { path, deletionTimestamp = 0 } of tombstones.values())
    if (deletionTimestamp >= cutoff) kept.add(decodePath(path));
  return kept;
}

/** What begins with `_` or `.` belongs to the log, to a checkpoint or to another engine. */
function isDataFile(key: string): boolean {
  return !key.split('/').some((part) => part.startsWith('_') || part.startsWith('.')) && key.endsWith('.parquet');
}
