/** How long a program takes from its start to its first commit, and from its death by SIGKILL to the next one. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Program } from './programs.ts';
import { onStage, quantile, valueOf, type Live, type Stage } from './follow.ts';
import { fillTopic } from './fill.ts';

const ROWS = 1_000;
const RUNS = 5;
/** Each takes half a minute. */
const SPARK_RUNS = 2;
const PATIENCE_MS = 120_000;

export interface Start {
  readonly kind: 'start';
  readonly peer: Program['peer'];
  readonly firstCommitSeconds: number;
  readonly killToCommitSeconds: number;
  readonly runs: number;
  readonly load: number;
}

/** Both in ms. */
interface Run {
  readonly first: number;
  readonly again: number;
  readonly load: number;
}

/** The median of some runs. */
export async function measureStart(live: Live, programs: readonly Program[]): Promise<void> {
  const topic = await fillTopic(live.filler, ROWS, 1);
  let sent = ROWS;
  const send = async (): Promise<number> => {
    await live.filler.send(topic, [valueOf(sent)]);
    return (sent += 1);
  };
  for (const program of programs) {
    const runs: Run[] = [];
    for (let run = 0; run < (program.peer === 'spark' ? SPARK_RUNS : RUNS); run += 1) {
      const place = { name: 'start', brokers: live.brokers, topic };
      const found = await onStage(program, place, (stage) => startTwice(stage, sent, send));
      if (found) runs.push(found);
    }
    if (runs.length === 0) continue;
    const median = (of: 'first' | 'again'): number =>
      quantile(
        runs.map((run) => run[of]),
        0.5,
      ) / 1_000;
    live.tell({
      kind: 'start',
      peer: program.peer,
      firstCommitSeconds: median('first'),
      killToCommitSeconds: median('again'),
      runs: runs.length,
      load: runs[0]?.load ?? NaN,
    });
  }
}

/** @param send sends one row more and answers how many there are */
async function startTwice({ log, load, start }: Stage, rows: number, send: () => Promise<number>): Promise<Run> {
  let began = performance.now();
  const before = start();
  await log.until(rows, PATIENCE_MS);
  const first = log.firstAt() - began;
  await settle(before);
  await log.until(await send(), PATIENCE_MS);
  began = performance.now();
  await before.kill();
  const all = await send();
  const after = start();
  await log.until(all, PATIENCE_MS);
  const again = log.lastAt() - began;
  await settle(after);
  return { first, again, load };
}

/** A commit is seen before the program has settled its batch. */
async function settle({ child }: { child: { exitCode: number | null } }): Promise<void> {
  await sleep(500);
  if (child.exitCode !== null) throw new Error(`it ended with ${child.exitCode}`);
}
