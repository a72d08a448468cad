/** Where in the Bronze table the rows of one transaction lie. Reads only; files are passed over by their statistics. */
import type { Action } from '../delta/actions.ts';
import { parseBatchMetadata } from '../delta/actions.ts';
import type { LiveFile } from '../delta/log-state.ts';
import { readParquet } from '../delta/parquet-read.ts';
import { decodePath } from '../delta/path.ts';
import { newestFirst, type Snapshot } from '../delta/snapshot.ts';
import type { ObjectStore } from '../ports.ts';
import { toDay, toUtcDate } from '../bronze/rows.ts';
import type { BronzeStep, RowPlace } from './view.ts';

export interface Wanted {
  readonly transNum: string;
  /** Microseconds since 1970 as text: the table is partitioned by its day. Null: nothing can be looked for. */
  readonly transactionTime: string | null;
  /** Where its event stands in the topic. */
  readonly event: { readonly topic: string; readonly partition: number; readonly offset: bigint } | null;
  /** ms; no file that holds it was written before. */
  readonly since: number | null;
}

/** A day that small files have not been put together for has thousands; the newest tell nothing that these do not. */
const MOST_FILES = 500;
const MOST_VERSIONS = 5_000;
const PARALLEL_FILES = 4;
/** Clocks of two machines may differ by this much. */
const CLOCK_SLACK_MS = 600_000;

export async function findRows(store: ObjectStore, snapshot: Snapshot, wanted: Wanted): Promise<BronzeStep> {
  const ofDay = filesOfDay(snapshot, wanted);
  const searched = ofDay.slice(0, MOST_FILES);
  const found: Found[] = [];
  const worth = searched.filter(([, file]) => mayHold(file.stats, wanted.transNum));
  for (let at = 0; at < worth.length; at += PARALLEL_FILES) {
    const some = worth.slice(at, at + PARALLEL_FILES).map(([path]) => readFile(store, path, wanted.transNum));
    found.push(...(await Promise.all(some)).flat());
  }
  const { places, batch } = await findVersions(store, found, wanted);
  return { batch, rows: places, files: ofDay.length, filesSearched: searched.length };
}

type Entry = readonly [path: string, file: LiveFile];

/** The files of its day, the one that was written first after the event ahead. */
function filesOfDay({ files }: Snapshot, { transactionTime, since }: Wanted): Entry[] {
  if (transactionTime === null || !/^-?\d{1,18}$/.test(transactionTime)) return [];
  const day = toUtcDate(toDay(BigInt(transactionTime)));
  const isOfDay = ({ partitionValues }: LiveFile): boolean =>
    Object.entries(day).every(([name, value]) => partitionValues[name] === String(value));
  const isLater = ({ modificationTime }: LiveFile): boolean => modificationTime >= (since ?? 0) - CLOCK_SLACK_MS;
  return [...files]
    .filter(([, file]) => isOfDay(file) && isLater(file))
    .sort(([, a], [, b]) => a.modificationTime - b.modificationTime);
}

/** False only when the statistics exclude the value; a file without them may hold anything. */
function mayHold(stats: string | null, transNum: string): boolean {
  if (stats === null) return true;
  const { minValues, maxValues } = JSON.parse(stats) as Record<string, Record<string, unknown> | undefined>;
  const [min, max] = [minValues?.['trans_num'], maxValues?.['trans_num']];
  if (typeof min !== 'string' || typeof max !== 'string') return true;
  const value = Buffer.from(transNum);
  return Buffer.compare(Buffer.from(min), value) <= 0 && Buffer.compare(value, Buffer.from(max)) <= 0;
}

interface Found {
  readonly path: string;
  readonly ingestedAt: number | null;
}

/** A file that maintenance has deleted meanwhile holds nothing any more. */
async function readFile(store: ObjectStore, path: string, transNum: string): Promise<Found[]> {
  const bytes = await store.get(decodePath(path));
  if (bytes === null) return [];
  const rows = await readParquet(bytes, { columns: ['trans_num', 'ingestion_time'] });
  return rows
    .filter((row) => row['trans_num'] === transNum)
    .map(({ ingestion_time: micros }) => ({
      path,
      ingestedAt: typeof micros === 'bigint' ? Number(micros / 1_000n) : null,
    }));
}

/** Goes back through the log until the versions of the files and the batch of the event are known. */
async function findVersions(store: ObjectStore, found: readonly Found[], wanted: Wanted) {
  const added = new Map<string, Pick<RowPlace, 'version' | 'operation'>>();
  const missing = new Set(found.map(({ path }) => path));
  const oldest = oldestOf(found, wanted);
  let batch: BronzeStep['batch'] = null;
  let walked = 0;
  for await (const { version, actions } of newestFirst(store)) {
    if (missing.size === 0 && (batch !== null || wanted.event === null)) break;
    const info = actions.find(({ commitInfo }) => commitInfo)?.commitInfo;
    if ((walked += 1) > MOST_VERSIONS || (info?.timestamp ?? Infinity) < oldest) break;
    for (const path of addedBy(actions)) {
      if (missing.delete(path)) added.set(path, { version, operation: info?.operation ?? null });
    }
    const told = parseBatchMetadata(info);
    if (told && holds(told, wanted)) batch = { id: told.batchId, version, at: info?.timestamp ?? null };
  }
  const places = found.map(({ path, ingestedAt }) => {
    return { file: decodePath(path), ingestedAt, ...(added.get(path) ?? { version: null, operation: null }) };
  });
  return { places, batch };
}

function oldestOf(found: readonly Found[], { since }: Wanted): number {
  const times = [...found.map(({ ingestedAt }) => ingestedAt), since].filter((each) => each !== null);
  return times.length === 0 ? 0 : Math.min(...times) - CLOCK_SLACK_MS;
}

const addedBy = (actions: readonly Action[]): string[] => actions.flatMap(({ add }) => (add ? [add.path] : []));

type Told = NonNullable<ReturnType<typeof parseBatchMetadata>>;

function holds({ topic, start, end }: Told, { event }: Wanted): boolean {
  if (event === null || topic !== event.topic) return false;
  const [from, to] = [start[event.partition], end[event.partition]];
  return from !== undefined && to !== undefined && BigInt(from) <= event.offset && event.offset < BigInt(to);
}
