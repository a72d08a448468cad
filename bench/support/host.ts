/** One console as a real process, the way a user starts it: in Electron or in the terminal. */
import { spawn, type ChildProcess } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { resolveElectron } from '../../scripts/electron.mjs';
import { connectConsole, type RemoteConsole } from '../../src/console/control-client.ts';
import type { Snapshot } from '../../src/console/contract.ts';

export const ROOT = path.resolve(import.meta.dirname, '..', '..');

export type HostKind = 'node' | 'electron';

export interface Host {
  readonly kind: HostKind;
  readonly pid: number;
  /** Resolves with the exit code, or null when a signal ended it. */
  readonly ended: Promise<number | null>;
  /** SIGKILL to exactly this process; resolves when it is gone. */
  kill(): Promise<void>;
  /** SIGTERM: drain and stop. */
  stop(): Promise<number | null>;
}

export interface HostOptions {
  readonly kind: HostKind;
  readonly home: string;
  /** For Electron: another folder of the app than the checkout. */
  readonly app?: string;
  /** Arguments of `sluice run --headless`, or of the window. */
  readonly args?: readonly string[];
  /** Everything the console prints is appended here. */
  readonly log: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** Starts a console. With `electron` a display must be set. */
export async function startHost(options: HostOptions): Promise<Host> {
  const { command, args, env } = options.kind === 'node' ? terminal() : await window(options.app);
  const child = spawn(command, [...args, ...(options.args ?? [])], {
    cwd: ROOT,
    env: { ...process.env, SLUICE_HOME: options.home, ...env, ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const log = createWriteStream(options.log, { flags: 'a' });
  child.stdout.pipe(log, { end: false });
  child.stderr.pipe(log, { end: false });
  return toHost(options.kind, child);
}

/** The state of a running console, asked over its control socket. Fails after `timeoutMs` when none answers. */
export async function connectHost(home: string, timeoutMs = 60_000): Promise<RemoteConsole> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const found = await connectConsole(home).catch(() => null);
    if (found) return found;
    if (Date.now() > deadline) throw new Error(`no console answers on ${home} after ${timeoutMs} ms`);
    await sleep(100);
  }
}

/** Waits until the snapshot is as wanted; fails with the last one seen. */
export async function until(
  remote: RemoteConsole,
  what: string,
  wanted: (snapshot: Snapshot) => boolean,
  timeoutMs: number,
): Promise<Snapshot> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const snapshot = await remote.call('snapshot', {});
    if (wanted(snapshot)) return snapshot;
    if (Date.now() > deadline) throw new Error(`${what}: not so after ${timeoutMs} ms: ${describe(snapshot)}`);
    await sleep(250);
  }
}

export function bothRunning({ queries }: Snapshot): boolean {
  return queries.bronze.state === 'RUNNING' && queries.alert.state === 'RUNNING';
}

function describe(snapshot: Snapshot): string {
  const { queries, lag, totals, console: self } = snapshot;
  const states = Object.values(queries).map(({ name, state, error }) => ({ name, state, error: error?.message }));
  return JSON.stringify({
    stack: self.stack,
    step: self.step,
    states,
    lag: [lag.bronze?.total, lag.alert?.total],
    totals,
  });
}

function terminal(): { command: string; args: string[]; env: Record<string, string> } {
  const args = [path.join(ROOT, 'dist', 'cli.cjs'), 'run', '--headless'];
  return { command: process.execPath, args, env: {} };
}

async function window(app = ROOT): Promise<{ command: string; args: string[]; env: Record<string, string> }> {
  const { executablePath, args, env } = await resolveElectron({ app, quiet: true });
  return { command: executablePath, args: [...args, '--disable-gpu'], env };
}

function toHost(kind: HostKind, child: ChildProcess): Host {
  if (child.pid === undefined) throw new Error(`the ${kind} host did not start`);
  const ended = new Promise<number | null>((resolve) => child.once('exit', (code) => resolve(code)));
  const end = (signal: NodeJS.Signals): Promise<number | null> => {
    child.kill(signal);
    return ended;
  };
  return { kind, pid: child.pid, ended, kill: async () => void (await end('SIGKILL')), stop: () => end('SIGTERM') };
}
