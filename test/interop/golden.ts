/**
 * Makes the golden run of another Spark: `node test/interop/golden.ts 3.4`, or `4.0`. A real Spark reads some of the golden
 * messages from a real Kafka with `spark/bronze.py`; its checkpoint and the log of its table go to `test/fixtures/golden-<version>`.
 */
import { cpSync, existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { FIXTURES, goldenRecords } from '../pipeline/support/records.ts';
import { startKafka } from '../stack/servers/kafka.ts';
import { openFiller } from '../stack/servers/topics.ts';
import {
  bringSpark,
  forSmallTables,
  RELEASES,
  SPARK_PROGRAMS,
  startSpark,
  type SparkVersion,
} from '../support/spark.ts';

/** Few records, and enough batches for a checkpoint of Delta's log. */
const PARTITIONS = 3;
const RECORDS = 14;
const OFFSETS_PER_BATCH = 3;

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
  // As soon as all is read no further batch comes.
  let batches = 0;
  for (let quiet = 0; quiet < 100 || batches === 0; quiet += 1) {
    if (job.child.exitCode !== null) throw new Error(`Spark ended; see ${root}/spark.log`);
    await sleep(100);
    if (countBatches() !== batches) quiet = 0;
    batches = countBatches();
  }
  job.child.kill('SIGTERM');
  await job.gone;
  keep();
  console.log(`Spark ${version}: ${batches} batches`);
} finally {
  await filler.close();
  await kafka.stop();
}
rmSync(root, { recursive: true, force: true });
process.exit();

async function fill(topic: string): Promise<void> {
  for (let partition = 0; partition < PARTITIONS; partition += 1) {
    const records = goldenRecords().filter((record) => record.partition === partition);
    const messages = records.slice(0, RECORDS).map(({ key, value }) => ({ partition, key, value }));
    await filler.producer.send({ topic, messages });
  }
}

function countBatches(): number {
  const folder = path.join(root, 'checkpoint', 'commits');
  return existsSync(folder) ? readdirSync(folder).filter((name) => /^\d+$/.test(name)).length : 0;
}

/** The data files are not kept, nor Sluice's own folder and the checksums of versions: what Sluice takes over by is. */
function keep(): void {
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
  const { pyspark, delta } = RELEASES[version];
  const read = `The first ${RECORDS} golden messages of each of ${PARTITIONS} partitions, at most ${OFFSETS_PER_BATCH} offsets a batch.`;
  writeFileSync(
    path.join(target, 'README.md'),
    `# Golden run of Spark ${pyspark} and ${delta.split(':').slice(1).join(' ')}\n\nWritten by a real Spark, which \`node test/interop/golden.ts ${version}\` starts with \`spark/bronze.py\`. ${read}\n\n- \`checkpoint/\`: as Spark left it, \`.crc\` files included.\n- \`log/_delta_log/\`: the log of its table, without data files.\n`,
  );
}
