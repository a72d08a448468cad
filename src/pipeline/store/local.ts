/** Objects as files below one folder: durable, atomic, readable only by the owner. */
import { randomUUID } from 'node:crypto';
import { promises as fs, type Dirent } from 'node:fs';
import path from 'node:path';
import { SluiceError } from '../errors.ts';
import { failpoint } from '../failpoints.ts';
import type { ObjectInfo, ObjectStore } from '../ports.ts';
import { checksumFile, fitsChecksum, hasChecksum } from './checksum.ts';
import { nodeFiles, type Files } from './files.ts';
import { openNewFiles } from './new-files.ts';

/** Files that are looked at together in a listing. */
const PARALLEL_LOOKS = 64;

/** Opens the folder as a store. It is created by the first write. */
export function openLocalStore(root: string, files: Files = nodeFiles): ObjectStore {
  const at = (key: string): string => resolveKey(root, key);
  const durable = new Set<string>();
  return {
    get: async (key) => guard(`Reading ${at(key)}`, () => read(at(key))),
    findDamage: async (key, bytes) => guard(`Checking ${at(key)}`, () => findDamage(key, at(key), bytes)),
    putIfAbsent: async (key, bytes) => guard(`Creating ${at(key)}`, () => create(files, root, at(key), bytes)),
    put: async (key, bytes) => guard(`Writing ${at(key)}`, () => replace(files, root, at(key), bytes)),
    newObjects: () => {
      const made = openNewFiles(files, path.resolve(root), durable, () => makeFolders(files, root));
      return {
        put: async (key, bytes) => {
          await guard(`Writing ${at(key)}`, () => made.write(at(key), bytes));
          await failpoint('writing', key);
        },
        durable: async () => guard(`Writing files in ${root}`, made.sync),
      };
    },
    list: async (prefix, after = '') => guard(`Listing ${prefix} in ${root}`, () => list(root, prefix, after)),
    delete: async (key) => guard(`Deleting ${at(key)}`, () => remove(files, at(key))),
  };
}

/** `rename` would replace an existing file: only `link` lets exactly one of racing writers win. */
async function create(files: Files, root: string, target: string, bytes: Uint8Array): Promise<'created' | 'exists'> {
  await makeFolders(files, path.dirname(target));
  if (!(await exists(target))) await files.remove(checksumOf(target));
  const temp = tempName(target);
  try {
    await files.writeNew(temp, bytes);
    await failpoint('writing', keyOf(root, target));
    await files.link(temp, target);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return 'exists';
    throw error;
  } finally {
    await files.remove(temp);
  }
  await writeChecksum(files, root, target, bytes);
  await files.syncFolder(path.dirname(target));
  return 'created';
}

async function replace(files: Files, root: string, target: string, bytes: Uint8Array): Promise<void> {
  await makeFolders(files, path.dirname(target));
  const temp = tempName(target);
  try {
    await files.writeNew(temp, bytes);
    await failpoint('writing', keyOf(root, target));
    await files.remove(checksumOf(target));
    await files.rename(temp, target);
  } catch (error) {
    await files.remove(temp);
    throw error;
  }
  await writeChecksum(files, root, target, bytes);
  await files.syncFolder(path.dirname(target));
}

/** Comes after the object: a checksum that is missing tells nothing, one that does not fit tells of damage. */
async function writeChecksum(files: Files, root: string, target: string, bytes: Uint8Array): Promise<void> {
  if (!hasChecksum(keyOf(root, target))) return;
  const temp = tempName(target);
  try {
    await files.writeUnsynced(temp, checksumFile(bytes));
    await files.rename(temp, checksumOf(target));
  } catch {
    // The object itself is there, and that is what counts.
    await files.remove(temp).catch(() => undefined);
  }
}

async function remove(files: Files, target: string): Promise<void> {
  await files.remove(checksumOf(target));
  await files.remove(target);
}

async function findDamage(key: string, file: string, bytes: Uint8Array): Promise<string | null> {
  if (!hasChecksum(key) || fitsChecksum(bytes, await read(checksumOf(file)))) return null;
  return `its ${bytes.length} bytes do not fit its checksum`;
}

async function read(file: string): Promise<Buffer | null> {
  try {
    return await fs.readFile(file);
  } catch (error) {
    if (isAbsent(error)) return null;
    throw error;
  }
}

async function list(root: string, prefix: string, after: string): Promise<ObjectInfo[]> {
  const slash = prefix.lastIndexOf('/');
  const keys: string[] = [];
  await walk(root, slash < 0 ? '' : prefix.slice(0, slash + 1), { prefix, after, keys });
  const found: ObjectInfo[] = [];
  for (let at = 0; at < keys.length; at += PARALLEL_LOOKS) {
    const some = await Promise.all(keys.slice(at, at + PARALLEL_LOOKS).map((key) => look(root, key)));
    for (const info of some) if (info) found.push(info);
  }
  return found.sort((a, b) => (a.key < b.key ? -1 : 1));
}

interface Wanted {
  readonly prefix: string;
  readonly after: string;
  readonly keys: string[];
}

/** Names alone are cheap; only what is wanted is looked at. */
async function walk(root: string, folder: string, wanted: Wanted): Promise<void> {
  const { prefix, after, keys } = wanted;
  for (const entry of await entriesOf(resolveKey(root, folder || '.'))) {
    const key = folder + entry.name;
    if (entry.isDirectory()) {
      if (`${key}/`.startsWith(prefix) || prefix.startsWith(`${key}/`)) await walk(root, `${key}/`, wanted);
    } else if (key.startsWith(prefix) && key > after) keys.push(key);
  }
}

async function look(root: string, key: string): Promise<ObjectInfo | undefined> {
  const stat = await fs.stat(resolveKey(root, key)).catch(ignoreAbsent);
  return stat && { key, size: stat.size, modifiedAt: Math.trunc(stat.mtimeMs) };
}

async function entriesOf(folder: string): Promise<Dirent[]> {
  return (await fs.readdir(folder, { withFileTypes: true }).catch(ignoreAbsent)) ?? [];
}

/** A new folder is durable only once its name in the parent is. */
async function makeFolders(files: Files, folder: string): Promise<void> {
  if (await exists(folder)) return;
  const parent = path.dirname(folder);
  if (parent !== folder) await makeFolders(files, parent);
  if (await files.makeFolder(folder)) await files.syncFolder(parent);
}

function resolveKey(root: string, key: string): string {
  const full = path.resolve(root, key);
  const inside = full === path.resolve(root) || full.startsWith(path.resolve(root) + path.sep);
  if (inside && !key.includes('\0') && !path.isAbsolute(key)) return full;
  throw new SluiceError('STORE_UNAVAILABLE', {
    tried: `Finding ${JSON.stringify(key)} in ${root}`,
    seen: 'a name that leads out of the folder',
    expected: 'a name inside the folder',
    action: 'Do not use this folder: something has written a wrong name into it.',
  });
}

const keyOf = (root: string, target: string): string => path.relative(root, target).split(path.sep).join('/');

async function exists(file: string): Promise<boolean> {
  return (await fs.stat(file).catch(ignoreAbsent)) !== undefined;
}

/** Spark's local file system keeps a checksum beside each file and refuses a file that no longer fits it. */
const checksumOf = (file: string): string => path.join(path.dirname(file), `.${path.basename(file)}.crc`);
const tempName = (file: string): string => path.join(path.dirname(file), `.${path.basename(file)}.${randomUUID()}.tmp`);

function ignoreAbsent(error: unknown): undefined {
  if (!isAbsent(error)) throw error;
}

function isAbsent(error: unknown): boolean {
  const code = (error as NodeJS.ErrnoException).code;
  return code === 'ENOENT' || code === 'ENOTDIR';
}

async function guard<T>(tried: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw error instanceof SluiceError ? error : storeError(tried, error as NodeJS.ErrnoException);
  }
}

function storeError(tried: string, error: NodeJS.ErrnoException): SluiceError {
  const seen = error.message;
  const facts = { tried, seen, cause: error };
  if (error.code === 'ENOSPC' || error.code === 'EDQUOT') {
    const action = 'Free some space; the query goes on by itself.';
    return new SluiceError('DISK_FULL', { ...facts, expected: 'room on the disk', action, retryable: true });
  }
  if (error.code === 'EROFS' || error.code === 'EACCES' || error.code === 'EPERM') {
    const action = 'Give the user that runs Sluice the right to write there, or choose another data folder.';
    return new SluiceError('HOME_READ_ONLY', { ...facts, expected: 'a folder that can be written', action });
  }
  // After a failed sync nobody knows what is on the disk: trying again could report success for lost bytes.
  const retryable = error.code === 'EMFILE' || error.code === 'ENFILE' || error.code === 'EBUSY';
  const action = 'Check the disk; start the query again once it is well.';
  return new SluiceError('STORE_UNAVAILABLE', { ...facts, expected: 'a file system that answers', action, retryable });
}
