/** Log checkpoints, written: the reconciled state of the table, so that a start reads one file instead of the whole log. */
import type { ObjectStore } from '../ports.ts';
import type { Action, AddAction } from './actions.ts';
import { encodeCheckpoint } from './checkpoint-file.ts';
import type { LiveFile } from './log-state.ts';
import { readHint } from './log-files.ts';
import { checkpointKey, LAST_CHECKPOINT } from './path.ts';
import { readProperties } from './properties.ts';
import type { Snapshot } from './snapshot.ts';

/** What a log checkpoint says, taken at once: the snapshot may move on while it is written. */
export interface CheckpointContent {
  readonly version: number;
  readonly actions: readonly Action[];
  readonly adds: number;
}

/** @param now ms; tombstones whose files may be gone by then are left out */
export function checkpointContent(snapshot: Snapshot, now: number): CheckpointContent {
  const { version, metaData, protocol, txns, txnTimes, files } = snapshot;
  const actions: Action[] = [];
  if (protocol) actions.push({ protocol });
  if (metaData) actions.push({ metaData: { format: { provider: 'parquet', options: {} }, ...metaData } });
  for (const [appId, batch] of txns) {
    const lastUpdated = txnTimes.get(appId);
    actions.push({ txn: { appId, version: batch, ...(lastUpdated !== undefined && { lastUpdated }) } });
  }
  const kept = now - readProperties(metaData?.configuration).deletedFileRetentionMs;
  for (const remove of snapshot.tombstones.values())
    if ((remove.deletionTimestamp ?? 0) > kept) actions.push({ remove: { ...remove, dataChange: false } });
  for (const [path, file] of files) actions.push({ add: toAdd(path, file) });
  return { version, actions, adds: files.size };
}

/** The Parquet file first, then `_last_checkpoint`, which never points back. A checkpoint that exists already is replaced by its equal. */
export async function writeCheckpoint(store: ObjectStore, content: CheckpointContent): Promise<void> {
  const { version, actions, adds } = content;
  const bytes = await encodeCheckpoint(actions);
  await store.put(checkpointKey(version), bytes);
  if (((await readHint(store)) ?? -1) > version) return;
  const hint = { version, size: actions.length, sizeInBytes: bytes.length, numOfAddFiles: adds };
  await store.put(LAST_CHECKPOINT, Buffer.from(JSON.stringify(hint)));
}

export function toAdd(path: string, file: LiveFile): AddAction {
  const { partitionValues, size, modificationTime, stats, tags } = file;
  return {
    path,
    partitionValues,
    size,
    modificationTime,
    dataChange: false,
    ...(tags && { tags }),
    ...(stats !== null && { stats }),
  };
}
