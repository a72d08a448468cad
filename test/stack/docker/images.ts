/** Images that stand in for the makers' own, built on the spot and kept by the engine. */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { connectFolders } from '../servers/connect.ts';
import { kafkaFolder } from '../servers/kafka-jars.ts';
import { CACHE, hasTool, runTool } from '../servers/program.ts';
import { s3Binary } from '../servers/s3.ts';
import { debianMirror, run, type Engine } from './engine.ts';

const ROOT = path.resolve(import.meta.dirname, '../../..');
const SOURCES = path.join(import.meta.dirname, 'images');
const BASE = 'localhost/sluice-test/base:bookworm';
const STAND_INS = ['postgres', 'kafka', 'connect', 'minio', 'node'] as const;
export type StandIn = (typeof STAND_INS)[number];

const REQUIREMENTS = path.join(ROOT, 'services/fraud-api/requirements.txt');
const PYTHON = path.join(CACHE, `fraud-api-python-${hashOf([REQUIREMENTS])}`);

/** Everything that an image is made of decides its name: one that is there is right. */
const VERSION = hashOf([
  path.join(SOURCES, 'Dockerfile'),
  ...readdirSync(path.join(SOURCES, 'entry')).map((name) => path.join(SOURCES, 'entry', name)),
]);

export const imageOf = (name: StandIn | 'sluice' | 'fraud-api'): string =>
  name === 'sluice' || name === 'fraud-api'
    ? `localhost/sluice-test/${name}:test`
    : `localhost/sluice-test/${name}:${VERSION}`;

/** Builds what is not there: minutes the first time, a second later on. */
export async function prepareImages(engine: Engine): Promise<void> {
  await preparePython();
  if (!(await has(engine, BASE))) await buildBase(engine);
  for (const name of STAND_INS) if (!(await has(engine, imageOf(name)))) await build(engine, name, imageOf(name));
}

/** Those of this checkout: its command line and its fraud API, as they are now. */
export async function buildOwnImages(engine: Engine): Promise<void> {
  await mkdir(CACHE, { recursive: true });
  const stage = await mkdtemp(path.join(CACHE, 'image-'));
  try {
    await run(process.execPath, [path.join(ROOT, 'scripts/image.mjs'), path.join(stage, 'out/app')], {});
    const ours = ['--build-context', `build=${stage}`, '--build-arg', `NODE_IMAGE=${imageOf('node')}`];
    await engine.docker(['build', '-q', '--network', 'host', ...ours, '-t', imageOf('sluice'), ROOT]);
    await build(engine, 'fraud-api', imageOf('fraud-api'));
  } finally {
    await rm(stage, { recursive: true, force: true });
  }
}

async function has(engine: Engine, image: string): Promise<boolean> {
  return engine.docker(['image', 'inspect', image]).then(
    () => true,
    () => false,
  );
}

async function build(engine: Engine, target: string, image: string): Promise<void> {
  const { worker, debezium } = connectFolders();
  const contexts = {
    'kafka-jars': kafkaFolder(),
    'connect-jars': worker,
    'debezium-jars': debezium,
    'minio-program': path.dirname(s3Binary('minio')),
    'node-program': path.dirname(process.execPath),
    'python-packages': PYTHON,
    'fraud-api-code': path.join(ROOT, 'services/fraud-api'),
    models: path.join(ROOT, 'model/artifacts'),
  };
  const named = Object.entries(contexts).flatMap(([name, folder]) => ['--build-context', `${name}=${folder}`]);
  const args = ['--build-arg', `BASE=${BASE}`, '--build-arg', `MIRROR=${await debianMirror()}`];
  // The engine has no network of its own; packages come by the machine's.
  await engine.docker([
    'build',
    '-q',
    '--network',
    'host',
    ...named,
    ...args,
    '--target',
    target,
    '-t',
    image,
    SOURCES,
  ]);
}

/** A bare Debian. Where its packages come from is not written into it. */
async function buildBase(engine: Engine): Promise<void> {
  if (!hasTool('which', ['debootstrap'])) throw new Error('debootstrap missing on PATH');
  const temp = await mkdtemp(path.join(CACHE, 'base-'));
  try {
    const root = path.join(temp, 'root');
    const include = '--include=ca-certificates,procps';
    await runTool('debootstrap', ['--variant=minbase', include, 'bookworm', root, await debianMirror()]);
    await runTool('bash', ['-c', STRIP, 'strip', root]);
    const tar = path.join(temp, 'base.tar');
    await runTool('tar', ['-C', root, '-cf', tar, '.']);
    await engine.docker(['import', tar, BASE]);
  } finally {
    await rm(temp, { recursive: true, force: true });
  }
}

const STRIP = `cd "$1" && rm -rf var/cache/apt/archives/*.deb var/lib/apt/lists/* usr/share/doc/* usr/share/man/* \\
  usr/share/locale/* etc/resolv.conf && : > etc/apt/sources.list`;

/** What the fraud API imports, for the Python of Debian 12, brought by the machine's own pip. */
async function preparePython(): Promise<void> {
  if (existsSync(PYTHON)) return;
  await mkdir(CACHE, { recursive: true });
  const temp = await mkdtemp(path.join(CACHE, 'python-'));
  const arch = process.arch === 'arm64' ? 'aarch64' : 'x86_64';
  const platforms = ['manylinux2014', 'manylinux_2_27', 'manylinux_2_28'].flatMap((each) => [
    '--platform',
    `${each}_${arch}`,
  ]);
  const wanted = [
    '--only-binary=:all:',
    '--python-version',
    '3.11',
    ...platforms,
    '--target',
    temp,
    '-r',
    REQUIREMENTS,
  ];
  await run('python3', ['-m', 'pip', 'install', '-q', '--no-compile', ...wanted], {});
  await rename(temp, PYTHON);
}

function hashOf(files: readonly string[]): string {
  const hash = createHash('sha256');
  for (const file of files) hash.update(path.basename(file)).update(readFileSync(file));
  return hash.digest('hex').slice(0, 12);
}

/** What the last set-up said: why there are no images, or null. */
export async function imagesObstacle(): Promise<string | null> {
  const said = await readFile(OUTCOME, 'utf8').catch(() => null);
  if (said === null) return 'its images have not been built';
  const { version, problem } = JSON.parse(said) as { version: string; problem: string | null };
  return version === VERSION ? problem : 'its images have not been built anew';
}

export const OUTCOME = path.join(CACHE, 'docker-images.json');
export const outcome = (problem: string | null): string => `${JSON.stringify({ version: VERSION, problem })}\n`;
