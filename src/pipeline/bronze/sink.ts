/** Bronze: every change that is a row is appended to the Delta table, once per batch. */
import { randomUUID } from 'node:crypto';
import type { AddAction, BatchMetadata } from '../delta/actions.ts';
import { commitBatch, holdsBatch, type Outcome } from '../delta/commit.ts';
import { writeParquet } from '../delta/parquet.ts';
import { dataFileName, encodePath, partitionFolder, type PartitionValues } from '../delta/path.ts';
import { openTable, type Table } from '../delta/snapshot.ts';
import { toStats } from '../delta/stats.ts';
import { openUpkeep } from '../delta/upkeep.ts';
import { toOffsetMap } from '../offsets.ts';
import type { Batch, BatchResult, Clock, Log, ObjectStore, Sink } from '../ports.ts';
import type { Quarantine } from '../quarantine/dead-letter.ts';
import { collect, type Collected } from './collect.ts';
import { findForeign } from './foreign.ts';
import { BRONZE_COLUMNS, PARTITION_COLUMNS, type BronzeRow } from './rows.ts';

export interface BronzeSinkOptions {
  /** The folder of the table. */
  readonly store: ObjectStore;
  /** How the table is called in progress, as Spark does: its path. */
  readonly path: string;
  readonly quarantine: Quarantine;
  readonly clock: Clock;
  readonly log: Log;
  /** Throws when this run may no longer write. */
  readonly checkOwner: () => Promise<void>;
}

/** Files written at the same time: each waits for the disk several times. */
const PARALLEL_FILES = 8;
const FILE_COLUMNS = BRONZE_COLUMNS.filter(({ name }) => !PARTITION_COLUMNS.some((each) => each === name));

export function openBronzeSink(options: BronzeSinkOptions): Sink {
  const table = openTable(options.store);
  const upkeep = openUpkeep(options);
  return {
    description: `DeltaSink[${options.path}]`,
    lastBatch: async (queryId) => (await table.refresh()).txns.get(queryId) ?? -1,
    foreign: async (queryId, timestamp) => findForeign(options.store, await table.refresh(), queryId, timestamp),
    addBatch: (batch) => addBatch(options, table, batch),
    settled: () => {
      const snapshot = table.current();
      if (snapshot) upkeep.settled(snapshot);
    },
    close: () => upkeep.idle(),
  };
}

/** Quarantine first, then the files, then the one commit that makes all of it count. */
async function addBatch(options: BronzeSinkOptions, table: Table, batch: Batch): Promise<BatchResult> {
  const collected = await collect(batch);
  const metadata = toMetadata(batch, collected);
  const { log } = options;
  if (holdsBatch(await table.refresh(), metadata)) {
    log('info', `Batch ${batch.id}: already in the table`, batch.id);
    return toResult(collected, { kind: 'already' }, []);
  }
  await options.quarantine.put({ ...metadata, deadLetters: collected.deadLetters, notes: collected.notes });
  const adds = await writeFiles(options, collected);
  const rows = collected.rows;
  const append = { batch: metadata, rows, adds, columns: BRONZE_COLUMNS, partitionBy: PARTITION_COLUMNS };
  const { store, clock, checkOwner } = options;
  const outcome = await commitBatch({ store, table, now: () => clock.now(), uuid: randomUUID, checkOwner }, append);
  const where = outcome.kind === 'committed' ? `version ${outcome.version}` : 'already in the table';
  log('info', `Batch ${batch.id}: Writing to Bronze layer... ${rows} rows, ${where}`, batch.id);
  return toResult(collected, outcome, adds);
}

/** One file for each group of rows of one day. */
export async function writeFiles(
  options: Pick<BronzeSinkOptions, 'store' | 'clock'>,
  { groups }: Pick<Collected, 'groups'>,
): Promise<AddAction[]> {
  const adds: AddAction[] = [];
  for (let at = 0; at < groups.length; at += PARALLEL_FILES) {
    const some = groups.slice(at, at + PARALLEL_FILES);
    adds.push(...(await Promise.all(some.map((rows, index) => writeFile(options, at + index, rows)))));
  }
  return adds;
}

async function writeFile(
  { store, clock }: Pick<BronzeSinkOptions, 'store' | 'clock'>,
  task: number,
  rows: BronzeRow[],
): Promise<AddAction> {
  const partitionValues = toPartitionValues(rows[0] as BronzeRow);
  const key = partitionFolder(partitionValues) + dataFileName(task, randomUUID());
  const cells = rows as unknown as Parameters<typeof writeParquet>[1];
  const bytes = writeParquet(FILE_COLUMNS, cells);
  await store.put(key, bytes);
  return {
    path: encodePath(key),
    partitionValues,
    size: bytes.length,
    modificationTime: clock.now(),
    dataChange: true,
    stats: toStats(FILE_COLUMNS, cells),
  };
}

function toPartitionValues(row: BronzeRow): PartitionValues {
  return Object.fromEntries(PARTITION_COLUMNS.map((name) => [name, row[name] === null ? null : String(row[name])]));
}

function toMetadata({ queryId, id, clusterId, topic, range }: Batch, collected: Collected): BatchMetadata {
  return {
    queryId,
    batchId: id,
    clusterId,
    topic,
    start: toOffsetMap(range.start),
    end: toOffsetMap(range.end),
    deadLetters: collected.deadLetters.length,
    notes: collected.notes.length,
    skips: collected.skips,
  };
}

function toResult(collected: Collected, outcome: Outcome, adds: readonly AddAction[]): BatchResult {
  return {
    inputRows: collected.records,
    outputRows: collected.rows,
    extras: {
      deadLetters: collected.deadLetters.length,
      coercionNotes: collected.notes.length,
      skips: collected.skips,
      files: adds.length,
      bytes: adds.reduce((sum, { size }) => sum + size, 0),
      ...(outcome.kind === 'committed' ? { deltaVersion: outcome.version } : {}),
    },
  };
}
