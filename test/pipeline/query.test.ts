import { cpSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseCommitFile } from '../../src/pipeline/delta/actions.ts';
import { openTable } from '../../src/pipeline/delta/snapshot.ts';
import { readParquet } from '../../src/pipeline/delta/parquet-read.ts';
import { decodePath } from '../../src/pipeline/delta/path.ts';
import { SluiceError } from '../../src/pipeline/errors.ts';
import type { QueryProgress } from '../../src/pipeline/events.ts';
import type { ObjectStore, Sink } from '../../src/pipeline/ports.ts';
import { readDelta } from '../support/deltalake.ts';
import { openBench, type Bench } from './support/bench.ts';
import { memorySource } from './support/memory-source.ts';
import { afterOf, envelope, FIXTURES, goldenRecords } from './support/records.ts';
import { tempFolder } from './support/temp.ts';

describe('a query', () => {
  it('writes batches that an independent reader finds once each, a batch run twice included', async () => {
    const bench = openBench(tempFolder());
    appendRows(bench, 0, 7);
    await bench.run(1);
    appendRows(bench, 7, 5);
    await expect(bench.run(1, { checkpoint: failing('commits/1') })).rejects.toThrow('crash');
    appendRows(bench, 12, 3);
    await bench.run(1);
    expect(await readDelta(path.join(bench.root, 'table'))).toEqual({
      version: 2,
      rows: 15,
      distinct_trans_num: 15,
      cc_num_min: '4992346398065154184',
      cc_num_max: '4992346398065154184',
    });
    expect(bench.logs).toEqual([
      'Batch 0: Writing to Bronze layer... 7 rows, version 0',
      'Batch 1: Writing to Bronze layer... 5 rows, version 1',
      'Batch 1: already written by an earlier run, confirmed now',
      'Batch 2: Writing to Bronze layer... 3 rows, version 2',
    ]);
  }, 60_000);

  it('ends at what was available, and tells where table and topic stand by then', async () => {
    const bench = openBench(tempFolder());
    appendRows(bench, 0, 4);
    const told: QueryProgress[] = [];
    const lateRows = (sink: Sink): Sink => ({
      ...sink,
      addBatch: async (batch) => {
        appendRows(bench, 4, 2);
        return sink.addBatch(batch);
      },
    });
    const parts = { runs: 'available-now', emit: (each: QueryProgress) => void told.push(each) } as const;
    await bench.run(1, { sink: lateRows, parts });
    const [batch, end] = told;
    expect(told).toHaveLength(2);
    expect(batch).toMatchObject({ batchId: 0, numInputRows: 4 });
    expect(end).toMatchObject({ x: { idle: true, deltaVersion: 0 }, numInputRows: 0 });
    expect(end?.sources[0]).toMatchObject({ endOffset: { 0: '2', 1: '2' }, latestOffset: { 0: '3', 1: '3' } });
  });

  it('tells of a batch in the words of Spark', async () => {
    const bench = openBench(tempFolder());
    bench.source.append(0, [
      envelope(afterOf(1)),
      null,
      'garbage',
      envelope({ ...afterOf(2), zip: '12x' }),
      envelope(null, 'd'),
    ]);
    await bench.run(1);
    expect(bench.progress[0]).toMatchObject({
      name: 'bronze',
      batchId: 0,
      numInputRows: 5,
      sources: [
        {
          startOffset: { 0: '0', 1: '0' },
          endOffset: { 0: '5', 1: '0' },
          latestOffset: { 0: '5', 1: '0' },
          numInputRows: 5,
        },
      ],
      sink: { numOutputRows: 2 },
      x: { recovered: false, deadLetters: 1, coercionNotes: 1, skips: 2, deltaVersion: 0, files: 2 },
    });
    expect(bench.source.published.get('sluice-bronze')).toEqual(
      new Map([
        [0, 5n],
        [1, 0n],
      ]),
    );
  });

  it('runs an open batch again with its range and its time, whatever has come since', async () => {
    const bench = openBench(tempFolder());
    appendRows(bench, 0, 4);
    await expect(bench.run(1, { sink: failingSink })).rejects.toThrow('crash');
    const promised = textOf(bench, 'offsets/0');
    appendRows(bench, 4, 9);
    await bench.run(2);
    expect(textOf(bench, 'offsets/0')).toBe(promised);
    expect(bench.progress.map(({ batchId, numInputRows, x }) => [batchId, numInputRows, x.recovered])).toEqual([
      [0, 4, true],
      [1, 9, false],
    ]);
    const times = (await readRows(bench)).map((row) => row['ingestion_time']);
    const promisedAt = (JSON.parse(promised.split('\n')[1] ?? '') as { batchTimestampMs: number }).batchTimestampMs;
    expect(times.filter((time) => time === BigInt(promisedAt) * 1000n)).toHaveLength(4);
  });

  it('commits a batch without a row, so that the table knows of it', async () => {
    const bench = openBench(tempFolder());
    bench.source.append(0, [null, 'garbage']);
    await bench.run(1);
    const [commit] = [
      parseCommitFile(readFileSync(path.join(bench.root, 'table/_delta_log/00000000000000000000.json'))),
    ];
    expect(commit?.some(({ add }) => add)).toBe(false);
    expect(commit?.find(({ txn }) => txn)?.txn?.version).toBe(0);
  });

  it('makes no batch when nothing is new', async () => {
    const bench = openBench(tempFolder());
    await bench.run(0);
    expect(await bench.checkpoint.list('offsets/')).toEqual([]);
    expect(await bench.checkpoint.get('sources/0/0')).not.toBeNull();
  });
});

describe('a checkpoint and a table of Spark', () => {
  it('are taken over: the next batch, the same query id, the settings as they were', async () => {
    const bench = takeOver('checkpoint', 'log');
    await bench.run(1);
    expect(bench.progress[0]).toMatchObject({ batchId: 12, numInputRows: 1, x: { deltaVersion: 12 } });
    const [old, now] = [textOf(bench, 'offsets/11'), textOf(bench, 'offsets/12')];
    const confOf = (text: string): unknown => (JSON.parse(text.split('\n')[1] ?? '') as { conf: unknown }).conf;
    expect(confOf(now)).toEqual(confOf(old));
    expect((await openTable(bench.table).refresh()).txns).toEqual(
      new Map([['c5bf0e66-abe1-4b98-948d-161b3155fbbd', 12]]),
    );
  });

  it('of the replaced job are taken over, though the table has no mark of its batches', async () => {
    const bench = takeOver('foreach/checkpoint', 'foreach/log');
    await bench.run(1);
    expect(bench.progress[0]).toMatchObject({ batchId: 4, numInputRows: 1, x: { deltaVersion: 4 } });
  });

  it('of the replaced job, dead before it confirmed, are not written again', async () => {
    const bench = takeOver('foreach/checkpoint', 'foreach/log');
    await bench.checkpoint.delete('commits/3');
    await bench.run(1);
    expect(bench.logs[0]).toBe('Batch 3: already written by an earlier run, confirmed now');
    expect(bench.progress[0]).toMatchObject({ batchId: 4, numInputRows: 1 });
  });

  it('of the replaced job, dead before it wrote, are written now', async () => {
    const bench = takeOver('foreach/checkpoint', 'foreach/log');
    await bench.checkpoint.delete('commits/3');
    await bench.table.delete('_delta_log/00000000000000000003.json');
    await bench.run(1);
    expect(bench.progress[0]).toMatchObject({ batchId: 3, x: { recovered: true, deltaVersion: 3 } });
  });
});

describe('trouble', () => {
  const away = new SluiceError('SOURCE_UNAVAILABLE', {
    tried: 'a',
    seen: 'b',
    expected: 'c',
    action: 'd',
    retryable: true,
  });

  it('that may pass is tried again inside the batch', async () => {
    const bench = openBench(tempFolder());
    appendRows(bench, 0, 4);
    bench.source.failNext('read', away, 2);
    bench.source.failNext('publish', away);
    await bench.run(1);
    expect(await readRows(bench)).toHaveLength(4);
    expect(bench.logs.filter((line) => line.includes('(try'))).toHaveLength(2);
  });

  it('that takes away the answer of a commit does not add the batch a second time', async () => {
    const bench = openBench(tempFolder());
    appendRows(bench, 0, 4);
    let isFirst = true;
    const table = (store: ObjectStore): ObjectStore => ({
      ...store,
      putIfAbsent: async (key, bytes) => {
        const result = await store.putIfAbsent(key, bytes);
        if (!isFirst) return result;
        isFirst = false;
        throw away;
      },
    });
    await bench.run(1, { table });
    expect(bench.progress[0]).toMatchObject({ numInputRows: 4, sink: { numOutputRows: 4 } });
    expect(bench.logs.at(-1)).toBe('Batch 0: already in the table');
    expect((await openTable(bench.table).refresh()).version).toBe(0);
    expect(await readRows(bench)).toHaveLength(4);
  });

  it('that does not pass ends the query with its own code', async () => {
    const bench = openBench(tempFolder());
    appendRows(bench, 0, 4);
    await bench.run(0);
    bench.source.failNext('read', away, 50);
    await expect(bench.run(1)).rejects.toMatchObject({ code: 'SOURCE_UNAVAILABLE' });
    expect(bench.source.reads.length).toBeLessThanOrEqual(6);
  });

  it('of retention is DATA_LOSS with numbers, before anything is promised', async () => {
    const bench = openBench(tempFolder());
    appendRows(bench, 0, 4);
    await bench.run(1);
    appendRows(bench, 4, 10);
    bench.source.truncate(0, 5n);
    await expect(bench.run(1)).rejects.toMatchObject({
      code: 'DATA_LOSS',
      seen: expect.stringContaining('3 offsets are lost'),
    });
    expect(await bench.checkpoint.get('offsets/1')).toBeNull();
  });

  it('of a topic that ends before the checkpoint is SOURCE_CHANGED', async () => {
    const root = tempFolder();
    const bench = openBench(root);
    appendRows(bench, 0, 4);
    await bench.run(1);
    await expect(openBench(root, memorySource()).run(1)).rejects.toMatchObject({ code: 'SOURCE_CHANGED' });
  });

  it('of a lost lease stops the batch before its next commit step', async () => {
    const bench = openBench(tempFolder());
    appendRows(bench, 0, 4);
    const fenced = new SluiceError('FENCED', { tried: 'a', seen: 'b', expected: 'c', action: 'd' });
    const refuse = (): Promise<never> => Promise.reject(fenced);
    const lease = { check: refuse, checkLately: refuse };
    await expect(bench.run(1, { parts: { lease } })).rejects.toMatchObject({ code: 'FENCED' });
    expect(await bench.checkpoint.list('offsets/')).toEqual([]);
  });

  it('of a lease that was lost a moment ago leaves the promise to the new owner, and nothing in the table', async () => {
    const bench = openBench(tempFolder());
    appendRows(bench, 0, 4);
    const fenced = new SluiceError('FENCED', { tried: 'a', seen: 'b', expected: 'c', action: 'd' });
    const lease = { check: () => Promise.reject(fenced), checkLately: async () => undefined };
    await expect(bench.run(1, { parts: { lease } })).rejects.toMatchObject({ code: 'FENCED' });
    expect(await bench.checkpoint.get('offsets/0')).not.toBeNull();
    expect(await bench.table.list('_delta_log/')).toEqual([]);
    await bench.run(1);
    await expectTiled(bench);
  });
});

describe('a crash', () => {
  const MODES = ['before', 'after'] as const;

  it.each(MODES)(
    '%s the nth write, for every n, loses no row and doubles none',
    async (mode) => {
      let wasHit = true;
      for (let n = 1; wasHit; n += 1) {
        const bench = openBench(tempFolder());
        appendRows(bench, 0, 6);
        bench.source.append(1, ['garbage']);
        const crash = crashAtWrite(n, mode);
        wasHit = await bench.run(1, { checkpoint: crash.wrap, table: crash.wrap }).then(
          () => false,
          () => true,
        );
        appendRows(bench, 6, 4);
        await bench.run(bench.progress.length > 0 && !wasHit ? 1 : await batchesLeft(bench));
        const rows = await readRows(bench);
        expect({ n, rows: rows.map((row) => row['trans_num']).sort() }).toEqual({ n, rows: names(10) });
        await expectTiled(bench);
      }
    },
    60_000,
  );
});

/** After a crash: an open batch that is not in the table yet, and the batch with what came since. */
async function batchesLeft(bench: Bench): Promise<number> {
  const open = (await bench.checkpoint.list('offsets/')).length > (await bench.checkpoint.list('commits/')).length;
  const inTable = (await openTable(bench.table).refresh()).version >= 0;
  return open && !inTable ? 2 : 1;
}

/** Every commit tells its range; together they cover the topic without gap and without overlap. */
async function expectTiled(bench: Bench): Promise<void> {
  const snapshot = await openTable(bench.table).refresh();
  const next = new Map<string, string>();
  for (let version = 0; version <= snapshot.version; version += 1) {
    const bytes = await bench.table.get(`_delta_log/${String(version).padStart(20, '0')}.json`);
    const info = parseCommitFile(bytes ?? Buffer.alloc(0)).find(({ commitInfo }) => commitInfo)?.commitInfo;
    const { start, end } = JSON.parse(info?.userMetadata ?? '{}') as {
      start: Record<string, string>;
      end: Record<string, string>;
    };
    for (const [partition, from] of Object.entries(start)) expect(from).toBe(next.get(partition) ?? '0');
    for (const [partition, until] of Object.entries(end)) next.set(partition, until);
  }
  const bounds = await bench.source.bounds();
  expect(Object.fromEntries(next)).toEqual(
    Object.fromEntries([...bounds.end].map(([each, end]) => [String(each), end.toString()])),
  );
}

function crashAtWrite(n: number, mode: 'before' | 'after') {
  let writes = 0;
  const guard = async <T>(work: () => Promise<T>): Promise<T> => {
    writes += 1;
    if (writes === n && mode === 'before') throw new Error('crash');
    const value = await work();
    if (writes === n && mode === 'after') throw new Error('crash');
    if (writes > n) throw new Error('crash');
    return value;
  };
  const wrap = (store: ObjectStore): ObjectStore => ({
    ...store,
    put: (key, bytes) => guard(() => store.put(key, bytes)),
    newObjects: () => ({
      put: (key, bytes) => guard(() => store.put(key, bytes)),
      durable: async () => undefined,
    }),
    putIfAbsent: (key, bytes) => guard(() => store.putIfAbsent(key, bytes)),
  });
  return { wrap };
}

const failing =
  (key: string) =>
  (store: ObjectStore): ObjectStore => ({
    ...store,
    putIfAbsent: (each, bytes) => (each === key ? Promise.reject(new Error('crash')) : store.putIfAbsent(each, bytes)),
  });

const failingSink = (sink: Sink): Sink => ({ ...sink, addBatch: () => Promise.reject(new Error('crash')) });

/** A golden run and its topic, with one record more. */
function takeOver(checkpoint: string, log: string): Bench {
  const root = tempFolder();
  cpSync(path.join(FIXTURES, 'golden', checkpoint), path.join(root, 'checkpoint'), { recursive: true });
  cpSync(path.join(FIXTURES, 'golden', log), path.join(root, 'table'), { recursive: true });
  const source = memorySource(3, 'golden.public.transactions');
  source.appendRecords(goldenRecords());
  source.append(0, [envelope(afterOf(1))]);
  return openBench(root, source);
}

async function readRows({ table }: Bench): Promise<Record<string, unknown>[]> {
  const { files } = await openTable(table).refresh();
  const rows = await Promise.all(
    [...files.keys()].map(async (file) => readParquet((await table.get(decodePath(file))) ?? Buffer.alloc(0))),
  );
  return rows.flat();
}

function appendRows({ source }: Bench, from: number, count: number): void {
  for (let n = from; n < from + count; n += 1) source.append(n % 2, [envelope(afterOf(n))]);
}

const names = (count: number): string[] => Array.from({ length: count }, (_, n) => `t${n}`).sort();

function textOf({ root }: Bench, key: string): string {
  return readFileSync(path.join(root, 'checkpoint', key), 'utf8');
}
