/** Processes that own the Bronze query in turn: Sluice's engine, and Spark with the program in `spark/`. */
import { spawn, type ChildProcess } from 'node:child_process';
import { createWriteStream, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { JobSettings } from '../../src/pipeline/job-settings.ts';
import { isAlive } from '../../src/pipeline/ownership/process.ts';
import { PLAIN_KAFKA } from '../../src/pipeline/source/kafka-settings.ts';
import { localFolder } from '../../src/pipeline/store/location.ts';
import { startSpark, SPARK_PROGRAMS, type Spark } from '../../test/support/spark.ts';

export type Engine = 'sluice' | 'spark';

export interface Owner {
  readonly batchesBefore: number;
  readonly gone: Promise<number | null>;
  readonly ended: () => boolean;
  said(pattern: RegExp): boolean;
  tail(): string;
  /** Ends it and all that belongs to it; resolves with its exit code, null when it was killed. */
  end(signal: 'SIGTERM' | 'SIGKILL'): Promise<number | null>;
}

export interface OwnersOptions {
  readonly root: string;
  readonly brokers: string;
  readonly topic: string;
  readonly log: string;
}

export interface Owners {
  /** @param spark the release that is taken for it */
  start(engine: Engine, spark: Spark): Promise<Owner>;
  /** Lets Sluice take back, read to the end and finish its audit; answers the table. */
  catchUp(): Promise<string>;
  /** The whole topic read by one Sluice that nobody interrupts, into a table of its own; answers it. */
  uninterrupted(): Promise<string>;
}

const QUIET_MS = 5_000;

export function openOwners(options: OwnersOptions): Owners {
  const { root } = options;
  const start = async (engine: Engine, spark: Spark): Promise<Owner> =>
    watch(engine === 'sluice' ? startSluice(options, root) : startSparkJob(options, spark), options);
  return {
    start,
    catchUp: async () => {
      await readToTheEnd(startSluice(options, root), options);
      return path.join(root, 'table');
    },
    uninterrupted: async () => {
      const other = path.join(root, 'whole');
      await readToTheEnd(startSluice(options, other), options);
      return path.join(other, 'table');
    },
  };
}

function startSluice({ brokers, topic, root }: OwnersOptions, home: string): ChildProcess {
  const job: Omit<JobSettings, 'owner'> = {
    query: 'bronze',
    checkpoint: localFolder(path.join(home, 'checkpoint')),
    table: localFolder(path.join(home, 'table')),
    quarantine: localFolder(path.join(home, 'quarantine')),
    source: { ...PLAIN_KAFKA, brokers: [brokers], topic },
    startingOffsets: 'earliest',
    runs: 'until-stopped',
    alert: null,
    triggerMs: 500,
    maxOffsetsPerTrigger: null,
    failOnDataLoss: true,
  };
  const file = path.join(root, 'job.json');
  writeFileSync(file, JSON.stringify(job));
  const script = path.join(import.meta.dirname, 'sluice.ts');
  return spawn(process.execPath, [script, file], { stdio: ['ignore', 'pipe', 'pipe'] });
}

function startSparkJob({ root, brokers, topic, log }: OwnersOptions, spark: Spark): ChildProcess {
  const program = path.join(SPARK_PROGRAMS, 'bronze.py');
  const places = ['--checkpoint', path.join(root, 'checkpoint'), '--table', path.join(root, 'table')];
  return startSpark(spark, [program, '--brokers', brokers, '--topic', topic, ...places], log).child;
}

function watch(child: ChildProcess, { root, log }: OwnersOptions): Owner {
  const output = gather(child, log);
  const gone = new Promise<number | null>((resolve) => child.once('close', (code) => resolve(code)));
  return {
    batchesBefore: nextBatch(root),
    gone,
    ended: () => child.exitCode !== null || child.signalCode !== null,
    said: (pattern) => pattern.test(output()),
    tail: () => output().slice(-2_000),
    end: async (signal) => {
      const children = signal === 'SIGKILL' ? childrenOf(child.pid ?? 0) : [];
      children.forEach(kill);
      child.kill(signal);
      const code = await gone;
      // A large process takes a while to be taken down; until then its lease is held.
      while (children.some((pid) => isAlive(pid, null))) await new Promise((resolve) => setTimeout(resolve, 50));
      return code;
    },
  };
}

function gather(child: ChildProcess, log: string): () => string {
  const file = createWriteStream(log, { flags: 'a' });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk: Buffer) => {
      output = (output + chunk.toString()).slice(-100_000);
      file.write(chunk);
    });
  }
  return () => output;
}

/** Until no batch has come for some seconds. */
async function readToTheEnd(child: ChildProcess, options: OwnersOptions): Promise<void> {
  const output = gather(child, options.log);
  const gone = new Promise((resolve) => child.once('close', resolve));
  let seen = '';
  for (let quietSince = Date.now(); Date.now() - quietSince < QUIET_MS || !output().includes('"progress"');) {
    if (child.exitCode !== null) throw new Error(`Sluice ended: ${output().slice(-2_000)}`);
    if (output() !== seen) quietSince = Date.now();
    seen = output();
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  child.kill('SIGTERM');
  await gone;
}

/** The batch after the newest confirmed one, or after the newest promised one. */
export function nextBatch(root: string, folderName: 'commits' | 'offsets' = 'commits'): number {
  const folder = path.join(root, 'checkpoint', folderName);
  const names = existsSync(folder) ? readdirSync(folder).filter((name) => /^\d+$/.test(name)) : [];
  return Math.max(-1, ...names.map(Number)) + 1;
}

/** Spark's program starts a Java process that writes. */
function childrenOf(pid: number): number[] {
  const folder = `/proc/${pid}/task/${pid}/children`;
  if (!existsSync(folder)) return [];
  const text = readFileSync(folder, 'utf8').trim();
  return text.split(' ').filter(Boolean).map(Number);
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
}
