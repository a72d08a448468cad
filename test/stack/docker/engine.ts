/**
 * A real docker engine for tests. One that answers already is used as it is; else one is unpacked from Debian's packages
 * and run on a private socket, with its images in the cache, beside nothing else: nothing is installed but what runs it.
 */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, open, readFile, rename, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { CACHE, hasTool, runTool, startProgram, type Program } from '../servers/program.ts';

const VERSION = '26.1.5';
const ENGINE = path.join(CACHE, `docker-engine-${VERSION}`);
const DATA = path.join(CACHE, 'docker-data');
/** Short, because the path of a socket may not be long. */
const RUN = path.join(os.tmpdir(), 'sluice-dockerd');
const SOCKET = path.join(RUN, 'docker.sock');
/** Another run of the tests may have the engine: it is waited for. */
const PATIENCE_MS = 15 * 60_000;

export interface Engine {
  /** What a process needs in its environment to reach it by `docker` and `docker compose`. */
  readonly env: Readonly<Record<string, string>>;
  /** Runs docker and answers its stdout; throws with what it said when it fails. */
  docker(args: readonly string[], env?: Readonly<Record<string, string>>): Promise<string>;
  stop(): Promise<void>;
}

/** Why no engine can run here, or null. */
export function engineObstacle(): string | null {
  if (answersAlready()) return null;
  if (process.platform !== 'linux') return `no docker engine answers, and none can be unpacked on ${process.platform}`;
  if (process.getuid?.() !== 0) return 'no docker engine answers, and only root can start one';
  const missing = ['runc', 'iptables', 'tini-static'].filter((tool) => !hasTool('which', [tool]));
  if (missing.length > 0) return `${missing.join(', ')} missing on PATH`;
  return existsSync(ENGINE) ? null : 'no docker engine has been unpacked';
}

/** Unpacks the engine unless it is there, or another answers. */
export async function prepareEngine(): Promise<void> {
  if (answersAlready() || existsSync(ENGINE) || process.platform !== 'linux') return;
  if (!hasTool('apt-get', ['--version'])) throw new Error('no docker engine answers, and there is no apt-get');
  await mkdir(CACHE, { recursive: true });
  const temp = await mkdtemp(path.join(CACHE, 'engine-'));
  const mirror = await debianMirror();
  const keys = '/usr/share/keyrings/debian-archive-keyring.gpg';
  await writeFile(path.join(temp, 'sources.list'), `deb [signed-by=${keys}] ${mirror} trixie main\n`);
  await runTool('bash', ['-c', UNPACK, 'unpack', temp]);
  await rename(path.join(temp, 'root'), ENGINE);
  await rm(temp, { recursive: true, force: true });
}

export async function startEngine(): Promise<Engine> {
  if (answersAlready()) return toEngine({}, async () => undefined);
  await mkdir(RUN, { recursive: true, mode: 0o700 });
  const release = await takeTurn();
  await endOrphan();
  const config = path.join(RUN, 'config');
  await cp(path.join(ENGINE, 'usr/libexec/docker/cli-plugins'), path.join(config, 'cli-plugins'), { recursive: true });
  const bin = ['usr/bin', 'usr/sbin', 'usr/libexec/docker'].map((each) => path.join(ENGINE, each));
  const env = {
    DOCKER_HOST: `unix://${SOCKET}`,
    DOCKER_CONFIG: config,
    PATH: [...bin, process.env['PATH'] ?? ''].join(':'),
  };
  const program = await startDaemon(env).catch(async (error: unknown) => {
    await release();
    throw error;
  });
  const engine = toEngine(env, async () => {
    await program.end('SIGTERM');
    await release();
  });
  await removeLeftovers(engine);
  return engine;
}

/** The mirror that this machine takes its own packages from. */
export async function debianMirror(): Promise<string> {
  const modern = await readFile('/etc/apt/sources.list.d/debian.sources', 'utf8').catch(() => '');
  const classic = await readFile('/etc/apt/sources.list', 'utf8').catch(() => '');
  const found = /^URIs:\s*(\S+)/m.exec(modern)?.[1] ?? /^deb\s+(?:\[.*?\]\s+)?(http\S+)/m.exec(classic)?.[1];
  if (!found) throw new Error('apt names no mirror of Debian');
  return found;
}

/** The engine wants a C library that Debian 12 has; only runc, iptables and tini must be the machine's own. */
const UNPACK = `set -euo pipefail
cd "$1"
mkdir -p lists/partial cache/archives/partial debs root
apt="apt-get -qq -o Dir::Etc::sourcelist=$1/sources.list -o Dir::Etc::sourceparts=/dev/null -o Dir::State::lists=$1/lists
  -o Dir::Cache=$1/cache -o Acquire::Languages=none -o APT::Sandbox::User=root"
$apt update
(cd debs && $apt download docker.io docker-cli containerd docker-compose docker-buildx)
for each in debs/*.deb; do dpkg-deb -x "$each" root; done`;

let isThere: boolean | undefined;

/** Asked once: an engine that we start ourselves is not meant. */
function answersAlready(): boolean {
  isThere ??= hasTool('docker', ['info']) && hasTool('docker', ['compose', 'version']);
  return isThere;
}

function startDaemon(env: Readonly<Record<string, string>>): Promise<Program> {
  const places = [
    '--data-root',
    DATA,
    '--exec-root',
    path.join(RUN, 'exec'),
    '--pidfile',
    path.join(RUN, 'dockerd.pid'),
  ];
  // Every network is a test's own; the engine itself needs none.
  const net = ['--bridge', 'none', '--init-path', '/usr/bin/tini-static'];
  return startProgram({
    command: path.join(ENGINE, 'usr/sbin/dockerd'),
    args: ['--host', env['DOCKER_HOST'] ?? '', ...places, ...net],
    env,
    log: path.join(RUN, 'dockerd.log'),
    isReady: async () => {
      await run('docker', ['version'], env);
      return true;
    },
  });
}

/** The engine of a run that was killed goes on without it. */
async function endOrphan(): Promise<void> {
  const pid = Number(await readFile(path.join(RUN, 'dockerd.pid'), 'utf8').catch(() => ''));
  const isOurs = async (): Promise<boolean> =>
    pid > 0 && (await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')).includes(SOCKET);
  if (await isOurs()) process.kill(pid, 'SIGTERM');
  while (await isOurs()) await sleep(100);
}

/** What a run left that was killed: its containers would start again with the engine. */
async function removeLeftovers(engine: Engine): Promise<void> {
  const ids = (await engine.docker(['ps', '-aq'])).split('\n').filter(Boolean);
  if (ids.length > 0) await engine.docker(['rm', '-f', '-v', ...ids]);
  await engine.docker(['network', 'prune', '-f']);
  await engine.docker(['volume', 'prune', '-af']);
}

function toEngine(env: Readonly<Record<string, string>>, stop: () => Promise<void>): Engine {
  return { env, stop, docker: (args, more = {}) => run('docker', args, { ...env, ...more }) };
}

/** Waits until no other process has the engine; answers what gives it back. */
async function takeTurn(): Promise<() => Promise<void>> {
  const file = path.join(RUN, 'turn');
  const until = Date.now() + PATIENCE_MS;
  for (;;) {
    const handle = await open(file, 'wx').catch(() => null);
    if (handle) {
      await handle.writeFile(String(process.pid));
      await handle.close();
      const give = (): Promise<void> => rm(file, { force: true });
      return give;
    }
    const owner = Number(await readFile(file, 'utf8').catch(() => ''));
    if (owner > 0 && !existsSync(`/proc/${owner}`)) await rm(file, { force: true });
    else if (Date.now() > until) throw new Error(`process ${owner} has had the docker engine for too long`);
    else await sleep(500);
  }
}

/** Answers stdout; what was said on either stream is in the error. */
export async function run(command: string, args: readonly string[], env: Readonly<Record<string, string>>) {
  const child = spawn(command, args, { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  let out = '';
  let all = '';
  child.stdout.on('data', (chunk: Buffer) => ((out += chunk.toString()), (all += chunk.toString())));
  child.stderr.on('data', (chunk: Buffer) => (all += chunk.toString()));
  const code = await new Promise<number | null>((resolve, reject) =>
    child.once('error', reject).once('close', resolve),
  );
  if (code === 0) return out.trimEnd();
  throw new Error(`${command} ${args.join(' ')} ended with ${code}: ${all.slice(-4_000)}`);
}
