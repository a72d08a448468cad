/**
 * The end of old commits (PROTOCOL.md, Metadata Cleanup). What stays can always be read: from the checkpoint that is kept
 * on, every version is there; and the newest commit that tells where a query stands is never removed.
 */
import type { ObjectInfo, ObjectStore } from '../ports.ts';
import { failpoint } from '../failpoints.ts';
import { parseBatchMetadata } from './actions.ts';
import { sortLog } from './log-files.ts';
import { commitKey, LOG_FOLDER, parseLogKey } from './path.ts';
import { newestFirst } from './snapshot.ts';

const DAY_MS = 86_400_000;
/** Files that are deleted together. */
const PARALLEL = 16;

export interface CleanupOptions {
  readonly now: number;
  readonly retentionMs: number;
}

export async function cleanLog(store: ObjectStore, options: CleanupOptions): Promise<{ readonly deleted: number }> {
  const objects = await store.list(LOG_FOLDER);
  const before = firstKept(objects, options);
  if (before <= 0) return { deleted: 0 };
  const told = await newestTold(store);
  const expired = expiredKeys(objects, Math.min(before, told ?? before));
  // The oldest first: whatever is cut short, the log has no hole behind its beginning.
  for (let at = 0; at < expired.length; at += PARALLEL) {
    await failpoint('b11');
    await Promise.all(expired.slice(at, at + PARALLEL).map((key) => store.delete(key)));
  }
  return { deleted: expired.length };
}

/**
 * The version from which all is kept: the newest checkpoint from which every version that has not expired can still be
 * built. Expired is what is older than the retention, counted from the last midnight (UTC), as Spark counts.
 */
export function firstKept(objects: readonly ObjectInfo[], { now, retentionMs }: CleanupOptions): number {
  const cutoff = Math.floor(now / DAY_MS) * DAY_MS - retentionMs;
  const { commits, checkpoints } = sortLog(objects);
  const times = new Map(objects.map(({ key, modifiedAt }) => [key, modifiedAt]));
  const timeOf = (version: number): number => times.get(commitKey(version)) ?? now;
  const young = commits.find((version) => timeOf(version) >= cutoff) ?? commits.at(-1) ?? 0;
  return Math.max(0, ...checkpoints.map(({ version }) => version).filter((version) => version <= young));
}

/** Commits, checkpoints and version checksums below the version, the oldest first. */
function expiredKeys(objects: readonly ObjectInfo[], before: number): string[] {
  return objects.flatMap(({ key }) => {
    const file = parseLogKey(key);
    return file && file.version < before ? [key] : [];
  });
}

async function newestTold(store: ObjectStore): Promise<number | null> {
  for await (const { version, actions } of newestFirst(store)) {
    if (parseBatchMetadata(actions.find(({ commitInfo }) => commitInfo)?.commitInfo)) return version;
  }
  return null;
}
