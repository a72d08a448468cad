import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { fenceTable } from '../../../src/pipeline/bronze/fence.ts';
import { readQueryId } from '../../../src/pipeline/checkpoint/inspect.ts';
import { clearNow, type ClearingParts } from '../../../src/pipeline/clearing.ts';
import { listLog } from '../../../src/pipeline/delta/log-files.ts';
import { openTable, readCommit } from '../../../src/pipeline/delta/snapshot.ts';
import type { JobSettings } from '../../../src/pipeline/job-settings.ts';
import { LEASE_TIMES, mayStillWrite, takeLease, type Lease } from '../../../src/pipeline/ownership/lease.ts';
import type { Clock, ObjectStore } from '../../../src/pipeline/ports.ts';
import { openLocalStore } from '../../../src/pipeline/store/local.ts';
import { localFolder } from '../../../src/pipeline/store/location.ts';
import { readParquet } from '../../../src/pipeline/delta/parquet-read.ts';
import { readDelta } from '../../support/deltalake.ts';
import { openBench, type Bench } from '../support/bench.ts';
import { afterOf, envelope } from '../support/records.ts';
import { tempFolder } from '../support/temp.ts';

/** A run that falls asleep between asking for its lease and the put, and what others do until it wakes up. */
const ASLEEP_AT = { table: /^_delta_log\//, promise: /^offsets\// } as const;

describe('a run that falls asleep right before its put', () => {
  it.each([
    ['before the first version of the table', 0],
    ['before a later version', 2],
  ])('%s commits nothing after a take-over, and nothing is lost or doubled', async (_name, batches) => {
    const house = await open(batches);
    await append(house.bench, 4);
    await expect(house.sleepAt('table', () => house.takeOver())).rejects.toMatchObject({ code: 'FENCED' });
    expect(await house.rows()).toHaveLength(batches * 4);
    await house.runAs(house.heir, 1);
    await house.expectOnce((batches + 1) * 4);
    expect(await operations(house.bench.table)).toContain('TAKE OVER');
  });

  it('finds its batch done when the new owner has run it again', async () => {
    const house = await open(1);
    await append(house.bench, 4);
    const asleep = house.sleepAt('table', async () => {
      await house.takeOver();
      await house.runAs(house.heir, 1);
    });
    await expect(asleep).rejects.toMatchObject({ code: 'FENCED' });
    await house.expectOnce(8);
  });

  it('commits nothing when the checkpoint was cleared in between, and its old id would not be seen', async () => {
    const house = await open(2);
    const before = await readQueryId(house.bench.checkpoint);
    await append(house.bench, 4);
    const asleep = house.sleepAt('table', async () => {
      await house.clear();
      await house.takeOver();
      await house.runAs(house.heir, 1);
    });
    await expect(asleep).rejects.toMatchObject({ code: 'FENCED' });
    expect(await readQueryId(house.bench.checkpoint)).not.toBe(before);
    await house.expectOnce(12);
  });

  it('leaves its promise to the new owner, who runs that batch', async () => {
    const house = await open(1);
    await append(house.bench, 4);
    const asleep = house.sleepAt('promise', () => house.takeOver());
    await expect(asleep).rejects.toMatchObject({ code: 'FENCED' });
    expect(await promised(house.bench)).toEqual(['offsets/0', 'offsets/1']);
    await append(house.bench, 4);
    await house.runAs(house.heir, 2);
    expect(house.bench.progress.at(-2)).toMatchObject({ batchId: 1, numInputRows: 4, x: { recovered: true } });
    await house.expectOnce(12);
  });

  it('takes its promise back when the checkpoint was cleared in between', async () => {
    const house = await open(2);
    await append(house.bench, 4);
    const asleep = house.sleepAt('promise', async () => {
      await house.clear();
      await house.takeOver();
      await house.runAs(house.heir, 1);
    });
    await expect(asleep).rejects.toMatchObject({ code: 'FENCED' });
    expect(await promised(house.bench)).toEqual(['offsets/0']);
    await append(house.bench, 4);
    await house.runAs(house.heir, 1);
    await house.expectOnce(16);
  });
});

it('the mark of a take-over is a version that other readers take as it is', async () => {
  const house = await open(0);
  await house.takeOver();
  await append(house.bench, 4);
  await house.runAs(house.heir, 1);
  await house.takeOver();
  const seen = await readDelta(path.join(house.bench.root, 'table'));
  expect(seen).toMatchObject({ version: 2, rows: 4, distinct_trans_num: 4 });
  expect(await operations(house.bench.table)).toEqual(['TAKE OVER', 'STREAMING UPDATE', 'TAKE OVER']);
});

interface House {
  readonly bench: Bench;
  heir: Lease;
  /** Runs the owner until it is about to put such a key; then others work; then it wakes up. */
  sleepAt(where: keyof typeof ASLEEP_AT, meanwhile: () => Promise<void>): Promise<void>;
  takeOver(): Promise<void>;
  clear(): Promise<void>;
  runAs(lease: Lease, batches: number): Promise<void>;
  rows(): Promise<string[]>;
  /** Every row that was sent is in the table once, and the batches of a query count one by one. */
  expectOnce(count: number): Promise<void>;
}

async function open(batches: number): Promise<House> {
  const bench = openBench(tempFolder());
  const clock: Clock & { time: number } = {
    time: 1_767_000_000_000,
    now() {
      return this.time;
    },
    sleep: async () => undefined,
  };
  const lease = (runId: string): Promise<Lease> => {
    clock.time += LEASE_TIMES.expiryMs + 1;
    return takeLease({ store: bench.checkpoint, owner: owner(runId), clock, replaceOwn: false });
  };
  const sleeper = await lease('sleeper');
  const house: House = {
    bench,
    heir: sleeper,
    sleepAt: (where, meanwhile) => {
      let fell = false;
      const sleeping = (store: ObjectStore): ObjectStore => ({
        ...store,
        putIfAbsent: async (key, bytes) => {
          if (!fell && ASLEEP_AT[where].test(key)) {
            fell = true;
            await meanwhile();
          }
          return store.putIfAbsent(key, bytes);
        },
      });
      return bench.run(1, { parts: { lease: sleeper }, table: sleeping, checkpoint: sleeping });
    },
    takeOver: async () => {
      house.heir = await lease('heir');
      if (mayStillWrite(house.heir, false)) await fenceTable(bench.table, clock, house.heir, 'heir');
    },
    clear: async () => {
      clock.time += LEASE_TIMES.expiryMs + 1;
      await clearNow(clearingParts(bench, clock));
    },
    runAs: (by, count) => bench.run(count, { parts: { lease: by } }),
    rows: () => transNums(bench.table),
    expectOnce: async (count) => {
      const wanted = Array.from({ length: count }, (_, index) => `t${index}`).sort();
      expect((await house.rows()).sort()).toEqual(wanted);
      for (const ids of (await batchIds(bench.table)).values()) expect(ids).toEqual(ids.map((_, index) => index));
    },
  };
  for (let batch = 0; batch < batches; batch += 1) {
    await append(bench, 4);
    await bench.run(1, { parts: { lease: sleeper } });
  }
  return house;
}

const owner = (runId: string) => ({ runId, host: 'other-host', pid: 1 });

async function append({ source }: Bench, count: number): Promise<void> {
  const from = [...(await source.bounds()).end.values()].reduce((sum, end) => sum + Number(end), 0);
  for (let n = from; n < from + count; n += 1) source.append(n % 2, [envelope(afterOf(n))]);
}

async function transNums(table: ObjectStore): Promise<string[]> {
  const { files } = await openTable(table).refresh();
  const parts = await Promise.all([...files.keys()].map((file) => table.get(file)));
  const rows = await Promise.all(parts.map((bytes) => readParquet(bytes ?? Buffer.alloc(0))));
  return rows.flat().map((row) => String(row['trans_num']));
}

function clearingParts(bench: Bench, clock: Clock): ClearingParts {
  const job = {
    query: 'bronze',
    checkpoint: localFolder(path.join(bench.root, 'checkpoint')),
    table: localFolder(path.join(bench.root, 'table')),
    startingOffsets: 'earliest',
    owner: owner('clearing'),
  } as JobSettings;
  const stores = { checkpoint: bench.checkpoint, parent: openLocalStore(bench.root) };
  return { job, source: bench.source, stores, table: bench.table, clock };
}

async function operations(table: ObjectStore): Promise<(string | undefined)[]> {
  const commits = await Promise.all((await listLog(table, 0)).commits.map((each) => readCommit(table, each)));
  return commits.map((actions) => actions?.find(({ commitInfo }) => commitInfo)?.commitInfo?.operation);
}

/** Query id -> its batches in the order of the log. */
async function batchIds(table: ObjectStore): Promise<Map<string, number[]>> {
  const ids = new Map<string, number[]>();
  for (const version of (await listLog(table, 0)).commits) {
    for (const { txn } of (await readCommit(table, version)) ?? []) {
      if (txn) ids.set(txn.appId, [...(ids.get(txn.appId) ?? []), txn.version]);
    }
  }
  return ids;
}

async function promised({ checkpoint }: Bench): Promise<string[]> {
  const keys = (await checkpoint.list('offsets/')).map(({ key }) => key);
  return keys.filter((key) => !key.endsWith('.crc'));
}
