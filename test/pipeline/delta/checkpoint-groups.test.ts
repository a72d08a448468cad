import { describe, expect, it } from 'vitest';
import type { Action } from '../../../src/pipeline/delta/actions.ts';
import { joinGroups, type EncodedGroup } from '../../../src/pipeline/delta/checkpoint-file.ts';
import { CheckpointGroups, type Section } from '../../../src/pipeline/delta/checkpoint-groups.ts';
import { readParquet } from '../../../src/pipeline/delta/parquet-read.ts';

const GROUP = 4;

type Entry = { readonly action: Action };
const fileOf = (n: number): Entry => ({
  action: { add: { path: `f${n}`, partitionValues: { day: '1' }, size: n, modificationTime: n, dataChange: false } },
});
const removeOf = (n: number): Entry => ({ action: { remove: { path: `r${n}`, deletionTimestamp: n } } });
const count = (length: number, toEntry: (n: number) => Entry, from = 0): Entry[] =>
  Array.from({ length }, (_, n) => toEntry(from + n));
const sectionOf = (entries: readonly Entry[]): Section => ({
  entries,
  toAction: (at) => (entries[at] as Entry).action,
  groupRows: GROUP,
});

/** Paths in the order of the file, as a reader finds them. */
async function pathsIn(groups: readonly EncodedGroup[]): Promise<unknown[]> {
  const rows = (await readParquet(joinGroups(groups, 0))) as {
    add?: { path: string };
    remove?: { path: string };
  }[];
  return rows.map(({ add, remove }) => (add ?? remove)?.path);
}
const pathsOf = (...entries: Entry[]): unknown[] =>
  entries.map(({ action }) => action.add?.path ?? action.remove?.path);

describe('the groups of a log checkpoint', () => {
  it('are read as one file, whether encoded now or before', async () => {
    const groups = new CheckpointGroups();
    const [removes, files] = [count(5, removeOf), count(6, fileOf)];
    const first = await groups.encode([sectionOf(removes), sectionOf(files)]);
    files.push(fileOf(6), fileOf(7), fileOf(8));
    const second = await groups.encode([sectionOf(removes), sectionOf(files)]);
    expect(await pathsIn(first)).toEqual(pathsOf(...removes, ...files.slice(0, 6)));
    expect(await pathsIn(second)).toEqual(pathsOf(...removes, ...files));
    const fresh = await new CheckpointGroups().encode([sectionOf(removes), sectionOf(files)]);
    expect(joinGroups(second, 0)).toEqual(joinGroups(fresh, 0));
  });

  it('stay encoded until something in them changes', async () => {
    const groups = new CheckpointGroups();
    const files = count(10, fileOf);
    const [a, b, c] = await groups.encode([sectionOf(files)]);
    const [same, sameToo, longer] = await groups.encode([sectionOf([...files, fileOf(10)])]);
    expect([same === a, sameToo === b, longer === c, longer?.rows]).toEqual([true, true, false, 3]);
    const without = files.filter((_, n) => n !== 1);
    const [shorter, kept] = await groups.encode([sectionOf(without)]);
    expect([shorter?.rows, kept === b]).toEqual([3, true]);
  });

  it('take a row that says something else for a new one', async () => {
    const groups = new CheckpointGroups();
    const files = count(8, fileOf);
    await groups.encode([sectionOf(files)]);
    files[2] = fileOf(99);
    expect(await pathsIn(await groups.encode([sectionOf(files)]))).toEqual(pathsOf(...files));
  });

  it('are cut anew once most of them are small', async () => {
    const groups = new CheckpointGroups();
    let files = count(40, fileOf);
    expect(await groups.encode([sectionOf(files)])).toHaveLength(10);
    let most = 10;
    // From the last group to the first each keeps one row.
    for (let group = 9; group >= 0; group -= 1) {
      files = files.filter((_, n) => n <= group * GROUP || n > group * GROUP + 3);
      const encoded = await groups.encode([sectionOf(files)]);
      expect(await pathsIn(encoded)).toEqual(pathsOf(...files));
      most = encoded.length;
    }
    expect([files.length, most]).toEqual([10, 3]);
  });

  it('say the same after any changes as when all is encoded anew', async () => {
    const groups = new CheckpointGroups();
    let [files, next] = [count(30, fileOf), 30];
    for (let round = 0; round < 60; round += 1) {
      // Another part goes in each round, and others come.
      files = files.filter((_, n) => (n * 7 + round) % 5 !== 0 || n % 3 === round % 3);
      files.push(...count(round % 9, fileOf, next));
      next += round % 9;
      const encoded = await groups.encode([sectionOf(files)]);
      expect(await pathsIn(encoded)).toEqual(pathsOf(...files));
      expect(encoded.length).toBeLessThanOrEqual(2 * Math.ceil(files.length / GROUP) + 2);
    }
  });
});
