/** What the actions of a log add up to (PROTOCOL.md, Action Reconciliation): all that a log checkpoint needs. Pure. */
import type { Action, AddAction, MetaDataAction, ProtocolAction, RemoveAction } from './actions.ts';
import type { PartitionValues } from './path.ts';
import { readProperties } from './properties.ts';
import { Tombstones } from './tombstones.ts';

/** A live file, as small as it can be kept: a table has many of them. */
export interface LiveFile {
  readonly size: number;
  readonly rows: number;
  readonly modificationTime: number;
  /** One object for all files of a partition, live and removed. */
  readonly partitionValues: PartitionValues;
  readonly stats: string | null;
  readonly tags?: Readonly<Record<string, string>>;
}

export interface LogState {
  /** -1 = there is no table yet. */
  version: number;
  metaData: MetaDataAction | null;
  protocol: ProtocolAction | null;
  /** appId -> newest version. */
  readonly txns: Map<string, number>;
  /** appId -> when that version was written, where the log tells. */
  readonly txnTimes: Map<string, number>;
  /** Path as in the log -> file. */
  readonly files: Map<string, LiveFile>;
  readonly tombstones: Tombstones;
  lastCommitAt: number | null;
  /** The newest log checkpoint known; -1 = none. */
  checkpointVersion: number;
  readonly partitions: Map<string, PartitionValues>;
}

export function emptyState(version: number): LogState {
  return {
    version,
    metaData: null,
    protocol: null,
    txns: new Map(),
    txnTimes: new Map(),
    files: new Map(),
    tombstones: new Tombstones(),
    lastCommitAt: null,
    checkpointVersion: -1,
    partitions: new Map(),
  };
}

export function applyAll(state: LogState, actions: Iterable<Action>): LogState {
  for (const action of actions) apply(state, action);
  return state;
}

/** Lets go of tombstones that no log checkpoint has to tell of any more. @param now ms */
export function forgetExpired({ tombstones, metaData }: LogState, now: number): void {
  tombstones.forget(now - readProperties(metaData?.configuration).deletedFileRetentionMs);
}

function apply(state: LogState, { add, remove, txn, metaData, protocol, commitInfo }: Action): void {
  if (add) {
    state.files.set(add.path, toLiveFile(state, add));
    state.tombstones.delete(add.path);
  }
  if (remove) {
    state.files.delete(remove.path);
    state.tombstones.add(toTombstone(state, remove));
  }
  if (txn) {
    state.txns.set(txn.appId, txn.version);
    if (txn.lastUpdated !== undefined) state.txnTimes.set(txn.appId, txn.lastUpdated);
  }
  if (metaData) state.metaData = metaData;
  if (protocol) state.protocol = protocol;
  if (commitInfo?.timestamp !== undefined) state.lastCommitAt = commitInfo.timestamp;
}

function toLiveFile(state: LogState, add: AddAction): LiveFile {
  const { size, modificationTime, stats, tags } = add;
  const partitionValues = shared(state, add.partitionValues);
  const file = { size, rows: rowsOf(stats), modificationTime, partitionValues, stats: stats ?? null };
  return tags ? { ...file, tags } : file;
}

function toTombstone(state: LogState, remove: RemoveAction): RemoveAction {
  const { partitionValues } = remove;
  return partitionValues ? { ...remove, partitionValues: shared(state, partitionValues) } : remove;
}

function shared({ partitions }: LogState, values: PartitionValues): PartitionValues {
  const key = JSON.stringify(values);
  const known = partitions.get(key);
  if (known) return known;
  partitions.set(key, values);
  return values;
}

/** Delta's writers put the count first. */
function rowsOf(stats: string | undefined): number {
  if (!stats) return 0;
  const first = /^\{"numRecords":(\d+)[,}]/.exec(stats);
  if (first) return Number(first[1]);
  return Number((JSON.parse(stats) as { numRecords?: number }).numRecords ?? 0);
}
