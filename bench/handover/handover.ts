/**
 * Sluice and Spark take the same Bronze query over from each other while a producer goes on, from owners that stopped
 * cleanly and from killed ones; then independent readers are asked what became of every record.
 * `npm run bench -- handover [--changes 10] [--spark 3.5] [--rate 300] [--seed 1] [--keep]`
 * Every owner is one JSON line in `test-results/bench/handover.jsonl`. Exit code 1 when anything was lost, doubled or bent.
 */
import { execFile } from 'node:child_process';
import { appendFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs, promisify } from 'node:util';
import { readHeads, readNotes } from '../../src/pipeline/quarantine/letters.ts';
import { openLocalStore } from '../../src/pipeline/store/local.ts';
import { startKafka } from '../../test/stack/servers/kafka.ts';
import { openFiller } from '../../test/stack/servers/topics.ts';
import { deltalakePython } from '../../test/support/deltalake.ts';
import { bringSpark, type SparkVersion } from '../../test/support/spark.ts';
import { ROOT } from '../support/host.ts';
import { PARTITIONS, startLoad, type Load } from './load.ts';
import { nextBatch, openOwners, type Engine, type Owner, type Owners } from './owners.ts';

const { values: options } = parseArgs({
  options: {
    changes: { type: 'string', default: '10' },
    spark: { type: 'string', default: '3.5' },
    rate: { type: 'string', default: '300' },
    seed: { type: 'string', default: '1' },
    keep: { type: 'boolean', default: false },
  },
});
const CHANGES = Number(options.changes);
const DEADLINE_MS = 30 * 60_000;

const results = path.join(ROOT, 'test-results', 'bench');
const root = mkdtempSync(path.join(tmpdir(), 'sluice-handover-'));

await main();

async function main(): Promise<void> {
  mkdirSync(results, { recursive: true });
  const spark = await bringSpark(options.spark as SparkVersion);
  const kafka = await startKafka();
  const filler = await openFiller(kafka.address);
  try {
    const topic = await filler.create(PARTITIONS);
    const owners = openOwners({ root, spark, brokers: kafka.address, topic, log: path.join(results, 'handover.log') });
    const load = startLoad(filler.producer, topic, Number(options.rate));
    await change(owners, load).finally(() => load.stop());
    const caughtUp = await owners.catchUp();
    const whole = await owners.uninterrupted();
    process.exitCode = (await judge(load, caughtUp, whole)) ? 0 : 1;
  } finally {
    await filler.close();
    await kafka.stop();
    if (options.keep) console.log(`kept: ${root}`);
    else rmSync(root, { recursive: true, force: true });
  }
  process.exit();
}

/** Each owner settles three batches of its own; every second one is killed, at a moment of its own. */
async function change(owners: Owners, load: Load): Promise<void> {
  let refused = 0;
  for (let turn = 0; turn <= CHANGES; turn += 1) {
    const engine: Engine = turn % 2 === 0 ? 'sluice' : 'spark';
    const began = Date.now();
    const owner = await owners.start(engine);
    const firstBatchMs = await settled(owner, 1, began);
    if (turn < 2) refused += await tryTheOther(owners, engine);
    await settled(owner, 3, began);
    const kill = Math.floor(turn / 2) % 2 === 1;
    if (kill) await sleep(((turn * 7919 + Number(options.seed) * 104_729) % 1_000) * 2);
    const code = await owner.end(kill ? 'SIGKILL' : 'SIGTERM');
    tell({
      turn,
      engine,
      ended: kill ? 'killed' : 'stopped',
      code,
      firstBatchMs,
      batches: nextBatch(root),
      records: load.records(),
    });
  }
  tell({ refused });
  if (refused < 2) throw new Error('an engine was not refused while the other one ran');
}

/** The other engine is refused, says by whom the checkpoint is held, and writes nothing. */
async function tryTheOther(owners: Owners, running: Engine): Promise<number> {
  const other = await owners.start(running === 'sluice' ? 'spark' : 'sluice');
  const code = await other.gone;
  return code !== 0 && (await other.said(/OWNED_BY_OTHER|FENCED/)) ? 1 : 0;
}

/** Waits until the owner has confirmed so many batches; answers how long that took. */
async function settled(owner: Owner, count: number, began: number): Promise<number> {
  while (nextBatch(root) < owner.batchesBefore + count) {
    if (owner.ended()) throw new Error(`the owner ended by itself: ${await owner.tail()}`);
    if (Date.now() - began > DEADLINE_MS) throw new Error('no batch for half an hour');
    await sleep(50);
  }
  return Date.now() - began;
}

/** Rows by an independent reader against what was sent, and against a run that nobody interrupted. */
async function judge(load: Load, table: string, whole: string): Promise<boolean> {
  const rows = await read(table);
  const expected = await read(whole);
  const seen = new Map<string, number>();
  for (const row of rows) {
    const [transNum] = JSON.parse(row) as [string];
    seen.set(transNum, (seen.get(transNum) ?? 0) + 1);
  }
  const quarantine = await readQuarantine();
  const verdict = {
    records: load.records(),
    rows: rows.length,
    lost: [...load.rows].filter((each) => !seen.has(each)).length,
    doubled: [...seen.values()].filter((count) => count > 1).length,
    foreign: [...seen.keys()].filter((each) => !load.rows.has(each)).length,
    unlikeUninterrupted: differences(rows, expected),
    deadLetters: quarantine.letters.size,
    lettersMissing: missing(load.bad, quarantine.letters),
    lettersTooMany: missing(quarantine.letters, load.bad) + quarantine.doubled,
    notes: quarantine.notes.size,
    notesMissing: missing(load.bent, quarantine.notes),
  };
  tell(verdict);
  const { lost, doubled, foreign, unlikeUninterrupted, lettersMissing, lettersTooMany, notesMissing } = verdict;
  return lost + doubled + foreign + unlikeUninterrupted + lettersMissing + lettersTooMany + notesMissing === 0;
}

async function read(table: string): Promise<string[]> {
  const script = path.join(import.meta.dirname, 'read.py');
  const { stdout } = await promisify(execFile)(await deltalakePython(), [script, table], { maxBuffer: 1024 ** 3 });
  return stdout.split('\n').filter(Boolean);
}

async function readQuarantine() {
  const store = openLocalStore(path.join(root, 'quarantine'));
  const letters = new Set<string>();
  const notes = new Set<string>();
  let doubled = 0;
  for (const { key } of await store.list('')) {
    const bytes = (await store.get(key)) ?? Buffer.alloc(0);
    for (const { partition, offset } of key.startsWith('dead-letters/')
      ? ((await readHeads(bytes))?.heads ?? [])
      : []) {
      if (letters.has(`${partition}/${offset}`)) doubled += 1;
      letters.add(`${partition}/${offset}`);
    }
    for (const { partition, offset, column } of key.startsWith('notes/') ? ((await readNotes(bytes))?.notes ?? []) : [])
      notes.add(`${partition}/${offset}/${column}`);
  }
  return { letters, notes, doubled };
}

function missing(wanted: Set<string>, there: Set<string>): number {
  return [...wanted].filter((each) => !there.has(each)).length;
}

/** Both are sorted. */
function differences(a: readonly string[], b: readonly string[]): number {
  const counts = new Map<string, number>();
  for (const row of a) counts.set(row, (counts.get(row) ?? 0) + 1);
  for (const row of b) counts.set(row, (counts.get(row) ?? 0) - 1);
  return [...counts.values()].reduce((sum, count) => sum + Math.abs(count), 0);
}

function tell(line: object): void {
  const text = JSON.stringify({ at: new Date().toISOString(), spark: options.spark, ...line });
  appendFileSync(path.join(results, 'handover.jsonl'), `${text}\n`);
  console.log(text);
}
