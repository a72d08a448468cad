/** Whether a process of this machine still lives, told apart from another one that got its number. */
import { readFileSync, readlinkSync } from 'node:fs';
import os from 'node:os';

/** How a process is found again: when it started, and in which running system its number counts. */
export interface ProcessMark {
  readonly started: string | null;
  readonly machine: string | null;
}

export function thisMachine(pid: number): ProcessMark {
  return { started: processStart(pid), machine: machineId() };
}

/** True only when the process is certainly gone: of another machine, or another container, nothing is known. */
export function isDead({ host, pid, started, machine }: ProcessMark & { host: string; pid: number }): boolean {
  return host === os.hostname() && (machine ?? null) === machineId() && !isAlive(pid, started);
}

/** When the process started, in the kernel's own count, or null where the system does not tell. */
export function processStart(pid: number): string | null {
  return fieldsOf(pid)?.[19] ?? null;
}

/** It has ended, and only its parent has not asked for its exit code yet. */
function isZombie(pid: number): boolean {
  return fieldsOf(pid)?.[0] === 'Z';
}

/** The fields behind the name, which stands in brackets and may hold spaces. */
function fieldsOf(pid: number): string[] | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  } catch {
    return null;
  }
}

export function isAlive(pid: number, start: string | null): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    // EPERM: it lives and belongs to somebody else.
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false;
  }
  if (isZombie(pid)) return false;
  const now = processStart(pid);
  return start === null || now === null || now === start;
}

/** One boot and one space of process numbers: containers of one name have different ones. Null where nothing tells. */
function machineId(): string | null {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    return `${boot} ${readlinkSync('/proc/self/ns/pid')}`;
  } catch {
    return null;
  }
}
