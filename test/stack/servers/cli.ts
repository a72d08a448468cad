/** `sluice run bronze` in a process of its own, as a person or a scheduler runs it. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import type { HandRunSummary } from '../../../src/console/console.ts';

const CLI = path.resolve(import.meta.dirname, '../../../src/cli/cli.ts');

export interface Ended {
  readonly code: number;
  readonly out: string;
  readonly err: string;
  /** The line of JSON on stdout; throws when there is not exactly one. */
  summary(): HandRunSummary;
}

export interface Sluice {
  readonly child: ChildProcess;
  readonly said: { out: string; err: string };
  readonly ended: Promise<Ended>;
  /** Resolves once stderr holds the text. */
  says(text: string | RegExp): Promise<void>;
}

/**
 * Only what is given, and what any process needs, is in its environment.
 * @param program the sources, or a bundle of them
 */
export function sluice(line: string, env: Readonly<Record<string, string>>, cwd: string, program = CLI): Sluice {
  const base = { PATH: process.env['PATH'] ?? '', HOME: process.env['HOME'] ?? '' };
  const child = spawn(process.execPath, [program, ...line.split(' ')], {
    cwd,
    env: { ...base, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const said = { out: '', err: '' };
  child.stdout.on('data', (data) => (said.out += String(data)));
  child.stderr.on('data', (data) => (said.err += String(data)));
  const ended = once(child, 'close').then(([code]) => ({
    code: code as number,
    ...said,
    summary: () => toSummary(said.out),
  }));
  return { child, said, ended, says: (text) => untilSaid(child, said, text) };
}

async function untilSaid(child: ChildProcess, said: { err: string }, text: string | RegExp): Promise<void> {
  const isSaid = (): boolean => (typeof text === 'string' ? said.err.includes(text) : text.test(said.err));
  while (!isSaid()) {
    if (child.exitCode !== null) throw new Error(`it ended without saying ${String(text)}:\n${said.err}`);
    await Promise.race([once(child.stderr ?? child, 'data'), once(child, 'close')]);
  }
}

function toSummary(out: string): HandRunSummary {
  const lines = out.trimEnd().split('\n');
  if (lines.length !== 1) throw new Error(`not one line: ${out}`);
  return JSON.parse(lines[0] ?? '') as HandRunSummary;
}
