/** Where a cleared query goes on from: Bronze from its table, Alert from its own committed offsets. */
import { randomUUID } from 'node:crypto';
import { fenceTable } from './bronze/fence.ts';
import { findForeign } from './bronze/foreign.ts';
import type { ClearFacts } from './checkpoint/clear-facts.ts';
import { clearCheckpoint, previewClear, type ClearStores } from './checkpoint/clear.ts';
import { listOwned, readBatchOffsets, readCommitted, readQueryId } from './checkpoint/inspect.ts';
import { findNewestBatch, openTable, type Snapshot } from './delta/snapshot.ts';
import { SluiceError } from './errors.ts';
import type { ClearFrom, ClearPreview, ClearResult } from './events.ts';
import type { JobSettings } from './job-settings.ts';
import { fromOffsetMap, type Bounds } from './offsets.ts';
import { checkSameSource, readSeen } from './ownership/identity.ts';
import { mayStillWrite, takeLease, type Lease } from './ownership/lease.ts';
import type { Clock, ObjectStore, Offsets, Source } from './ports.ts';
import { resolveStartingOffsets } from './source/start.ts';
import { describeLocation, isRemote, splitLocation, within, type StoreLocation } from './store/location.ts';

export interface ClearingParts {
  readonly job: JobSettings;
  readonly source: Source;
  readonly stores: ClearStores;
  readonly table: ObjectStore;
  readonly clock: Clock;
}

interface Start {
  readonly offsets: Offsets;
  readonly from: string;
}

export async function previewClearing(parts: ClearingParts, from: ClearFrom = 'table'): Promise<ClearPreview> {
  return previewClear(await gatherFacts(parts, from, trashKey(parts.job.checkpoint, parts.clock.now())));
}

/** Does what the preview said, as it is now; refused while somebody holds the lease. */
export async function clearNow(parts: ClearingParts, from: ClearFrom = 'table'): Promise<ClearResult> {
  const { job, source, stores, clock } = parts;
  const lease = await takeLease({ store: stores.checkpoint, owner: job.owner, clock, replaceOwn: false });
  try {
    await fence(parts, lease);
    const key = trashKey(job.checkpoint, clock.now());
    const { query, queryId: oldQueryId, startsAt: offsets, trash } = await gatherFacts(parts, from, key);
    const plan = { query, from, oldQueryId, newQueryId: randomUUID(), topic: source.topic, offsets, trash: `${key}/` };
    return { ...(await clearCheckpoint(stores, lease.check, plan)), trash };
  } finally {
    await lease.release();
  }
}

/** With its new id the query would not recognise a batch that a run from before still commits under the old one. */
async function fence({ job, table, clock }: ClearingParts, lease: Lease): Promise<void> {
  if (job.query === 'bronze' && mayStillWrite(lease, isRemote(job.table)))
    await fenceTable(table, clock, lease, job.owner.runId);
}

async function gatherFacts(parts: ClearingParts, from: ClearFrom, trash: string): Promise<ClearFacts> {
  const { job, source, stores } = parts;
  const bounds = await source.bounds();
  const start = await startOf(parts, from, bounds);
  const committed = await readCommitted(stores.checkpoint);
  const objects = await listOwned(stores.checkpoint);
  return {
    query: job.query,
    from,
    sameSource: from === 'table' || (await isSameSource(parts, committed?.offsets ?? new Map())),
    tableIsEmpty: job.query === 'alert' || isNew(await openTable(parts.table).refresh()),
    path: describeLocation(job.checkpoint),
    trash: describeLocation(within(splitLocation(job.checkpoint).parent, trash)),
    queryId: await readQueryId(stores.checkpoint),
    committed: committed?.offsets ?? null,
    startsAt: start.offsets,
    startsFrom: start.from,
    logStart: bounds.start,
    end: bounds.end,
    objects: objects.length,
    bytes: objects.reduce((sum, { size }) => sum + size, 0),
  };
}

async function startOf(parts: ClearingParts, from: ClearFrom, bounds: Bounds): Promise<Start> {
  if (from === 'earliest') return { offsets: bounds.start, from: 'the first record of the topic' };
  if (from === 'latest') return { offsets: bounds.end, from: 'the end of the topic' };
  await checkCluster(parts);
  const start = parts.job.query === 'bronze' ? await startOfBronze(parts) : await startOfAlert(parts);
  for (const [partition, next] of start.offsets) {
    const end = bounds.end.get(partition);
    if (end === undefined || end < next)
      throw changed(`partition ${partition} ends at ${end ?? 'nothing'}`, `records up to offset ${next}`);
  }
  return start;
}

async function isSameSource({ source, stores }: ClearingParts, committed: Offsets): Promise<boolean> {
  const seen = await readSeen(stores.checkpoint);
  try {
    if (seen) await checkSameSource(seen, source, committed);
    return true;
  } catch (error) {
    if (error instanceof SluiceError && error.code === 'SOURCE_CHANGED') return false;
    throw error;
  }
}

async function startOfAlert({ job, source, stores }: ClearingParts): Promise<Start> {
  const committed = await readCommitted(stores.checkpoint);
  if (committed && committed.batch >= 0) {
    return { offsets: committed.offsets, from: `committed offsets of batch ${committed.batch}` };
  }
  if (committed) return { offsets: committed.offsets, from: 'its first start, because no batch was committed' };
  const offsets = await resolveStartingOffsets(source, job.startingOffsets);
  return { offsets, from: 'its starting offsets, because nothing was committed' };
}

/** The furthest of what the table tells itself and of what the checkpoint knows to be in it. */
async function startOfBronze(parts: ClearingParts): Promise<Start> {
  const { source, table } = parts;
  const snapshot = await openTable(table).refresh();
  if (isNew(snapshot)) {
    return {
      offsets: (await source.bounds()).start,
      from: 'the first record of the topic, because the table is empty',
    };
  }
  const told = await findNewestBatch(table, source.topic);
  if (told) await checkTableCluster(source, told.batch.clusterId);
  const held = await readHeld(parts, snapshot);
  if (!told && !held) throw noOrigin();
  const from = told ? `Delta version ${told.version}` : `Delta version ${snapshot.version}`;
  return { offsets: furthest(told ? fromOffsetMap(told.batch.end) : new Map(), held ?? new Map()), from };
}

/** There is no table, or it was created by a run that came no further. */
function isNew({ version, files, txns }: Snapshot): boolean {
  return version < 0 || (version === 0 && files.size === 0 && txns.size === 0);
}

/** How far this checkpoint's own batches are in the table, when Spark wrote them and left no offsets there. */
async function readHeld({ stores, table }: ClearingParts, snapshot: Snapshot): Promise<Offsets | null> {
  const queryId = await readQueryId(stores.checkpoint);
  if (queryId === null) return null;
  const newest = snapshot.txns.get(queryId) ?? -1;
  const marked = await readBatchOffsets(stores.checkpoint, newest);
  const { later } = await findForeign(table, snapshot, queryId, null);
  const committed = await readCommitted(stores.checkpoint);
  const isHeld = committed !== null && later > 0 && later >= committed.batch - newest;
  if (!marked && !isHeld) return null;
  return furthest(marked ?? new Map(), isHeld ? committed.offsets : new Map());
}

function furthest(a: Offsets, b: Offsets): Offsets {
  const later = (partition: number): bigint => {
    const [left, right] = [a.get(partition) ?? 0n, b.get(partition) ?? 0n];
    return left > right ? left : right;
  };
  return new Map([...new Set([...a.keys(), ...b.keys()])].map((partition) => [partition, later(partition)]));
}

/** Beside the checkpoint: a key below its parent. */
function trashKey(checkpoint: StoreLocation, now: number): string {
  const time = new Date(now).toISOString().replace(/[:.]/g, '-');
  return `_trash/${time}-${splitLocation(checkpoint).name}`;
}

async function checkCluster({ source, stores }: ClearingParts): Promise<void> {
  const seen = await readSeen(stores.checkpoint);
  if (seen) await checkTableCluster(source, seen.clusterId);
}

async function checkTableCluster(source: Source, known: string): Promise<void> {
  const clusterId = await source.clusterId();
  if (clusterId === known) return;
  throw changed(`the topic is on cluster ${clusterId}, the offsets are of cluster ${known}`, 'offsets of this topic');
}

function changed(seen: string, expected: string): SluiceError {
  return new SluiceError('SOURCE_CHANGED', {
    tried: 'Looking where the query would go on',
    seen,
    expected,
    action: 'Point this query at the old topic again, or say where it begins in the new one: earliest or latest.',
  });
}

function noOrigin(): SluiceError {
  return new SluiceError('NOT_ALLOWED_NOW', {
    tried: 'Looking how far the table is',
    seen: 'no commit of the table tells its offsets, and the checkpoint does not either',
    expected: 'offsets to go on from',
    action: 'Give the query a new table, or put its old checkpoint back.',
  });
}
