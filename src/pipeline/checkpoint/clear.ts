/**
 * Clearing a checkpoint: what would happen (pure), and doing it. From the moment its marker is on disk a clearing is
 * always finished, by whoever takes the lease next: there is the old state or the new one, never a mixture that runs.
 */
import type { ClearFrom, ClearPreview, ClearResult, QueryName } from '../events.ts';
import { fromOffsetMap, nextOf, toOffsetMap } from '../offsets.ts';
import { forgetSeen } from '../ownership/identity.ts';
import type { ObjectStore, Offsets } from '../ports.ts';
import type { ClearFacts } from './clear-facts.ts';
import { describeClearing } from './clear-words.ts';
import { serializeInitial, serializeMetadata } from './format.ts';
import { listOwned, OWN_FOLDER } from './inspect.ts';

const MARKER = `${OWN_FOLDER}clearing`;
const PARALLEL_FILES = 8;

/** What is being done, as the marker keeps it. */
interface Clearing {
  readonly query: QueryName;
  readonly from: ClearFrom;
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
  const { query, from, sameSource, path, trash, queryId, startsFrom, objects, bytes } = facts;
  const partitions = toPartitions(facts);
  const sum = (of: (each: Partition) => number): number => partitions.reduce((total, each) => total + of(each), 0);
  const counts = { readAgain: sum((each) => each.readAgain), waiting: sum((each) => each.waiting) };
  const skipped = sum((each) => each.skipped);
  const rowsDoubled = countDoubled(facts, counts.readAgain, counts.waiting);
  return {
    query,
    from,
    sameSource,
    queryId,
    partitions: partitions.map(({ skipped: _, ...each }) => each),
    readAgain: counts.readAgain,
    skipped,
    rowsDoubled,
    alertsAgain: 0,
    startsFrom,
    moves: [{ path, objects, bytes }],
    trash,
    sentences: describeClearing(facts, { ...counts, skipped, rowsDoubled }),
  };
}

type Partition = ClearPreview['partitions'][number] & { readonly skipped: number };

function toPartitions({ from, sameSource, committed, startsAt, logStart, end }: ClearFacts): Partition[] {
  const ids = [...new Set([...startsAt.keys(), ...end.keys()])].sort((a, b) => a - b);
  return ids.map((partition) => {
    const next = nextOf(startsAt, partition);
    const before = committed?.get(partition) ?? null;
    const known = sameSource ? before : null;
    const unread = known === null ? nextOf(logStart, partition) : known;
    return {
      partition,
      checkpoint: before?.toString() ?? null,
      startsAt: next.toString(),
      readAgain: known === null || known <= next ? 0 : Number(known - next),
      waiting: Number((end.get(partition) ?? next) - next),
      skipped: from === 'latest' && next > unread ? Number(next - unread) : 0,
    };
  });
}

/** What is read again from the same topic is in the table; of another topic nobody knows what is. */
function countDoubled(facts: ClearFacts, readAgain: number, waiting: number): number {
  if (facts.query === 'alert' || facts.from !== 'earliest' || facts.tableIsEmpty) return 0;
  return facts.sameSource ? readAgain : waiting;
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
  // Who began anew has accepted the topic as it is now.
  if (clearing.from !== 'table') await forgetSeen(checkpoint);
  await checkpoint.delete(MARKER);
}

async function inParallel(keys: readonly string[], work: (key: string) => Promise<void>): Promise<void> {
  for (let at = 0; at < keys.length; at += PARALLEL_FILES) {
    await Promise.all(keys.slice(at, at + PARALLEL_FILES).map(work));
  }
}
