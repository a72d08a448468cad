import { execFile } from 'node:child_process';
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { DuckDBInstance } from '@duckdb/node-api';
import { expect, it } from 'vitest';
import { tempFolder } from '../support/temp.ts';

interface Cost {
  readonly outputRows: number;
  readonly files: number;
  readonly peakMb: number;
}

const HEAP_MB = 64;
const SMALL = 150_000;
const LARGE = 600_000;

/** As columns the large batch has 140 MB, encoded 30 MB; the limits are 8 and 4. All memory counts, not only the heap. */
it('a batch of any size takes the memory of a small one', { timeout: 180_000 }, async () => {
  const small = await addBatch(tempFolder(), SMALL);
  const root = tempFolder();
  const large = await addBatch(root, LARGE);
  // On a machine that is busy with other things the collector comes late, now and then.
  const again = await addBatch(tempFolder(), LARGE);
  expect(small).toMatchObject({ outputRows: SMALL, files: 20 });
  expect(large).toMatchObject({ outputRows: LARGE, files: 20 });
  expect(Math.min(large.peakMb, again.peakMb) - small.peakMb).toBeLessThan(40);
  expect(readdirSync(root)).toEqual(['table']);
  const connection = await (await DuckDBInstance.create()).connect();
  const sql = `SELECT count(*)::int, count(DISTINCT trans_num)::int, min(cc_num)::text FROM read_parquet('${root}/table/**/*.parquet')`;
  const read = (await connection.runAndReadAll(sql)).getRowsJson();
  expect(read).toEqual([[LARGE, LARGE, '4992346398065154184']]);
  connection.closeSync();
});

async function addBatch(root: string, rows: number): Promise<Cost> {
  const script = path.join(import.meta.dirname, 'large-batch.ts');
  const flags = [`--max-old-space-size=${HEAP_MB}`, '--max-semi-space-size=4'];
  const { stdout } = await promisify(execFile)(process.execPath, [...flags, script, root, String(rows)]);
  return JSON.parse(stdout) as Cost;
}
