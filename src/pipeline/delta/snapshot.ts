/** A Delta table at its newest version: the log replayed, and kept up to date commit by commit. */
import { SluiceError } from '../errors.ts';
import type { ObjectStore } from '../ports.ts';
import {
  parseBatchMetadata,
  parseCommitFile,
  type Action,
  type BatchMetadata,
  type MetaDataAction,
  type ProtocolAction,
} from './actions.ts';
import { readLogCheckpoint } from './checkpoint-read.ts';
import { listLog, readHint, type LogListing } from './log-files.ts';
import { applyAll, emptyState, forgetExpired, type LiveFile, type LogState } from './log-state.ts';
import { commitKey } from './path.ts';
import type { Tombstones } from './tombstones.ts';

export type { LiveFile } from './log-state.ts';

/** Features of writer version 7 that a blind append honours by itself; everything else is refused. */
const KNOWN_FEATURES = ['appendOnly', 'invariants'];

/** A view of the table that the next `refresh` moves on. */
export interface Snapshot {
  /** -1 = there is no table yet. */
  readonly version: number;
  readonly metaData: MetaDataAction | null;
  readonly protocol: ProtocolAction | null;
  /** appId -> newest version. */
  readonly txns: ReadonlyMap<string, number>;
  /** appId -> when it was written, ms; absent where the log does not tell. */
  readonly txnTimes: ReadonlyMap<string, number>;
  /** Live files: path as in the log -> what is known of it. */
  readonly files: ReadonlyMap<string, LiveFile>;
  /** Files that are no longer live. */
  readonly tombstones: Tombstones;
  readonly lastCommitAt: number | null;
  /** The log checkpoint that this was read from; -1 = none. */
  readonly checkpointVersion: number;
}

export interface Table {
  /** Reads what has been committed since the last call. Throws TABLE_UNSUPPORTED, naming what is not known. */
  refresh(): Promise<Snapshot>;
  /** What the last call of `refresh` or `advance` came to; null before the first, and when the log has to be read anew. */
  current(): Snapshot | null;
  /** Takes over a commit that the caller knows to be the next version, because it wrote it. */
  advance(version: number, actions: readonly Action[]): void;
  /** Lets go of what has expired by now, so that a table that stays open does not grow. @param now ms */
  forget(now: number): void;
}

export interface TableChoice {
  /** False for who only wants the live files: most of what the log checkpoint of a busy table tells is tombstones. */
  readonly tombstones?: boolean;
}

export function openTable(store: ObjectStore, { tombstones = true }: TableChoice = {}): Table {
  let state: LogState | null = null;
  return {
    refresh: async () => {
      let fresh = state ?? (await startState(store, tombstones));
      state = null;
      await replayCommits(store, fresh);
      if (fresh.tombstones.isUnclear) {
        fresh = await startState(store, tombstones);
        await replayCommits(store, fresh);
      }
      checkProtocol(fresh);
      return (state = fresh);
    },
    current: () => state,
    advance: (version, actions) => {
      if (state?.version !== version - 1) return;
      applyAll(state, actions);
      state.version = version;
      if (state.tombstones.isUnclear) state = null;
    },
    forget: (now) => {
      if (state) forgetExpired(state, now);
    },
  };
}

/** The newest batch of a topic that a commit tells of, whoever wrote it: where "continue from the table" goes on. */
export async function findNewestBatch(
  store: ObjectStore,
  topic: string,
): Promise<{ version: number; batch: BatchMetadata } | null> {
  for await (const { version, actions } of newestFirst(store)) {
    const batch = parseBatchMetadata(actions.find(({ commitInfo }) => commitInfo)?.commitInfo);
    if (batch?.topic === topic) return { version, batch };
  }
  return null;
}

/** The commits that the log still has, from the newest to the oldest. */
export async function* newestFirst(store: ObjectStore): AsyncIterable<{ version: number; actions: Action[] }> {
  const hinted = await listLog(store, (await readHint(store)) ?? 0);
  // A hint that points behind the end tells nothing.
  const recent = hinted.commits.length > 0 ? hinted : await listLog(store, 0);
  let known = recent.commits;
  for (let at = known.length - 1; at >= 0; at -= 1) {
    const version = known[at] ?? 0;
    const actions = await readCommit(store, version);
    if (actions) yield { version, actions };
    // Only who asks for more than the newest pays for listing the rest.
    if (at === 0 && known === recent.commits) {
      known = (await listLog(store, 0)).commits.filter((each) => each < version);
      at = known.length;
    }
  }
}

/** The actions of one version, or null when there is no such version. */
export async function readCommit(store: ObjectStore, version: number): Promise<Action[] | null> {
  const bytes = await store.get(commitKey(version));
  if (bytes === null) return null;
  const damage = await store.findDamage?.(commitKey(version), bytes);
  try {
    if (damage) throw new Error(damage);
    const actions = parseCommitFile(bytes);
    checkCommit(actions);
    return actions;
  } catch (cause) {
    const { message } = cause as Error;
    throw unsupported(`version ${version} of the log cannot be used (${message})`, 'a log that can be read', cause);
  }
}

/** A commit tells some things twice: where the two differ, or a part is no JSON, it is not what was written. */
function checkCommit(actions: readonly Action[]): void {
  if (actions.length === 0) throw new Error('it is empty');
  const info = actions.find(({ commitInfo }) => commitInfo)?.commitInfo;
  const txn = actions.find((action) => action.txn)?.txn;
  const { queryId, epochId } = info?.operationParameters ?? {};
  if (txn && epochId !== undefined && (txn.appId !== queryId || String(txn.version) !== epochId))
    throw new Error(`it is of batch ${epochId} of ${queryId}, and of batch ${txn.version} of ${txn.appId}`);
  const stated = info?.operation === 'STREAMING UPDATE' ? info.operationMetrics?.numAddedFiles : undefined;
  const added = actions.filter(({ add }) => add).length;
  if (stated !== undefined && stated !== String(added))
    throw new Error(`it adds ${added} files, and tells of ${stated}`);
  checkTexts(actions);
}

/** Texts that hold JSON themselves. */
function checkTexts(actions: readonly Action[]): void {
  for (const { add, metaData } of actions) {
    if (add?.stats) JSON.parse(add.stats);
    if (metaData) JSON.parse(metaData.schemaString);
  }
}

/** From the newest log checkpoint that can be read, else from version 0. */
async function startState(store: ObjectStore, tombstones: boolean): Promise<LogState> {
  const hint = await readHint(store);
  const near = hint === null ? null : await fromCheckpoint(store, await listLog(store, hint), tombstones);
  if (near) return near;
  const log = await listLog(store, 0);
  const start = await fromCheckpoint(store, log, tombstones);
  if (start) return start;
  const [first] = log.commits;
  checkGap(log.commits, first ?? 0);
  if (first === undefined || first === 0) return emptyState(-1);
  const newest = log.v2.at(-1);
  if (newest !== undefined)
    throw unsupported(`the checkpoint of version ${newest} is a V2 checkpoint`, 'one classic Parquet file');
  throw unsupported(`the log begins at version ${first} without a readable checkpoint`, 'version 0');
}

async function fromCheckpoint(store: ObjectStore, log: LogListing, tombstones: boolean): Promise<LogState | null> {
  for (const files of [...log.checkpoints].reverse()) {
    const actions = await readLogCheckpoint(store, files, tombstones);
    const state = actions && tryApply(files.version, actions);
    if (!state) continue;
    checkGap(log.commits, files.version + 1);
    return { ...state, checkpointVersion: files.version };
  }
  return null;
}

/** Null when the actions are of the right form, and their texts are not. */
function tryApply(version: number, actions: readonly Action[]): LogState | null {
  try {
    return applyAll(emptyState(version), actions);
  } catch {
    return null;
  }
}

/** A version that is missing below others would end the log early, and be taken for a free one. */
function checkGap(commits: readonly number[], from: number): void {
  const later = commits.filter((version) => version >= from);
  const at = later.findIndex((version, index) => version !== from + index);
  if (at >= 0) throw unsupported(`version ${from + at} of the log is missing`, 'versions without a gap');
}

async function replayCommits(store: ObjectStore, state: LogState): Promise<void> {
  for (;;) {
    const actions = await readCommit(store, state.version + 1);
    if (actions === null) break;
    applyAll(state, actions);
    state.version += 1;
  }
}

function checkProtocol({ protocol }: LogState): void {
  if (!protocol) return;
  const { minReaderVersion: reader, minWriterVersion: writer } = protocol;
  const features = [...(protocol.readerFeatures ?? []), ...(protocol.writerFeatures ?? [])];
  const unknown = [...new Set(features)].filter((feature) => !KNOWN_FEATURES.includes(feature));
  if (unknown.length > 0) throw unsupported(`the table uses ${unknown.join(', ')}`, 'a table without them');
  const isKnown = (reader === 1 || reader === 3) && (writer <= 2 || writer === 7);
  if (!isKnown)
    throw unsupported(`reader version ${reader}, writer version ${writer}`, 'reader version 1, writer version 2');
}

function unsupported(seen: string, expected: string, cause?: unknown): SluiceError {
  const action = 'Write to this table with the engine that made it so, or give Sluice a table of its own.';
  return new SluiceError('TABLE_UNSUPPORTED', { tried: 'Reading the Delta table', seen, expected, action, cause });
}
