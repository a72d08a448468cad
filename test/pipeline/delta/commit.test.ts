import { describe, expect, it } from 'vitest';
import { parseCommitFile, serializeCommit, type BatchMetadata } from '../../../src/pipeline/delta/actions.ts';
import { commitBatch, type Append, type Outcome } from '../../../src/pipeline/delta/commit.ts';
import { commitKey } from '../../../src/pipeline/delta/path.ts';
import { findNewestBatch, openTable } from '../../../src/pipeline/delta/snapshot.ts';
import type { ObjectStore } from '../../../src/pipeline/ports.ts';
import { openLocalStore } from '../../../src/pipeline/store/local.ts';
import { tempFolder } from '../support/temp.ts';

const COLUMNS = [
  { name: 'cc_num', type: 'long' },
  { name: 'day', type: 'integer' },
] as const;

const batchOf = (batchId: number, queryId = 'query-1'): BatchMetadata => ({
  queryId,
  batchId,
  clusterId: 'cluster-a',
  topic: 't',
  start: { 0: String(batchId) },
  end: { 0: String(batchId + 1) },
  deadLetters: 1,
  notes: 2,
  skips: 3,
});

const ADD = {
  path: 'day=1/part-00000-u.c000.snappy.parquet',
  partitionValues: { day: '1' },
  size: 7613,
  modificationTime: 1767000000000,
  dataChange: true,
  stats:
    '{"numRecords":3,"minValues":{"cc_num":4992346398065154184},"maxValues":{"cc_num":4992346398065154184},"nullCount":{"cc_num":0}}',
};

const appendOf = (batchId: number, queryId?: string): Append => ({
  batch: batchOf(batchId, queryId),
  rows: 3,
  adds: [ADD],
  columns: COLUMNS,
  partitionBy: ['day'],
});

it('writes the first version word by word', () => {
  const stamp = { timestamp: 1767000000000, txnId: 'attempt-1' };
  const create = { tableId: 'table-1', columns: COLUMNS, partitionBy: ['day'] };
  const commit = { version: 0, batch: batchOf(0), rows: 3, adds: [ADD], stamp, create };
  expect(serializeCommit(commit).toString().split('\n')).toEqual([
    '{"commitInfo":{"timestamp":1767000000000,"operation":"STREAMING UPDATE","operationParameters":{"outputMode":"Append","queryId":"query-1","epochId":"0"},"isolationLevel":"Serializable","isBlindAppend":true,"operationMetrics":{"numRemovedFiles":"0","numOutputRows":"3","numOutputBytes":"7613","numAddedFiles":"1"},"userMetadata":"{\\"queryId\\":\\"query-1\\",\\"batchId\\":0,\\"clusterId\\":\\"cluster-a\\",\\"topic\\":\\"t\\",\\"start\\":{\\"0\\":\\"0\\"},\\"end\\":{\\"0\\":\\"1\\"},\\"deadLetters\\":1,\\"notes\\":2,\\"skips\\":3}","engineInfo":"Sluice/0.1.0","txnId":"attempt-1"}}',
    '{"metaData":{"id":"table-1","format":{"provider":"parquet","options":{}},"schemaString":"{\\"type\\":\\"struct\\",\\"fields\\":[{\\"name\\":\\"cc_num\\",\\"type\\":\\"long\\",\\"nullable\\":true,\\"metadata\\":{}},{\\"name\\":\\"day\\",\\"type\\":\\"integer\\",\\"nullable\\":true,\\"metadata\\":{}}]}","partitionColumns":["day"],"configuration":{},"createdTime":1767000000000}}',
    '{"protocol":{"minReaderVersion":1,"minWriterVersion":2}}',
    '{"txn":{"appId":"query-1","version":0,"lastUpdated":1767000000000}}',
    '{"add":{"path":"day=1/part-00000-u.c000.snappy.parquet","partitionValues":{"day":"1"},"size":7613,"modificationTime":1767000000000,"dataChange":true,"stats":"{\\"numRecords\\":3,\\"minValues\\":{\\"cc_num\\":4992346398065154184},\\"maxValues\\":{\\"cc_num\\":4992346398065154184},\\"nullCount\\":{\\"cc_num\\":0}}"}}',
    '',
  ]);
});

it('names the version it read from the second one on', () => {
  const commit = {
    version: 7,
    batch: batchOf(7),
    rows: 0,
    adds: [],
    stamp: { timestamp: 5, txnId: 'x' },
    create: null,
  };
  expect(serializeCommit(commit).toString()).toContain('"epochId":"7"},"readVersion":6,"isolationLevel"');
});

describe('committing', () => {
  it('puts each batch into a version of its own, once', async () => {
    const store = openLocalStore(tempFolder());
    expect(await commit(store, 0)).toEqual({ kind: 'committed', version: 0 });
    expect(await commit(store, 1)).toEqual({ kind: 'committed', version: 1 });
    expect(await commit(store, 1)).toEqual({ kind: 'already' });
  });

  it('knows its own commit when the answer to the put was lost', async () => {
    const store = openLocalStore(tempFolder());
    const deaf: ObjectStore = {
      ...store,
      putIfAbsent: async (key, bytes) => (await store.putIfAbsent(key, bytes)) && 'exists',
    };
    expect(await commit(deaf, 0)).toEqual({ kind: 'committed', version: 0 });
    expect(await store.get(commitKey(1))).toBeNull();
  });

  it('goes one version further when another writer appended in between', async () => {
    const store = openLocalStore(tempFolder());
    await commit(store, 0);
    const beaten = beforeFirstPut(store, () => commit(store, 5, 'query-2'));
    expect(await commit(beaten, 1)).toEqual({ kind: 'committed', version: 2 });
    const log = await Promise.all(
      [0, 1, 2].map(async (version) => parseCommitFile((await store.get(commitKey(version))) ?? Buffer.alloc(0))),
    );
    expect(log.map((actions) => actions.find(({ txn }) => txn)?.txn)).toMatchObject([
      { appId: 'query-1', version: 0 },
      { appId: 'query-2', version: 5 },
      { appId: 'query-1', version: 1 },
    ]);
  });

  it('is done when the other writer committed this very batch', async () => {
    const store = openLocalStore(tempFolder());
    await commit(store, 0);
    const beaten = beforeFirstPut(store, () => commit(store, 1));
    expect(await commit(beaten, 1)).toEqual({ kind: 'already' });
  });

  it('is fenced when the other writer is further with this query', async () => {
    const store = openLocalStore(tempFolder());
    await commit(store, 0);
    const beaten = beforeFirstPut(store, () => commit(store, 2));
    await expect(commit(beaten, 1)).rejects.toMatchObject({ code: 'FENCED' });
  });

  it.each([
    ['metaData', { metaData: { id: 'x', schemaString: '{"fields":[]}', partitionColumns: [], configuration: {} } }],
    ['protocol', { protocol: { minReaderVersion: 1, minWriterVersion: 2 } }],
  ])('stops when the other writer changed the %s', async (_name, action) => {
    const store = openLocalStore(tempFolder());
    await commit(store, 0);
    const beaten = beforeFirstPut(store, () => store.putIfAbsent(commitKey(1), Buffer.from(JSON.stringify(action))));
    await expect(commit(beaten, 1)).rejects.toMatchObject({ code: 'TABLE_UNSUPPORTED' });
  });

  it('asks whether it is still the owner right before the put', async () => {
    const store = openLocalStore(tempFolder());
    await expect(commit(store, 0, 'query-1', () => Promise.reject(new Error('fenced')))).rejects.toThrow('fenced');
    expect(await store.list('')).toEqual([]);
  });

  it('of ten writers at once puts every batch in, in versions without a gap', async () => {
    const store = openLocalStore(tempFolder());
    await commit(store, 0, 'first');
    const outcomes = await Promise.all(Array.from({ length: 10 }, (_, each) => commit(store, 0, `writer-${each}`)));
    const versions = outcomes.map((outcome) => (outcome.kind === 'committed' ? outcome.version : -1));
    expect(versions.sort((a, b) => a - b)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  });
});

describe('a table that is not ours to write', () => {
  it.each([
    [
      'deletionVectors',
      {
        minReaderVersion: 3,
        minWriterVersion: 7,
        readerFeatures: ['deletionVectors'],
        writerFeatures: ['deletionVectors'],
      },
    ],
    ['writer version 5', { minReaderVersion: 2, minWriterVersion: 5 }],
  ])('is refused, naming %s', async (seen, protocol) => {
    const store = openLocalStore(tempFolder());
    await store.put(commitKey(0), Buffer.from(`${JSON.stringify({ protocol })}\n`));
    await expect(commit(store, 0)).rejects.toMatchObject({
      code: 'TABLE_UNSUPPORTED',
      seen: expect.stringContaining(seen),
    });
  });

  it('is refused when its columns or folders are others', async () => {
    const store = openLocalStore(tempFolder());
    await commit(store, 0);
    const other = { ...appendOf(1), columns: [{ name: 'cc_num', type: 'string' }] as const };
    await expect(commitAppend(store, other)).rejects.toMatchObject({
      seen: 'column cc_num is "long" instead of string',
    });
    await expect(commitAppend(store, { ...appendOf(1), partitionBy: [] })).rejects.toMatchObject({
      seen: 'the table is partitioned by day',
    });
  });

  it('is refused when a part of its log is missing', async () => {
    const store = openLocalStore(tempFolder());
    await store.put(commitKey(3), Buffer.from('{"commitInfo":{}}'));
    await expect(openTable(store).refresh()).rejects.toMatchObject({ code: 'TABLE_UNSUPPORTED' });
  });
});

it('finds the newest batch of a topic, whoever wrote it', async () => {
  const store = openLocalStore(tempFolder());
  await commit(store, 0);
  await commit(store, 4, 'query-2');
  await store.putIfAbsent(
    commitKey(2),
    Buffer.from('{"commitInfo":{"operation":"OPTIMIZE","userMetadata":"by hand"}}'),
  );
  expect(await findNewestBatch(store, 't')).toMatchObject({
    version: 1,
    batch: { queryId: 'query-2', end: { 0: '5' } },
  });
  expect(await findNewestBatch(store, 'other')).toBeNull();
});

function commit(
  store: ObjectStore,
  batchId: number,
  queryId?: string,
  checkOwner = async (): Promise<void> => undefined,
): Promise<Outcome> {
  return commitAppend(store, appendOf(batchId, queryId), checkOwner);
}

let attempts = 0;
function commitAppend(
  store: ObjectStore,
  append: Append,
  checkOwner = async (): Promise<void> => undefined,
): Promise<Outcome> {
  const uuid = (): string => `attempt-${(attempts += 1)}`;
  return commitBatch({ store, table: openTable(store), now: () => 1767000000000, uuid, checkOwner }, append);
}

/** Somebody else is faster, right before the first put. */
function beforeFirstPut(store: ObjectStore, work: () => Promise<unknown>): ObjectStore {
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
