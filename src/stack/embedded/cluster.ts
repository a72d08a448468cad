/** The database cluster on disk: where it lies, its password, and how it is made. */
import { execFile } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { chmod, chown, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { SluiceError } from '../../pipeline/errors.ts';
import { asAccount, canReach, childEnvironment, postgresAccount, type Account } from './account.ts';
import { copyBinaries, findPostgresBinaries, type PostgresBinaries } from './binaries.ts';

/** Where one Sluice home keeps its PostgreSQL, and who runs it. */
export interface Cluster {
  readonly binaries: PostgresBinaries;
  readonly account: Account | null;
  /** 0700, owned by who runs PostgreSQL; holds `data` and `server.log`. */
  readonly folder: string;
  readonly data: string;
  readonly log: string;
  readonly password: string;
}

export const SUPERUSER = 'postgres';
/** What root keeps outside of homes and clones that the user `postgres` cannot enter. */
const SHARED_FOLDER = '/var/lib/sluice';

/** Opens the cluster of `home`, and makes it when there is none. A half-made one leaves nothing behind. */
export async function openCluster(home: string, appRoot: string): Promise<Cluster> {
  const account = postgresAccount();
  const binaries = await reachableBinaries(appRoot, account);
  const folder = await makeFolder(home, account);
  const password = await readPassword(home);
  const data = path.join(folder, 'data');
  const cluster = { binaries, account, folder, data, log: path.join(folder, 'server.log'), password };
  if (!existsSync(path.join(data, 'PG_VERSION'))) await initialise(cluster);
  return cluster;
}

/**
 * Where the cluster of `home` lies: inside it, or below /var/lib/sluice when its user cannot go there. The choice is
 * written down when it is made: rights that change later must not lead to another, empty cluster.
 */
export function clusterFolder(home: string, account: Account | null = postgresAccount()): string {
  const chosen = path.join(home, 'postgres', 'location');
  if (existsSync(chosen)) return readFileSync(chosen, 'utf8').trim();
  const inside = path.join(path.resolve(home), 'postgres', 'cluster');
  if (!account || canReach(account, inside)) return inside;
  const hash = createHash('sha256').update(realpathSync(home)).digest('hex').slice(0, 16);
  return unused(path.join(SHARED_FOLDER, hash));
}

/** A home that was removed and made again gets a new cluster: the old one belongs to data that are gone. */
function unused(folder: string): string {
  for (let number = 2, each = folder; ; number += 1) {
    if (!existsSync(each)) return each;
    each = `${folder}-${number}`;
  }
}

async function reachableBinaries(appRoot: string, account: Account | null): Promise<PostgresBinaries> {
  const found = await findPostgresBinaries(appRoot);
  const needed = [found.postgres, path.join(found.root, 'lib', 'postgresql'), path.join(found.root, 'share')];
  if (!account || needed.every((item) => canReach(account, item))) return found;
  return copyBinaries(found, SHARED_FOLDER);
}

async function makeFolder(home: string, account: Account | null): Promise<string> {
  await mkdir(path.join(home, 'postgres'), { recursive: true });
  const folder = clusterFolder(home, account);
  await mkdir(path.dirname(folder), { recursive: true, mode: 0o755 });
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await chmod(folder, 0o700);
  if (account) await chown(folder, account.uid, account.gid);
  if (account && !canReach(account, folder)) throw unreachable(folder, account);
  await writeFile(path.join(home, 'postgres', 'location'), `${folder}\n`, { mode: 0o600 });
  return folder;
}

function unreachable(folder: string, { name }: Account): SluiceError {
  return new SluiceError('STACK_FAILED', {
    tried: `Opening the database cluster in ${folder}`,
    seen: `the user ${name}, who runs PostgreSQL, may not enter a folder above it`,
    expected: 'the rights that were there when the cluster was made',
    action: `Let ${name} search the folders above it again (chmod o+x), or run Sluice with another data folder.`,
  });
}

/** The superuser's password: 32 random bytes, made once, in a file that only we may read. */
async function readPassword(home: string): Promise<string> {
  const file = path.join(home, 'postgres', 'password');
  if (!existsSync(file)) {
    await writeFile(`${file}.tmp`, randomBytes(32).toString('base64url'), { mode: 0o600 });
    await rename(`${file}.tmp`, file);
  }
  return (await readFile(file, 'utf8')).trim();
}

/** initdb writes to a folder beside, which gets its name only when it is whole. */
async function initialise(cluster: Cluster): Promise<void> {
  const { account, binaries, folder } = cluster;
  const half = path.join(folder, 'data.new');
  const passwordFile = path.join(folder, 'initdb-password');
  await rm(half, { recursive: true, force: true });
  try {
    await writeFile(passwordFile, cluster.password, { mode: 0o600 });
    if (account) await chown(passwordFile, account.uid, account.gid);
    const options = { env: childEnvironment(), cwd: folder, ...asAccount(account) };
    await promisify(execFile)(binaries.initdb, initdbArguments(half, passwordFile), options);
    await rename(half, cluster.data);
  } catch (error) {
    throw initdbError(folder, error);
  } finally {
    await rm(passwordFile, { force: true });
  }
}

/** The builtin locale provider sorts the same on every system and needs neither ICU nor the system's locales. */
function initdbArguments(data: string, passwordFile: string): string[] {
  return [
    `--pgdata=${data}`,
    `--username=${SUPERUSER}`,
    `--pwfile=${passwordFile}`,
    '--auth-host=scram-sha-256',
    '--auth-local=scram-sha-256',
    '--encoding=UTF8',
    '--locale-provider=builtin',
    '--builtin-locale=C.UTF-8',
    '--locale=C',
  ];
}

function initdbError(folder: string, error: unknown): SluiceError {
  const text = `${(error as { stderr?: string }).stderr ?? ''}`.trim() || (error as Error).message;
  const full = /No space left/.test(text);
  return new SluiceError(full ? 'DISK_FULL' : 'STACK_FAILED', {
    tried: `Making the database cluster in ${folder}`,
    seen: text.split('\n').slice(-2).join(' '),
    expected: 'about 60 MB of free space and a folder that may be written',
    action: full ? 'Make room on the disk, then start again.' : 'Check the folder and its rights, then start again.',
    cause: error,
  });
}
