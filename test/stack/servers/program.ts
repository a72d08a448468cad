/** Real server programs for tests: started on free loopback ports, ended by their own process id. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { createWriteStream, mkdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import net, { type AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const STOP_MS = 20_000;
const READY_MS = 180_000;

/** What is downloaded or built once lies here, outside of the checkout. */
export const CACHE = path.join(process.env['XDG_CACHE_HOME'] ?? path.join(os.homedir(), '.cache'), 'sluice');

export interface Program {
  readonly pid: number;
  /** Ends it with the signal and waits until it is gone; what ignores SIGTERM for 20 s is killed. */
  end(signal: NodeJS.Signals): Promise<void>;
}

export interface ProgramOptions {
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: Record<string, string>;
  /** Its output, both streams. Shown when it does not start. */
  readonly log: string;
  /** Resolves true once the server really answers. */
  readonly isReady: () => Promise<boolean>;
}

/** Starts the program and waits until it answers; throws with the tail of its log when it does not. */
export async function startProgram(options: ProgramOptions): Promise<Program> {
  const child = spawn(options.command, options.args, {
    env: minimalEnv(options.env),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  mkdirSync(path.dirname(options.log), { recursive: true });
  const log = createWriteStream(options.log, { flags: 'a' });
  child.stdout.pipe(log, { end: false });
  child.stderr.pipe(log, { end: false });
  const killWithUs = (): void => void child.kill('SIGKILL');
  process.once('exit', killWithUs);
  const gone = new Promise<void>((resolve) => {
    child.once('error', () => resolve());
    child.once('close', () => resolve());
  }).then(() => {
    process.removeListener('exit', killWithUs);
    log.end();
  });
  await untilReady(child, gone, options);
  return { pid: child.pid ?? 0, end: (signal) => end(child, gone, signal) };
}

/** A port of 127.0.0.1 that nobody listens on now. */
export async function freePort(): Promise<number> {
  const server = net.createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Runs a tool to its end; throws with what it said when it fails. */
export async function runTool(command: string, args: readonly string[], env?: Record<string, string>): Promise<void> {
  const child = spawn(command, args, { env: minimalEnv(env), stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const code = await new Promise<number | null>((resolve, reject) =>
    child.once('error', reject).once('close', resolve),
  );
  if (code !== 0) throw new Error(`${command} ended with ${code}: ${output.slice(-2_000)}`);
}

/** Whether a tool can be started at all. */
export function hasTool(command: string, args: readonly string[]): boolean {
  return spawnSync(command, args, { stdio: 'ignore' }).status === 0;
}

async function untilReady(child: ChildProcess, gone: Promise<void>, options: ProgramOptions): Promise<void> {
  const until = Date.now() + READY_MS;
  let ended = false;
  void gone.then(() => (ended = true));
  while (!ended && Date.now() < until) {
    if (await options.isReady().catch(() => false)) return;
    await sleep(50);
  }
  child.kill('SIGKILL');
  await gone;
  const tail = (await readFile(options.log, 'utf8')).slice(-2_000);
  throw new Error(`${options.command} ${ended ? 'ended' : 'does not answer'} while starting:\n${tail}`);
}

async function end(child: ChildProcess, gone: Promise<void>, signal: NodeJS.Signals): Promise<void> {
  child.kill(signal);
  const timer = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
  await gone;
  clearTimeout(timer);
}

/** Tools of the machine need little of our environment; settings of ours must not reach a server. */
function minimalEnv(extra: Record<string, string> = {}): Record<string, string> {
  const names = ['PATH', 'HOME', 'JAVA_HOME', 'TMPDIR', 'GOPROXY', 'GOSUMDB', 'GOFLAGS', 'SSL_CERT_FILE', 'MAVEN_OPTS'];
  const proxies = ['HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY', 'http_proxy', 'https_proxy', 'no_proxy'];
  const known = [...names, ...proxies].flatMap((name) => {
    const value = process.env[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  return { ...Object.fromEntries(known), ...extra };
}
