/** How long a program takes from its start to its first commit, and from its death by SIGKILL to the next one. */
import { loadavg } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Program } from './programs.ts';
import { follow, inFolder, quantile, valueOf, type Live } from './follow.ts';
import { fillTopic } from './fill.ts';
import { watchLog } from './table.ts';

const ROWS = 1_000;
const RUNS = 5;
const PATIENCE_MS = 120_000;

export interface Start {
  readonly kind: 'start';
  readonly peer: Program['peer'];
  readonly firstCommitSeconds: number;
  readonly killToCommitSeconds: number;
  readonly runs: number;
  readonly load: number;
}

/** The median of some runs; of Spark fewer, because each takes half a minute. */
export async function measureStart(live: Live, programs: readonly Program[]): Promise<void> {
  const topic = await fillTopic(live.filler, ROWS, 1);
  let sent = ROWS;
  for (const program of programs) {
    const runs = program.peer === 'spark' ? 2 : RUNS;
    const [first, again]: [number[], number[]] = [[], []];
    const load = loadavg()[0] ?? 0;
    for (let run = 0; run < runs; run += 1) {
      await inFolder(`start-${program.peer}`, async (root) => {
        const command = program.follow({ brokers: live.brokers, topic, root });
        if (!command) return;
        const log = watchLog(root);
        let began = performance.now();
        const before = follow(command, root);
        await log.until(sent, PATIENCE_MS);
        first.push(log.firstAt() - began);
        await settle(before);
        await live.filler.send(topic, [valueOf(sent)]);
        sent += 1;
        await log.until(sent, PATIENCE_MS);
        began = performance.now();
        await before.kill();
        await live.filler.send(topic, [valueOf(sent)]);
        sent += 1;
        const after = follow(command, root);
        await log.until(sent, PATIENCE_MS);
        again.push(log.lastAt() - began);
        await settle(after);
        await after.kill();
      });
    }
    if (first.length === 0) continue;
    live.tell({
      kind: 'start',
      peer: program.peer,
      firstCommitSeconds: quantile(first, 0.5) / 1_000,
      killToCommitSeconds: quantile(again, 0.5) / 1_000,
      runs,
      load,
    });
  }
}

/** A commit is seen before the program has settled its batch. */
async function settle({ child }: { child: { exitCode: number | null } }): Promise<void> {
  await sleep(500);
  if (child.exitCode !== null) throw new Error(`it ended with ${child.exitCode}`);
}
