import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { describe, expect, it } from 'vitest';
import { readParquet } from '../../../src/pipeline/delta/parquet-read.ts';
import { openParquetFile, writeParquet } from '../../../src/pipeline/delta/parquet.ts';
import type { TableColumn, TableRow } from '../../../src/pipeline/delta/schema.ts';
import { columnsOf } from '../../../src/pipeline/delta/table-columns.ts';
import { tempFolder } from '../support/temp.ts';

const COLUMNS: TableColumn[] = [
  { name: 's', type: 'string' },
  { name: 'l', type: 'long' },
  { name: 'i', type: 'integer' },
  { name: 'd', type: 'double' },
  { name: 't', type: 'timestamp' },
];

const ROWS: TableRow[] = [
  { s: 'Ramírez\u2028😀', l: 4992346398065154184n, i: 2147483647, d: -0, t: 1546300818000001n },
  { s: '', l: -9223372036854775808n, i: -2147483648, d: 1e-7, t: -1n },
  { s: null, l: null, i: null, d: null, t: null },
  { s: 'x'.repeat(5000), l: 9223372036854775807n, i: 0, d: NaN, t: 253402300799999999n },
];

describe('a Parquet file', () => {
  it('gives back every value exactly', async () => {
    const rows = await readParquet(writeParquet(COLUMNS, ROWS));
    expect(rows).toEqual(ROWS);
    expect(Object.is(rows[0]?.['d'], -0)).toBe(true);
  });

  it('is read exactly by DuckDB, with one row group and nullable columns', async () => {
    const file = path.join(tempFolder(), 'x.parquet');
    writeFileSync(file, writeParquet(COLUMNS, ROWS));
    const connection = await (await DuckDBInstance.create()).connect();
    const ask = async (sql: string): Promise<unknown[]> => (await connection.runAndReadAll(sql)).getRowsJson();
    expect(await ask(`SELECT l::text, epoch_us(t)::text, s, i FROM '${file}'`)).toEqual([
      ['4992346398065154184', '1546300818000001', 'Ramírez\u2028😀', 2147483647],
      ['-9223372036854775808', '-1', '', -2147483648],
      [null, null, null, null],
      ['9223372036854775807', '253402300799999999', 'x'.repeat(5000), 0],
    ]);
    expect(await ask(`SELECT num_row_groups, created_by FROM parquet_file_metadata('${file}')`)).toEqual([
      ['1', expect.stringMatching(/^\S+ version \S+ \(build \S+\)$/)],
    ]);
    const schema = await ask(
      `SELECT name, type, repetition_type, converted_type FROM parquet_schema('${file}') WHERE name <> 'spark_schema'`,
    );
    expect(schema).toEqual([
      ['s', 'BYTE_ARRAY', 'OPTIONAL', 'UTF8'],
      ['l', 'INT64', 'OPTIONAL', null],
      ['i', 'INT32', 'OPTIONAL', null],
      ['d', 'DOUBLE', 'OPTIONAL', null],
      ['t', 'INT64', 'OPTIONAL', 'TIMESTAMP_MICROS'],
    ]);
    connection.closeSync();
  });

  it('leaves columns as they are that do not become smaller, and is read exactly all the same', async () => {
    const columns = COLUMNS.slice(0, 2);
    const file = openParquetFile(columns);
    const parts: Buffer[] = [];
    const rows: TableRow[] = [];
    for (let group = 0; group < 20; group += 1) {
      const some = Array.from({ length: 10 }, () => ({ s: randomBytes(16).toString('hex'), l: 1n + BigInt(group) }));
      rows.push(...some);
      parts.push(Buffer.from(file.append(columnsOf(columns, some))));
    }
    const bytes = Buffer.concat([...parts, file.finish()]);
    expect(await readParquet(bytes)).toEqual(rows);
    const target = path.join(tempFolder(), 'x.parquet');
    writeFileSync(target, bytes);
    const connection = await (await DuckDBInstance.create()).connect();
    const ask = async (sql: string): Promise<unknown[]> => (await connection.runAndReadAll(sql)).getRowsJson();
    const codecs = await ask(`SELECT compression FROM parquet_metadata('${target}') WHERE path_in_schema = 's'`);
    expect([codecs[0], codecs.at(-1)]).toEqual([['SNAPPY'], ['UNCOMPRESSED']]);
    expect(await ask(`SELECT s, l::text FROM '${target}'`)).toEqual(rows.map(({ s, l }) => [s, String(l)]));
    connection.closeSync();
  });

  it('of many rows has one row group', async () => {
    const rows = Array.from({ length: 5_000 }, (_, n) => ({
      s: `row ${n}`,
      l: BigInt(n),
      i: n,
      d: n / 2,
      t: BigInt(n),
    }));
    expect(await readParquet(writeParquet(COLUMNS, rows))).toEqual(rows);
  });
});
