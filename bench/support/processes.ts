/** What a tree of processes costs, read from /proc (Linux only). */
import { readdirSync, readFileSync } from 'node:fs';

export interface ProcessCost {
  readonly pid: number;
  readonly name: string;
  /** Proportional set size: shared pages are divided among those who share them. MiB. */
  readonly pssMb: number;
  /** User and system time so far, seconds. */
  readonly cpuSeconds: number;
}

const TICKS_PER_SECOND = 100;

/** The process and all that descend from it. */
export function processTree(root: number): ProcessCost[] {
  const parents = new Map<number, number>();
  for (const entry of readdirSync('/proc')) {
    if (/^\d+$/.test(entry)) parents.set(Number(entry), parentOf(Number(entry)));
  }
  const wanted = [...parents.keys()].filter((pid) => descends(pid, root, parents));
  return wanted.flatMap((pid) => costOf(pid) ?? []);
}

export const sum = (costs: readonly ProcessCost[], of: 'pssMb' | 'cpuSeconds'): number =>
  costs.reduce((total, cost) => total + cost[of], 0);

function descends(pid: number, root: number, parents: ReadonlyMap<number, number>): boolean {
  for (let each: number | undefined = pid; each !== undefined && each > 1; each = parents.get(each)) {
    if (each === root) return true;
  }
  return false;
}

function parentOf(pid: number): number {
  return Number(statFields(pid)?.[1] ?? 0);
}

function costOf(pid: number): ProcessCost | null {
  const fields = statFields(pid);
  if (!fields) return null;
  const cpuSeconds = (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
  const rollup = read(`/proc/${pid}/smaps_rollup`) ?? '';
  const pss = Number(/^Pss:\s+(\d+)/m.exec(rollup)?.[1] ?? 0);
  return { pid, name: (read(`/proc/${pid}/comm`) ?? '').trim(), pssMb: pss / 1024, cpuSeconds };
}

/** Fields of /proc/<pid>/stat from the state on: 0 state, 1 parent, 11 user ticks, 12 system ticks (proc(5)). */
function statFields(pid: number): string[] | null {
  const text = read(`/proc/${pid}/stat`);
  return text === null ? null : text.slice(text.lastIndexOf(')') + 2).split(' ');
}

function read(file: string): string | null {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return null;
  }
}
