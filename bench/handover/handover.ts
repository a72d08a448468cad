/**
 * The hand-over of Bronze between Sluice and a real Spark, under load.
 * `npm run bench -- handover [--changes 10] [--spark 3.5] [--rate 300] [--seed 1] [--keep]`
 * Every owner and the verdict are JSON lines in `test-results/bench/handover.jsonl`. Exit code 1 when anything was lost, doubled or bent.
 */
import { appendFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { startKafka } from '../../test/stack/servers/kafka.ts';
import { bringSpark, forSmallTables, type SparkVersion } from '../../test/support/spark.ts';
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
const spark = forSmallTables(await bringSpark(options.spark as SparkVersion));
const kafka = await startKafka();
try {
  const verdict = await runRounds({
    root,
    spark,
    kafka,
    changes: Number(options.changes),
    rate: Number(options.rate),
    seed: Number(options.seed),
    log: path.join(results, 'handover.log'),
    onTurn: tell,
  });
  tell({ sound: isSound(verdict), ...verdict });
  process.exitCode = isSound(verdict) ? 0 : 1;
} finally {
  await kafka.stop();
  if (options.keep) console.log(`kept: ${root}`);
  else rmSync(root, { recursive: true, force: true });
}
process.exit();

function tell(line: object): void {
  const text = JSON.stringify({ at: new Date().toISOString(), spark: options.spark, ...line });
  appendFileSync(path.join(results, 'handover.jsonl'), `${text}\n`);
  console.log(text);
}
