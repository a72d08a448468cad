/** Starts, adopts, watches and stops the one PostgreSQL server of the embedded stack. */
import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, openSync, fchownSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { SluiceError } from '../../pipeline/errors.ts';
import type { PostgresSettings } from '../../pipeline/job-settings.ts';
import { openDatabase } from '../../pipeline/sql.ts';
import { asAccount, childEnvironment } from './account.ts';
import { openCluster, SUPERUSER, type Cluster } from './cluster.ts';
import { findOrphan, isAlive, stopServer } from './orphan.ts';

export interface PostgresOptions {
  /** SLUICE_HOME, absolute. */
  readonly home: string;
  /** The folder that holds `node_modules` (or `app.asar`). */
  readonly appRoot: string;
  /** Only this port will do; without it a free one is chosen. */
  readonly port?: number;
  /** Called once when the server ends without {@link EmbeddedPostgres.stop}; the text is a sentence for people. */
  readonly onDeath?: (reason: string) => void;
}

export interface EmbeddedPostgres {
  readonly pid: number;
  readonly port: number;
  /** `18.4` */
  readonly version: string;
  /** True when the server of a crashed run was found and kept. */
  readonly adopted: boolean;
  readonly dataFolder: string;
  settings(database?: string): PostgresSettings;
  /** Fast shutdown; resolves when the process is gone. Calling it again is fine. */
  stop(): Promise<void>;
}

const START_TIMEOUT_MS = 60_000;
const PORT_ATTEMPTS = 3;
const WATCH_MS = 500;

/** Brings the server of `home` up, making its cluster on the first start, and resolves when it answers. */
export async function startPostgres(options: PostgresOptions): Promise<EmbeddedPostgres> {
  const cluster = await openCluster(options.home, options.appRoot);
  const orphan = await findOrphan(cluster);
  if (orphan && (options.port === undefined || orphan.port === options.port)) {
    if (await answers(cluster, orphan.port)) return watch(cluster, orphan.pid, orphan.port, null, options);
  }
  if (orphan) await stopServer(orphan.pid, cluster);
  return launchOnFreePort(cluster, options);
}

/** Settings of the server itself; given as arguments, so that they hold whatever stands in a configuration file. */
export function serverArguments(data: string, port: number): string[] {
  const settings = {
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    wal_level: 'logical',
    max_wal_senders: '10',
    max_replication_slots: '10',
    max_connections: '60',
    shared_buffers: '64MB',
    max_wal_size: '512MB',
    password_encryption: 'scram-sha-256',
    timezone: 'UTC',
    log_timezone: 'UTC',
    log_statement: 'none',
    log_min_error_statement: 'panic',
    logging_collector: 'off',
  };
  return [
    '-D',
    data,
    '-p',
    String(port),
    ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
  ];
}

async function launchOnFreePort(cluster: Cluster, options: PostgresOptions): Promise<EmbeddedPostgres> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await launch(cluster, options.port ?? (await freePort()), options);
    } catch (error) {
      const taken = error instanceof SluiceError && error.code === 'PORT_TAKEN';
      if (!taken || options.port !== undefined || attempt === PORT_ATTEMPTS) throw error;
    }
  }
}

async function launch(cluster: Cluster, port: number, options: PostgresOptions): Promise<EmbeddedPostgres> {
  const logStart = await stat(cluster.log).then(
    (found) => found.size,
    () => 0,
  );
  const child = spawnServer(cluster, port);
  const pid = child.pid;
  const ended = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('exit', (code, signal) => resolve(`it ended with ${signal ?? `code ${code}`}`));
  });
  const stopWaiting = new AbortController();
  const ready = waitUntilReady(cluster, port, stopWaiting.signal);
  const failure = await Promise.race([ready, ended]);
  stopWaiting.abort();
  if (failure === null && pid !== undefined) return watch(cluster, pid, port, child, options);
  if (pid !== undefined && isAlive(pid)) await stopServer(pid, cluster);
  throw await startError(cluster, port, logStart, failure ?? 'it did not start');
}

/** In a process group of its own: Ctrl-C in the terminal must reach Sluice alone, which then drains and stops us. */
function spawnServer(cluster: Cluster, port: number): ChildProcess {
  const log = openSync(cluster.log, 'a', 0o600);
  if (cluster.account) fchownSync(log, cluster.account.uid, cluster.account.gid);
  try {
    return spawn(cluster.binaries.postgres, serverArguments(cluster.data, port), {
      cwd: cluster.folder,
      env: childEnvironment(),
      stdio: ['ignore', log, log],
      detached: true,
      windowsHide: true,
      ...asAccount(cluster.account),
    });
  } finally {
    closeSync(log);
  }
}

function watch(
  cluster: Cluster,
  pid: number,
  port: number,
  child: ChildProcess | null,
  options: PostgresOptions,
): EmbeddedPostgres {
  let stopping: Promise<void> | null = null;
  let reported = false;
  const onEnd = (how: string): void => {
    if (stopping || reported) return;
    reported = true;
    clearInterval(timer);
    options.onDeath?.(`PostgreSQL (pid ${pid}) is gone: ${how}.`);
  };
  child?.once('exit', (code, signal) => onEnd(`it ended with ${signal ?? `code ${code}`}`));
  child?.unref();
  const timer = setInterval(() => isAlive(pid) || onEnd('its process has ended'), WATCH_MS);
  timer.unref();
  const stop = async (): Promise<void> => {
    clearInterval(timer);
    await stopServer(pid, cluster);
  };
  return {
    pid,
    port,
    version: cluster.binaries.version.split('.').slice(0, 2).join('.'),
    adopted: child === null,
    dataFolder: cluster.data,
    settings: (database = 'postgres') => settingsOf(cluster, port, database),
    stop: () => (stopping ??= stop()),
  };
}

function settingsOf(cluster: Cluster, port: number, database: string): PostgresSettings {
  return { host: '127.0.0.1', port, user: SUPERUSER, password: cluster.password, database };
}

async function waitUntilReady(cluster: Cluster, port: number, signal: AbortSignal): Promise<string | null> {
  const deadline = Date.now() + START_TIMEOUT_MS;
  while (!signal.aborted && Date.now() < deadline) {
    if (await answers(cluster, port)) return null;
    await sleep(30);
  }
  return `it gave no answer for ${START_TIMEOUT_MS / 1000} seconds`;
}

/** True when a server on `port` takes our password and works on our data folder. */
async function answers(cluster: Cluster, port: number): Promise<boolean> {
  const database = openDatabase(settingsOf(cluster, port, 'postgres'), { max: 1 });
  try {
    const [row] = await database.query<{ data_directory: string }>('SHOW data_directory');
    return row?.data_directory === cluster.data;
  } catch {
    return false;
  } finally {
    await database.close();
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
}

async function startError(cluster: Cluster, port: number, logStart: number, how: string): Promise<SluiceError> {
  const said = await readFile(cluster.log)
    .then((bytes) => bytes.subarray(logStart).toString('utf8'))
    .catch(() => '');
  const lines = said.split('\n').filter((line) => /FATAL|ERROR|PANIC|could not|LOG: .*in use/.test(line));
  const facts = { tried: 'Starting PostgreSQL', seen: lines.slice(0, 3).join(' ') || how };
  if (/could not bind|Address already in use/.test(said)) {
    const action = 'Close the program that uses the port, or let Sluice choose a free one.';
    return new SluiceError('PORT_TAKEN', { ...facts, expected: `port ${port} of 127.0.0.1 to be free`, action });
  }
  const action = `Read ${cluster.log}, then start again.`;
  const code = /No space left/.test(said) ? 'DISK_FULL' : 'STACK_FAILED';
  return new SluiceError(code, { ...facts, expected: 'a server that answers', action });
}
