/** What a program costs that has caught up and has nothing to do. */
import { setTimeout as sleep } from 'node:timers/promises';
import { processTree, sum } from '../support/processes.ts';
import { onStage, valueOf, type Live, type Stage } from './follow.ts';
import { fillTopic } from './fill.ts';
import type { Program } from './programs.ts';

const ROWS = 10;
const SETTLING_SECONDS = 20;
const WATCHED_SECONDS = 60;
const LOOKS = 12;
const PATIENCE_MS = 120_000;

export interface Idle {
  readonly kind: 'idle';
  readonly peer: Program['peer'];
  readonly triggerSeconds: number;
  readonly settlingSeconds: number;
  readonly watchedSeconds: number;
  readonly cpuPerSecond: number;
  /** The mean of some looks. */
  readonly pssMb: number;
  readonly peakPssMb: number;
  readonly load: number;
}

/** @param triggerSeconds each program looks for new records so often; 0: as often as it can */
export async function measureIdle(live: Live, programs: readonly Program[], triggerSeconds: number): Promise<void> {
  const { filler, brokers, tell } = live;
  const topic = await fillTopic(filler, ROWS, 1);
  const env = { TRIGGER_INTERVAL: `${triggerSeconds} seconds` };
  let sent = ROWS;
  for (const program of programs) {
    const found = await onStage(program, { name: 'idle', brokers, topic, env }, async (stage) => {
      const idle = await watch(stage, sent);
      // It has looked for records all the time.
      await filler.send(topic, [valueOf(sent)]);
      sent += 1;
      await stage.log.until(sent, PATIENCE_MS);
      return idle;
    });
    if (found) tell({ kind: 'idle', peer: program.peer, triggerSeconds, ...found });
  }
}

async function watch(
  { log, load, start }: Stage,
  rows: number,
): Promise<Omit<Idle, 'kind' | 'peer' | 'triggerSeconds'>> {
  const { pid } = start();
  await log.until(rows, PATIENCE_MS);
  await sleep(SETTLING_SECONDS * 1_000);
  const before = sum(processTree(pid), 'cpuSeconds');
  const began = performance.now();
  const memory: number[] = [];
  let after = before;
  for (let look = 0; look < LOOKS; look += 1) {
    await sleep((WATCHED_SECONDS / LOOKS) * 1_000);
    const processes = processTree(pid);
    memory.push(sum(processes, 'pssMb'));
    after = sum(processes, 'cpuSeconds');
  }
  const seconds = (performance.now() - began) / 1_000;
  return {
    settlingSeconds: SETTLING_SECONDS,
    watchedSeconds: WATCHED_SECONDS,
    cpuPerSecond: (after - before) / seconds,
    pssMb: Math.round(memory.reduce((total, each) => total + each, 0) / LOOKS),
    peakPssMb: Math.round(Math.max(...memory)),
    load,
  };
}
