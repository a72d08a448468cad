/** One batch, cut into row groups and files as a large one is, and read by others. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { describe, expect, it } from 'vitest';
import type { BronzeLimits } from '../../../src/pipeline/bronze/limits.ts';
import { BRONZE_COLUMNS, toBronzeRow } from '../../../src/pipeline/bronze/rows.ts';
import { openBronzeSink } from '../../../src/pipeline/bronze/sink.ts';
import { parseChange } from '../../../src/pipeline/cdc/parse.ts';
import { systemClock } from '../../../src/pipeline/clock.ts';
import { decodePath } from '../../../src/pipeline/delta/path.ts';
import { openTable } from '../../../src/pipeline/delta/snapshot.ts';
import type { BatchResult } from '../../../src/pipeline/ports.ts';
import { openQuarantine } from '../../../src/pipeline/quarantine/store.ts';
import { openLocalStore } from '../../../src/pipeline/store/local.ts';
import { readDeltaRows } from '../../support/deltalake.ts';
import { BATCH_TIME } from '../support/columns.ts';
import { afterOf, envelope, record } from '../support/records.ts';
import { tempFolder } from '../support/temp.ts';

/** So small that each day gets several files of several row groups, most of which wait on disk. */
const LIMITS: BronzeLimits = { columnBytes: 200_000, encodedBytes: 20_000, fileBytes: 25_000 };
const ROWS = 6_000;
const RECORDS = Array.from({ length: ROWS }, (_, n) => record(0, BigInt(n), messageOf(n)));

/** What everybody must read: columns as text, doubles by their bits, in the order of `trans_num`. */
const WANTED = RECORDS.map((each) => {
  const change = parseChange(each);
  if (change.kind !== 'row') throw new Error(`no row but ${change.kind}`);
  const row = toBronzeRow(change.row, BATCH_TIME);
  return BRONZE_COLUMNS.map(({ name, type }) => toText(type, row[name as keyof typeof row]));
}).sort(byTransNum);

describe('a batch of many row groups and files', () => {
  it('is read exactly by delta-rs', async () => {
    const { table } = await writeTable();
    const rows = await readDeltaRows(table);
    const read = rows.map((row) => BRONZE_COLUMNS.map(({ name, type }) => fromPython(type, row[name] ?? null)));
    expect(read.sort(byTransNum)).toEqual(WANTED);
  });

  it('is read exactly by DuckDB, and its bounds hide no row', async () => {
    const { table, files } = await writeTable();
    const connection = await (await DuckDBInstance.create()).connect();
    const ask = async (sql: string) => (await connection.runAndReadAll(sql)).getRowsJson();
    const from = `read_parquet([${files.map((file) => `'${path.join(table, file)}'`).join(', ')}], hive_partitioning = true, hive_types_autocast = true)`;
    const columns = BRONZE_COLUMNS.map(({ name, type }) => {
      if (type === 'timestamp') return `epoch_us("${name}")::text`;
      return type === 'double' ? `CASE WHEN "${name}" IS NULL THEN NULL ELSE "${name}"::text END` : `"${name}"::text`;
    });
    const read = (await ask(`SELECT ${columns.join(', ')} FROM ${from}`)) as (string | null)[][];
    expect(read.map(doublesToBits).sort(byTransNum)).toEqual(WANTED);
    const groups = await ask(
      `SELECT file_name, count(DISTINCT row_group_id)::int FROM parquet_metadata([${files.map((file) => `'${path.join(table, file)}'`).join(', ')}]) GROUP BY 1`,
    );
    expect(Math.max(...groups.map(([, count]) => Number(count)))).toBeGreaterThan(2);
    for (const n of [0, 17, ROWS - 1]) {
      const condition = `cc_num = ${4992346398065154184n - BigInt(n)} AND trans_num = 't${n}' AND merchant = 'Zoë ${n % 3000}'`;
      expect(await ask(`SELECT count(*)::int FROM ${from} WHERE ${condition}`)).toEqual([[1]]);
    }
    connection.closeSync();
  });

  it('names each file once, with as many rows as were written', async () => {
    const { table, result, files } = await writeTable();
    expect(new Set(files).size).toBe(files.length);
    expect(result).toMatchObject({ inputRows: ROWS, outputRows: ROWS, extras: { files: files.length } });
    const { files: live } = await openTable(openLocalStore(table)).refresh();
    expect([...live.values()].reduce((sum, { rows }) => sum + rows, 0)).toBe(ROWS);
    const folders = new Set(files.map((file) => path.dirname(file)));
    expect(folders.size).toBe(6);
    expect(files.length).toBeGreaterThan(folders.size);
    for (const file of files) expect(readFileSync(path.join(table, file)).length).toBeLessThan(2 * LIMITS.fileBytes);
  });
});

/** Days, nulls, escapes, all 64 bits, odd doubles; texts that repeat and texts that do not. */
function messageOf(n: number): string {
  const odd = ['1e-7', '-0.0', '1e22', '33.986391000000005', '4.9e-324', '179769313486231570e290', '9007199254740993'];
  const text = envelope({
    ...afterOf(n),
    cc_num: 'CARD',
    merchant: `Zoë ${n % 3000}`,
    job: n % 5 === 0 ? null : `a "${n % 7}"`,
    lat: 'LATITUDE',
    zip: n % 3 === 0 ? null : n - 3000,
    first: n > 5_000 ? null : n % 11 === 0 ? '' : '😀',
    trans_date_trans_time: n % 50 === 0 ? null : 1546300800000000 + (n % 5) * 86_400_000_000 + n,
  });
  return text
    .replace('"CARD"', String(4992346398065154184n - BigInt(n)))
    .replace('"LATITUDE"', odd[n % odd.length] ?? '0');
}

async function writeTable(): Promise<{ table: string; files: string[]; result: BatchResult }> {
  const root = tempFolder();
  const table = path.join(root, 'table');
  const store = openLocalStore(table);
  const sink = openBronzeSink({
    store,
    path: table,
    quarantine: openQuarantine(openLocalStore(path.join(root, 'quarantine'))),
    clock: systemClock,
    log: () => undefined,
    checkOwner: async () => undefined,
    limits: { ...LIMITS, spillFolder: root },
  });
  const range = { start: new Map([[0, 0n]]), end: new Map([[0, BigInt(ROWS)]]) };
  const records = (async function* () {
    for (let at = 0; at < ROWS; at += 700) yield RECORDS.slice(at, at + 700);
  })();
  const batch = { id: 0, timestamp: BATCH_TIME, queryId: 'q', topic: 't', clusterId: 'c', range, gaps: [], records };
  const result = await sink.addBatch(batch);
  await sink.close();
  const { files } = await openTable(store).refresh();
  return { table, files: [...files.keys()].map(decodePath), result };
}

function toText(type: string, value: unknown): string | null {
  if (value === null) return null;
  return type === 'double' ? bitsOf(value as number) : String(value);
}

function bitsOf(value: number): string {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleBE(value);
  return bytes.toString('hex');
}

/** DuckDB prints a double with the digits that name it. */
function doublesToBits(row: (string | null)[]): (string | null)[] {
  return row.map((text, index) =>
    text !== null && BRONZE_COLUMNS[index]?.type === 'double' ? bitsOf(Number(text.replace('inf', 'Infinity'))) : text,
  );
}

/** Python prints the bits of a double in a form of its own, see `delta-rows.py`. */
function fromPython(type: string, text: string | null): string | null {
  return text === null || type !== 'double' ? text : Buffer.from(text, 'hex').toString('hex');
}

function byTransNum(a: (string | null)[], b: (string | null)[]): number {
  const at = BRONZE_COLUMNS.findIndex(({ name }) => name === 'trans_num');
  return (a[at] ?? '') < (b[at] ?? '') ? -1 : 1;
}
