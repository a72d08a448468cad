/**
 * Do all readers find the same rows while a table is looked after? Spark, delta-rs and DuckDB read it before, during and
 * after compaction, vacuum and log cleanup, and count by statistics and by a full scan.
 * `npm run bench -- readers [--batches 40]`; one JSON line for each look in `test-results/bench/readers.jsonl`.
 */
import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync, utimesSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs, promisify } from 'node:util';
import { crc32 } from 'node:zlib';
import { DuckDBInstance } from '@duckdb/node-api';
import { cleanLog } from '../../src/pipeline/delta/cleanup.ts';
import { optimize } from '../../src/pipeline/delta/maintain/optimize.ts';
import { BY_HAND } from '../../src/pipeline/delta/maintain/plan.ts';
import { vacuum } from '../../src/pipeline/delta/maintain/vacuum.ts';
import { decodePath } from '../../src/pipeline/delta/path.ts';
import { openTable } from '../../src/pipeline/delta/snapshot.ts';
import { openLocalStore } from '../../src/pipeline/store/local.ts';
import { memorySource } from '../../test/pipeline/support/memory-source.ts';
import { afterOf, envelope } from '../../test/pipeline/support/records.ts';
import { deltalakePython } from '../../test/support/deltalake.ts';
import { bringSpark, startSpark } from '../../test/support/spark.ts';
import { runBatches } from '../growth/query.ts';
import { openResults } from '../support/results.ts';

const { values: options } = parseArgs({ options: { batches: { type: 'string', default: '40' } } });
const DAY_MS = 86_400_000;

interface Found {
  readonly rows: number;
  readonly keys: number;
  readonly crc: number;
  readonly pruned: number;
  readonly scanned: number;
}

const results = openResults<object>('readers', true);
const root = mkdtempSync(path.join(tmpdir(), 'sluice-readers-'));
const folder = path.join(root, 'table');
const store = openLocalStore(folder);
const checkOwner = async (): Promise<void> => undefined;
const partsAt = (now: number) => ({
  store,
  table: openTable(store),
  now: () => now,
  uuid: randomUUID,
  checkOwner,
  signal: new AbortController().signal,
});

const source = memorySource(1);
const feed = (batch: number): void => {
  const rows = Array.from({ length: 50 }, (_, n) => {
    const at = batch * 50 + n;
    return envelope({ ...afterOf(at), unix_time: at, cc_num: `@49923463980651${String(10_000 + at)}@` });
  });
  source.append(0, rows);
};
await runBatches(root, source, Number(options.batches), feed, () => undefined);

const spark = startSpark(
  await bringSpark('3.5'),
  [path.join(import.meta.dirname, 'spark_reader.py')],
  path.join(root, 'spark.log'),
  { reads: true },
);
await spark.line('READY');
let first: Found | null = null;
first = await look('before');
const during = optimize(partsAt(Date.now()), BY_HAND);
await look('during compaction');
await during;
await look('after compaction');
const later = Date.now() + 40 * DAY_MS;
const vacuumed = await vacuum(partsAt(later), false);
await look(`after vacuum of ${vacuumed.deleted} files`);
for (const { key } of await store.list('_delta_log/')) utimesSync(path.join(folder, key), 1, 1);
const cleaned = await cleanLog(store, { now: later, retentionMs: 30 * DAY_MS });
await look(`after cleanup of ${cleaned.deleted} files of the log`);
spark.child.kill();
await spark.gone;
rmSync(root, { recursive: true, force: true });
process.exit();

/** Three readers at one moment; a difference between them, or to the first look, is a failure. */
async function look(when: string): Promise<Found> {
  const found = { spark: await bySpark(), deltaRs: await byDeltaRs(), duckdb: await byDuckDb() };
  const all = Object.values(found).map((each) => JSON.stringify(each));
  const agree = new Set([...all, ...(first ? [JSON.stringify(first)] : [])]).size === 1;
  const sound = agree && found.spark.pruned === found.spark.scanned && found.spark.rows === found.spark.keys;
  results.add({ when, sound, ...found });
  console.log(JSON.stringify({ when, sound, ...found }));
  if (!sound) process.exitCode = 1;
  return found.spark;
}

async function bySpark(): Promise<Found> {
  return JSON.parse(await spark.ask('FOUND ', folder)) as Found;
}

async function byDeltaRs(): Promise<Found> {
  const script = path.join(import.meta.dirname, 'delta_reader.py');
  const { stdout } = await promisify(execFile)(await deltalakePython(), [script, folder]);
  return JSON.parse(stdout) as Found;
}

/** DuckDB reads the files that our own snapshot names; those that a reader still has open stay. */
async function byDuckDb(): Promise<Found> {
  const { files } = await openTable(store).refresh();
  const list = [...files.keys()].map((each) => `'${path.join(folder, decodePath(each))}'`).join(', ');
  const connection = await (await DuckDBInstance.create()).connect();
  const rows = await connection.runAndReadAll(
    `SELECT trans_num, cc_num::text, merchant, amt::text, unix_time::int FROM read_parquet([${list}], hive_partitioning = false)`,
  );
  const cells = rows.getRows() as [string, string, string, string, number][];
  const inside = cells.filter(([, , , , time]) => time >= 1500 && time <= 1799).length;
  return {
    rows: cells.length,
    keys: new Set(cells.map(([key]) => key)).size,
    crc: cells.reduce((sum, cell) => sum + crc32(cell.slice(0, 4).join('|')), 0),
    pruned: inside,
    scanned: inside,
  };
}
