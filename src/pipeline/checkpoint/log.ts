/** The checkpoint folder of one query: what is in it, and the four writes of a batch's life. */
import { SluiceError } from '../errors.ts';
import { failpoint } from '../failpoints.ts';
import type { ObjectStore } from '../ports.ts';
import {
  COMMIT_BYTES,
  parseCommit,
  parseInitial,
  parseMetadata,
  parseOffsets,
  serializeInitial,
  serializeMetadata,
  serializeOffsets,
  type OffsetsEntry,
  type Parsed,
  type TopicOffsets,
} from './format.ts';

/** Spark's `spark.sql.streaming.minBatchesToRetain`. */
export const RETAINED_BATCHES = 100;

/** Everything a start needs to know. null = the file is absent; damage is kept as a value. */
export interface CheckpointState {
  readonly queryId: Parsed<string> | null;
  readonly initial: Parsed<TopicOffsets> | null;
  /** Batch ids with a file, rising. */
  readonly offsetIds: readonly number[];
  readonly commitIds: readonly number[];
  readonly newestOffsets: Parsed<OffsetsEntry> | null;
  readonly previousOffsets: Parsed<OffsetsEntry> | null;
  readonly newestCommit: Parsed<null> | null;
}

export interface CheckpointLog {
  read(): Promise<CheckpointState>;
  /** Content of `offsets/N`; throws CHECKPOINT_CORRUPT when it is absent or damaged. */
  offsets(batch: number): Promise<OffsetsEntry>;
  /** Writes `sources/0/0` and `metadata` of a query that has no batch yet. */
  create(queryId: string, initial: TopicOffsets): Promise<void>;
  /** Puts `offsets/N`. */
  promise(batch: number, entry: OffsetsEntry): Promise<void>;
  /** Puts `commits/N`. */
  confirm(batch: number): Promise<void>;
  /** Deletes a torn `offsets/N` that promised nothing. */
  drop(batch: number): Promise<void>;
  /** Deletes the files that Spark would delete after batch N. The folders are listed once, by the first purge. */
  purge(batch: number): Promise<void>;
  /**
   * Called by a run that has just found itself taken over: takes `offsets/N` back if the checkpoint has been cleared
   * in between, for there it would be a promise of nobody. Otherwise the new owner runs the batch.
   */
  withdraw(queryId: string, batch: number, entry: OffsetsEntry): Promise<void>;
}

/** @param mayWrite asked right before each write; throws when this run may no longer do so */
export function openCheckpointLog(
  store: ObjectStore,
  mayWrite: () => Promise<void> = async () => undefined,
): CheckpointLog {
  let purgedBelow: number | null = null;
  return {
    read: () => readState(store),
    offsets: (batch) => readOffsets(store, batch),
    create: async (queryId, initial) => {
      await mayWrite();
      await store.put('sources/0/0', serializeInitial(initial));
      await mayWrite();
      await putOnce(store, 'metadata', serializeMetadata(queryId));
    },
    promise: async (batch, entry) => {
      await mayWrite();
      await putOnce(store, `offsets/${batch}`, serializeOffsets(entry));
    },
    confirm: async (batch) => {
      await mayWrite();
      await store.putIfAbsent(`commits/${batch}`, COMMIT_BYTES);
    },
    drop: async (batch) => {
      await mayWrite();
      await store.delete(`offsets/${batch}`);
    },
    purge: async (batch) => {
      const oldest = batch - RETAINED_BATCHES;
      if (oldest <= 0) return;
      await purge(store, mayWrite, { from: purgedBelow, oldest });
      purgedBelow = oldest;
    },
    withdraw: (queryId, batch, entry) => withdraw(store, queryId, batch, entry),
  };
}

/** Batch ids among the keys of one folder: temporary files, checksums and folder markers are no batches. */
export function batchIds(keys: readonly string[], folder: 'offsets' | 'commits'): number[] {
  const names = keys.filter((key) => key.startsWith(`${folder}/`)).map((key) => key.slice(folder.length + 1));
  return names
    .filter((name) => /^(0|[1-9]\d*)$/.test(name))
    .map(Number)
    .sort((a, b) => a - b);
}

async function readState(store: ObjectStore): Promise<CheckpointState> {
  const offsetIds = await listIds(store, 'offsets');
  const commitIds = await listIds(store, 'commits');
  const last = offsetIds.at(-1);
  const lastCommit = commitIds.at(-1);
  return {
    queryId: await readFile(store, 'metadata', parseMetadata),
    initial: await readFile(store, 'sources/0/0', parseInitial),
    offsetIds,
    commitIds,
    newestOffsets: last === undefined ? null : await readFile(store, `offsets/${last}`, parseOffsets),
    previousOffsets: last === undefined ? null : await readFile(store, `offsets/${last - 1}`, parseOffsets),
    newestCommit: lastCommit === undefined ? null : await readFile(store, `commits/${lastCommit}`, parseCommit),
  };
}

/** Also used where people look at a checkpoint. */
export async function readFile<T>(
  store: ObjectStore,
  key: string,
  parse: (bytes: Buffer, name: string) => Parsed<T>,
): Promise<Parsed<T> | null> {
  const bytes = await store.get(key);
  if (bytes === null) return null;
  const damage = await store.findDamage?.(key, bytes);
  return damage ? { ok: false, reason: damage } : parse(bytes, key);
}

async function readOffsets(store: ObjectStore, batch: number): Promise<OffsetsEntry> {
  const parsed = await readFile(store, `offsets/${batch}`, parseOffsets);
  if (parsed?.ok) return parsed.value;
  throw new SluiceError('CHECKPOINT_CORRUPT', {
    tried: `Reading offsets/${batch} of the checkpoint`,
    seen: parsed ? parsed.reason : 'no such file',
    expected: 'the offsets of the batch',
    action: 'Clear the checkpoint and continue from the table.',
  });
}

async function listIds(store: ObjectStore, folder: 'offsets' | 'commits'): Promise<number[]> {
  const objects = await store.list(`${folder}/`);
  return batchIds(
    objects.map(({ key }) => key),
    folder,
  );
}

/** Of two writers one wins. When the answer to our own first try was lost, the file holds our bytes: that is fine. */
async function putOnce(store: ObjectStore, key: string, bytes: Buffer): Promise<void> {
  if ((await store.putIfAbsent(key, bytes)) === 'created') return;
  const found = await store.get(key);
  if (found?.equals(bytes)) return;
  throw new SluiceError('FENCED', {
    tried: `Writing ${key} of the checkpoint`,
    seen: 'the file exists with other content',
    expected: 'to be the only writer',
    action: 'Stop the other query that uses this checkpoint, then start this one again.',
  });
}

/** Below `from` nothing is left; null: nobody has looked yet. */
interface PurgeRange {
  readonly from: number | null;
  readonly oldest: number;
}

async function purge(store: ObjectStore, mayWrite: () => Promise<void>, { from, oldest }: PurgeRange): Promise<void> {
  for (const folder of ['offsets', 'commits'] as const) {
    const ids = from === null ? await listIds(store, folder) : range(from, oldest);
    for (const id of ids.filter((each) => each < oldest)) {
      await mayWrite();
      await store.delete(`${folder}/${id}`);
      await failpoint('b12');
    }
  }
}

const range = (from: number, end: number): number[] =>
  Array.from({ length: Math.max(0, end - from) }, (_, at) => from + at);

/** The time in the file tells our own promise from that of another run. */
async function withdraw(store: ObjectStore, queryId: string, batch: number, entry: OffsetsEntry): Promise<void> {
  const metadata = await readFile(store, 'metadata', parseMetadata);
  const found = await store.get(`offsets/${batch}`);
  const isCleared = metadata?.ok && metadata.value !== queryId;
  if (isCleared && found?.equals(serializeOffsets(entry))) await store.delete(`offsets/${batch}`);
}
