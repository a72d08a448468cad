/** Rows of many days, out of order: files each batch writes, and files that are left once the table was looked after. */
import { randomUUID } from 'node:crypto';
import path from 'node:path';
import { byPartition, BY_HAND } from '../../src/pipeline/delta/maintain/plan.ts';
import { optimize } from '../../src/pipeline/delta/maintain/optimize.ts';
import { openTable } from '../../src/pipeline/delta/snapshot.ts';
import { openLocalStore } from '../../src/pipeline/store/local.ts';
import { afterOf, envelope } from '../../test/pipeline/support/records.ts';
import { memorySource } from '../../test/pipeline/support/memory-source.ts';
import { runBatches } from './query.ts';

const BATCHES = 20;
const ROWS = 1_000;
const GOAL_FILES = 50;
const DAY_MICROS = 86_400_000_000;

export async function manyPartitions(root: string, days: number) {
  const source = memorySource(1);
  const written: number[] = [];
  const feed = (batch: number): void => {
    const rows = Array.from({ length: ROWS }, (_, n) => {
      const at = batch * ROWS + n;
      return envelope({ ...afterOf(at), trans_date_trans_time: 1546300800000000 + ((at * 7919) % days) * DAY_MICROS });
    });
    source.append(0, rows);
  };
  await runBatches(root, source, BATCHES, feed, ({ progress }) => written.push(progress.x.files ?? 0));
  const store = openLocalStore(path.join(root, 'table'));
  const before = await shape(store);
  const signal = new AbortController().signal;
  const checkOwner = async (): Promise<void> => undefined;
  const began = performance.now();
  const parts = { store, table: openTable(store), now: Date.now, uuid: randomUUID, checkOwner, signal };
  const result = await optimize(parts, BY_HAND);
  const after = await shape(store);
  return {
    days,
    batches: BATCHES,
    rows: BATCHES * ROWS,
    filesPerBatch: Math.max(...written),
    filesBefore: before.files,
    filesPerPartitionBefore: before.most,
    filesAfter: after.files,
    filesPerPartitionAfter: after.most,
    optimizeMs: Math.round(performance.now() - began),
    optimizeCommits: result.versions.length,
    peakRssMiB: Math.round(process.resourceUsage().maxRSS / 1024),
    met: after.most <= GOAL_FILES && after.rows === BATCHES * ROWS && before.rows === after.rows,
  };
}

async function shape(store: ReturnType<typeof openLocalStore>) {
  const { files } = await openTable(store).refresh();
  const most = Math.max(...[...byPartition(files).values()].map(({ length }) => length));
  return { files: files.size, most, rows: [...files.values()].reduce((sum, { rows }) => sum + rows, 0) };
}
