import { statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { describe, expect, it } from 'vitest';
import { readParquet } from '../../../src/pipeline/delta/parquet-read.ts';
import type { QuarantineBatch } from '../../../src/pipeline/quarantine/dead-letter.ts';
import { openQuarantine } from '../../../src/pipeline/quarantine/store.ts';
import { writeQuarantineFile } from '../../../src/pipeline/quarantine/parquet.ts';
import { openLocalStore } from '../../../src/pipeline/store/local.ts';
import { record } from '../support/records.ts';
import { tempFolder } from '../support/temp.ts';

const ALL_BYTES = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));
const EMPTY: QuarantineBatch = { queryId: 'q', batchId: 7, clusterId: 'c', topic: 't', deadLetters: [], notes: [] };
const LETTER = { record: record(3, 9007199254740993n, ALL_BYTES), code: 'NOT_UTF8', reason: 'no text' } as const;
const NOTE = { record: record(1, 5n, 'x'), note: { column: 'zip', raw: '12x' } } as const;

describe('a dead letter', () => {
  it('keeps all 256 byte values, read by two readers', async () => {
    const root = tempFolder();
    const payloads = [ALL_BYTES, Buffer.alloc(0), Buffer.from([0xff]), null, Buffer.alloc(70_000, 0xfe)];
    const rows = payloads.map((payload) => ({ payload }));
    const bytes = await writeQuarantineFile({ payload: 'bytes' }, rows);
    const file = path.join(root, 'x.parquet');
    writeFileSync(file, bytes);
    const connection = await (await DuckDBInstance.create()).connect();
    const read = await connection.runAndReadAll(`SELECT hex(payload) FROM '${file}'`);
    expect(read.getRowsJson().map(([hex]) => hex)).toEqual(
      payloads.map((each) => each?.toString('hex').toUpperCase() ?? null),
    );
    connection.closeSync();
  });

  it('stands with its origin in a file that the batch determines', async () => {
    const root = tempFolder();
    const store = openLocalStore(root);
    const quarantine = openQuarantine(store);
    for (const _again of [1, 2]) await quarantine.put({ ...EMPTY, deadLetters: [LETTER], notes: [NOTE] });
    const keys = (await store.list('')).map(({ key }) => key);
    expect(keys).toEqual(['dead-letters/q/0000000007.parquet', 'notes/q/0000000007.parquet']);
    const [letter] = await readParquet((await store.get(keys[0] ?? '')) ?? Buffer.alloc(0));
    expect(letter).toMatchObject({
      cluster: 'c',
      topic: 't',
      partition: '3',
      offset: '9007199254740993',
      query_id: 'q',
      batch_id: '7',
      code: 'NOT_UTF8',
    });
    const [note] = await readParquet((await store.get(keys[1] ?? '')) ?? Buffer.alloc(0));
    expect(note).toMatchObject({ partition: '1', offset: '5', column: 'zip', raw: '12x' });
  });

  it('that is found after its batch was committed stands beside the letters of the batch', async () => {
    const store = openLocalStore(tempFolder());
    const quarantine = openQuarantine(store);
    await quarantine.put({ ...EMPTY, deadLetters: [LETTER] });
    await quarantine.put({ ...EMPTY, part: 'p0-o41', deadLetters: [LETTER] });
    const keys = (await store.list('')).map(({ key }) => key);
    expect(keys).toEqual(['dead-letters/q/0000000007-p0-o41.parquet', 'dead-letters/q/0000000007.parquet']);
  });

  it('is readable only by its owner', async () => {
    const root = path.join(tempFolder(), 'quarantine');
    await openQuarantine(openLocalStore(root)).put({ ...EMPTY, deadLetters: [LETTER] });
    expect(statSync(root).mode & 0o777).toBe(0o700);
    expect(statSync(path.join(root, 'dead-letters/q/0000000007.parquet')).mode & 0o777).toBe(0o600);
  });
});

it('writes nothing for a batch without letters', async () => {
  const store = openLocalStore(tempFolder());
  await openQuarantine(store).put(EMPTY);
  expect(await store.list('')).toEqual([]);
});
