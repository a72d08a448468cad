/**
 * One console per data folder. `<home>/lock/` holds numbered files; the highest number tells who owns the folder. A
 * number is created with link(2), so of racing consoles exactly one gets it, and the highest file is never removed,
 * only replaced by "released": so nobody can take a number that has been used before.
 */
import { linkSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { z } from 'zod';
import { SluiceError } from '../pipeline/errors.ts';
import { isAlive, processStart } from '../pipeline/ownership/process.ts';
import { writeDurably, writeFileAtomic } from './atomic-file.ts';

const ownerSchema = z.object({
  pid: z.number().int().positive(),
  host: z.string(),
  /** When the console took the lock, ms. */
  since: z.number(),
  /** When the process began, as the system tells it, so that a used-again pid is seen; null where it cannot be told. */
  processStart: z.string().nullable(),
  /** Where the console listens for commands. */
  socket: z.string(),
  released: z.boolean(),
});
export type LockOwner = z.infer<typeof ownerSchema>;

export interface HomeLock {
  readonly owner: LockOwner;
  release(): void;
}

/** Takes the data folder for this process. Throws `OWNED_BY_OTHER` that names the console that has it. */
export function takeLock(folder: string, socket: string, now = Date.now()): HomeLock {
  for (;;) {
    const newest = readNewest(folder);
    if (newest.owner && isHeld(newest.owner)) throw ownedByOther(newest.owner);
    const owner = describeSelf(socket, now);
    const number = newest.number + 1;
    if (!claim(folder, number, owner)) continue;
    if (readNewest(folder).number !== number) {
      rmSync(fileOf(folder, number), { force: true });
      continue;
    }
    removeBelow(folder, number);
    return {
      owner,
      release: () => writeFileAtomic(fileOf(folder, number), JSON.stringify({ ...owner, released: true })),
    };
  }
}

/** The live console of a data folder, or null. */
export function findOwner(folder: string): LockOwner | null {
  const { owner } = readNewest(folder);
  return owner && isHeld(owner) ? owner : null;
}

function describeSelf(socket: string, now: number): LockOwner {
  const { pid } = process;
  return { pid, host: os.hostname(), since: now, processStart: processStart(pid), socket, released: false };
}

function claim(folder: string, number: number, owner: LockOwner): boolean {
  const temporary = path.join(folder, `.${process.pid}.tmp`);
  writeDurably(temporary, JSON.stringify(owner));
  try {
    linkSync(temporary, fileOf(folder, number));
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  } finally {
    rmSync(temporary, { force: true });
  }
}

function readNewest(folder: string): { readonly number: number; readonly owner: LockOwner | null } {
  const number = Math.max(0, ...lockNumbers(folder));
  if (number === 0) return { number, owner: null };
  const parsed = ownerSchema.safeParse(readJson(fileOf(folder, number)));
  return { number, owner: parsed.success ? parsed.data : null };
}

function readJson(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    // A lock that cannot be read names nobody; who takes it gets the next number.
    return null;
  }
}

function lockNumbers(folder: string): number[] {
  try {
    return readdirSync(folder).flatMap((name) => (/^\d+\.json$/.test(name) ? [Number.parseInt(name, 10)] : []));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

function removeBelow(folder: string, number: number): void {
  for (const each of lockNumbers(folder)) if (each < number) rmSync(fileOf(folder, each), { force: true });
}

function isHeld(owner: LockOwner): boolean {
  if (owner.released) return false;
  // A process of another machine cannot be looked at: only its own release, or a person, ends its lock.
  return owner.host !== os.hostname() || isAlive(owner.pid, owner.processStart);
}

function ownedByOther(owner: LockOwner): SluiceError {
  const since = new Date(owner.since).toISOString();
  return new SluiceError('OWNED_BY_OTHER', {
    tried: 'Opening the data folder',
    seen: `a console runs on it already: process ${owner.pid} on ${owner.host}, since ${since}`,
    expected: 'a data folder that no other console uses',
    action: 'Use that console (`sluice status` talks to it), end it, or set SLUICE_HOME to another folder.',
  });
}

const fileOf = (folder: string, number: number): string => path.join(folder, `${number}.json`);
