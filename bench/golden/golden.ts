/**
 * Does `spark/bronze.py` write the rows of the golden table? A real Spark reads the golden messages from a real Kafka.
 * `npm run bench -- golden [--spark 3.5]`; `--table FOLDER` only compares a table that is there already.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { BRONZE_COLUMNS } from '../../src/pipeline/bronze/rows.ts';
import { readParquet } from '../../src/pipeline/delta/parquet-read.ts';
import { decodePath } from '../../src/pipeline/delta/path.ts';
import { openTable } from '../../src/pipeline/delta/snapshot.ts';
import { openLocalStore } from '../../src/pipeline/store/local.ts';
import { FIXTURES, goldenRecords } from '../../test/pipeline/support/records.ts';
import { startKafka } from '../../test/stack/servers/kafka.ts';
import { openFiller } from '../../test/stack/servers/topics.ts';
import { bringSpark, SPARK_PROGRAMS, startSpark, type SparkVersion } from '../../test/support/spark.ts';

const { values: options } = parseArgs({
  options: { spark: { type: 'string', default: '3.5' }, table: { type: 'string' } },
});
const PARTITIONS = [0, 1, 2];
const NAMES = BRONZE_COLUMNS.map(({ name }) => name).filter((name) => name !== 'ingestion_time');

const root = mkdtempSync(path.join(tmpdir(), 'sluice-golden-'));
const table = options.table ?? (await readBySpark());
const [golden, found] = [goldenRows(), await rowsOf(table)];
const different = golden.filter((row, at) => row !== found[at]).length;
console.log(JSON.stringify({ spark: options.spark, golden: golden.length, found: found.length, different }));
rmSync(root, { recursive: true, force: true });
process.exit(different === 0 && golden.length === found.length ? 0 : 1);

async function readBySpark(): Promise<string> {
  const spark = await bringSpark(options.spark as SparkVersion);
  const kafka = await startKafka();
  const filler = await openFiller(kafka.address);
  const topic = await filler.create(PARTITIONS.length);
  for (const partition of PARTITIONS) {
    const records = goldenRecords().filter((record) => record.partition === partition);
    await filler.producer.send({ topic, messages: records.map(({ key, value }) => ({ partition, key, value })) });
  }
  const places = ['--checkpoint', path.join(root, 'checkpoint'), '--table', path.join(root, 'table')];
  const program = [path.join(SPARK_PROGRAMS, 'bronze.py'), '--brokers', kafka.address, '--topic', topic, ...places];
  const job = startSpark(spark, program, path.join(root, 'spark.log'));
  while (!existsSync(path.join(root, 'checkpoint', 'commits', '0'))) {
    if (job.child.exitCode !== null) throw new Error(readFileSync(path.join(root, 'spark.log'), 'utf8').slice(-2_000));
    await sleep(100);
  }
  job.child.kill('SIGTERM');
  await job.gone;
  await filler.close();
  await kafka.stop();
  return path.join(root, 'table');
}

function goldenRows(): string[] {
  const file = path.join(FIXTURES, 'golden', 'rows.json');
  const rows = JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>[];
  return rows.map(toText).sort();
}

async function rowsOf(folder: string): Promise<string[]> {
  const store = openLocalStore(folder);
  const rows: string[] = [];
  for (const [file, { partitionValues }] of (await openTable(store).refresh()).files) {
    const bytes = (await store.get(decodePath(file))) ?? Buffer.alloc(0);
    for (const row of await readParquet(bytes)) rows.push(toText({ ...row, ...partitionValues }));
  }
  return rows.sort();
}

/** Numbers and texts of numbers are the same here, but -0 is not 0. */
function toText(row: Record<string, unknown>): string {
  const cells = NAMES.map((name) => {
    const value = row[name] ?? null;
    const kind = BRONZE_COLUMNS.find((column) => column.name === name)?.type;
    if (value === null) return null;
    return kind === 'double' ? (Object.is(Number(value), -0) ? '-0' : String(Number(value))) : String(value);
  });
  return JSON.stringify(cells);
}
