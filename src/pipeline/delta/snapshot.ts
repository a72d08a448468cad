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
import { checkpointKey, commitKey, LOG_FOLDER, parseLogKey } from './path.ts';
import { readParquet } from './parquet-read.ts';

/** Features of writer version 7 that a blind append honours by itself; everything else is refused. */
const KNOWN_FEATURES = ['appendOnly', 'invariants'];

export interface Snapshot {
  /** -1 = there is no table yet. */
  readonly version: number;
  readonly metaData: MetaDataAction | null;
  readonly protocol: ProtocolAction | null;
  /** appId -> newest version. */
  readonly txns: ReadonlyMap<string, number>;
  /** Live files: path as in the log -> what is known of it. */
  readonly files: ReadonlyMap<string, { readonly size: number; readonly rows: number }>;
  readonly lastCommitAt: number | null;
}

export interface Table {
  /** Reads what has been committed since the last call. Throws TABLE_UNSUPPORTED, naming what is not known. */
  refresh(): Promise<Snapshot>;
}

interface State {
  version: number;
  metaData: MetaDataAction | null;
  protocol: ProtocolAction | null;
  readonly txns: Map<string, number>;
  readonly files: Map<string, { size: number; rows: number }>;
  lastCommitAt: number | null;
}

export function openTable(store: ObjectStore): Table {
  let state: State | null = null;
  return {
    refresh: async () => {
      const fresh: State = state ?? (await startState(store));
      state = null;
      await replayCommits(store, fresh);
      checkProtocol(fresh);
      return (state = fresh);
    },
  };
}

/** The newest batch of a topic that a commit tells of, whoever wrote it: where "continue from the table" goes on. */
export async function findNewestBatch(
  store: ObjectStore,
  topic: string,
): Promise<{ version: number; batch: BatchMetadata } | null> {
  for (const version of (await listVersions(store, 'commit')).reverse()) {
    const commit = await readCommit(store, version);
    const batch = parseBatchMetadata(commit?.find(({ commitInfo }) => commitInfo)?.commitInfo);
    if (batch?.topic === topic) return { version, batch };
  }
  return null;
}

/** The actions of one version, or null when there is no such version. */
export async function readCommit(store: ObjectStore, version: number): Promise<Action[] | null> {
  const bytes = await store.get(commitKey(version));
  try {
    return bytes === null ? null : parseCommitFile(bytes);
  } catch (cause) {
    throw unsupported(`version ${version} of the log is not JSON`, 'a log that can be read', cause);
  }
}

export async function listVersions(store: ObjectStore, kind: 'commit' | 'checkpoint'): Promise<number[]> {
  const keys = await store.list(LOG_FOLDER);
  return keys.flatMap(({ key }) => {
    const file = parseLogKey(key);
    return file?.kind === kind ? [file.version] : [];
  });
}

/**
 * The newest log checkpoint that can be read, else version 0. The listing is complete, so that the hint in
 * `_last_checkpoint` would tell nothing more; a torn checkpoint falls back to the one before.
 */
async function startState(store: ObjectStore): Promise<State> {
  const commits = await listVersions(store, 'commit');
  for (const version of (await listVersions(store, 'checkpoint')).reverse()) {
    const actions = await readLogCheckpoint(store, version);
    if (actions) return applyAll(emptyState(version), actions);
  }
  const first = commits[0] ?? 0;
  if (first > 0) throw unsupported(`the log begins at version ${first} without a readable checkpoint`, 'version 0');
  return emptyState(-1);
}

async function replayCommits(store: ObjectStore, state: State): Promise<void> {
  for (;;) {
    const actions = await readCommit(store, state.version + 1);
    if (actions === null) break;
    applyAll(state, actions);
    state.version += 1;
  }
}

async function readLogCheckpoint(store: ObjectStore, version: number): Promise<Action[] | null> {
  const bytes = await store.get(checkpointKey(version));
  if (bytes === null) return null;
  // A checkpoint that was cut while being written is ignored, as PROTOCOL.md asks: the commits hold the same.
  const rows = await readParquet(bytes).catch(() => null);
  return rows && rows.length > 0 ? rows.map(toAction) : null;
}

/** Parquet gives 64-bit numbers as bigint and maps as lists of pairs. */
function toAction(row: Record<string, unknown>): Action {
  return JSON.parse(
    JSON.stringify(row, (_key, value: unknown) => (typeof value === 'bigint' ? Number(value) : value)),
  ) as Action;
}

function applyAll(state: State, actions: readonly Action[]): State {
  for (const action of actions) apply(state, action);
  return state;
}

function apply(state: State, { add, remove, txn, metaData, protocol, commitInfo }: Action): void {
  if (add) state.files.set(add.path, { size: add.size, rows: rowsOf(add.stats) });
  if (remove) state.files.delete(remove.path);
  if (txn) state.txns.set(txn.appId, txn.version);
  if (metaData) state.metaData = metaData;
  if (protocol) state.protocol = protocol;
  if (commitInfo?.timestamp !== undefined) state.lastCommitAt = commitInfo.timestamp;
}

function rowsOf(stats: string | undefined): number {
  return stats ? Number((JSON.parse(stats) as { numRecords?: number }).numRecords ?? 0) : 0;
}

function checkProtocol({ protocol }: State): void {
  if (!protocol) return;
  const { minReaderVersion: reader, minWriterVersion: writer } = protocol;
  const features = [...(protocol.readerFeatures ?? []), ...(protocol.writerFeatures ?? [])];
  const unknown = [...new Set(features)].filter((feature) => !KNOWN_FEATURES.includes(feature));
  if (unknown.length > 0) throw unsupported(`the table uses ${unknown.join(', ')}`, 'a table without them');
  const isKnown = (reader === 1 || reader === 3) && (writer <= 2 || writer === 7);
  if (!isKnown)
    throw unsupported(`reader version ${reader}, writer version ${writer}`, 'reader version 1, writer version 2');
}

function emptyState(version: number): State {
  return { version, metaData: null, protocol: null, txns: new Map(), files: new Map(), lastCommitAt: null };
}

function unsupported(seen: string, expected: string, cause?: unknown): SluiceError {
  const action = 'Write to this table with the engine that made it so, or give Sluice a table of its own.';
  return new SluiceError('TABLE_UNSUPPORTED', { tried: 'Reading the Delta table', seen, expected, action, cause });
}
