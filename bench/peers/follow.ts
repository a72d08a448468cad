/** One program that follows a topic, while rows are sent to it. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import path from 'node:path';
import type { Filler } from '../../test/stack/servers/topics.ts';
import { messageOf } from '../support/messages.ts';
import { processTree } from '../support/processes.ts';
import type { Command } from '../support/measure.ts';
import type { Place, Program } from './programs.ts';
import type { Line } from './report.ts';
import { watchLog, type Log } from './table.ts';

export interface Live {
  readonly filler: Filler;
  readonly brokers: string;
  readonly tell: (line: Line) => void;
}

export interface Follower {
  readonly child: ChildProcess;
  readonly pid: number;
  /** What it has said so far. */
  readonly said: () => string;
  /** Calls back for each line that it says. */
  onLine(work: (line: string) => void): void;
  /** Ends the process and all that it has started, without a word. */
  kill(): Promise<void>;
}

/** One program and a folder of its own, in which it can be started more than once. */
export interface Stage {
  /** Of the table that it writes. */
  readonly log: Log;
  /** Of the machine, before. */
  readonly load: number;
  start(): Follower;
}

export interface StageOptions extends Omit<Place, 'root'> {
  readonly name: string;
  /** For the program's environment. */
  readonly env?: Readonly<Record<string, string>>;
}

const SHAPE = { days: 1, sorted: false };
const MANY = 1_000_000;

export const valueOf = (n: number): string => messageOf(n, MANY, SHAPE);

export function follow({ command, args, env = {} }: Command, cwd: string): Follower {
  const child = spawn(command, args, {
    cwd,
    env: { PATH: process.env['PATH'] ?? '', HOME: process.env['HOME'] ?? '', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  const listeners: ((line: string) => void)[] = [];
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (data) => {
      said = (said + String(data)).slice(-50_000);
      for (const line of String(data).split('\n')) listeners.forEach((each) => each(line));
    });
  const pid = child.pid ?? 0;
  const gone = once(child, 'close');
  const kill = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    for (const each of processTree(pid)) process.kill(each.pid, 'SIGKILL');
    await gone;
  };
  return { child, pid, said: () => said, onLine: (work) => listeners.push(work), kill };
}

/** Answers null for a program that cannot follow a topic. What still runs in the end is killed. */
export async function onStage<T>(
  program: Program,
  { name, env = {}, ...place }: StageOptions,
  work: (stage: Stage) => Promise<T>,
): Promise<T | null> {
  return inFolder(`${name}-${program.peer}`, async (root) => {
    const command = program.follow({ ...place, root }, env);
    if (!command) return null;
    const started: Follower[] = [];
    const start = (): Follower => {
      const follower = follow(command, root);
      started.push(follower);
      return follower;
    };
    try {
      return await work({ log: watchLog(root), load: loadavg()[0] ?? 0, start });
    } catch (cause) {
      throw new Error(`${name} of ${program.peer}: ${started.at(-1)?.said().slice(-2_000)}`, { cause });
    } finally {
      for (const each of started) await each.kill();
    }
  });
}

/** A folder for a run, removed afterwards. */
export async function inFolder<T>(name: string, work: (root: string) => Promise<T>): Promise<T> {
  const root = mkdtempSync(path.join(tmpdir(), `sluice-peers-${name}-`));
  try {
    return await work(root);
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? NaN;
}
