/** Starting hosts, and watching what becomes of them. */
import { fork, type ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Start, Told } from './host.ts';

export interface Host {
  readonly pid: number;
  readonly told: readonly Told[];
  /** Everything it printed to stderr. */
  readonly errors: () => string;
  send(start: Start): void;
  signal(signal: NodeJS.Signals): void;
  /** The first event that fits, also one that was told already; fails when the process ends without. */
  next<T extends Told>(wanted: (told: Told) => told is T): Promise<T>;
  readonly ended: Promise<void>;
}

const STUCK_MS = 120_000;

/** @param failpoints as `SLUICE_FAILPOINTS`; `pause` waits for `<name>.go` in the folder */
export async function startHost(failpoints: string | null = null, folder: string | null = null): Promise<Host> {
  const child = fork(path.join(import.meta.dirname, 'host.ts'), {
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    env: {
      ...process.env,
      ...(failpoints === null ? {} : { SLUICE_FAILPOINTS: failpoints }),
      ...(folder === null ? {} : { SLUICE_FAILPOINTS_DIR: folder }),
    },
  });
  const host = watch(child);
  await host.next(isType('ready'));
  return host;
}

export const isType =
  <T extends Told['type']>(type: T) =>
  (told: Told): told is Extract<Told, { type: T }> =>
    told.type === type;

export const isRunning = (told: Told): told is Extract<Told, { type: 'state' }> =>
  told.type === 'state' && told.state === 'RUNNING';

/** Resolves once the process is stopped by a signal. */
export async function untilFrozen({ pid }: Host): Promise<void> {
  await until(`process ${pid} freezes`, () => stateOf(pid) === 'T');
}

export async function until(what: string, test: () => boolean | Promise<boolean>): Promise<void> {
  const late = Date.now() + STUCK_MS;
  while (!(await test())) {
    if (Date.now() > late) throw new Error(`${what}: not within ${STUCK_MS / 1_000} s`);
    await sleep(10);
  }
}

function stateOf(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2)[0] ?? null;
  } catch {
    return null;
  }
}

function watch(child: ChildProcess): Host {
  const told: Told[] = [];
  let waiters: (() => void)[] = [];
  let errors = '';
  let isOver = false;
  const wake = (): void => {
    for (const waiter of waiters.splice(0)) waiter();
  };
  child.stderr?.on('data', (chunk: Buffer) => (errors += chunk.toString()));
  child.on('message', (event: Told) => (told.push(event), wake()));
  // A parent that is stopped must leave no frozen child behind.
  const killWithUs = (): void => void child.kill('SIGKILL');
  process.once('exit', killWithUs);
  const ended = new Promise<void>((resolve) =>
    child.once('close', () => {
      process.removeListener('exit', killWithUs);
      isOver = true;
      wake();
      resolve();
    }),
  );
  return {
    pid: child.pid ?? 0,
    told,
    errors: () => errors,
    ended,
    send: (start) => void child.send(start),
    signal: (signal) => void child.kill(signal),
    next: async (wanted) => {
      const late = Date.now() + STUCK_MS;
      for (;;) {
        const found = told.find(wanted);
        if (found) return found;
        if (isOver) throw new Error(`the host ended without a word: ${errors}`);
        if (Date.now() > late)
          throw new Error(`nothing of this kind for ${STUCK_MS / 1_000} s: ${JSON.stringify(told.at(-1))}`);
        const timer = new AbortController();
        await Promise.race([
          new Promise<void>((resolve) => (waiters = [...waiters, resolve])),
          sleep(1_000, undefined, { signal: timer.signal }).catch(() => undefined),
        ]);
        timer.abort();
      }
    },
  };
}
