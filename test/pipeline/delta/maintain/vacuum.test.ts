import path from 'node:path';
import { expect, it } from 'vitest';
import { BY_HAND } from '../../../../src/pipeline/delta/maintain/plan.ts';
import { GOALS, readHealth } from '../../../../src/pipeline/delta/maintain/health.ts';
import { readHistory } from '../../../../src/pipeline/delta/maintain/history.ts';
import { optimize } from '../../../../src/pipeline/delta/maintain/optimize.ts';
import { vacuum } from '../../../../src/pipeline/delta/maintain/vacuum.ts';
import { age, manyFiles, oneBatch, partsOf, rowsOf } from './support.ts';

const DAY_MS = 86_400_000;

it('deletes what nothing refers to and is older than a week, after a dry run that says so', async () => {
  const bench = await manyFiles(2);
  const folder = path.join(bench.root, 'table');
  await bench.table.put('year=2019/month=1/day=1/part-orphan.parquet', Buffer.from('orphan'));
  age(folder, 8 * DAY_MS);
  await bench.table.put('year=2019/month=1/day=1/part-young.parquet', Buffer.from('of a batch'));
  const before = await rowsOf(bench.table);
  const found = { files: 1, bytes: 6, young: 1, examples: ['year=2019/month=1/day=1/part-orphan.parquet'] };
  expect(await vacuum(partsOf(bench.table), true)).toMatchObject({ ...found, deleted: 0, dryRun: true });
  expect(await vacuum(partsOf(bench.table), false)).toMatchObject({ ...found, deleted: 1 });
  expect(await rowsOf(bench.table)).toEqual(before);
  expect((await bench.table.list('year=2019/month=1/day=1/part-young')).length).toBe(1);
});

it('keeps the files of older versions for a week after they were replaced, and live ones for ever', async () => {
  const bench = await manyFiles(2);
  await optimize(partsOf(bench.table), BY_HAND);
  age(path.join(bench.root, 'table'), 30 * DAY_MS);
  expect(await vacuum(partsOf(bench.table, Date.now() + 6 * DAY_MS), false)).toMatchObject({ deleted: 0, young: 0 });
  expect(await vacuum(partsOf(bench.table, Date.now() + 8 * DAY_MS), false)).toMatchObject({ deleted: 10 });
  expect(await rowsOf(bench.table)).toHaveLength(10);
});

it('never goes below a week, whatever the table says', async () => {
  const bench = await manyFiles(1);
  await bench.table.put('year=2019/month=1/day=1/part-orphan.parquet', Buffer.from('orphan'));
  age(path.join(bench.root, 'table'), DAY_MS);
  const parts = partsOf(bench.table);
  const snapshot = await parts.table.refresh();
  const configuration = { 'delta.deletedFileRetentionDuration': 'interval 0 hours' };
  const table = {
    ...parts.table,
    refresh: async () => ({ ...snapshot, metaData: snapshot.metaData && { ...snapshot.metaData, configuration } }),
  };
  expect(await vacuum({ ...parts, table }, false)).toMatchObject({ deleted: 0, young: 1 });
});

it('touches neither the log nor what other engines keep beside the data', async () => {
  const bench = await manyFiles(1);
  for (const key of ['_change_data/a.parquet', '_checkpoints/b.parquet', 'year=2019/.part.parquet.crc', 'notes.txt'])
    await bench.table.put(key, Buffer.from('kept'));
  age(path.join(bench.root, 'table'), 30 * DAY_MS);
  const before = (await bench.table.list('')).length;
  expect(await vacuum(partsOf(bench.table), false)).toMatchObject({ files: 0 });
  expect((await bench.table.list('')).length).toBe(before);
});

it('takes a file for live that is committed while it looks', async () => {
  const bench = await manyFiles(1);
  let isFirst = true;
  const store = {
    ...bench.table,
    list: async (prefix: string) => {
      if (prefix === '' && isFirst) {
        isFirst = false;
        await oneBatch(bench, 1);
      }
      const objects = await bench.table.list(prefix);
      return objects.map((each) => ({ ...each, modifiedAt: 0 }));
    },
  };
  const parts = partsOf(store);
  await parts.table.refresh();
  expect(await vacuum(parts, false)).toMatchObject({ deleted: 0 });
  expect(await rowsOf(bench.table)).toHaveLength(10);
});

it('says in numbers and sentences how a table is', async () => {
  const bench = await manyFiles(GOALS.filesPerPartition + 1);
  const parts = { ...partsOf(bench.table), path: '/table' };
  const sick = await readHealth(parts);
  expect(sick).toMatchObject({
    version: 50,
    files: 255,
    partitions: 5,
    filesPerPartition: { median: 51, max: 51 },
    mergeable: 255,
    mergedInto: 5,
    orphans: 0,
  });
  expect(sick.findings).toEqual([expect.stringContaining('51 files, more than 50')]);
  await optimize(parts, BY_HAND);
  expect(await readHealth(parts)).toMatchObject({
    files: 5,
    filesPerPartition: { median: 1, max: 1 },
    orphans: 0,
    tombstones: 255,
    findings: [],
  });
});

it('tells what happened to a table', async () => {
  const bench = await manyFiles(2);
  await optimize(partsOf(bench.table), BY_HAND);
  expect(await readHistory(bench.table, 2)).toMatchObject([
    { version: 2, operation: 'OPTIMIZE', batchId: null, filesAdded: 5, filesRemoved: 10 },
    { version: 1, operation: 'STREAMING UPDATE', batchId: 1, rows: 5, filesAdded: 5, filesRemoved: 0 },
  ]);
});
