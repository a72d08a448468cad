/**
 * Clearing a checkpoint: what would happen (pure), and doing it. From the moment its marker is on disk a clearing is
 * always finished, by whoever takes the lease next: there is the old state or the new one, never a mixture that runs.
 */
import type { ClearPreview, ClearResult, QueryName } from '../events.ts';
import { fromOffsetMap, nextOf, toOffsetMap } from '../offsets.ts';
import type { ObjectStore, Offsets } from '../ports.ts';
import { serializeInitial, serializeMetadata } from './format.ts';
import { listOwned, OWN_FOLDER } from './inspect.ts';

const MARKER = `${OWN_FOLDER}clearing`;
const PARALLEL_FILES = 8;

export interface ClearFacts {
  readonly query: QueryName;
  readonly path: string;
  /** Folder that everything is moved to. */
  readonly trash: string;
  readonly queryId: string | null;
  /** Next to read after the newest committed batch; null when nothing is committed. */
  readonly committed: Offsets | null;
  readonly startsAt: Offsets;
  readonly startsFrom: string;
  readonly end: Offsets;
  readonly objects: number;
  readonly bytes: number;
}

/** What is being done, as the marker keeps it. */
interface Clearing {
  readonly query: QueryName;
  readonly oldQueryId: string | null;
  readonly newQueryId: string;
  readonly topic: string;
  readonly offsets: Readonly<Record<string, string>>;
  /** Key prefix below the parent of the checkpoint, with a slash at its end. */
  readonly trash: string;
}

/** The checkpoint's own store, and one on its parent, where the trash is. */
export interface ClearStores {
  readonly checkpoint: ObjectStore;
  readonly parent: ObjectStore;
}

export function previewClear(facts: ClearFacts): ClearPreview {
  const { query, path, trash, queryId, committed, startsAt, startsFrom, end, objects, bytes } = facts;
  const ids = [...new Set([...startsAt.keys(), ...end.keys()])].sort((a, b) => a - b);
  const partitions = ids.map((partition) => {
    const from = nextOf(startsAt, partition);
    const before = committed?.get(partition) ?? null;
    return {
      partition,
      checkpoint: before?.toString() ?? null,
      startsAt: from.toString(),
      readAgain: before === null || before <= from ? 0 : Number(before - from),
      waiting: Number((end.get(partition) ?? from) - from),
    };
  });
  const readAgain = partitions.reduce((sum, each) => sum + each.readAgain, 0);
  const waiting = partitions.reduce((sum, each) => sum + each.waiting, 0);
  const base = { query, from: 'table', queryId, partitions, readAgain, rowsDoubled: 0, alertsAgain: 0 } as const;
  const sentences = describe(facts, readAgain, waiting);
  return { ...base, startsFrom, moves: [{ path, objects, bytes }], trash, sentences };
}

/** Throws when the caller no longer holds the lease. */
type MayWrite = () => Promise<void>;

/** Begins a clearing; the caller holds the lease. */
export async function clearCheckpoint(
  stores: ClearStores,
  mayWrite: MayWrite,
  plan: Omit<Clearing, 'offsets'> & { readonly offsets: Offsets },
): Promise<ClearResult> {
  const clearing: Clearing = { ...plan, offsets: toOffsetMap(plan.offsets) };
  await mayWrite();
  await stores.checkpoint.put(MARKER, Buffer.from(JSON.stringify(clearing)));
  await carryOut(stores, mayWrite, clearing);
  return { query: plan.query, oldQueryId: plan.oldQueryId, newQueryId: plan.newQueryId, trash: plan.trash };
}

/** Finishes a clearing that was cut short; the caller holds the lease. True when there was one. */
export async function finishClearing(stores: ClearStores, mayWrite: MayWrite): Promise<boolean> {
  const bytes = await stores.checkpoint.get(MARKER);
  if (bytes === null) return false;
  await carryOut(stores, mayWrite, JSON.parse(bytes.toString('utf8')) as Clearing);
  return true;
}

/** Every step may be repeated: what lies in the trash already is never replaced by what is new. */
async function carryOut({ checkpoint, parent }: ClearStores, mayWrite: MayWrite, clearing: Clearing): Promise<void> {
  const keys = (await listOwned(checkpoint)).map(({ key }) => key);
  await inParallel(keys, async (key) => {
    const bytes = await checkpoint.get(key);
    if (bytes) await parent.putIfAbsent(clearing.trash + key, bytes);
  });
  await inParallel(keys, (key) => mayWrite().then(() => checkpoint.delete(key)));
  const initial = { topic: clearing.topic, offsets: fromOffsetMap(clearing.offsets) };
  await mayWrite();
  await checkpoint.put('sources/0/0', serializeInitial(initial));
  await checkpoint.put('metadata', serializeMetadata(clearing.newQueryId));
  await checkpoint.delete(MARKER);
}

async function inParallel(keys: readonly string[], work: (key: string) => Promise<void>): Promise<void> {
  for (let at = 0; at < keys.length; at += PARALLEL_FILES) {
    await Promise.all(keys.slice(at, at + PARALLEL_FILES).map(work));
  }
}

function describe(facts: ClearFacts, readAgain: number, waiting: number): string[] {
  const title = facts.query === 'bronze' ? 'Bronze' : 'Alert';
  const again = {
    bronze: 'No row is lost and none is doubled, because the table itself tells how far it is.',
    alert: 'No alert is sent again, because each transaction is alerted at most once.',
  };
  return [
    `${title} goes on from ${facts.startsFrom}.`,
    again[facts.query],
    `${count(readAgain, 'record is', 'records are')} read again, ${count(waiting, 'record waits', 'records wait')} to be read.`,
    `The old checkpoint (${count(facts.objects, 'file', 'files')}) is moved to ${facts.trash}; nothing is deleted.`,
    'The query gets a new id: with the old one its first batches would be taken for written already.',
  ];
}

const count = (number: number, one: string, many: string): string =>
  `${number.toLocaleString('en-US')} ${number === 1 ? one : many}`;
