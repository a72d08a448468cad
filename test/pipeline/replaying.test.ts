import path from 'node:path';
import { describe, expect, it } from 'vitest';
import type { AlertReplayParts } from '../../src/pipeline/alert/replay.ts';
import { systemClock } from '../../src/pipeline/clock.ts';
import { parseReplayMetadata } from '../../src/pipeline/delta/actions.ts';
import { readParquet } from '../../src/pipeline/delta/parquet-read.ts';
import { findNewestBatch, openTable, readCommit } from '../../src/pipeline/delta/snapshot.ts';
import type { JobSettings } from '../../src/pipeline/job-settings.ts';
import { takeLease } from '../../src/pipeline/ownership/lease.ts';
import type { ObjectStore } from '../../src/pipeline/ports.ts';
import { openReader } from '../../src/pipeline/quarantine/reader.ts';
import { openQuarantine } from '../../src/pipeline/quarantine/store.ts';
import { dryRun, replay, type ReplayParts } from '../../src/pipeline/replaying.ts';
import { openLocalStore } from '../../src/pipeline/store/local.ts';
import { openBench, type Bench } from './support/bench.ts';
import { afterOf, envelope, record } from './support/records.ts';
import { tempFolder } from './support/temp.ts';

const ALL = { query: 'all' } as const;

describe('a dry run', () => {
  it('tells what each letter would become and writes nothing', async () => {
    const { bench, parts } = await withLetters();
    const before = [await bench.table.list(''), await bench.checkpoint.list('')];
    const view = await dryRun(parts, ALL);
    expect(view).toMatchObject({ records: 4, pass: 3, bronzeRows: 3, deltaVersions: [] });
    expect(view.rows.map(({ offset, bronze }) => [offset, bronze?.kind])).toEqual([
      ['3', 'row'],
      ['2', 'row'],
      ['1', 'row'],
      ['0', 'dead'],
    ]);
    expect(view.rows[2]?.bronze).toEqual({ kind: 'row', transNum: 't1', amount: 9.68, notes: 0 });
    expect([await bench.table.list(''), await bench.checkpoint.list('')]).toEqual(before);
  });
});

describe('a replay', () => {
  it('appends what gives a row, by a commit that tells the offsets and moves none', async () => {
    const { bench, parts, queryId } = await withLetters();
    const start = await findNewestBatch(bench.table, bench.source.topic);
    expect(await replay(parts, 'bronze', ALL)).toMatchObject({
      records: 4,
      pass: 3,
      bronzeRows: 3,
      deltaVersions: [1],
    });
    expect(await transNums(bench)).toEqual(['t1', 't2', 't3', 't4', 't5']);
    const commit = (await readCommit(bench.table, 1)) ?? [];
    expect(commit.find(({ txn }) => txn)?.txn).toMatchObject({ appId: `${queryId}/replay`, version: 1 });
    expect(parseReplayMetadata(commit[0]?.commitInfo)).toEqual({
      queryId,
      number: 1,
      clusterId: 'cluster-a',
      topic: bench.source.topic,
      offsets: { 0: ['3', '2', '1'] },
    });
    expect(await findNewestBatch(bench.table, bench.source.topic)).toEqual(start);
    const { rows } = await openReader(storesOf(bench)).list(ALL, 0, 9);
    expect(rows.map(({ offset, found }) => [offset, found[0]?.replayed?.deltaVersion ?? null])).toEqual([
      ['3', 1],
      ['2', 1],
      ['1', 1],
      ['0', null],
    ]);
  });

  it('appends nothing the second time', async () => {
    const { bench, parts } = await withLetters();
    await replay(parts, 'bronze', ALL);
    const again = await replay(parts, 'bronze', ALL);
    expect(again).toMatchObject({ bronzeRows: 0, deltaVersions: [] });
    expect(again.rows.map(({ bronze }) => bronze?.kind)).toEqual(['replayed', 'replayed', 'replayed', 'dead']);
    expect(await transNums(bench)).toEqual(['t1', 't2', 't3', 't4', 't5']);
  });

  it('takes only what was chosen, and counts on', async () => {
    const { bench, parts } = await withLetters();
    const { rows } = await parts.reader.list(ALL, 0, 9);
    await replay(parts, 'bronze', { query: 'all', ids: [rows[1]?.id ?? ''] });
    expect(await transNums(bench)).toEqual(['t2', 't4', 't5']);
    expect(await replay(parts, 'bronze', { query: 'all', reason: 'UNKNOWN_OP' })).toMatchObject({ deltaVersions: [2] });
    expect(await transNums(bench)).toEqual(['t1', 't2', 't3', 't4', 't5']);
  });

  it('leaves the query to go on where it was', async () => {
    const { bench, parts } = await withLetters();
    await replay(parts, 'bronze', ALL);
    bench.source.append(0, [envelope(afterOf(6))]);
    await bench.run(1);
    expect(bench.progress.at(-1)).toMatchObject({ batchId: 1, numInputRows: 1, x: { deltaVersion: 2 } });
    expect(await transNums(bench)).toEqual(['t1', 't2', 't3', 't4', 't5', 't6']);
  });

  it('is refused while somebody owns the checkpoint, and names the owner', async () => {
    const { bench, parts } = await withLetters();
    const owner = { runId: 'the-query', host: 'h', pid: process.pid };
    await takeLease({ store: bench.checkpoint, owner, clock: systemClock, replaceOwn: false });
    await expect(replay(parts, 'bronze', ALL)).rejects.toMatchObject({
      code: 'FENCED',
      seen: expect.stringContaining('the-query') as string,
    });
    expect(await transNums(bench)).toEqual(['t4', 't5']);
  });

  it('writes each row once, whichever write it dies at, before or after it', async () => {
    let died = 0;
    for (const when of ['before', 'after'] as const) {
      for (let at = 1; at <= 40; at += 1) {
        const { bench, parts } = await withLetters();
        const dying = dieAt(at, when);
        const cut = { ...parts, table: dying(bench.table), reader: openReader(storesOf(bench, dying)) };
        const result = await replay(cut, 'bronze', ALL).catch((error: Error) => error.message);
        if (typeof result !== 'string') break;
        expect(result).toBe('died here');
        died += 1;
        const fresh = { ...parts, reader: openReader(storesOf(bench)) };
        await replay(fresh, 'bronze', ALL);
        expect({ at, when, rows: await transNums(bench) }).toEqual({ at, when, rows: ['t1', 't2', 't3', 't4', 't5'] });
        const { rows } = await fresh.reader.list(ALL, 0, 9);
        expect(rows.filter(({ found }) => found[0]?.replayed)).toHaveLength(3);
      }
    }
    expect(died).toBeGreaterThanOrEqual(10);
  }, 120_000);
});

/** One batch of two rows is in the table; four letters of it, of which today's parser reads three. */
async function withLetters(): Promise<{ bench: Bench; parts: ReplayParts; queryId: string }> {
  const bench = openBench(tempFolder());
  bench.source.append(0, ['{"cut', ...[1, 2, 3].map(() => '{"op":"x"}'), envelope(afterOf(4)), envelope(afterOf(5))]);
  await bench.run(1);
  const queryId = bench.progress[0]?.id ?? '';
  // As an older program would have left it: these three it could not read.
  const deadLetters = [
    { record: record(0, 0n, '{"cut'), code: 'NOT_JSON', reason: 'the value is not JSON' } as const,
    ...[1, 2, 3].map((n) => ({
      record: record(0, BigInt(n), envelope(afterOf(n))),
      code: 'UNKNOWN_OP' as const,
      reason: 'not known then',
    })),
  ];
  const batch = { queryId, batchId: 0, clusterId: 'cluster-a', topic: bench.source.topic, notes: [] };
  await openQuarantine(storesOf(bench).bronze).put({ ...batch, deadLetters });
  return { bench, parts: partsOf(bench), queryId };
}

function partsOf(bench: Bench): ReplayParts {
  const owner = { runId: 'replayer', host: 'h', pid: process.pid };
  const job = { owner, table: { kind: 'local', path: bench.root } } as JobSettings;
  return {
    reader: openReader(storesOf(bench)),
    jobs: { bronze: job, alert: job },
    checkpoints: { bronze: bench.checkpoint, alert: bench.checkpoint },
    table: bench.table,
    alert: (): AlertReplayParts => {
      throw new Error('Alert has no letters here');
    },
    clock: systemClock,
  };
}

function storesOf({ root }: Bench, change: (store: ObjectStore) => ObjectStore = (store) => store) {
  return {
    bronze: change(openLocalStore(path.join(root, 'quarantine'))),
    alert: openLocalStore(path.join(root, 'quarantine-alert')),
  };
}

/** Fails the nth write of all stores together, and every one after it, as a process that is gone. */
function dieAt(n: number, when: 'before' | 'after'): (store: ObjectStore) => ObjectStore {
  let writes = 0;
  return (store) => {
    const guard = async <T>(work: () => Promise<T>): Promise<T> => {
      writes += 1;
      if (writes > n || (writes === n && when === 'before')) throw new Error('died here');
      const value = await work();
      if (writes === n) throw new Error('died here');
      return value;
    };
    return {
      ...store,
      put: (key, bytes) => guard(() => store.put(key, bytes)),
      newObjects: () => ({
        put: (key, bytes) => guard(() => store.put(key, bytes)),
        durable: async () => undefined,
      }),
      putIfAbsent: (key, bytes) => guard(() => store.putIfAbsent(key, bytes)),
      delete: (key) => guard(() => store.delete(key)),
    };
  };
}

/** Of every row of the table, read from its live files. */
async function transNums({ table }: Bench): Promise<string[]> {
  const { files } = await openTable(table).refresh();
  const found: string[] = [];
  for (const file of files.keys()) {
    const bytes = await table.get(decodeURIComponent(file));
    const rows = await readParquet(bytes ?? Buffer.alloc(0), { columns: ['trans_num'] });
    found.push(...rows.map((row) => String(row['trans_num'])));
  }
  return found.sort();
}
