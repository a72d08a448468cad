import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { finishClearing, type ClearStores } from '../../src/pipeline/checkpoint/clear.ts';
import { readQueryId } from '../../src/pipeline/checkpoint/inspect.ts';
import { openCheckpointLog } from '../../src/pipeline/checkpoint/log.ts';
import { clearNow, previewClearing, type ClearingParts } from '../../src/pipeline/clearing.ts';
import { systemClock } from '../../src/pipeline/clock.ts';
import { openTable } from '../../src/pipeline/delta/snapshot.ts';
import type { JobSettings } from '../../src/pipeline/job-settings.ts';
import type { ObjectStore } from '../../src/pipeline/ports.ts';
import { openLocalStore } from '../../src/pipeline/store/local.ts';
import { localFolder } from '../../src/pipeline/store/location.ts';
import { readSeen, writeSeen } from '../../src/pipeline/ownership/identity.ts';
import { openBench, type Bench } from './support/bench.ts';
import { memorySource } from './support/memory-source.ts';
import { afterOf, envelope } from './support/records.ts';
import { tempFolder } from './support/temp.ts';

describe('the preview', () => {
  it('says what would be read again, what waits and where everything goes, and changes nothing', async () => {
    const bench = await twoBatches();
    appendRows(bench, 10, 4);
    const before = await bench.checkpoint.list('');
    const preview = await previewClearing(partsOf(bench));
    expect(preview).toMatchObject({
      query: 'bronze',
      readAgain: 0,
      rowsDoubled: 0,
      alertsAgain: 0,
      startsFrom: 'Delta version 1',
      partitions: [
        { partition: 0, checkpoint: '5', startsAt: '5', readAgain: 0, waiting: 2 },
        { partition: 1, checkpoint: '5', startsAt: '5', readAgain: 0, waiting: 2 },
      ],
    });
    expect(preview.trash).toMatch(/_trash\/\d{4}-\d\d-\d\dT[\d-]+Z-checkpoint$/);
    expect(preview.sentences[2]).toBe('0 records are read again, 4 records wait to be read.');
    expect(await bench.checkpoint.list('')).toEqual(before);
  });

  it('goes on behind a batch that is in the table but was never confirmed', async () => {
    const bench = await twoBatches();
    await bench.checkpoint.delete('commits/1');
    const preview = await previewClearing(partsOf(bench));
    expect(preview.partitions.map(({ checkpoint, startsAt }) => [checkpoint, startsAt])).toEqual([
      ['3', '5'],
      ['3', '5'],
    ]);
  });

  it('of Alert reads an unconfirmed batch again', async () => {
    const bench = await twoBatches();
    await bench.checkpoint.delete('commits/1');
    const preview = await previewClearing(partsOf(bench, 'alert'));
    expect(preview).toMatchObject({ startsFrom: 'committed offsets of batch 0', alertsAgain: 0 });
    expect(preview.partitions.map(({ startsAt, waiting }) => [startsAt, waiting])).toEqual([
      ['3', 2],
      ['3', 2],
    ]);
  });

  it('begins at the first record when the table is empty', async () => {
    const bench = openBench(tempFolder());
    appendRows(bench, 0, 4);
    await bench.run(0);
    expect(await previewClearing(partsOf(bench))).toMatchObject({
      partitions: [{ startsAt: '0', waiting: 2 }, { startsAt: '0' }],
    });
  });

  it('works on a checkpoint that is damaged or gone', async () => {
    const bench = await twoBatches();
    await bench.checkpoint.put('offsets/1', Buffer.from('v1\n{'));
    await bench.checkpoint.delete('metadata');
    expect(await previewClearing(partsOf(bench))).toMatchObject({ queryId: null, startsFrom: 'Delta version 1' });
  });

  it('refuses offsets of another cluster', async () => {
    const bench = await twoBatches();
    bench.source.cluster = 'cluster-b';
    await expect(previewClearing(partsOf(bench))).rejects.toMatchObject({ code: 'SOURCE_CHANGED' });
  });
});

describe('beginning anew', () => {
  it('at the first record says how many rows double at most', async () => {
    const bench = await twoBatches();
    appendRows(bench, 10, 4);
    const preview = await previewClearing(partsOf(bench), 'earliest');
    expect(preview).toMatchObject({ from: 'earliest', sameSource: true, readAgain: 10, rowsDoubled: 10, skipped: 0 });
    expect(preview.sentences[1]).toBe('Up to 10 rows will be in the table twice: what is there stays there.');
    await clearNow(partsOf(bench), 'earliest');
    await bench.run(1);
    expect(bench.progress.at(-1)).toMatchObject({ batchId: 0, numInputRows: 14 });
  });

  it('at the end says how many records are skipped', async () => {
    const bench = await twoBatches();
    appendRows(bench, 10, 4);
    const preview = await previewClearing(partsOf(bench), 'latest');
    expect(preview).toMatchObject({ from: 'latest', skipped: 4, rowsDoubled: 0, readAgain: 0 });
    expect(preview.sentences[1]).toBe('4 records are skipped: they never come into the table.');
    await clearNow(partsOf(bench), 'latest');
    appendRows(bench, 14, 2);
    await bench.run(1);
    expect(bench.progress.at(-1)).toMatchObject({ batchId: 0, numInputRows: 2 });
  });

  it('doubles nothing while the table is empty, and of Alert sends nothing again', async () => {
    const bench = openBench(tempFolder());
    appendRows(bench, 0, 4);
    await bench.run(0);
    expect(await previewClearing(partsOf(bench), 'earliest')).toMatchObject({ rowsDoubled: 0 });
    expect(await previewClearing(partsOf(await twoBatches(), 'alert'), 'earliest')).toMatchObject({
      rowsDoubled: 0,
      alertsAgain: 0,
      readAgain: 10,
    });
  });

  it('on another topic counts what is there now, and takes it for the right one from then on', async () => {
    const bench = await twoBatches();
    const seen = { clusterId: 'cluster-a', topic: bench.source.topic, partitions: {} };
    await writeSeen(bench.checkpoint, seen);
    bench.source.cluster = 'cluster-b';
    await expect(previewClearing(partsOf(bench))).rejects.toMatchObject({ code: 'SOURCE_CHANGED' });
    const preview = await previewClearing(partsOf(bench), 'earliest');
    expect(preview).toMatchObject({ sameSource: false, readAgain: 0, rowsDoubled: 10 });
    expect(preview.sentences[1]).toMatch(/^The topic is not the one/);
    await clearNow(partsOf(bench), 'earliest');
    expect(await readSeen(bench.checkpoint)).toBeNull();
  });

  it('is the only way when the topic ends before the table does', async () => {
    const bench = await twoBatches();
    const shorter = { ...partsOf(bench), source: memorySource() };
    await expect(previewClearing(shorter)).rejects.toMatchObject({ code: 'SOURCE_CHANGED' });
    expect(await previewClearing(shorter, 'latest')).toMatchObject({
      partitions: [{ startsAt: '0' }, { startsAt: '0' }],
    });
  });
});

describe('clearing', () => {
  it('moves everything to the trash and goes on from the table with a new id', async () => {
    const bench = await twoBatches();
    const oldId = await readQueryId(bench.checkpoint);
    const result = await clearNow(partsOf(bench));
    expect(result.oldQueryId).toBe(oldId);
    expect(result.newQueryId).not.toBe(oldId);
    expect(readdirSync(result.trash).sort()).toEqual(['commits', 'metadata', 'offsets', 'sources']);
    expect(readdirSync(path.join(result.trash, 'offsets'))).toEqual(['0', '1']);
    appendRows(bench, 10, 4);
    await bench.run(1);
    expect(bench.progress.at(-1)).toMatchObject({
      id: result.newQueryId,
      batchId: 0,
      numInputRows: 4,
      x: { deltaVersion: 2 },
    });
    expect(rowsOf(await openTable(bench.table).refresh())).toBe(14);
  });

  it('is refused while a query owns the checkpoint', async () => {
    const bench = await twoBatches();
    const { takeLease } = await import('../../src/pipeline/ownership/lease.ts');
    const owner = { runId: 'query', host: 'elsewhere', pid: 1 };
    await takeLease({ store: bench.checkpoint, owner, clock: systemClock, replaceOwn: true });
    await expect(clearNow(partsOf(bench))).rejects.toMatchObject({ code: 'FENCED' });
    expect(existsSync(path.join(bench.root, '_trash'))).toBe(false);
  });

  it('cut short at any write is either not begun or finished by the next owner', async () => {
    for (let n = 1; ; n += 1) {
      const bench = await twoBatches();
      const oldId = await readQueryId(bench.checkpoint);
      const crash = crashAtWrite(n);
      const { checkpoint, parent } = storesOf(bench);
      const stores = { checkpoint: crash(checkpoint), parent: crash(parent) };
      const wasCut = await clearNow({ ...partsOf(bench), stores }).then(
        () => false,
        () => true,
      );
      await finishClearing(storesOf(bench), async () => undefined);
      const state = await openCheckpointLog(bench.checkpoint).read();
      const isOld = state.queryId?.ok && state.queryId.value === oldId;
      expect([n, state.offsetIds, state.commitIds]).toEqual(isOld ? [n, [0, 1], [0, 1]] : [n, [], []]);
      appendRows(bench, 10, 2);
      await bench.run(1);
      expect(rowsOf(await openTable(bench.table).refresh())).toBe(12);
      if (!isOld) {
        const trash = (await storesOf(bench).parent.list('_trash/')).map(({ key }) =>
          key.split('/').slice(2).join('/'),
        );
        expect(trash).toEqual(['commits/0', 'commits/1', 'metadata', 'offsets/0', 'offsets/1', 'sources/0/0']);
      }
      if (!wasCut) return;
    }
  }, 60_000);
});

async function twoBatches(): Promise<Bench> {
  const bench = openBench(tempFolder());
  appendRows(bench, 0, 6);
  await bench.run(1);
  appendRows(bench, 6, 4);
  await bench.run(1);
  return bench;
}

function appendRows({ source }: Bench, from: number, count: number): void {
  for (let n = from; n < from + count; n += 1) source.append(n % 2, [envelope(afterOf(n))]);
}

function storesOf({ root }: Bench): ClearStores {
  return { checkpoint: openLocalStore(path.join(root, 'checkpoint')), parent: openLocalStore(root) };
}

function partsOf(bench: Bench, query: JobSettings['query'] = 'bronze'): ClearingParts {
  const { root, source, table } = bench;
  const owner = { runId: 'clear', host: 'here', pid: process.pid };
  const job = {
    query,
    checkpoint: localFolder(path.join(root, 'checkpoint')),
    table: localFolder(path.join(root, 'table')),
    startingOffsets: 'earliest',
    owner,
  } as JobSettings;
  return { job, source, stores: storesOf(bench), table, clock: systemClock };
}

const rowsOf = ({ files }: { files: ReadonlyMap<string, { rows: number }> }): number =>
  [...files.values()].reduce((sum, { rows }) => sum + rows, 0);

/** The nth change, and every one after it, fails. */
function crashAtWrite(n: number): (store: ObjectStore) => ObjectStore {
  let writes = 0;
  const guard = <T>(work: () => Promise<T>): Promise<T> => {
    writes += 1;
    return writes >= n ? Promise.reject(new Error('crash')) : work();
  };
  return (store) => ({
    ...store,
    put: (key, bytes) => guard(() => store.put(key, bytes)),
    newObjects: () => ({
      put: (key, bytes) => guard(() => store.put(key, bytes)),
      durable: async () => undefined,
    }),
    putIfAbsent: (key, bytes) => guard(() => store.putIfAbsent(key, bytes)),
    delete: (key) => guard(() => store.delete(key)),
  });
}
