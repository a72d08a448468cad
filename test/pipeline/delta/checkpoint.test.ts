import { cpSync, readdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { checkpointContent, writeCheckpoint, type CheckpointContent } from '../../../src/pipeline/delta/checkpoint.ts';
import { LAST_CHECKPOINT, checkpointKey, commitKey } from '../../../src/pipeline/delta/path.ts';
import { parseInterval, readProperties } from '../../../src/pipeline/delta/properties.ts';
import { openTable } from '../../../src/pipeline/delta/snapshot.ts';
import type { Tombstones } from '../../../src/pipeline/delta/tombstones.ts';
import { intervalOf, openUpkeep } from '../../../src/pipeline/delta/upkeep.ts';
import type { ObjectStore } from '../../../src/pipeline/ports.ts';
import { openLocalStore } from '../../../src/pipeline/store/local.ts';
import { readDeltaLog } from '../../support/deltalake.ts';
import { FIXTURES } from '../support/records.ts';
import { tempFolder } from '../support/temp.ts';

const GOLDEN = path.join(FIXTURES, 'golden', 'log');
const NOW = Date.parse('2026-11-23T00:00:00Z');
const DAY_MS = 86_400_000;

/** Spark's golden log without its own checkpoint. */
function goldenFolder(): string {
  const folder = tempFolder();
  cpSync(GOLDEN, folder, { recursive: true });
  for (const name of readdirSync(path.join(folder, '_delta_log')))
    if (name.includes('checkpoint')) rmSync(path.join(folder, '_delta_log', name));
  return folder;
}

async function checkpointed(folder: string): Promise<ObjectStore> {
  const store = openLocalStore(folder);
  await writeCheckpoint(store, checkpointContent(await openTable(store).refresh(), NOW));
  return store;
}

describe('a log checkpoint', () => {
  it('holds all that the commits say, so that the table is the same without them', async () => {
    const folder = goldenFolder();
    const fromCommits = await openTable(openLocalStore(folder)).refresh();
    const store = await checkpointed(folder);
    for (let version = 0; version <= 11; version += 1) await store.delete(commitKey(version));
    const fromCheckpoint = await openTable(store).refresh();
    expect(fromCheckpoint.checkpointVersion).toBe(11);
    for (const part of ['version', 'protocol', 'txns', 'txnTimes', 'files', 'tombstones'] as const)
      expect(fromCheckpoint[part]).toEqual(fromCommits[part]);
    expect(fromCheckpoint.metaData).toEqual(fromCommits.metaData);
  });

  it('is read by an independent reader when nothing else is left', async () => {
    const folder = tempFolder();
    const store = openLocalStore(folder);
    await writeTable(store, 3);
    await store.put(commitKey(3), Buffer.from(lines({ remove: removeOf('a1.parquet', NOW) })));
    await writeCheckpoint(store, checkpointContent(await openTable(store).refresh(), NOW));
    for (let version = 0; version < 3; version += 1) await store.delete(commitKey(version));
    expect(await readDeltaLog(folder)).toEqual({ version: 3, files: ['a0.parquet', 'a2.parquet'], txn: 2 });
  });

  it('keeps tombstones as long as the files that they name', async () => {
    const store = openLocalStore(tempFolder());
    await writeTable(store, 2);
    const removes = [removeOf('a0.parquet', NOW - 6 * DAY_MS), removeOf('a1.parquet', NOW - 8 * DAY_MS)];
    await store.put(commitKey(2), Buffer.from(removes.map((remove) => lines({ remove })).join('')));
    const content = checkpointContent(await openTable(store).refresh(), NOW);
    const kept = actionsOf(content).flatMap(({ remove }) => (remove ? [remove] : []));
    expect(kept).toEqual([{ ...removes[0], dataChange: false }]);
  });

  it('is read without its tombstones by who only wants the live files', async () => {
    const store = openLocalStore(tempFolder());
    await writeTable(store, 3);
    await store.put(commitKey(3), Buffer.from(lines({ remove: removeOf('a1.parquet', NOW) })));
    await writeCheckpoint(store, checkpointContent(await openTable(store).refresh(), NOW));
    const whole = await openTable(store).refresh();
    const live = await openTable(store, { tombstones: false }).refresh();
    expect([whole.tombstones.size, live.tombstones.size, live.checkpointVersion]).toEqual([1, 0, 3]);
    expect({ ...live, tombstones: null, partitions: null }).toEqual({ ...whole, tombstones: null, partitions: null });
  });

  it('of Spark is read without its tombstones as well', async () => {
    const folder = tempFolder();
    cpSync(GOLDEN, folder, { recursive: true });
    const whole = await openTable(openLocalStore(folder)).refresh();
    const live = await openTable(openLocalStore(folder), { tombstones: false }).refresh();
    expect(live.checkpointVersion).toBe(10);
    expect([live.files, live.txns, live.metaData]).toEqual([whole.files, whole.txns, whole.metaData]);
  });

  it('that was cut falls back to the one before, whatever _last_checkpoint says', async () => {
    const folder = goldenFolder();
    const store = await checkpointed(folder);
    const whole = await openTable(store).refresh();
    await store.put(checkpointKey(11), Buffer.from('PAR1 and no more'));
    expect((await openTable(store).refresh()).files).toEqual(whole.files);
    await store.put(LAST_CHECKPOINT, Buffer.from('{"version":11'));
    expect((await openTable(store).refresh()).files).toEqual(whole.files);
    await store.put(LAST_CHECKPOINT, Buffer.from('{"version":99,"size":1}'));
    expect((await openTable(store).refresh()).files).toEqual(whole.files);
  });

  it('never moves _last_checkpoint back', async () => {
    const store = await checkpointed(goldenFolder());
    await store.put(LAST_CHECKPOINT, Buffer.from('{"version":12,"size":1}'));
    await writeCheckpoint(store, checkpointContent(await openTable(store).refresh(), NOW));
    expect((await store.get(LAST_CHECKPOINT))?.toString()).toBe('{"version":12,"size":1}');
  });

  it('in several parts counts only when all of them are there', async () => {
    const folder = goldenFolder();
    const store = await checkpointed(folder);
    const whole = await openTable(store).refresh();
    const bytes = (await store.get(checkpointKey(11))) ?? Buffer.alloc(0);
    await store.delete(checkpointKey(11));
    const part = (n: number): string => checkpointKey(11).replace('.parquet', `.000000000${n}.0000000002.parquet`);
    await store.put(part(1), bytes);
    expect((await openTable(store).refresh()).checkpointVersion).toBe(-1);
    await store.put(part(2), bytes);
    const read = await openTable(store).refresh();
    expect(read.checkpointVersion).toBe(11);
    expect(read.files).toEqual(whole.files);
  });

  it('of the V2 form is refused by name when nothing else is there', async () => {
    const store = openLocalStore(tempFolder());
    await store.put(
      '_delta_log/00000000000000000004.checkpoint.80a083e8-7026-4e79-81be-64bd76c43a11.json',
      Buffer.from('{}'),
    );
    await store.put(commitKey(4), Buffer.from(lines({ commitInfo: {} })));
    await expect(openTable(store).refresh()).rejects.toMatchObject({
      code: 'TABLE_UNSUPPORTED',
      seen: 'the checkpoint of version 4 is a V2 checkpoint',
    });
  });
});

it('lets go of the tombstones that have expired', async () => {
  const store = openLocalStore(tempFolder());
  await writeTable(store, 3);
  const removes = [0, 1, 2].map((n) => removeOf(`a${n}.parquet`, NOW + n * DAY_MS));
  await store.put(commitKey(3), Buffer.from(removes.map((remove) => lines({ remove })).join('')));
  const table = openTable(store);
  await table.refresh();
  const paths = (): string[] => [...(table.current()?.tombstones.loose.keys() ?? [])];
  table.forget(NOW + 7 * DAY_MS - 1);
  expect(paths()).toEqual(['a0.parquet', 'a1.parquet', 'a2.parquet']);
  table.forget(NOW + 8 * DAY_MS);
  expect(paths()).toEqual(['a2.parquet']);
});

it('lists a long log from the hint on', async () => {
  const store = await checkpointed(goldenFolder());
  const seen: (string | undefined)[] = [];
  const watched: ObjectStore = {
    ...store,
    list: (prefix, after) => {
      seen.push(after);
      return store.list(prefix, after);
    },
  };
  await openTable(watched).refresh();
  expect(seen).toEqual(['_delta_log/00000000000000000011']);
});

describe('upkeep', () => {
  const clock = { now: () => NOW, sleep: async () => undefined };

  it('writes a checkpoint every ten commits, and the table goes on from it', async () => {
    const store = openLocalStore(tempFolder());
    await writeTable(store, 10);
    const upkeep = openUpkeep({ store, clock, log: () => undefined, checkOwner: async () => undefined });
    upkeep.settled(await openTable(store).refresh());
    await upkeep.idle();
    expect(await store.get(checkpointKey(9))).toBeNull();
    await store.put(commitKey(10), Buffer.from(lines({ txn: { appId: 'q', version: 10 } })));
    upkeep.settled(await openTable(store).refresh());
    await upkeep.idle();
    expect((await openTable(store).refresh()).checkpointVersion).toBe(10);
    upkeep.settled(await openTable(store).refresh());
    expect(JSON.parse((await store.get(LAST_CHECKPOINT))?.toString() ?? '')).toMatchObject({ version: 10, size: 13 });
  });

  it.each([
    [0, 0, 10],
    [10_000, 40_000, 10],
    [10_000, 90_000, 20],
    [10_000, 600_000, 100],
  ])('writes one more seldom when it tells of %i files and %i removed ones', (files, removed, commits) => {
    const mapOf = (size: number) => new Map(Array.from({ length: size }, (_, n) => [String(n), {} as never]));
    const snapshot = { files: mapOf(files), tombstones: { size: removed } as Tombstones };
    expect(intervalOf({ ...snapshot, metaData: null })).toBe(commits);
    const configuration = { 'delta.checkpointInterval': '200' };
    expect(intervalOf({ ...snapshot, metaData: { configuration } as never })).toBe(200);
  });

  it('writes nothing for somebody who is no longer the owner, and says so', async () => {
    const store = openLocalStore(tempFolder());
    await writeTable(store, 11);
    const told: string[] = [];
    const checkOwner = () => Promise.reject(new Error('taken over'));
    const upkeep = openUpkeep({ store, clock, log: (_level, message) => void told.push(message), checkOwner });
    upkeep.settled(await openTable(store).refresh());
    await upkeep.idle();
    expect(told).toEqual([expect.stringContaining('taken over')]);
    expect((await store.list('_delta_log/')).map(({ key }) => key)).not.toContain(checkpointKey(10));
  });
});

it('reads the intervals of table properties as Spark writes them', () => {
  expect(parseInterval('interval 30 days')).toBe(30 * DAY_MS);
  expect(parseInterval('INTERVAL 1 week 12 hours')).toBe(7.5 * DAY_MS);
  expect(parseInterval('1 month')).toBeNull();
  expect(parseInterval('')).toBeNull();
  expect(readProperties({ 'delta.enableExpiredLogCleanup': 'FALSE' })).toMatchObject({ cleansLog: false });
});

const actionsOf = ({ sections }: CheckpointContent) =>
  sections.flatMap(({ entries, toAction }) => entries.map((_, at) => toAction(at)));
const lines = (action: object): string => `${JSON.stringify(action)}\n`;
const removeOf = (name: string, deletionTimestamp: number) => ({
  path: name,
  deletionTimestamp,
  dataChange: false,
  extendedFileMetadata: true,
  partitionValues: {},
  size: 1,
});

/** Versions 0 to count - 1: one file and one batch each. The files themselves are not there. */
async function writeTable(store: ObjectStore, count: number): Promise<void> {
  const schemaString = '{"type":"struct","fields":[{"name":"n","type":"long","nullable":true,"metadata":{}}]}';
  const metaData = {
    id: 'id',
    format: { provider: 'parquet', options: {} },
    schemaString,
    partitionColumns: [],
    configuration: {},
    createdTime: NOW,
  };
  const create = lines({ metaData }) + lines({ protocol: { minReaderVersion: 1, minWriterVersion: 2 } });
  for (let n = 0; n < count; n += 1) {
    const add = {
      path: `a${n}.parquet`,
      partitionValues: {},
      size: 1,
      modificationTime: NOW,
      dataChange: true,
      stats: '{"numRecords":1}',
    };
    const text =
      (n === 0 ? create : '') + lines({ txn: { appId: 'q', version: n, lastUpdated: NOW } }) + lines({ add });
    await store.put(commitKey(n), Buffer.from(text));
  }
}
