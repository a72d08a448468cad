/**
 * Letters that give a row by now, appended to the table by a commit of their own. The set of letters is promised first, so
 * that it is written once, whatever dies when: the commit's `txn` counts the replays of the query, as batches are counted.
 */
import { randomUUID } from 'node:crypto';
import { parseChange } from '../cdc/parse.ts';
import { parseReplayMetadata, replayAppId, type BatchMetadata, type ReplayMetadata } from '../delta/actions.ts';
import { commitBatch } from '../delta/commit.ts';
import { newestFirst, openTable } from '../delta/snapshot.ts';
import { SluiceError } from '../errors.ts';
import type { Becomes } from '../events.ts';
import type { Clock, ObjectStore } from '../ports.ts';
import type { Letter } from '../quarantine/letters.ts';
import { eachOffset, toOffsetSet, type ReplayDone, type ReplayLog, type ReplayPromise } from '../quarantine/replays.ts';
import { writeRows } from './day-files.ts';
import { BRONZE_COLUMNS, PARTITION_COLUMNS, toBronzeRow, type BronzeRow } from './rows.ts';

export interface BronzeReplayParts {
  /** The folder of the table. */
  readonly store: ObjectStore;
  readonly log: ReplayLog;
  readonly clock: Clock;
  /** Throws when this run may no longer write. */
  readonly checkOwner: () => Promise<void>;
}

/** What today's parser makes of a letter. */
export function becomesInBronze({ record }: Letter): Becomes {
  const change = parseChange(record);
  if (change.kind === 'skip') return { kind: 'skip', op: change.op };
  if (change.kind === 'dead') return change;
  const { trans_num: transNum, amt: amount } = change.row;
  return { kind: 'row', transNum, amount, notes: change.notes.length };
}

/** Letters of one query and one topic, all of which give a row and none of which has been replayed. */
export async function replayInBronze(parts: BronzeReplayParts, letters: readonly Letter[]): Promise<ReplayDone> {
  const [first] = letters;
  if (!first) throw new Error('a replay without letters');
  const { queryId, cluster, topic } = first;
  const { next: number } = await parts.log.open(queryId);
  const offsets = toOffsetSet(
    letters.map(({ record }) => ({ partition: record.partition, offset: record.offset.toString() })),
  );
  const promise = { number, queryId, cluster, topic, timestamp: parts.clock.now(), offsets };
  await parts.checkOwner();
  await parts.log.promise(promise);
  return carryOut(parts, promise, letters);
}

/** Finishes what a promise said, from wherever an earlier run was cut off. `letters` are those of the promise. */
export async function carryOut(
  parts: BronzeReplayParts,
  promise: ReplayPromise,
  letters: readonly Letter[],
): Promise<ReplayDone> {
  const { store, clock, checkOwner } = parts;
  const rows = toRows(promise, letters);
  const table = openTable(store);
  const batch = toBatch(promise);
  const isWritten = ((await table.refresh()).txns.get(batch.queryId) ?? -1) >= promise.number;
  const adds = isWritten
    ? []
    : await writeRows(
        { store, clock },
        rows.map(({ row }) => row),
      );
  const replay: ReplayMetadata = {
    queryId: promise.queryId,
    number: promise.number,
    clusterId: promise.cluster,
    topic: promise.topic,
    offsets: toOffsetSet(rows),
  };
  const append = { batch, replay, rows: rows.length, adds, columns: BRONZE_COLUMNS, partitionBy: PARTITION_COLUMNS };
  const outcome = await commitBatch({ store, table, now: () => clock.now(), uuid: randomUUID, checkOwner }, append);
  const written =
    outcome.kind === 'committed' ? { version: outcome.version, replay } : await findReplay(store, promise);
  const done = { ...promise, offsets: written.replay.offsets, deltaVersion: written.version };
  await parts.log.finish(done);
  return done;
}

interface ReplayedRow {
  readonly partition: number;
  readonly offset: string;
  readonly row: BronzeRow;
}

function toRows({ timestamp, offsets }: ReplayPromise, letters: readonly Letter[]): ReplayedRow[] {
  const promised = new Set([...eachOffset(offsets)].map(({ partition, offset }) => `${partition}/${offset}`));
  return letters.flatMap(({ record }) => {
    const place = { partition: record.partition, offset: record.offset.toString() };
    const change = promised.has(`${place.partition}/${place.offset}`) ? parseChange(record) : null;
    return change?.kind === 'row' ? [{ ...place, row: toBronzeRow(change.row, timestamp) }] : [];
  });
}

/** In the table a replay is counted under a name of its own, and it moves no offsets. */
function toBatch({ queryId, number, cluster, topic }: ReplayPromise): BatchMetadata {
  const nothing = { start: {}, end: {}, deadLetters: 0, notes: 0, skips: 0 };
  return { queryId: replayAppId(queryId), batchId: number, clusterId: cluster, topic, ...nothing };
}

/** What an earlier try has written, as its own commit tells it. */
async function findReplay(
  store: ObjectStore,
  { queryId, number }: ReplayPromise,
): Promise<{ version: number; replay: ReplayMetadata }> {
  for await (const { version, actions } of newestFirst(store)) {
    const replay = parseReplayMetadata(actions.find(({ commitInfo }) => commitInfo)?.commitInfo);
    if (replay?.queryId === queryId && replay.number === number) return { version, replay };
  }
  throw new SluiceError('TABLE_BEHIND', {
    tried: `Finding replay ${number} of query ${queryId} in the log of the table`,
    seen: 'the table counts it, but its commit is no longer in the log',
    expected: 'the commit that tells which letters it wrote',
    action: 'Compare the rows of the table with the letters by hand before you replay again.',
  });
}
