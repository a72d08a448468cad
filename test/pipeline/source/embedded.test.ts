import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Source, TopicRecord } from '../../../src/pipeline/ports.ts';
import { openEmbeddedSource } from '../../../src/pipeline/source/embedded.ts';
import { openDatabase, type Database } from '../../../src/pipeline/sql.ts';
import { startTestPostgres, type TestPostgres } from '../../support/postgres.ts';

const TOPIC = 'postgres.public.transactions';

let postgres: TestPostgres;
let database: Database;
let source: Source;

beforeAll(async () => {
  postgres = await startTestPostgres();
  const { topics } = await postgres.createFraudDatabases();
  database = openDatabase(topics);
  source = openEmbeddedSource({ kind: 'embedded', postgres: topics, topic: TOPIC });
}, 60_000);

afterAll(async () => {
  await source.close();
  await database.close();
  await postgres.stop();
});

beforeEach(async () => {
  await database.query('DELETE FROM records');
  await database.query('DELETE FROM partitions');
  await database.query(
    'INSERT INTO partitions (topic, partition, log_start, log_end) VALUES ($1, 0, 0, 5000), ($1, 1, 7, 9)',
    [TOPIC],
  );
  await database.query(
    `INSERT INTO records (topic, partition, "offset", recorded_at_ms, key, value)
     SELECT $1, 0, n, 1735000000000 + n, convert_to(n::text, 'UTF8'), CASE WHEN n % 10 = 9 THEN NULL ELSE convert_to(repeat('x', 100), 'UTF8') END
     FROM generate_series(0, 4999) AS n`,
    [TOPIC],
  );
});

describe('the embedded topic', () => {
  it('tells where its partitions begin and end', async () => {
    expect(await source.bounds()).toEqual({
      start: new Map([
        [0, 0n],
        [1, 7n],
      ]),
      end: new Map([
        [0, 5000n],
        [1, 9n],
      ]),
    });
  });

  it('gives every record of a range in order, in chunks', async () => {
    const chunks = await read(10n, 4990n);
    const records = chunks.flat();
    expect(records.map(({ offset }) => offset)).toEqual(Array.from({ length: 4980 }, (_, n) => BigInt(n + 10)));
    expect(chunks.length).toBeGreaterThan(2);
    expect(records[0]).toMatchObject({ partition: 0, timestamp: 1735000000010, key: Buffer.from('10') });
    expect(records.filter(({ value }) => value === null)).toHaveLength(498);
  });

  it('bounds a chunk by its bytes, and still gives a record that is larger', async () => {
    await database.query(
      `UPDATE records SET value = convert_to(repeat('y', 5000000), 'UTF8') WHERE "offset" IN (3, 4, 5)`,
    );
    await database.query(`UPDATE records SET value = convert_to(repeat('z', 12000000), 'UTF8') WHERE "offset" = 6`);
    const chunks = await read(0n, 10n);
    expect(chunks.flat()).toHaveLength(10);
    expect(chunks.length).toBeGreaterThan(1);
    for (const chunk of chunks)
      expect(chunk.slice(0, -1).reduce((sum, { value }) => sum + (value?.length ?? 0), 0)).toBeLessThan(
        8 * 1024 * 1024,
      );
  });

  it('gives nothing for an empty range', async () => {
    expect(await read(5n, 5n)).toEqual([]);
  });

  it.each([
    ['its beginning', '"offset" < 20', 10n],
    ['its middle', '"offset" = 2500', 2500n],
    ['its end', '"offset" >= 4990', 4990n],
  ])('says DATA_LOSS when a range has lost %s', async (_name, where, missing) => {
    await database.query(`DELETE FROM records WHERE ${where}`);
    await expect(read(10n, 5000n)).rejects.toMatchObject({ code: 'DATA_LOSS', seen: `offset ${missing} is missing` });
  });

  it('has the identity of its cluster', async () => {
    expect(await source.clusterId()).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('shows published progress, the newest of each group', async () => {
    await source.publish(
      'g',
      new Map([
        [0, 5n],
        [1, 7n],
      ]),
    );
    await source.publish(
      'g',
      new Map([
        [0, 9n],
        [1, 8n],
      ]),
    );
    const rows = await database.query('SELECT partition, "offset" FROM group_offsets ORDER BY partition');
    expect(rows).toEqual([
      { partition: 0, offset: '9' },
      { partition: 1, offset: '8' },
    ]);
  });

  it('asks to be tried again while there is no topic yet', async () => {
    await database.query('DELETE FROM partitions');
    await expect(source.bounds()).rejects.toMatchObject({ code: 'SOURCE_UNAVAILABLE', retryable: true });
  });
});

async function read(from: bigint, until: bigint): Promise<(readonly TopicRecord[])[]> {
  const chunks: (readonly TopicRecord[])[] = [];
  const range = { start: new Map([[0, from]]), end: new Map([[0, until]]) };
  for await (const chunk of source.read(range, new AbortController().signal)) chunks.push([...chunk]);
  return chunks;
}
