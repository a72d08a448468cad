/** Maintenance killed with SIGKILL at each of its failpoints; afterwards an independent reader finds every row, and the next try ends well. */
import { spawn } from 'node:child_process';
import path from 'node:path';
import { expect, it } from 'vitest';
import { checkpointContent, writeCheckpoint } from '../../../../src/pipeline/delta/checkpoint.ts';
import { BY_HAND } from '../../../../src/pipeline/delta/maintain/plan.ts';
import { optimize } from '../../../../src/pipeline/delta/maintain/optimize.ts';
import { openTable } from '../../../../src/pipeline/delta/snapshot.ts';
import { readDelta } from '../../../support/deltalake.ts';
import { manyFiles, partsOf, rowsOf } from './support.ts';

const HOST = path.join(import.meta.dirname, 'host.ts');
const DAYS = '40';

function look(folder: string, task: string, failpoints?: string): Promise<NodeJS.Signals | number | null> {
  const { SLUICE_FAILPOINTS: _, ...env } = process.env;
  const armed = failpoints === undefined ? env : { ...env, SLUICE_FAILPOINTS: failpoints };
  const child = spawn(process.execPath, [HOST, folder, task, DAYS], { env: armed, stdio: 'inherit' });
  return new Promise((resolve) => child.once('close', (code, signal) => resolve(signal ?? code)));
}

it.each([
  ['checkpoint', 'b11=kill@1', 'while the Parquet file is written'],
  ['checkpoint', 'b11=kill@2', 'between the file and _last_checkpoint'],
  ['cleanup', 'b11=kill@1', 'before the first old commit is deleted'],
  ['optimize', 'b5=kill@3', 'while a new file is written'],
  ['optimize', 'b14=kill@1', 'between the new files and the commit'],
  ['optimize', 'b7=kill@1', 'while the commit is put'],
  ['vacuum', 'b14=kill@1', 'before the first file is deleted'],
])('%s killed at %s, %s', { timeout: 120_000 }, async (task, failpoints) => {
  const bench = await manyFiles(2);
  const folder = path.join(bench.root, 'table');
  if (task === 'cleanup' || task === 'vacuum') {
    await optimize(partsOf(bench.table), BY_HAND);
    await writeCheckpoint(bench.table, checkpointContent(await openTable(bench.table).refresh(), Date.now()));
  }
  const rows = await rowsOf(bench.table);
  expect(await look(folder, task, failpoints)).toBe('SIGKILL');
  expect(await rowsOf(bench.table)).toEqual(rows);
  expect(await readDelta(folder)).toMatchObject({ rows: 10, distinct_trans_num: 10 });
  expect(await look(folder, task)).toBe(0);
  expect(await rowsOf(bench.table)).toEqual(rows);
});
