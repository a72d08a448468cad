import { utimesSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { checkpointContent, writeCheckpoint } from '../../../src/pipeline/delta/checkpoint.ts';
import { cleanLog } from '../../../src/pipeline/delta/cleanup.ts';
import { commitKey, versionChecksumKey } from '../../../src/pipeline/delta/path.ts';
import { findNewestBatch, openTable } from '../../../src/pipeline/delta/snapshot.ts';
import type { ObjectStore } from '../../../src/pipeline/ports.ts';
import { openLocalStore } from '../../../src/pipeline/store/local.ts';
import { tempFolder } from '../support/temp.ts';

const DAY_MS = 86_400_000;
const NOW = Date.parse('2026-11-23T10:00:00Z');
const RETENTION = { now: NOW, retentionMs: 30 * DAY_MS };

describe('log cleanup', () => {
  it('keeps what is younger than the retention, and the checkpoint from which the oldest of it can be built', async () => {
    const { store } = await writeLog({ ages: [40, 39, 38, 37, 36, 35, 20, 10, 1], checkpointsAt: [2, 4, 7] });
    const { files } = await openTable(store).refresh();
    expect(await cleanLog(store, RETENTION)).toEqual({ deleted: 5 });
    expect(await keys(store)).toEqual([
      '4.checkpoint.parquet',
      '4.json',
      '5.json',
      '6.json',
      '7.checkpoint.parquet',
      '7.json',
      '8.json',
    ]);
    expect((await openTable(store).refresh()).files).toEqual(files);
  });

  it('removes nothing without a checkpoint that is kept', async () => {
    const { store } = await writeLog({ ages: [40, 39, 38, 1], checkpointsAt: [] });
    expect(await cleanLog(store, RETENTION)).toEqual({ deleted: 0 });
  });

  it('counts from midnight, as Spark does', async () => {
    const { store } = await writeLog({ ages: [30.2, 1], checkpointsAt: [1] });
    expect(await cleanLog(store, RETENTION)).toEqual({ deleted: 0 });
    expect(await cleanLog(store, { ...RETENTION, now: NOW + DAY_MS })).toEqual({ deleted: 1 });
  });

  it('never removes the newest commit that tells where a query stands', async () => {
    const { store } = await writeLog({ ages: [50, 49, 48, 47, 46], checkpointsAt: [4], toldAt: 1 });
    expect(await cleanLog(store, RETENTION)).toEqual({ deleted: 1 });
    expect(await findNewestBatch(store, 't')).toMatchObject({ version: 1 });
  });

  it("takes the checksums of Spark's log and file system along", async () => {
    const { store, folder } = await writeLog({ ages: [50, 49, 48], checkpointsAt: [2] });
    await store.put(versionChecksumKey(0), Buffer.from('{}'));
    await openLocalStore(path.join(folder, '_delta_log')).put('.00000000000000000000.json.crc', Buffer.from('crc'));
    expect(await cleanLog(store, RETENTION)).toEqual({ deleted: 3 });
    expect(await keys(store)).toEqual(['2.checkpoint.parquet', '2.json']);
    expect((await store.list('_delta_log/.')).map(({ key }) => key)).toEqual([
      '_delta_log/.00000000000000000002.checkpoint.parquet.crc',
      '_delta_log/.00000000000000000002.json.crc',
    ]);
  });

  it('cut short at any delete leaves a log that can be read', async () => {
    const { store } = await writeLog({ ages: [50, 49, 48, 47, 46, 45], checkpointsAt: [1, 3, 5] });
    const { files } = await openTable(store).refresh();
    for (let died = 0; ; died += 1) {
      let left = died;
      const dying: ObjectStore = {
        ...store,
        delete: (key) => (left-- > 0 ? store.delete(key) : Promise.reject(new Error('died'))),
      };
      const outcome = await cleanLog(dying, RETENTION).catch((error: Error) => error.message);
      expect((await openTable(store).refresh()).files).toEqual(files);
      if (outcome !== 'died') break;
    }
    expect(await keys(store)).toEqual(['5.checkpoint.parquet', '5.json']);
  });
});

interface LogPlan {
  /** Of each version, days. */
  readonly ages: readonly number[];
  readonly checkpointsAt: readonly number[];
  /** The version whose commit carries offsets; the newest by default. */
  readonly toldAt?: number;
}

async function writeLog({ ages, checkpointsAt, toldAt = ages.length - 1 }: LogPlan) {
  const folder = tempFolder();
  const store = openLocalStore(folder);
  for (const [version, age] of ages.entries()) {
    const batch = { queryId: 'q', batchId: version, topic: 't', end: { 0: '1' } };
    const told = version === toldAt ? { userMetadata: JSON.stringify(batch) } : {};
    const schemaString = '{"type":"struct","fields":[]}';
    const create = [
      { metaData: { id: 'id', schemaString, partitionColumns: [], configuration: {} } },
      { protocol: { minReaderVersion: 1, minWriterVersion: 2 } },
    ];
    const add = { path: `f${version}`, partitionValues: {}, size: 1, modificationTime: 0, dataChange: true };
    const actions = [{ commitInfo: told }, ...(version === 0 ? create : []), { add }];
    await store.put(commitKey(version), Buffer.from(actions.map((action) => JSON.stringify(action)).join('\n')));
    if (checkpointsAt.includes(version))
      await writeCheckpoint(store, checkpointContent(await openTable(store).refresh(), NOW));
    const at = (NOW - age * DAY_MS) / 1_000;
    utimesSync(path.join(folder, commitKey(version)), at, at);
  }
  return { store, folder };
}

/** Without the folder and the zeros. */
async function keys(store: ObjectStore): Promise<string[]> {
  const found = await store.list('_delta_log/');
  return found.map(({ key }) => key.replace(/^_delta_log\/0+(?=\d)/, '')).filter((key) => /^\d/.test(key));
}
