/** Bronze: every change that is a row is appended to the Delta table, once per batch. */
import { randomUUID } from 'node:crypto';
import type { BatchMetadata } from '../delta/actions.ts';
import { commitBatch, holdsBatch, type Outcome } from '../delta/commit.ts';
import { openTable, type Snapshot, type Table } from '../delta/snapshot.ts';
import { openUpkeep } from '../delta/upkeep.ts';
import { toOffsetGap, toOffsetMap } from '../offsets.ts';
import type { Batch, BatchResult, Clock, Log, ObjectStore, Sink } from '../ports.ts';
import type { Quarantine } from '../quarantine/dead-letter.ts';
import { collect, type Collected } from './collect.ts';
import { findForeign } from './foreign.ts';
import { BRONZE_LIMITS, type BronzeLimits } from './limits.ts';
import { BRONZE_COLUMNS, PARTITION_COLUMNS } from './rows.ts';

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
  readonly limits?: BronzeLimits;
}

export function openBronzeSink(options: BronzeSinkOptions): Sink {
  const table = openTable(options.store);
  let tried = -1;
  let written = -1;
  const upkeep = openUpkeep(options);
  return {
    description: `DeltaSink[${options.path}]`,
    lastBatch: async (queryId) => (await table.refresh()).txns.get(queryId) ?? -1,
    foreign: async (queryId, timestamp) => findForeign(options.store, await table.refresh(), queryId, timestamp),
    addBatch: async (batch) => {
      // Only a batch that was tried before, by this run or by one before it, can be in the table already.
      const known = table.current();
      const isNew = batch.id !== tried && known?.txns.get(batch.queryId) === batch.id - 1;
      tried = batch.id;
      const result = await addBatch(options, table, isNew ? known : await table.refresh(), batch);
      written = result.extras.deltaVersion ?? written;
      return result;
    },
    settled: () => {
      table.forget(options.clock.now());
      const snapshot = table.current();
      if (snapshot) upkeep.settled(snapshot);
    },
    standing: () => {
      const version = Math.max(written, table.current()?.version ?? -1);
      return version < 0 ? {} : { deltaVersion: version };
    },
    close: () => upkeep.idle(),
  };
}

/** Data files first, which nobody sees yet, then quarantine, then the one commit that makes all of it count. */
async function addBatch(
  options: BronzeSinkOptions,
  table: Table,
  snapshot: Snapshot,
  batch: Batch,
): Promise<BatchResult> {
  const { store, clock, log, quarantine, checkOwner, limits = BRONZE_LIMITS } = options;
  const held = holdsBatch(snapshot, { queryId: batch.queryId, batchId: batch.id });
  const collected = await collect(batch, held ? null : { store, clock, limits });
  if (held) {
    log('info', `Batch ${batch.id}: already in the table`, batch.id);
    return toResult(collected, { kind: 'already' });
  }
  const metadata = toMetadata(batch, collected);
  await quarantine.put({ ...metadata, deadLetters: collected.deadLetters, notes: collected.notes });
  const { rows, adds } = collected;
  const append = { batch: metadata, rows, adds, columns: BRONZE_COLUMNS, partitionBy: PARTITION_COLUMNS };
  const outcome = await commitBatch({ store, table, now: () => clock.now(), uuid: randomUUID, checkOwner }, append);
  const where = outcome.kind === 'committed' ? `version ${outcome.version}` : 'already in the table';
  log('info', `Batch ${batch.id}: Writing to Bronze layer... ${rows} rows, ${where}`, batch.id);
  return toResult(collected, outcome);
}

function toMetadata({ queryId, id, clusterId, topic, range, gaps }: Batch, collected: Collected): BatchMetadata {
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
    ...(gaps.length > 0 && { gaps: gaps.map(toOffsetGap) }),
  };
}

function toResult(collected: Collected, outcome: Outcome): BatchResult {
  return {
    inputRows: collected.records,
    outputRows: collected.rows,
    extras: {
      deadLetters: collected.deadLetters.length,
      coercionNotes: collected.notes.length,
      skips: collected.skips,
      files: collected.adds.length,
      bytes: collected.adds.reduce((sum, { size }) => sum + size, 0),
      ...(outcome.kind === 'committed' ? { deltaVersion: outcome.version } : {}),
    },
  };
}
