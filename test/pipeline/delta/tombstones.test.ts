import { randomUUID } from 'node:crypto';
import { beforeEach, describe, expect, it } from 'vitest';
import { checkpointContent, writeCheckpoint } from '../../../src/pipeline/delta/checkpoint.ts';
import type { EncodedGroup } from '../../../src/pipeline/delta/checkpoint-file.ts';
import { CheckpointGroups } from '../../../src/pipeline/delta/checkpoint-groups.ts';
import { commitKey } from '../../../src/pipeline/delta/path.ts';
import { openTable, type Table } from '../../../src/pipeline/delta/snapshot.ts';
import { Tombstones } from '../../../src/pipeline/delta/tombstones.ts';
import type { ObjectStore } from '../../../src/pipeline/ports.ts';
import { openLocalStore } from '../../../src/pipeline/store/local.ts';
import { readDeltaLog } from '../../support/deltalake.ts';
import { tempFolder } from '../support/temp.ts';

const NOW = Date.parse('2026-11-23T00:00:00Z');
const DAY_MS = 86_400_000;
const FILES = 4_501;

const nameOf = (n: number): string => `f${n}.parquet`;
const addOf = (n: number) => ({
  add: { path: nameOf(n), partitionValues: {}, size: n, modificationTime: NOW, dataChange: true },
});
/** The later ones were removed a day later. */
const removeOf = (n: number) => ({
  remove: { path: nameOf(n), deletionTimestamp: n < 2_000 ? NOW : NOW + DAY_MS, dataChange: false, size: n },
});
const numbers = Array.from({ length: FILES }, (_, n) => n);

describe('the tombstones of a table that stays open', () => {
  let folder: string;
  let store: ObjectStore;
  let table: Table;
  const groups = new CheckpointGroups();

  async function commit(version: number, actions: readonly object[]): Promise<void> {
    await store.put(commitKey(version), Buffer.from(actions.map((action) => `${JSON.stringify(action)}\n`).join('')));
  }
  async function checkpoint(now = NOW + DAY_MS): Promise<void> {
    await writeCheckpoint(store, checkpointContent(await table.refresh(), now), groups);
  }
  /** What somebody reads who opens the table now. */
  async function fresh() {
    const { files, tombstones, checkpointVersion } = await openTable(store).refresh();
    const removed = [...tombstones.values()].map(({ path, deletionTimestamp, size }) => [
      path,
      deletionTimestamp,
      size,
    ]);
    return {
      files: [...files.keys()],
      removed: removed.sort(([, , a = 0], [, , b = 0]) => Number(a) - Number(b)),
      checkpointVersion,
    };
  }
  const told = (which: readonly number[]) =>
    which.map((n) => [nameOf(n), removeOf(n).remove.deletionTimestamp, removeOf(n).remove.size]);

  /** All files but the last one are removed, and all tombstones that fill groups are sealed. */
  beforeEach(async () => {
    folder = tempFolder();
    store = openLocalStore(folder);
    table = openTable(store);
    const schemaString = '{"type":"struct","fields":[{"name":"n","type":"long","nullable":true,"metadata":{}}]}';
    const metaData = {
      id: 'id',
      format: { provider: 'parquet', options: {} },
      schemaString,
      partitionColumns: [],
      configuration: {},
    };
    await commit(0, [{ metaData }, { protocol: { minReaderVersion: 1, minWriterVersion: 2 } }, ...numbers.map(addOf)]);
    await commit(1, numbers.slice(0, -1).map(removeOf));
    await checkpoint();
  });

  it('are sealed by its log checkpoints, which tell of all of them', async () => {
    const { tombstones } = await table.refresh();
    expect([tombstones.sealed.length, tombstones.loose.size, tombstones.size]).toEqual([2, 500, 4_500]);
    expect(() => tombstones.values()).toThrow('open the table anew');
    await commit(2, [{ txn: { appId: 'q', version: 7 } }]);
    await checkpoint();
    expect(await fresh()).toEqual({
      files: ['f4500.parquet'],
      removed: told(numbers.slice(0, -1)),
      checkpointVersion: 2,
    });
    for (const version of [0, 1, 2]) await store.delete(commitKey(version));
    expect(await readDeltaLog(folder)).toMatchObject({ version: 2, files: ['f4500.parquet'] });
  });

  it.each(['another writer', 'the query itself'])('are read anew when %s brings a file back', async (who) => {
    await commit(2, [addOf(7)]);
    if (who === 'the query itself') {
      table.advance(2, [addOf(7)]);
      expect(table.current()).toBeNull();
    }
    const { files, tombstones } = await table.refresh();
    expect([[...files.keys()], tombstones.size, tombstones.isUnclear]).toEqual([
      ['f4500.parquet', 'f7.parquet'],
      4_499,
      false,
    ]);
    await checkpoint();
    expect(await fresh()).toEqual({
      files: ['f4500.parquet', 'f7.parquet'],
      removed: told(numbers.slice(0, -1).filter((n) => n !== 7)),
      checkpointVersion: 2,
    });
  });

  it('stay loose when a file comes back while they are encoded', async () => {
    const other = openTable(store);
    const content = checkpointContent(await other.refresh(), NOW + DAY_MS);
    const writing = writeCheckpoint(store, content);
    // The first group is encoded already, the second one after a pause.
    other.advance(2, [addOf(3_000)]);
    await writing;
    const { tombstones } = other.current() ?? {};
    expect([tombstones?.sealed.length, tombstones?.loose.size, tombstones?.loose.has(nameOf(3_000))]).toEqual([
      1,
      2_499,
      false,
    ]);
  });

  it('go when they have expired, sealed ones together', async () => {
    table.forget(NOW + 7 * DAY_MS - 1);
    expect(table.current()?.tombstones.size).toBe(4_500);
    table.forget(NOW + 7 * DAY_MS);
    expect(table.current()?.tombstones.size).toBe(2_500);
    table.forget(NOW + 8 * DAY_MS);
    expect(table.current()?.tombstones.size).toBe(0);
    await checkpoint(NOW + 8 * DAY_MS);
    expect(await fresh()).toMatchObject({ files: ['f4500.parquet'], removed: [] });
  });
});

it('no other file is taken for a sealed one', () => {
  const tombstones = new Tombstones();
  const pathOf = (n: number): string => `year=2019/part-00000-${randomUUID()}-${n}.parquet`;
  const removes = Array.from({ length: 100_000 }, (_, n) => ({ path: pathOf(n), deletionTimestamp: NOW }));
  for (const remove of removes) tombstones.add(remove);
  tombstones.seal(removes, { rows: removes.length } as EncodedGroup);
  for (let n = 0; n < 300_000; n += 1) tombstones.delete(pathOf(n));
  expect([tombstones.size, tombstones.isUnclear]).toEqual([100_000, false]);
  tombstones.delete(removes[50_000]?.path ?? '');
  expect(tombstones.isUnclear).toBe(true);
});
