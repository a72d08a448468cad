/** Looking after a table that lies on a real S3 server: the same as in a folder, where an independent reader sees it. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkpointContent, writeCheckpoint } from '../../../src/pipeline/delta/checkpoint.ts';
import { cleanLog } from '../../../src/pipeline/delta/cleanup.ts';
import { readHealth } from '../../../src/pipeline/delta/maintain/health.ts';
import { optimize } from '../../../src/pipeline/delta/maintain/optimize.ts';
import { BY_HAND } from '../../../src/pipeline/delta/maintain/plan.ts';
import { vacuum } from '../../../src/pipeline/delta/maintain/vacuum.ts';
import { openTable } from '../../../src/pipeline/delta/snapshot.ts';
import { openStore, type OpenStore } from '../../../src/pipeline/store/open.ts';
import { manyFiles, partsOf, rowsOf } from '../../pipeline/delta/maintain/support.ts';
import { startLake, type Lake } from './lake.ts';
import { notRun } from './not-run.ts';
import { S3_KEYS, s3Obstacle, type S3Kind } from './s3.ts';

const DAY_MS = 86_400_000;
const BATCHES = 12;

describe.each<S3Kind>(['minio', 'versitygw'])('a table on S3', (kind) => {
  describe.skipIf(notRun(kind, s3Obstacle(kind)))(kind, () => {
    let lake: Lake;
    let store: OpenStore;

    beforeAll(async () => {
      lake = await startLake(kind);
      const { endpoint } = lake.server;
      const how = { region: 'us-east-1', forcePathStyle: true, credentials: { ...S3_KEYS, sessionToken: null } };
      store = await openStore({ kind: 's3', bucket: 'lakehouse', prefix: 'table', endpoint, ...how }, () => undefined);
    });

    afterAll(async () => {
      store?.close();
      await lake?.server.stop();
    });

    it('is put together, swept and shortened, and holds the same rows all the time', async () => {
      const { table: local } = await manyFiles(BATCHES);
      for (const { key } of await local.list('')) {
        if (!/(^|\/)\.[^/]*$/.test(key)) await store.put(key, (await local.get(key)) ?? Buffer.alloc(0));
      }
      const before = await rowsOf(store);
      const { version, ...facts } = await lake.read('table');
      expect([before.length, version]).toEqual([BATCHES * 5, BATCHES - 1]);
      await store.put('year=2019/month=1/day=1/part-orphan.parquet', Buffer.from('orphan'));

      expect(await optimize(partsOf(store), BY_HAND)).toMatchObject({
        filesRemoved: BATCHES * 5,
        filesAdded: 5,
        gaveUp: 0,
      });
      expect(await lake.read('table')).toEqual({ version: BATCHES, ...facts });

      const later = Date.now() + 40 * DAY_MS;
      const dry = await vacuum(partsOf(store, later), true);
      expect(dry).toMatchObject({ files: BATCHES * 5 + 1, deleted: 0 });
      expect(await vacuum(partsOf(store, later), false)).toMatchObject({ deleted: BATCHES * 5 + 1 });
      expect((await store.list('year=')).length).toBe(5);
      expect(await lake.read('table')).toEqual({ version: BATCHES, ...facts });

      const table = openTable(store);
      await writeCheckpoint(store, checkpointContent(await table.refresh(), later));
      const { deleted } = await cleanLog(store, { now: later, retentionMs: 30 * DAY_MS });
      expect(deleted).toBeGreaterThanOrEqual(BATCHES);
      expect(await rowsOf(store)).toEqual(before);
      expect(await lake.read('table')).toEqual({ version: BATCHES, ...facts });
      expect(await readHealth({ store, table, path: 'table', now: () => later })).toMatchObject({ orphans: 0 });
    });
  });
});
