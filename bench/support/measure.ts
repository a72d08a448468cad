/** Runs a program and answers what it and everything that it started have cost. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';

export interface Cost {
  /** Exit code; negative: the signal that ended it. */
  readonly code: number;
  /** User and system time of the whole tree, exact. */
  readonly cpuSeconds: number;
  readonly wallSeconds: number;
  /** Of the whole tree, looked at four times a second. */
  readonly peakPssMb: number;
  readonly peakRssMb: number;
  /** Seconds after the start. */
  readonly memoryAt: number;
}

export interface Measured {
  readonly child: ChildProcess;
  readonly began: number;
  /** Rejects with what the program said when its exit code is not wanted. */
  readonly cost: Promise<Cost>;
}

const SCRIPT = path.join(import.meta.dirname, 'measure.py');

export interface Command {
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** A signal to `child` reaches the program itself. */
export function measure({ command, args, env = {} }: Command, cwd: string): Measured {
  const began = performance.now();
  const child = spawn('python3', [SCRIPT, command, ...args], {
    cwd,
    env: { PATH: process.env['PATH'] ?? '', HOME: process.env['HOME'] ?? '', ...env },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  child.stderr?.on('data', (data) => (said = (said + String(data)).slice(-100_000)));
  const cost = once(child, 'close').then(() => {
    const last = said.trimEnd().split('\n').at(-1) ?? '';
    const result = last.startsWith('{') ? (JSON.parse(last) as Cost) : null;
    if (result?.code !== 0) throw new Error(`${command} ended with ${result?.code}: ${said.slice(-3_000)}`);
    return result;
  });
  cost.catch(() => undefined);
  return { child, began, cost };
}
