import { describe, expect, it } from 'vitest';
import { commitKey, decodePath } from '../../../../src/pipeline/delta/path.ts';
import { BY_HAND, BY_SCHEDULE, planCompaction } from '../../../../src/pipeline/delta/maintain/plan.ts';
import { optimize } from '../../../../src/pipeline/delta/maintain/optimize.ts';
import { openTable, readCommit, type LiveFile } from '../../../../src/pipeline/delta/snapshot.ts';
import type { ObjectStore } from '../../../../src/pipeline/ports.ts';
import { readDelta } from '../../../support/deltalake.ts';
import { manyFiles, oneBatch, partsOf, rowsOf } from './support.ts';

const day = { year: '2019', month: '1', day: '1' };
const file = (size: number, modificationTime: number, rows = 1): LiveFile => ({
  size,
  rows,
  modificationTime,
  partitionValues: day,
  stats: null,
});

describe('a plan', () => {
  const rules = { targetBytes: 100, targetRows: 1_000, minFiles: 2, sparesLarge: false };
  const planned = (files: [string, LiveFile][]) =>
    planCompaction({ files: new Map(files) }, rules).map((group) => group.files.map(([path]) => path));

  it('packs small files, the oldest first, up to the target', () => {
    expect(
      planned([
        ['b', file(40, 2)],
        ['a', file(40, 1)],
        ['c', file(40, 3)],
        ['d', file(40, 4)],
      ]),
    ).toEqual([
      ['a', 'b'],
      ['c', 'd'],
    ]);
  });

  it('leaves large files and single ones alone', () => {
    expect(
      planned([
        ['large', file(80, 1)],
        ['one', file(10, 2)],
      ]),
    ).toEqual([]);
  });

  it('by schedule waits until a partition has sixteen small files', () => {
    const files = new Map(Array.from({ length: 15 }, (_, n) => [`f${n}`, file(1, n)]));
    expect(planCompaction({ files }, BY_SCHEDULE)).toEqual([]);
    expect(planCompaction({ files: files.set('f15', file(1, 15)) }, BY_SCHEDULE)).toHaveLength(1);
  });

  it('by schedule spares a file with more rows than all smaller ones, whenever it was written', () => {
    const small = Array.from({ length: 16 }, (_, n): [string, LiveFile] => [`f${n}`, file(1, n)]);
    const plan = (rules: typeof BY_HAND, ...large: [string, LiveFile][]) =>
      planCompaction({ files: new Map([...large, ...small]) }, rules).map(({ files }) => files.length);
    expect(plan(BY_SCHEDULE, ['large', file(1, 0, 17)])).toEqual([16]);
    expect(plan(BY_SCHEDULE, ['large', file(1, 99, 17)])).toEqual([16]);
    expect(plan(BY_SCHEDULE, ['large', file(1, 0, 16)])).toEqual([17]);
    expect(plan(BY_SCHEDULE, ['larger', file(1, 0, 64)], ['large', file(1, 1, 32)])).toEqual([16]);
    expect(plan(BY_HAND, ['large', file(1, 0, 17)])).toEqual([17]);
  });
});

describe('optimize', () => {
  it('puts the files of each day together: same rows, one file, told as Delta tells it', async () => {
    const bench = await manyFiles(4);
    const before = await rowsOf(bench.table);
    const dry = await optimize(partsOf(bench.table), BY_HAND, true);
    expect(dry).toMatchObject({ partitions: 5, filesRemoved: 20, filesAdded: 5, rows: 20, versions: [], dryRun: true });
    expect((await openTable(bench.table).refresh()).version).toBe(3);
    expect(await optimize(partsOf(bench.table), BY_HAND)).toMatchObject({ versions: [4], gaveUp: 0 });
    expect(await rowsOf(bench.table)).toEqual(before);
    const { files, tombstones } = await openTable(bench.table).refresh();
    expect([files.size, tombstones.size]).toEqual([5, 20]);
    expect([...files.values()].map(({ rows }) => rows)).toEqual([4, 4, 4, 4, 4]);
    const [{ commitInfo } = {}, ...actions] = (await readCommit(bench.table, 4)) ?? [];
    expect(commitInfo).toMatchObject({ operation: 'OPTIMIZE', isBlindAppend: false, readVersion: 3 });
    expect(actions.every(({ add, remove }) => (add ?? remove)?.dataChange === false)).toBe(true);
  });

  it('leaves a table that an independent reader finds unchanged, and nothing to do', async () => {
    const bench = await manyFiles(3);
    const before = await readDelta(`${bench.root}/table`);
    await optimize(partsOf(bench.table), BY_HAND);
    expect(await readDelta(`${bench.root}/table`)).toEqual({ ...before, version: 3 });
    expect(await optimize(partsOf(bench.table), BY_HAND)).toMatchObject({ filesAdded: 0, versions: [] });
  });

  it('goes in behind batches that were committed meanwhile', async () => {
    const bench = await manyFiles(2);
    const racing = beforeCommit(bench.table, () => oneBatch(bench, 2));
    const parts = { ...partsOf(bench.table), store: racing };
    expect(await optimize(parts, BY_HAND)).toMatchObject({ versions: [3], gaveUp: 0 });
    expect((await openTable(bench.table).refresh()).files.size).toBe(10);
    expect(await rowsOf(bench.table)).toHaveLength(15);
  });

  it('gives up and takes its files away when what it read was removed meanwhile', async () => {
    const bench = await manyFiles(2);
    const [path = ''] = (await openTable(bench.table).refresh()).files.keys();
    const remove = { path, deletionTimestamp: 1, dataChange: true };
    const racing = beforeCommit(bench.table, () =>
      bench.table.put(commitKey(2), Buffer.from(JSON.stringify({ remove }))),
    );
    const before = (await bench.table.list('year=')).length;
    expect(await optimize({ ...partsOf(bench.table), store: racing }, BY_HAND)).toMatchObject({
      versions: [],
      gaveUp: 5,
    });
    expect((await bench.table.list('year=')).length).toBe(before);
    expect((await openTable(bench.table).refresh()).version).toBe(2);
  });

  it('knows its own commit when the answer was lost', async () => {
    const bench = await manyFiles(2);
    const lossy: ObjectStore = {
      ...bench.table,
      putIfAbsent: async (key, bytes) => {
        await bench.table.putIfAbsent(key, bytes);
        return 'exists';
      },
    };
    expect(await optimize({ ...partsOf(bench.table), store: lossy }, BY_HAND)).toMatchObject({ versions: [2] });
    expect((await openTable(bench.table).refresh()).version).toBe(2);
  });

  it('refuses to put files together that hold other rows than the log says', async () => {
    const bench = await manyFiles(2);
    const [first = '', second = ''] = [...(await openTable(bench.table).refresh()).files].map(([path]) =>
      decodePath(path),
    );
    const short = { ...bench.table, get: (key: string) => bench.table.get(key === first ? second : key) };
    const lying = await openTable(bench.table).refresh();
    const [one] = [...lying.files.values()];
    (one as { rows: number }).rows = 7;
    const parts = { ...partsOf(short), table: { ...openTable(bench.table), refresh: async () => lying } };
    await expect(optimize(parts, BY_HAND)).rejects.toMatchObject({ code: 'TABLE_UNSUPPORTED' });
  });

  it('that dies at any write leaves the same rows', async () => {
    for (let died = 0; ; died += 1) {
      const bench = await manyFiles(2);
      const before = await rowsOf(bench.table);
      const outcome = await optimize(partsOf(dyingAfter(bench.table, died)), BY_HAND).catch(
        (error: Error) => error.message,
      );
      expect(await rowsOf(bench.table)).toEqual(before);
      if (outcome !== 'died') break;
      expect(died).toBeLessThan(20);
    }
  });
});

function beforeCommit(store: ObjectStore, work: () => Promise<unknown>): ObjectStore {
  let isFirst = true;
  return {
    ...store,
    putIfAbsent: async (key, bytes) => {
      if (isFirst) {
        isFirst = false;
        await work();
      }
      return store.putIfAbsent(key, bytes);
    },
  };
}

function dyingAfter(store: ObjectStore, writes: number): ObjectStore {
  let left = writes;
  const spend = (): void => {
    left -= 1;
    if (left < 0) throw new Error('died');
  };
  return {
    ...store,
    put: async (key, bytes) => (spend(), store.put(key, bytes)),
    putIfAbsent: async (key, bytes) => (spend(), store.putIfAbsent(key, bytes)),
  };
}
