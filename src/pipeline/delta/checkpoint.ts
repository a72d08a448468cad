/** Log checkpoints, written: the reconciled state of the table, so that a start reads one file instead of the whole log. */
import type { ObjectStore } from '../ports.ts';
import type { Action, AddAction } from './actions.ts';
import { failpoint } from '../failpoints.ts';
import { encodeCheckpoint } from './checkpoint-file.ts';
import type { LiveFile } from './log-state.ts';
import { readHint } from './log-files.ts';
import { checkpointKey, LAST_CHECKPOINT } from './path.ts';
import { readProperties } from './properties.ts';
import type { Snapshot } from './snapshot.ts';

/** What a log checkpoint says, taken at once: the snapshot may move on while it is written. */
export interface CheckpointContent {
  readonly version: number;
  readonly count: number;
  readonly adds: number;
  /** Made one by one, because there may be many. */
  actions(): Iterable<Action>;
}

/** @param now ms; tombstones whose files may be gone by then are left out */
export function checkpointContent(snapshot: Snapshot, now: number): CheckpointContent {
  const { version, metaData } = snapshot;
  const keptSince = now - readProperties(metaData?.configuration).deletedFileRetentionMs;
  const head = [...headOf(snapshot)];
  const removes = [...snapshot.tombstones.values()].filter(
    ({ deletionTimestamp = 0 }) => deletionTimestamp > keptSince,
  );
  const files = [...snapshot.files];
  return {
    version,
    count: head.length + removes.length + files.length,
    adds: files.length,
    *actions() {
      yield* head;
      for (const remove of removes) yield { remove: { ...remove, dataChange: false } };
      for (const [path, file] of files) yield { add: toAdd(path, file) };
    },
  };
}

function* headOf({ protocol, metaData, txns, txnTimes }: Snapshot): Iterable<Action> {
  if (protocol) yield { protocol };
  if (metaData) yield { metaData: { format: { provider: 'parquet', options: {} }, ...metaData } };
  for (const [appId, version] of txns) {
    const lastUpdated = txnTimes.get(appId);
    yield { txn: { appId, version, ...(lastUpdated !== undefined && { lastUpdated }) } };
  }
}

/** The Parquet file first, then `_last_checkpoint`, which never points back. A checkpoint that exists already is replaced by its equal. */
export async function writeCheckpoint(store: ObjectStore, content: CheckpointContent): Promise<void> {
  const { version, count, adds } = content;
  const bytes = await encodeCheckpoint(content.actions());
  await store.put(checkpointKey(version), bytes);
  if (((await readHint(store)) ?? -1) > version) return;
  await failpoint('b11');
  const hint = { version, size: count, sizeInBytes: bytes.length, numOfAddFiles: adds };
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
