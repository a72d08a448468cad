/** The app without Playwright, which keeps a page that has crashed once paused for ever. */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { processTree } from '../../../bench/support/processes.ts';
import { resolveElectron } from '../../../scripts/electron.mjs';

export interface UnwatchedApp {
  /** Process id of the page. */
  pagePid(): number | null;
  /** The value of an expression in the page, promises awaited. Fails while there is no page. */
  evaluate(expression: string): Promise<unknown>;
  quit(): Promise<number | null>;
}

export async function startUnwatched(home: string): Promise<UnwatchedApp> {
  const { executablePath, args, env } = await resolveElectron({ quiet: true });
  const child = spawn(executablePath, ['--disable-gpu', '--remote-debugging-port=0', ...args], {
    env: { ...process.env, ...env, SLUICE_HOME: home },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
  const port = await new Promise<string>((resolve) =>
    createInterface({ input: child.stderr }).on('line', (line) => {
      const found = /DevTools listening on ws:\/\/[^:]+:(\d+)/.exec(line)?.[1];
      if (found) resolve(found);
    }),
  );
  return {
    pagePid: () => processTree(child.pid ?? 0).find(({ pid }) => isPage(pid))?.pid ?? null,
    evaluate: (expression) => evaluate(port, expression),
    quit: () => {
      child.kill('SIGTERM');
      return ended;
    },
  };
}

/** Asks again until the answer is wanted; what fails meanwhile is asked again too. */
export async function eventually<T>(ask: () => Promise<T> | T, wanted: (value: T) => boolean): Promise<T> {
  for (;;) {
    const value = await Promise.resolve()
      .then(ask)
      .catch(() => undefined as T);
    if (value !== undefined && wanted(value)) return value;
    await sleep(100);
  }
}

/** A process that has ended since it was listed is no page. */
function isPage(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('--type=renderer');
  } catch {
    return false;
  }
}

async function evaluate(port: string, expression: string): Promise<unknown> {
  const targets = (await (await fetch(`http://127.0.0.1:${port}/json`)).json()) as {
    type: string;
    webSocketDebuggerUrl: string;
  }[];
  const page = targets.find(({ type }) => type === 'page');
  if (!page) throw new Error('there is no page');
  const socket = new WebSocket(page.webSocketDebuggerUrl);
  try {
    return await new Promise((resolve, reject) => {
      const params = { expression, awaitPromise: true, returnByValue: true };
      socket.onopen = () => socket.send(JSON.stringify({ id: 1, method: 'Runtime.evaluate', params }));
      socket.onmessage = ({ data }) => resolve(JSON.parse(String(data)).result?.result?.value);
      socket.onerror = socket.onclose = () => reject(new Error('the page is gone'));
    });
  } finally {
    socket.close();
  }
}
