/**
 * The hand-over of Bronze between Sluice and a real Spark, under load.
 * `npm run bench -- handover [--changes 10] [--spark 3.5] [--rate 300] [--seed 1] [--keep]`
 * With several releases (`--spark 4.0,3.5,3.4`) each takes the place of Spark in turn, and in the end each reads the whole table.
 * Every owner and the verdict are JSON lines in `test-results/bench/handover.jsonl`. Exit code 1 when anything was lost, doubled or bent.
 */
import { appendFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { startKafka } from '../../test/stack/servers/kafka.ts';
import { bringSpark, forSmallTables, startSpark, toVersion, type Spark } from '../../test/support/spark.ts';
import { ROOT } from '../support/host.ts';
import { isSound, runRounds } from './rounds.ts';

const { values: options } = parseArgs({
  options: {
    changes: { type: 'string', default: '10' },
    spark: { type: 'string', default: '3.5' },
    rate: { type: 'string', default: '300' },
    seed: { type: 'string', default: '1' },
    keep: { type: 'boolean', default: false },
  },
});

const results = path.join(ROOT, 'test-results', 'bench');
mkdirSync(results, { recursive: true });
const root = mkdtempSync(path.join(tmpdir(), 'sluice-handover-'));
const versions = options.spark.split(',').map(toVersion);
const sparks: Spark[] = [];
for (const version of versions) sparks.push(forSmallTables(await bringSpark(version)));
const [first, ...others] = sparks;
if (!first) throw new Error('which Spark?');
const kafka = await startKafka();
try {
  const verdict = await runRounds({
    root,
    sparks: [first, ...others],
    kafka,
    changes: Number(options.changes),
    rate: Number(options.rate),
    seed: Number(options.seed),
    log: path.join(results, 'handover.log'),
    onTurn: tell,
  });
  const found = await readByAll();
  const sound =
    isSound(verdict) &&
    found.every((each) => each === found[0] && (JSON.parse(each) as { rows: number }).rows === verdict.rows);
  tell({ sound, ...verdict, readBySpark: found.map((each) => JSON.parse(each) as object) });
  process.exitCode = sound ? 0 : 1;
} finally {
  await kafka.stop();
  if (options.keep) console.log(`kept: ${root}`);
  else rmSync(root, { recursive: true, force: true });
}
process.exit();

/** What each release finds in the table that all have written: rows, keys, checksums, and counts with and without statistics. */
async function readByAll(): Promise<string[]> {
  const found: string[] = [];
  for (const spark of sparks) {
    const script = path.join(ROOT, 'bench', 'readers', 'spark_reader.py');
    const reader = startSpark(spark, [script], path.join(results, 'handover.log'), { reads: true });
    await reader.line('READY');
    found.push(await reader.ask('FOUND ', path.join(root, 'table')));
    reader.child.kill();
    await reader.gone;
  }
  return found;
}

function tell(line: object): void {
  const text = JSON.stringify({ at: new Date().toISOString(), spark: options.spark, ...line });
  appendFileSync(path.join(results, 'handover.jsonl'), `${text}\n`);
  console.log(text);
}
