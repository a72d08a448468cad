/**
 * Makes the golden run of another Spark: `node test/interop/golden.ts 3.4`, or `4.0`. A real Spark reads the golden messages
 * from a real Kafka with `spark/bronze.py`; its checkpoint, the log of its table and the rows, as an independent reader finds
 * them, go to `test/fixtures/golden-<version>`.
 */
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseOffsets } from '../../src/pipeline/checkpoint/format.ts';
import { FIXTURES, goldenRecords } from '../pipeline/support/records.ts';
import { startKafka } from '../stack/servers/kafka.ts';
import { openFiller } from '../stack/servers/topics.ts';
import { deltalakePython } from '../support/deltalake.ts';
import {
  bringSpark,
  forSmallTables,
  RELEASES,
  SPARK_PROGRAMS,
  startSpark,
  type SparkVersion,
} from '../support/spark.ts';

const PARTITIONS = 3;
/** So few that there are enough batches for a checkpoint of Delta's log. */
const OFFSETS_PER_BATCH = 18;

const version = (process.argv[2] ?? '') as SparkVersion;
if (!(version in RELEASES)) throw new Error(`which Spark: ${Object.keys(RELEASES).join(' or ')}?`);
const spark = forSmallTables(await bringSpark(version));
const root = mkdtempSync(path.join(tmpdir(), 'sluice-golden-'));
const kafka = await startKafka();
const filler = await openFiller(kafka.address);
try {
  const topic = await filler.create(PARTITIONS);
  await fill(topic);
  const places = ['--checkpoint', path.join(root, 'checkpoint'), '--table', path.join(root, 'table')];
  const limit = ['--max-offsets-per-trigger', String(OFFSETS_PER_BATCH)];
  const program = [
    path.join(SPARK_PROGRAMS, 'bronze.py'),
    '--brokers',
    kafka.address,
    '--topic',
    topic,
    ...places,
    ...limit,
  ];
  const job = startSpark(spark, program, path.join(root, 'spark.log'));
  while (confirmed() < goldenRecords().length) {
    if (job.child.exitCode !== null) throw new Error(`Spark ended; see ${root}/spark.log`);
    await sleep(100);
  }
  job.child.kill('SIGTERM');
  await job.gone;
  await keep();
  console.log(`Spark ${version}: ${batches().length} batches`);
} finally {
  await filler.close();
  await kafka.stop();
}
rmSync(root, { recursive: true, force: true });
process.exit();

async function fill(topic: string): Promise<void> {
  for (let partition = 0; partition < PARTITIONS; partition += 1) {
    const records = goldenRecords().filter((record) => record.partition === partition);
    const messages = records.map(({ key, value }) => ({ partition, key, value }));
    await filler.producer.send({ topic, messages });
  }
}

/** Numbers of the batches that are done. */
function batches(): number[] {
  const folder = path.join(root, 'checkpoint', 'commits');
  const names = existsSync(folder) ? readdirSync(folder).filter((name) => /^\d+$/.test(name)) : [];
  return names.map(Number);
}

/** Messages that were read by them. */
function confirmed(): number {
  const done = batches();
  if (done.length === 0) return 0;
  const name = `offsets/${Math.max(...done)}`;
  const entry = parseOffsets(readFileSync(path.join(root, 'checkpoint', name)), name);
  if (!entry.ok) throw new Error(entry.reason);
  return [...entry.value.offsets.values()].reduce((sum, offset) => sum + Number(offset), 0);
}

/** The data files are not kept, nor Sluice's own folder and the checksums of versions: what Sluice takes over by is. */
async function keep(): Promise<void> {
  const target = path.join(FIXTURES, `golden-${version}`);
  rmSync(target, { recursive: true, force: true });
  cpSync(path.join(root, 'checkpoint'), path.join(target, 'checkpoint'), {
    recursive: true,
    filter: (place) => !place.includes('_sluice'),
  });
  cpSync(path.join(root, 'table', '_delta_log'), path.join(target, 'log', '_delta_log'), {
    recursive: true,
    filter: (place) => !/\d{20}\.crc/.test(place) && !/_commits|_sidecars|_staged/.test(place),
  });
  const reader = path.join(import.meta.dirname, 'golden-rows.py');
  execFileSync(await deltalakePython(), [reader, path.join(root, 'table'), target], { stdio: 'inherit' });
  writeFileSync(path.join(target, 'README.md'), describeRun());
}

function describeRun(): string {
  const { pyspark, delta } = RELEASES[version];
  return `# Golden run of Spark ${pyspark} and ${delta.split(':').slice(1).join(' ')}

Written by a real Spark, which \`node test/interop/golden.ts ${version}\` starts with \`spark/bronze.py\`: all messages of
\`../golden/messages.jsonl\`, at most ${OFFSETS_PER_BATCH} offsets a batch. What is unlike Spark 3.5 is said in \`docs/scale-out.md\`.

- \`checkpoint/\`: as Spark left it, \`.crc\` files included.
- \`log/_delta_log/\`: the log of its table, without data files and without the checksums of versions.
- \`rows.json\`, \`files.json\`: the rows and their files, as \`golden-rows.py\` reads them; see \`../golden/README.md\`.
`;
}
