/** Many small batches: the last tenth may cost at most 1.1 times the first. */
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { afterOf, envelope } from '../../test/pipeline/support/records.ts';
import { memorySource } from '../../test/pipeline/support/memory-source.ts';
import { BY_SCHEDULE } from '../../src/pipeline/delta/maintain/plan.ts';
import { optimize } from '../../src/pipeline/delta/maintain/optimize.ts';
import { openTable } from '../../src/pipeline/delta/snapshot.ts';
import { openLocalStore } from '../../src/pipeline/store/local.ts';
import { randomUUID } from 'node:crypto';
import { runBatches } from './query.ts';

const GOAL = 1.1;
/** As the schedule does it: every so many batches. */
const OPTIMIZE_EVERY = 500;

export async function manyBatches(root: string, batches: number) {
  const source = memorySource(1);
  const cpu: number[] = [];
  const wall: number[] = [];
  const memory: number[] = [];
  let before = process.cpuUsage();
  let maintenance: Promise<unknown> = Promise.resolve();
  const feed = (batch: number): void => {
    source.append(
      0,
      Array.from({ length: 5 }, (_, n) => envelope(afterOf(batch * 5 + n))),
    );
    // What was read is gone, as retention does it: the topic in memory would grow otherwise.
    if (batch % 1_000 === 0 && batch > 0) source.truncate(0, BigInt((batch - 1) * 5));
  };
  await runBatches(root, source, batches, feed, ({ progress, wallMs }) => {
    const now = process.cpuUsage();
    cpu.push((now.user + now.system - before.user - before.system) / 1_000);
    before = now;
    wall.push(wallMs);
    if (progress.batchId % 100 === 0) memory.push(process.memoryUsage().rss / 1024 ** 2);
    if (progress.batchId % OPTIMIZE_EVERY === OPTIMIZE_EVERY - 1) maintenance = maintenance.then(() => tidy(root));
  });
  await maintenance;
  const tenth = Math.floor(batches / 10);
  const mean = (values: number[]): number => values.reduce((sum, each) => sum + each, 0) / values.length;
  const median = (values: number[]): number => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
  const growth = median(cpu.slice(-tenth)) / median(cpu.slice(0, tenth));
  const files = (folder: string): number => readdirSync(path.join(root, folder)).length;
  const { files: live } = await openTable(openLocalStore(path.join(root, 'table'))).refresh();
  return {
    batches,
    cpuMsFirstTenth: round(median(cpu.slice(0, tenth))),
    cpuMsLastTenth: round(median(cpu.slice(-tenth))),
    cpuMsMeanFirstTenth: round(mean(cpu.slice(0, tenth))),
    cpuMsMeanLastTenth: round(mean(cpu.slice(-tenth))),
    wallMsFirstTenth: round(median(wall.slice(0, tenth))),
    wallMsLastTenth: round(median(wall.slice(-tenth))),
    // Log checkpoints begin with every tenth batch, and are written while the next one runs.
    wallMsBesideCheckpoint: round(median(wall.filter((_, batch) => batch % 10 === 1))),
    wallMsOtherwise: round(median(wall.filter((_, batch) => batch % 10 !== 1))),
    growth: round(growth),
    goal: GOAL,
    rssMiB: [memory[Math.floor(memory.length / 10)], memory.at(-1)].map((each) => Math.round(each ?? 0)),
    checkpointFiles: files('checkpoint/offsets') + files('checkpoint/commits'),
    logFiles: files('table/_delta_log'),
    liveFiles: live.size,
    met: growth <= GOAL,
  };
}

async function tidy(root: string): Promise<void> {
  const store = openLocalStore(path.join(root, 'table'));
  const signal = new AbortController().signal;
  const checkOwner = async (): Promise<void> => undefined;
  await optimize({ store, table: openTable(store), now: Date.now, uuid: randomUUID, checkOwner, signal }, BY_SCHEDULE);
}

const round = (value: number): number => Math.round(value * 100) / 100;
