/** What a program costs that has nothing to do. */
import { loadavg } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { processTree, sum } from '../support/processes.ts';
import { follow, inFolder, type Live } from './follow.ts';
import { fillTopic } from './fill.ts';
import type { Program } from './programs.ts';
import { watchLog } from './table.ts';

const SETTLING_MS = 15_000;
const WATCHED_MS = 30_000;
const PATIENCE_MS = 120_000;

export interface Idle {
  readonly kind: 'idle';
  readonly peer: Program['peer'];
  readonly cpuPerSecond: number;
  readonly pssMb: number;
  readonly load: number;
}

export async function measureIdle({ filler, brokers, tell }: Live, programs: readonly Program[]): Promise<void> {
  for (const { peer, ...program } of programs) {
    await inFolder(`idle-${peer}`, async (root) => {
      const topic = await fillTopic(filler, 10, 1);
      const command = program.follow({ brokers, topic, root });
      if (!command) return;
      const load = loadavg()[0] ?? 0;
      const follower = follow(command, root);
      await watchLog(root).until(10, PATIENCE_MS);
      await sleep(SETTLING_MS);
      const before = sum(processTree(follower.pid), 'cpuSeconds');
      await sleep(WATCHED_MS);
      const after = processTree(follower.pid);
      await follower.kill();
      const cpuPerSecond = (sum(after, 'cpuSeconds') - before) / (WATCHED_MS / 1_000);
      tell({ kind: 'idle', peer, cpuPerSecond, pssMb: Math.round(sum(after, 'pssMb')), load });
    });
  }
}
