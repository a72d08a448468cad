/**
 * New files that nothing names yet: written where they stay, as Spark does it, and made durable together. A folder that
 * gets many of them is synced once, and so is the parent of many new folders.
 */
import path from 'node:path';
import type { Files } from './files.ts';

export interface NewFiles {
  /** Creates and syncs the file, and its folders where they are missing. Their names are not durable yet. */
  write(file: string, bytes: Uint8Array): Promise<void>;
  /** Makes all names durable, from the files up to the root. */
  sync(): Promise<void>;
}

/** Folders that are synced at the same time. */
const PARALLEL_SYNCS = 8;

/**
 * `durable`: folders below the root whose own names are known to be durable; it outlives the group. A folder that is
 * merely there is not among them: who made it may have died before its name was on the disk.
 */
export function openNewFiles(
  files: Files,
  root: string,
  durable: Set<string>,
  makeRoot: () => Promise<void>,
): NewFiles {
  const touched = new Set<string>();
  const named = new Set<string>();

  async function write(file: string, bytes: Uint8Array): Promise<void> {
    const folder = path.dirname(file);
    try {
      await create(file, bytes);
    } catch (error) {
      if (codeOf(error) !== 'ENOENT') throw error;
      await makeFolder(folder);
      await create(file, bytes);
    }
    touched.add(folder);
    for (let each = folder; each !== root && !durable.has(each); each = path.dirname(each)) {
      named.add(each);
      touched.add(path.dirname(each));
    }
  }

  /** Half a file would be an orphan, and the disk may be full. */
  async function create(file: string, bytes: Uint8Array): Promise<void> {
    try {
      await files.writeNew(file, bytes);
    } catch (error) {
      if (!['ENOENT', 'EEXIST'].includes(codeOf(error))) await files.remove(file).catch(() => undefined);
      throw error;
    }
  }

  async function makeFolder(folder: string): Promise<void> {
    if (folder === root) return makeRoot();
    try {
      if (await files.makeFolder(folder)) durable.delete(folder);
    } catch (error) {
      if (codeOf(error) !== 'ENOENT') throw error;
      await makeFolder(path.dirname(folder));
      await makeFolder(folder);
    }
  }

  async function sync(): Promise<void> {
    const waiting = [...touched];
    const syncSome = async (): Promise<void> => {
      for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) await files.syncFolder(next);
    };
    await Promise.all(Array.from({ length: PARALLEL_SYNCS }, syncSome));
    for (const folder of named) durable.add(folder);
  }

  return { write, sync };
}

const codeOf = (error: unknown): string => (error as NodeJS.ErrnoException).code ?? '';
