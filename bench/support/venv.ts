/** A Python of its own with pinned packages from the package index, made once and kept outside of the checkout. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { CACHE } from '../../test/stack/servers/program.ts';

const run = promisify(execFile);

/** Answers its interpreter. Made beside its place and renamed, so that a half made one is never used. */
export async function bringPython(name: string, packages: readonly string[]): Promise<string> {
  const folder = path.join(CACHE, name);
  const python = path.join(folder, 'bin', 'python');
  if (existsSync(python)) return python;
  const fresh = `${folder}.${process.pid}`;
  await mkdir(CACHE, { recursive: true });
  try {
    await run('python3', ['-m', 'venv', fresh]);
    await run(path.join(fresh, 'bin', 'python'), ['-m', 'pip', 'install', '--quiet', ...packages]);
    await rename(fresh, folder);
  } finally {
    await rm(fresh, { recursive: true, force: true });
  }
  return python;
}
