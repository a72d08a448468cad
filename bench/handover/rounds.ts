/**
 * Sluice and Spark take the same Bronze query over from each other while a producer goes on, from owners that stopped
 * cleanly and from killed ones; then independent readers are asked what became of every record.
 */
import { execFile } from 'node:child_process';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { readHeads, readNotes } from '../../src/pipeline/quarantine/letters.ts';
import { openLocalStore } from '../../src/pipeline/store/local.ts';
import type { KafkaServer } from '../../test/stack/servers/kafka.ts';
import { openFiller } from '../../test/stack/servers/topics.ts';
import { deltalakePython } from '../../test/support/deltalake.ts';
import type { Spark } from '../../test/support/spark.ts';
import { PARTITIONS, startLoad, type Load } from './load.ts';
import { nextBatch, openOwners, type Engine, type Owner, type Owners } from './owners.ts';

export interface RoundsOptions {
  /** Of this run alone. */
  readonly root: string;
  /** Releases that take the place of Spark in turn. */
  readonly sparks: readonly [Spark, ...Spark[]];
  readonly kafka: KafkaServer;
  readonly changes: number;
  /** Records a second. */
  readonly rate: number;
  readonly seed: number;
  /** What the owners print. */
  readonly log: string;
  readonly onTurn?: (turn: Turn) => void;
}

/** One owner: how it ended, and how long it took from its start to its first batch. */
export interface Turn {
  readonly turn: number;
  readonly engine: Engine;
  readonly ended: 'killed' | 'stopped';
  readonly code: number | null;
  readonly firstBatchMs: number;
  readonly stopMs: number;
  /** Batches confirmed until then, and records sent. */
  readonly batches: number;
  readonly records: number;
  /** Whether a batch was left open. */
  readonly open: boolean;
  /** Of the other engine, started meanwhile; absent where that was not tried. */
  readonly refused?: boolean;
}

export interface HandoverVerdict {
  readonly changes: number;
  readonly records: number;
  readonly rows: number;
  readonly lost: number;
  readonly doubled: number;
  readonly foreign: number;
  readonly unlikeUninterrupted: number;
  readonly deadLetters: number;
  readonly lettersMissing: number;
  readonly lettersTooMany: number;
  readonly notes: number;
  readonly notesMissing: number;
  /** Tries to start a second engine, and those that were not refused. */
  readonly triedBeside: number;
  readonly notRefused: number;
}

const DEADLINE_MS = 30 * 60_000;

export const isSound = (verdict: HandoverVerdict): boolean =>
  verdict.lost +
    verdict.doubled +
    verdict.foreign +
    verdict.unlikeUninterrupted +
    verdict.lettersMissing +
    verdict.lettersTooMany +
    verdict.notesMissing +
    verdict.notRefused ===
    0 &&
  verdict.rows > 0 &&
  verdict.deadLetters > 0 &&
  verdict.triedBeside > 1;

export async function runRounds(options: RoundsOptions): Promise<HandoverVerdict> {
  const { root, kafka, log } = options;
  const filler = await openFiller(kafka.address);
  try {
    const topic = await filler.create(PARTITIONS);
    const owners = openOwners({ root, brokers: kafka.address, topic, log });
    const load = startLoad(filler.producer, topic, options.rate);
    const turns = await change(options, owners, load).finally(() => load.stop());
    const tried = turns.filter(({ refused }) => refused !== undefined);
    const caughtUp = await owners.catchUp();
    const found = await judge(root, load, caughtUp, await owners.uninterrupted());
    const notRefused = tried.filter(({ refused }) => !refused).length;
    return { changes: turns.length - 1, ...found, triedBeside: tried.length, notRefused };
  } finally {
    await filler.close();
  }
}

/** Each owner settles three batches of its own; every second pair of owners is killed, at a moment of its own. */
async function change(options: RoundsOptions, owners: Owners, load: Load): Promise<Turn[]> {
  const { root, sparks, changes, seed, onTurn } = options;
  const turns: Turn[] = [];
  for (let turn = 0; turn <= changes; turn += 1) {
    const engine: Engine = turn % 2 === 0 ? 'sluice' : 'spark';
    const spark = sparks[Math.floor(turn / 2) % sparks.length] ?? sparks[0];
    const began = Date.now();
    const owner = await owners.start(engine, spark);
    const firstBatchMs = await settled(root, owner, 1, began);
    const refused = turn < 2 ? { refused: await isRefused(owners, engine, spark) } : {};
    await settled(root, owner, 3, began);
    const kill = Math.floor(turn / 2) % 2 === 1;
    if (kill) await sleep(((turn * 7919 + seed * 104_729) % 1_000) * 2);
    const asked = Date.now();
    const code = await owner.end(kill ? 'SIGKILL' : 'SIGTERM');
    const batches = nextBatch(root);
    const done: Turn = {
      turn,
      engine,
      ended: kill ? 'killed' : 'stopped',
      code,
      firstBatchMs,
      stopMs: Date.now() - asked,
      batches,
      records: load.records(),
      open: nextBatch(root, 'offsets') > batches,
      ...refused,
    };
    turns.push(done);
    onTurn?.(done);
  }
  return turns;
}

/** The other engine is refused, says by whom the checkpoint is held, and writes nothing. */
async function isRefused(owners: Owners, running: Engine, spark: Spark): Promise<boolean> {
  const other = await owners.start(running === 'sluice' ? 'spark' : 'sluice', spark);
  const code = await other.gone;
  return code !== 0 && other.said(/OWNED_BY_OTHER|FENCED/);
}

/** Waits until the owner has confirmed so many batches; answers how long that took. */
async function settled(root: string, owner: Owner, count: number, began: number): Promise<number> {
  while (nextBatch(root) < owner.batchesBefore + count) {
    if (owner.ended()) throw new Error(`the owner ended by itself: ${owner.tail()}`);
    if (Date.now() - began > DEADLINE_MS) throw new Error('no batch for half an hour');
    await sleep(50);
  }
  return Date.now() - began;
}

/** Rows by an independent reader against what was sent, and against a run that nobody interrupted. */
async function judge(root: string, load: Load, table: string, whole: string) {
  const rows = await read(table);
  const expected = await read(whole);
  const seen = new Map<string, number>();
  for (const row of rows) {
    const [transNum] = JSON.parse(row) as [string];
    seen.set(transNum, (seen.get(transNum) ?? 0) + 1);
  }
  const quarantine = await readQuarantine(path.join(root, 'quarantine'));
  return {
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
}

async function read(table: string): Promise<string[]> {
  const script = path.join(import.meta.dirname, 'read.py');
  const { stdout } = await promisify(execFile)(await deltalakePython(), [script, table], { maxBuffer: 1024 ** 3 });
  return stdout.split('\n').filter(Boolean);
}

async function readQuarantine(folder: string) {
  const store = openLocalStore(folder);
  const letters = new Set<string>();
  const notes = new Set<string>();
  let doubled = 0;
  for (const { key } of await store.list('')) {
    const bytes = (await store.get(key)) ?? Buffer.alloc(0);
    const heads = key.startsWith('dead-letters/') ? ((await readHeads(bytes))?.heads ?? []) : [];
    for (const { partition, offset } of heads) {
      if (letters.has(`${partition}/${offset}`)) doubled += 1;
      letters.add(`${partition}/${offset}`);
    }
    const noted = key.startsWith('notes/') ? ((await readNotes(bytes))?.notes ?? []) : [];
    for (const { partition, offset, column } of noted) notes.add(`${partition}/${offset}/${column}`);
  }
  return { letters, notes, doubled };
}

function missing(wanted: Set<string>, there: Set<string>): number {
  return [...wanted].filter((each) => !there.has(each)).length;
}

function differences(a: readonly string[], b: readonly string[]): number {
  const counts = new Map<string, number>();
  for (const row of a) counts.set(row, (counts.get(row) ?? 0) + 1);
  for (const row of b) counts.set(row, (counts.get(row) ?? 0) - 1);
  return [...counts.values()].reduce((sum, count) => sum + Math.abs(count), 0);
}
