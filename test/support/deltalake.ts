/** An independent reader of Delta tables: Python's `deltalake` in a virtual environment that is made once and kept. */
import { execFile } from 'node:child_process';
import { access, mkdir, rename, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const MAX_OUTPUT_BYTES = 256 * 1024 * 1024;
const PACKAGES = ['deltalake==1.6.6', 'pyarrow==26.0.1'];

export interface DeltaFacts {
  readonly version: number;
  readonly rows: number;
  readonly distinct_trans_num: number;
  /** Exact decimal text, or null for an empty table. */
  readonly cc_num_min: string | null;
  readonly cc_num_max: string | null;
}

/** The live files, and the newest batch of the query `q`, as the log alone tells them. */
export async function readDeltaLog(folder: string): Promise<{ version: number; files: string[]; txn: number | null }> {
  const script = path.join(import.meta.dirname, 'read-delta-log.py');
  const { stdout } = await run(await deltalakePython(), [script, folder]);
  return JSON.parse(stdout) as { version: number; files: string[]; txn: number | null };
}

/** What the reader finds in the table at `folder`, or at an address for which `env` has the keys. */
export async function readDelta(folder: string, env: Readonly<Record<string, string>> = {}): Promise<DeltaFacts> {
  const script = path.join(import.meta.dirname, 'read-delta.py');
  const { stdout } = await run(await deltalakePython(), [script, folder], { env: { ...process.env, ...env } });
  return JSON.parse(stdout) as DeltaFacts;
}

/** Every row of the table at `folder`. Integers are decimal text, timestamps their microseconds, doubles their bits in hexadecimal. */
export async function readDeltaRows(folder: string): Promise<Record<string, string | null>[]> {
  const script = path.join(import.meta.dirname, 'delta-rows.py');
  const { stdout } = await run(await deltalakePython(), [script, folder], { maxBuffer: MAX_OUTPUT_BYTES });
  const lines = stdout.split('\n').filter(Boolean);
  return lines.map((line) => JSON.parse(line) as Record<string, string | null>);
}

/** The Python that has `deltalake`. Throws one sentence that says what to install when it cannot be made. */
export async function deltalakePython(): Promise<string> {
  const cache = process.env['XDG_CACHE_HOME'] ?? path.join(os.homedir(), '.cache');
  const folder = path.join(cache, 'sluice', 'venv-deltalake');
  const python = path.join(folder, 'bin', 'python');
  if (await works(python)) return python;
  await make(folder);
  return python;
}

async function works(python: string): Promise<boolean> {
  return run(python, ['-c', 'import deltalake, pyarrow']).then(
    () => true,
    () => false,
  );
}

/** Made beside its place and renamed, so that a half made one is never used; scripts inside do not matter, only the packages. */
async function make(folder: string): Promise<void> {
  const fresh = `${folder}.${process.pid}`;
  await mkdir(path.dirname(folder), { recursive: true });
  try {
    await run('python3', ['-m', 'venv', fresh]);
    await run(path.join(fresh, 'bin', 'python'), ['-m', 'pip', 'install', '--quiet', ...PACKAGES]);
  } catch (cause) {
    await rm(fresh, { recursive: true, force: true });
    const message =
      'Reading the table with an independent reader needs Python 3 with venv and pip: apt-get install python3-venv.';
    throw new Error(message, { cause });
  }
  await rm(folder, { recursive: true, force: true });
  await rename(fresh, folder).catch(async (error: unknown) => {
    // Another test process was faster: its environment serves as well.
    await access(folder).catch(() => Promise.reject(error));
    await rm(fresh, { recursive: true, force: true });
  });
}
