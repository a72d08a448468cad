/** Many small batches: the last tenth may cost at most 1.1 times the first, the mean as the median, and no more memory. */
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { Worker } from 'node:worker_threads';
import { THREAD_LIMITS } from '../../src/console/thread.ts';
import { afterOf, envelope } from '../../test/pipeline/support/records.ts';
import { memorySource } from '../../test/pipeline/support/memory-source.ts';
import { openTable } from '../../src/pipeline/delta/snapshot.ts';
import { openLocalStore } from '../../src/pipeline/store/local.ts';
import { runBatches } from './query.ts';

const GOAL = 1.1;
/** As the schedule does it: every so many batches, and begun and ended within a tenth of them. */
const OPTIMIZE_EVERY = 500;
const MIB = 1024 ** 2;

/** CPU is that of the whole process, ms a batch: log checkpoints and the keeper of the table beside the batches included. */
export async function manyBatches(root: string, batches: number) {
  const source = memorySource(1);
  const cpu: number[] = [];
  const wall: number[] = [];
  const memory: NodeJS.MemoryUsage[] = [];
  const kept: number[] = [];
  let before = process.cpuUsage();
  let maintenance: Promise<unknown> = Promise.resolve();
  const feed = (batch: number): void => {
    source.append(
      0,
      Array.from({ length: 5 }, (_, n) => envelope(afterOf(batch * 5 + n))),
    );
    // What was read is gone, as retention does it: the topic in memory would grow otherwise, and with it blocks of memory
    // that its records share with others.
    if (batch % 10 === 0 && batch > 0) source.truncate(0, BigInt((batch - 1) * 5));
  };
  await runBatches(root, source, batches, feed, ({ progress, wallMs }) => {
    const now = process.cpuUsage();
    cpu.push((now.user + now.system - before.user - before.system) / 1_000);
    before = now;
    wall.push(wallMs);
    if (progress.batchId % 10 === 0) memory.push(process.memoryUsage());
    if (progress.batchId % OPTIMIZE_EVERY === OPTIMIZE_EVERY / 2)
      maintenance = maintenance.then(() => tidy(path.join(root, 'table'))).then((ms) => kept.push(ms));
  });
  await maintenance;
  const tenth = Math.floor(batches / 10);
  const [first, last] = [cpu.slice(0, tenth), cpu.slice(-tenth)];
  const growth = { median: round(median(last) / median(first)), mean: round(mean(last) / mean(first)) };
  const files = (folder: string): number => readdirSync(path.join(root, folder)).length;
  const { files: live, tombstones } = await openTable(openLocalStore(path.join(root, 'table'))).refresh();
  return {
    batches,
    cpuMsMedian: [round(median(first)), round(median(last))],
    cpuMsMean: [round(mean(first)), round(mean(last))],
    growth,
    goal: GOAL,
    wallMsMedian: [round(median(wall.slice(0, tenth))), round(median(wall.slice(-tenth)))],
    // Log checkpoints begin with every tenth batch, and are written while the next one runs.
    wallMsBesideCheckpoint: round(median(wall.filter((_, batch) => batch % 10 === 1))),
    wallMsOtherwise: round(median(wall.filter((_, batch) => batch % 10 !== 1))),
    wallMsWorst: round(Math.max(...wall)),
    memoryMiB: { rss: tenths(memory, 'rss'), heap: tenths(memory, 'heapUsed'), outside: tenths(memory, 'external') },
    keeperMs: [kept[0], kept.at(-1)].map((each) => Math.round(each ?? 0)),
    checkpointFiles: files('checkpoint/offsets') + files('checkpoint/commits'),
    logFiles: files('table/_delta_log'),
    liveFiles: live.size,
    tombstones: tombstones.size,
    met: growth.median <= GOAL && growth.mean <= GOAL,
  };
}

/** The median of each tenth: one of them may have the keeper beside it. */
function tenths(memory: readonly NodeJS.MemoryUsage[], part: keyof NodeJS.MemoryUsage): number[] {
  const size = Math.ceil(memory.length / 10);
  return Array.from({ length: 10 }, (_, n) => {
    const some = memory.slice(n * size, (n + 1) * size);
    return Math.round(median(some.map((each) => each[part])) / MIB);
  });
}

/** How long the keeper of the table took, ms. */
function tidy(table: string): Promise<number> {
  const began = performance.now();
  const keeper = new Worker(path.join(import.meta.dirname, 'keeper.ts'), {
    workerData: table,
    resourceLimits: THREAD_LIMITS,
  });
  return new Promise((resolve, reject) => {
    keeper.once('error', reject);
    keeper.once('exit', () => resolve(performance.now() - began));
  });
}

const mean = (values: readonly number[]): number => values.reduce((sum, each) => sum + each, 0) / values.length;
const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
const round = (value: number): number => Math.round(value * 100) / 100;
