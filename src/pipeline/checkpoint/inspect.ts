/** Looking at a checkpoint without owning it: for people, for lag, and for clearing. Tolerates damage. */
import type { CheckpointView } from '../events.ts';
import { readLease } from '../ownership/lease.ts';
import type { Clock, ObjectStore, Offsets } from '../ports.ts';
import { parseInitial, parseMetadata, parseOffsets } from './format.ts';
import { batchIds, readFile } from './log.ts';

/** Sluice's own files beside Spark's: not part of what Spark reads, and not moved when clearing. */
export const OWN_FOLDER = '_sluice/';

export interface Committed {
  /** -1 = no batch yet: the offsets are those of the start. */
  readonly batch: number;
  readonly offsets: Offsets;
}

export async function inspectCheckpoint(store: ObjectStore, path: string, clock: Clock): Promise<CheckpointView> {
  const objects = await listOwned(store);
  const keys = objects.map(({ key }) => key);
  const lastOffsets = batchIds(keys, 'offsets').at(-1) ?? null;
  const lastCommit = batchIds(keys, 'commits').at(-1) ?? null;
  const text = lastOffsets === null ? null : await store.get(`offsets/${lastOffsets}`);
  return {
    path,
    exists: objects.length > 0,
    queryId: await readQueryId(store),
    lastOffsets,
    lastCommit,
    inDoubt: (lastOffsets ?? -1) > (lastCommit ?? -1),
    objects: objects.length,
    bytes: objects.reduce((sum, { size }) => sum + size, 0),
    newestAt: objects.length === 0 ? null : Math.max(...objects.map(({ modifiedAt }) => modifiedAt)),
    offsetsText: text?.toString('utf8') ?? null,
    offsetsName: lastOffsets === null ? null : `offsets/${lastOffsets}`,
    owner: await readLease(store, clock),
  };
}

/** Everything that Spark may have written here, temporary files included; a checksum goes with its file. */
export async function listOwned(store: ObjectStore): Promise<Awaited<ReturnType<ObjectStore['list']>>> {
  const isOwned = ({ key }: { key: string }): boolean =>
    !key.startsWith(OWN_FOLDER) && !/(^|\/)\.[^/]+\.crc$/.test(key);
  return (await store.list('')).filter(isOwned);
}

export async function readQueryId(store: ObjectStore): Promise<string | null> {
  const bytes = await store.get('metadata');
  const parsed = bytes && parseMetadata(bytes);
  return parsed?.ok ? parsed.value : null;
}

/** How far the newest committed batch came whose offsets can be read; before the first one, the start; else null. */
export async function readCommitted(store: ObjectStore): Promise<Committed | null> {
  const commits = await store.list('commits/');
  const ids = batchIds(
    commits.map(({ key }) => key),
    'commits',
  );
  for (const batch of ids.reverse()) {
    const offsets = await readBatchOffsets(store, batch);
    if (offsets) return { batch, offsets };
  }
  const initial = await store.get('sources/0/0');
  const parsed = initial && parseInitial(initial, 'sources/0/0');
  return parsed?.ok ? { batch: -1, offsets: parsed.value.offsets } : null;
}

export async function readBatchOffsets(store: ObjectStore, batch: number): Promise<Offsets | null> {
  const parsed = await readFile(store, `offsets/${batch}`, parseOffsets);
  return parsed?.ok ? parsed.value.offsets : null;
}
