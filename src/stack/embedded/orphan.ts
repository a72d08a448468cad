/** The server that a crashed run left behind: found by the pid file of our own cluster, stopped by exactly that pid. */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { SluiceError } from '../../pipeline/errors.ts';
import { childEnvironment } from './account.ts';
import type { Cluster } from './cluster.ts';

export interface Orphan {
  readonly pid: number;
  readonly port: number;
}

const STOP_TIMEOUT_MS = 30_000;
const POLL_MS = 20;

/**
 * The living server of our cluster, or null. A pid file whose process is gone, or by now is another program, is
 * stale and removed: PostgreSQL itself guards the data folder by its shared memory.
 */
export async function findOrphan(cluster: Cluster): Promise<Orphan | null> {
  const file = path.join(cluster.data, 'postmaster.pid');
  const text = await readFile(file, 'utf8').catch(() => null);
  if (text === null) return null;
  const written = parsePidFile(text);
  if (written && isAlive(written.pid) && (await isOurs(written.pid, cluster)) && written.data === cluster.data) {
    return { pid: written.pid, port: written.port };
  }
  await rm(file, { force: true });
  return null;
}

/** The lines of `postmaster.pid`: pid, data folder, start time, port, ... */
export function parsePidFile(text: string): { pid: number; data: string; port: number } | null {
  const lines = text.split('\n');
  const pid = Number(lines[0]);
  const port = Number(lines[3] || 0);
  return Number.isInteger(pid) && pid > 0 && Number.isInteger(port) ? { pid, data: lines[1] ?? '', port } : null;
}

/** True while the process runs. One that has ended but was never waited for (no init in a container) counts as gone. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false;
  }
  return !isZombie(pid);
}

/** Fast shutdown of exactly this pid, and waits until it is gone; after 30 seconds it is killed. */
export async function stopServer(pid: number, cluster: Cluster): Promise<void> {
  await signalServer(pid, 'INT', cluster);
  if (await isGone(pid, STOP_TIMEOUT_MS)) return;
  await signalServer(pid, 'KILL', cluster);
  if (await isGone(pid, STOP_TIMEOUT_MS)) return;
  throw new SluiceError('STACK_FAILED', {
    tried: `Stopping PostgreSQL (pid ${pid})`,
    seen: 'its process is still there after a kill',
    expected: 'the process to end',
    action: `Look at process ${pid}; a disk that does not answer can hold it.`,
  });
}

async function signalServer(pid: number, name: 'INT' | 'KILL', cluster: Cluster): Promise<void> {
  if (process.platform === 'win32') {
    // Windows has no signals; pg_ctl speaks to the server through its own pipe.
    await promisify(execFile)(cluster.binaries.pgCtl, ['kill', name, String(pid)], { env: childEnvironment() }).catch(
      () => undefined,
    );
    return;
  }
  try {
    process.kill(pid, name === 'INT' ? 'SIGINT' : 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

async function isGone(pid: number, timeoutMs: number): Promise<boolean> {
  const deadline = Date.now() + timeoutMs;
  while (isAlive(pid)) {
    if (Date.now() > deadline) return false;
    await sleep(POLL_MS);
  }
  return true;
}

function isZombie(pid: number): boolean {
  if (process.platform !== 'linux') return false;
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).startsWith('Z');
  } catch {
    return false;
  }
}

/** True when the process is a postgres program that was started on our data folder. */
async function isOurs(pid: number, cluster: Cluster): Promise<boolean> {
  const command = await commandOf(pid);
  return command.includes(path.basename(cluster.binaries.postgres)) && command.includes(cluster.data);
}

/** The command line of a process, or the empty text when it cannot be told. */
async function commandOf(pid: number): Promise<string> {
  if (process.platform === 'linux') return readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
  const ask =
    process.platform === 'win32'
      ? { program: 'powershell', args: ['-NoProfile', '-Command', windowsCommand(pid)] }
      : { program: 'ps', args: ['-o', 'args=', '-p', String(pid)] };
  return promisify(execFile)(ask.program, ask.args, { env: childEnvironment() }).then(
    ({ stdout }) => stdout,
    () => '',
  );
}

function windowsCommand(pid: number): string {
  return `(Get-CimInstance Win32_Process -Filter "ProcessId=${pid}").CommandLine`;
}
