/** Who runs PostgreSQL: it refuses root, so root lends it another user, and folders where that user can go. */
import { execFileSync } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { SluiceError } from '../../pipeline/errors.ts';

/** A user of this machine; null wherever one stands means "the user that runs Sluice". */
export interface Account {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

const CANDIDATES = ['postgres', 'sluice'];

/** The user that must run PostgreSQL, or null when Sluice itself is no root. Makes a system user if there is none. */
export function postgresAccount(): Account | null {
  if (process.getuid?.() !== 0) return null;
  return findAccount() ?? makeAccount();
}

/** True when `account` may go to `target` and read it: every folder above is searchable. ACLs are not looked at. */
export function canReach(account: Account, target: string): boolean {
  const parents: string[] = [];
  for (let at = path.dirname(path.resolve(target)); ; at = path.dirname(at)) {
    parents.push(at);
    if (at === path.dirname(at)) break;
  }
  return parents.every((folder) => mayUse(account, folder, 0o1)) && mayUse(account, target, 0o4);
}

/** The environment of every child: nothing of ours, so no secret and no PG* variable goes along. */
export function childEnvironment(): NodeJS.ProcessEnv {
  const allowed = ['PATH', 'SystemRoot', 'TEMP', 'TMP', 'TMPDIR'];
  const kept = allowed.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]]));
  return { ...Object.fromEntries(kept), LC_ALL: 'C', TZ: 'UTC' } as NodeJS.ProcessEnv;
}

/** `spawn` options that make a child run as `account`. */
export function asAccount(account: Account | null): { uid?: number; gid?: number } {
  return account ? { uid: account.uid, gid: account.gid } : {};
}

function mayUse(account: Account, target: string, bit: number): boolean {
  const found = statSync(target, { throwIfNoEntry: false });
  if (!found) return true;
  if (found.uid === account.uid) return (found.mode & (bit << 6)) !== 0;
  if (found.gid === account.gid) return (found.mode & (bit << 3)) !== 0;
  return (found.mode & bit) !== 0;
}

function findAccount(): Account | null {
  const users = new Map(readFileSync('/etc/passwd', 'utf8').split('\n').map(toAccount));
  for (const name of CANDIDATES) {
    const account = users.get(name);
    if (account && account.uid !== 0) return account;
  }
  return null;
}

function toAccount(line: string): [string, Account] {
  const [name = '', , uid, gid] = line.split(':');
  return [name, { name, uid: Number(uid), gid: Number(gid) }];
}

function makeAccount(): Account {
  const command = 'useradd --system --user-group --no-create-home --shell /usr/sbin/nologin sluice';
  try {
    const [program = '', ...rest] = command.split(' ');
    execFileSync(program, rest, { env: childEnvironment(), stdio: 'pipe' });
  } catch (cause) {
    throw noAccount(command, cause);
  }
  const made = findAccount();
  if (!made) throw noAccount(command, undefined);
  return made;
}

function noAccount(command: string, cause: unknown): SluiceError {
  return new SluiceError('STACK_FAILED', {
    tried: 'Finding a user that may run PostgreSQL',
    seen: 'Sluice runs as root, PostgreSQL refuses root, and there is no user "postgres" or "sluice"',
    expected: 'an ordinary user, or a system user for PostgreSQL',
    action: `Run Sluice as an ordinary user, or type: ${command}`,
    cause,
  });
}
