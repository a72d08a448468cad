/**
 * A Bronze query that dies and starts again, in one process: on a topic in memory and a folder that nothing syncs, with
 * a death after which not one file operation happens any more.
 */
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import {
  armFailpoints,
  passesOf,
  type FailpointAction,
  type FailpointName,
  type Shot,
} from '../../../src/pipeline/failpoints.ts';
import { nodeFiles, type Files } from '../../../src/pipeline/store/files.ts';
import { openLocalStore } from '../../../src/pipeline/store/local.ts';
import { openBench } from './bench.ts';
import { memorySource, type MemorySource } from './memory-source.ts';
import { judge, readRows, type Verdict } from './oracle.ts';
import { seeded, sentOf, toRecord, type Sent } from './workload.ts';

export const BRONZE_FAILPOINTS = ['b1', 'b2', 'b3', 'b4', 'b5', 'b6', 'b7', 'b8', 'b9', 'b10', 'b12', 'b13'] as const;

/** `twice`: killed at the failpoint, and once more at another one while the next start recovers. */
export const MODES = ['throw', 'lose', 'kill', 'twice'] as const;
export type Mode = (typeof MODES)[number];

export interface Case {
  readonly failpoint: (typeof BRONZE_FAILPOINTS)[number];
  readonly mode: Mode;
  readonly seed: number;
}

export interface Outcome extends Case {
  /** How many shots were fired: a case proves nothing without one. */
  readonly fired: number;
  /** How often the query was started. */
  readonly lives: number;
  /** Errors that ended a life, by their text. */
  readonly errors: readonly string[];
  readonly verdict: Verdict;
}

const MAX_LIVES = 8;
/** More than the checkpoint retains, so that every further batch purges. */
const OLD_BATCHES = 104;
const OLD_POISON = 7;

/** @param scratch a folder for the case; in memory, if the machine has such a thing */
export async function simulate(each: Case, scratch: string): Promise<Outcome> {
  const random = seeded(each.seed * 1_000 + BRONZE_FAILPOINTS.indexOf(each.failpoint) * 10 + MODES.indexOf(each.mode));
  const root = mkdtempSync(path.join(scratch, `${each.failpoint}-${each.mode}-${each.seed}-`));
  try {
    const world = openWorld(root, each.failpoint === 'b12' ? OLD_POISON : 5 + Math.floor(random() * 6), random);
    if (each.failpoint === 'b12') await grow(world, scratch);
    return await liveOn(each, world, random);
  } finally {
    armFailpoints(null);
    rmSync(root, { recursive: true, force: true });
  }
}

interface World {
  readonly root: string;
  readonly source: MemorySource;
  readonly sent: Sent[];
  readonly limit: number;
  /** Puts more records into every partition. */
  append(count: number): void;
}

function openWorld(root: string, poison: number, random: () => number): World {
  const source = memorySource(3);
  const sent: Sent[] = [];
  const next = [0, 0, 0];
  const append = (count: number): void => {
    for (const partition of next.keys()) {
      for (let left = count; left > 0; left -= 1) {
        const record = sentOf(partition, next[partition] ?? 0, poison);
        next[partition] = (next[partition] ?? 0) + 1;
        sent.push(record);
        source.appendRecords([toRecord(record)]);
      }
    }
  };
  return { root, source, sent, limit: 12 + Math.floor(random() * 18), append };
}

/** Puts so many batches behind the query that the next ones purge; they are made once and copied. */
async function grow(world: World, scratch: string): Promise<void> {
  const template = path.join(scratch, 'template');
  world.append(OLD_BATCHES);
  if (!existsSync(template)) {
    mkdirSync(template);
    const bench = openBench(
      template,
      world.source,
      quick(() => false),
    );
    await bench.run('all', { parts: { maxOffsetsPerTrigger: 3 } });
  }
  cpSync(template, world.root, { recursive: true });
}

async function liveOn(each: Case, world: World, random: () => number): Promise<Outcome> {
  const errors: string[] = [];
  let fired = 0;
  let lives = 0;
  for (let settled = false; !settled; lives += 1) {
    if (lives >= MAX_LIVES) throw new Error(`not settled after ${MAX_LIVES} lives: ${errors.join('; ')}`);
    world.append(3 + Math.floor(random() * 25) + (lives === 0 ? 20 : 0));
    const shots = shotsOf(each, lives, random);
    const end = await live(world, shots);
    fired += shots.filter(({ name, pass }) => passesOf(name) >= pass).length;
    if (end.error) errors.push(end.error.message);
    settled = end.kind === 'settled';
  }
  const stores = storesOf(world.root);
  const verdict = await judge({ sent: world.sent, ...(await readRows(stores.table)), ...stores });
  return { ...each, fired, lives, errors, verdict };
}

/** What the nth life meets: first the failpoint of the case, then, killed twice, any other one. */
function shotsOf({ failpoint, mode }: Case, life: number, random: () => number): Shot[] {
  const action: FailpointAction = mode === 'twice' ? 'kill' : mode;
  const pass = 1 + Math.floor(random() * 2);
  if (life === 0) return [{ name: failpoint, action, ms: 0, pass }];
  if (life > 1 || mode !== 'twice') return [];
  const name: FailpointName = BRONZE_FAILPOINTS[Math.floor(random() * BRONZE_FAILPOINTS.length)] ?? 'b3';
  return [{ name, action, ms: 0, pass: 1 }];
}

interface End {
  readonly kind: 'settled' | 'died' | 'threw';
  readonly error?: Error;
}

/** One start of the query, until nothing is new or it ends. A dead one waits for ever and is forgotten. */
async function live(world: World, shots: readonly Shot[]): Promise<End> {
  let isDead = false;
  const bench = openBench(
    world.root,
    world.source,
    quick(() => isDead),
  );
  const died = new Promise<End>((resolve) => {
    const die = (): Promise<never> => {
      isDead = true;
      resolve({ kind: 'died' });
      return new Promise(() => undefined);
    };
    armFailpoints({ shots, folder: null, die });
  });
  const ran = bench.run('all', { parts: { maxOffsetsPerTrigger: world.limit } }).then<End, End>(
    () => ({ kind: 'settled' }),
    (error: Error) => ({ kind: 'threw', error }),
  );
  return Promise.race([died, ran]);
}

/** Files as Node has them, without waiting for a disk; of a dead process none is touched any more. */
function quick(isDead: () => boolean): Files {
  const mortal = <A extends unknown[], T>(work: (...args: A) => Promise<T>) => {
    return (...args: A): Promise<T> => (isDead() ? new Promise(() => undefined) : work(...args));
  };
  return {
    writeNew: mortal((file, bytes) => writeFile(file, bytes, { flag: 'wx' })),
    writeUnsynced: mortal(nodeFiles.writeUnsynced),
    link: mortal(nodeFiles.link),
    rename: mortal(nodeFiles.rename),
    remove: mortal(nodeFiles.remove),
    makeFolder: mortal(nodeFiles.makeFolder),
    syncFolder: mortal(async () => undefined),
  };
}

function storesOf(root: string) {
  const at = (folder: string) => openLocalStore(path.join(root, folder));
  return { table: at('table'), checkpoint: at('checkpoint'), quarantine: at('quarantine') };
}
