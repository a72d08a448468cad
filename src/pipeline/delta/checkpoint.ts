/** Log checkpoints, written: the reconciled state of the table, so that a start reads one file instead of the whole log. */
import type { ObjectStore } from '../ports.ts';
import type { Action, AddAction, RemoveAction } from './actions.ts';
import { failpoint } from '../failpoints.ts';
import { joinGroups, type EncodedGroup } from './checkpoint-file.ts';
import { CheckpointGroups, type Section } from './checkpoint-groups.ts';
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
  /** Its first rows, which are encoded already. */
  readonly sealed: readonly EncodedGroup[];
  readonly sections: readonly Section[];
  /** How many rows from the first one on are tombstones. */
  readonly tombstones: number;
}

/** A live file has a long text of statistics, and files come with every batch; tombstones come many at a time. */
const ADDS_PER_GROUP = 250;
const REMOVES_PER_GROUP = 2_000;

/** @param now ms; tombstones whose files may be gone by then are left out */
export function checkpointContent(snapshot: Snapshot, now: number): CheckpointContent {
  const { version, metaData, tombstones } = snapshot;
  const keptSince = now - readProperties(metaData?.configuration).deletedFileRetentionMs;
  const head = [...headOf(snapshot)];
  const sealed = tombstones.sealed.filter(({ deletedAt }) => deletedAt > keptSince).map(({ encoded }) => encoded);
  const removes = [...tombstones.loose.values()].filter(({ deletionTimestamp = 0 }) => deletionTimestamp > keptSince);
  const removed = sealed.reduce((sum, { rows }) => sum + rows, removes.length);
  const [paths, files] = [[...snapshot.files.keys()], [...snapshot.files.values()]];
  const toRemove = (at: number): Action => ({ remove: { ...(removes[at] as RemoveAction), dataChange: false } });
  const toLive = (at: number): Action => ({ add: toAdd(paths[at] as string, files[at] as LiveFile) });
  return {
    version,
    count: head.length + removed + files.length,
    adds: files.length,
    tombstones: removed,
    sealed,
    sections: [
      {
        entries: removes,
        toAction: toRemove,
        groupRows: REMOVES_PER_GROUP,
        keep: (entries, encoded) => tombstones.seal(entries as readonly RemoveAction[], encoded),
      },
      { entries: head, toAction: (at) => head[at] as Action, groupRows: head.length },
      { entries: files, toAction: toLive, groupRows: ADDS_PER_GROUP },
    ],
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

/**
 * The Parquet file first, then `_last_checkpoint`, which never points back. A checkpoint that exists already is replaced
 * by its equal.
 *
 * @param groups what is left of the checkpoint before
 */
export async function writeCheckpoint(
  store: ObjectStore,
  content: CheckpointContent,
  groups = new CheckpointGroups(),
): Promise<void> {
  const { version, count, adds, sealed, sections, tombstones } = content;
  const bytes = joinGroups([...sealed, ...(await groups.encode(sections))], tombstones);
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
