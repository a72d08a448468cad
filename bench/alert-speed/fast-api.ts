/** The real fraud API: `services/fraud-api` in the Python environment of `model/`, on a free port of loopback. */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import path from 'node:path';
import { promisify } from 'node:util';
import { setTimeout as sleep } from 'node:timers/promises';
import { ROOT } from '../support/host.ts';

export interface FastApi {
  readonly url: string;
  readonly pid: number;
  stop(): Promise<void>;
}

const START_MS = 60_000;

/** Makes the environment first when it is not there; that takes minutes once. */
export async function startFastApi(log: string): Promise<FastApi> {
  const { stdout } = await promisify(execFile)('bash', [path.join(ROOT, 'model', 'setup.sh')]);
  const port = await freePort();
  const child = spawn(stdout.trim(), ['-m', 'fraud_api'], {
    cwd: path.join(ROOT, 'services', 'fraud-api'),
    env: { ...process.env, FRAUD_API_PORT: String(port), OMP_NUM_THREADS: '1' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const file = createWriteStream(log, { flags: 'a' });
  child.stdout.pipe(file, { end: false });
  child.stderr.pipe(file, { end: false });
  const url = `http://127.0.0.1:${port}`;
  const deadline = Date.now() + START_MS;
  while (
    !(await fetch(`${url}/health`).then(
      ({ ok }) => ok,
      () => false,
    ))
  ) {
    if (Date.now() > deadline || child.exitCode !== null) throw new Error(`the fraud API does not start; see ${log}`);
    await sleep(100);
  }
  const stop = async (): Promise<void> => {
    const gone = once(child, 'exit');
    child.kill('SIGTERM');
    await gone;
  };
  return { url, pid: child.pid ?? 0, stop };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
