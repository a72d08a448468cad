/** The data folder of one console: where it is, what lies in it, and what goes wrong with it. */
import { createHash } from 'node:crypto';
import { accessSync, chmodSync, constants, existsSync, mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { SluiceError } from '../pipeline/errors.ts';

type Env = Readonly<Record<string, string | undefined>>;

/** Every path inside the data folder that the console itself decides. All absolute. */
export interface HomePaths {
  readonly home: string;
  readonly settings: string;
  readonly locks: string;
  readonly logs: string;
  readonly logFile: string;
  /** What a person has asked to be written out. */
  readonly exports: string;
}

/** `SLUICE_HOME`, else the place that the system has for application data. */
export function resolveHome(env: Env, platform: NodeJS.Platform = process.platform, user = os.homedir()): string {
  const set = env['SLUICE_HOME'];
  if (set) return path.resolve(set);
  if (env['XDG_DATA_HOME']) return path.resolve(env['XDG_DATA_HOME'], 'sluice');
  if (platform === 'darwin') return path.join(user, 'Library', 'Application Support', 'Sluice');
  if (platform === 'win32') return path.join(env['LOCALAPPDATA'] ?? path.join(user, 'AppData', 'Local'), 'Sluice');
  return path.join(user, '.local', 'share', 'sluice');
}

export function homePaths(home: string): HomePaths {
  const logs = path.join(home, 'logs');
  return {
    home,
    settings: path.join(home, 'settings.json'),
    locks: path.join(home, 'lock'),
    logs,
    logFile: path.join(logs, 'sluice.log'),
    exports: path.join(home, 'exports'),
  };
}

/** Makes the data folder, for its owner only, and tries it with one file. */
export function openHome(home: string): HomePaths {
  const paths = homePaths(home);
  const trial = path.join(home, `.trial-${process.pid}`);
  try {
    for (const folder of [home, paths.locks, paths.logs]) makeFolder(folder);
    chmodSync(home, 0o700);
    accessSync(home, constants.W_OK);
    writeFileSync(trial, 'x'.repeat(4096), { mode: 0o600 });
    rmSync(trial);
  } catch (error) {
    throw toHomeError(error, home);
  }
  return paths;
}

/** Node's own recursive mkdir never returns in a file system that refuses with ENOENT, as /proc does. */
function makeFolder(folder: string): void {
  if (existsSync(folder) && statSync(folder).isDirectory()) return;
  if (!existsSync(path.dirname(folder))) makeFolder(path.dirname(folder));
  mkdirSync(folder, { mode: 0o700 });
}

/** One clear sentence for a data folder that cannot be used. */
export function toHomeError(error: unknown, home: string): SluiceError {
  const code = (error as NodeJS.ErrnoException).code ?? '';
  const tried = `Opening the data folder ${home}`;
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    const action = 'Free some space, or set SLUICE_HOME to a folder on another disk.';
    return new SluiceError('DISK_FULL', {
      tried,
      seen: 'the disk is full',
      expected: 'room to write',
      action,
      cause: error,
    });
  }
  const action = 'Correct its rights, or set SLUICE_HOME to a folder that you may write.';
  const seen = SEEN[code] ?? `it cannot be written (${code || String(error)})`;
  return new SluiceError('HOME_READ_ONLY', {
    tried,
    seen,
    expected: 'a folder that can be written',
    action,
    cause: error,
  });
}

const SEEN: Readonly<Record<string, string>> = {
  ENOENT: 'no folder can be made there',
  EROFS: 'it is on a read-only disk',
  EACCES: 'you may not write there',
  EPERM: 'you may not write there',
  ENOTDIR: 'a part of the path is a file',
  EEXIST: 'a file stands in its place',
};

/** A short name that stands for a path. */
export function shortName(value: string): string {
  return createHash('sha256').update(value).digest('hex').slice(0, 12);
}
