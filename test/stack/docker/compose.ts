/** The project's own compose file on a real engine, with stand-in images and free ports: a stack of a test's own. */
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { freePort } from '../servers/program.ts';
import type { Engine } from './engine.ts';
import { imageOf } from './images.ts';

const ROOT = path.resolve(import.meta.dirname, '../../..');
export const COMPOSE_FILE = path.join(ROOT, 'docker-compose.yml');

const PORTS = ['POSTGRES', 'KAFKA', 'CONNECT', 'MINIO', 'MINIO_CONSOLE', 'FRAUD_API'] as const;

export interface ComposeStack {
  readonly project: string;
  /** What `.env` says: ports, passwords, images. */
  readonly dotenv: Readonly<Record<string, string>>;
  /** A folder with the `.env`, for a console that is started in it. */
  readonly folder: string;
  /** Runs `docker compose` with the project's file, in every profile; answers stdout. */
  compose(args: readonly string[], env?: Readonly<Record<string, string>>): Promise<string>;
  /** As a person types it: `docker compose [--profile ...] up -d --wait [services]`. Answers the seconds it took. */
  up(profiles?: readonly string[], services?: readonly string[]): Promise<number>;
  /** One word of the state of each container: `healthy`, `running`, `exited 0`. */
  states(): Promise<Readonly<Record<string, string>>>;
  /** The id of the container of a service. */
  container(service: string): Promise<string>;
  /** Removes containers, networks and volumes. */
  down(): Promise<void>;
}

/**
 * Nothing is started yet.
 * @param more lines for `.env`
 * @param override files of compose that are laid over the project's own
 */
export async function openComposeStack(
  engine: Engine,
  more: Readonly<Record<string, string>> = {},
  override: readonly string[] = [],
): Promise<ComposeStack> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'sluice-compose-'));
  const project = `sluice-test-${randomBytes(4).toString('hex')}`;
  const dotenv = { ...(await fresh()), COMPOSE_PROJECT_NAME: project, ...more };
  const envFile = path.join(folder, '.env');
  const lines = Object.entries(dotenv).map(([name, value]) => `${name}=${value}\n`);
  await writeFile(envFile, lines.join(''), { mode: 0o600 });
  const files = [COMPOSE_FILE, ...override].flatMap((file) => ['-f', file]);
  const base = ['compose', '--ansi', 'never', '--env-file', envFile, '-p', project, ...files];
  const all = ['--profile', '*'];
  const compose: ComposeStack['compose'] = (args, env) => engine.docker([...base, ...all, ...args], env);
  return {
    project,
    dotenv,
    folder,
    compose,
    up: async (profiles = [], services = []) => {
      const began = performance.now();
      const chosen = profiles.flatMap((profile) => ['--profile', profile]);
      await engine.docker([...base, ...chosen, 'up', '-d', '--wait', ...services]);
      return (performance.now() - began) / 1_000;
    },
    states: async () => {
      const lines = (await compose(['ps', '-a', '--format', 'json'])).split('\n').filter(Boolean);
      return Object.fromEntries(lines.map((line) => toState(JSON.parse(line) as ContainerLine)));
    },
    container: async (service) => (await compose(['ps', '-aq', service])).split('\n')[0] ?? '',
    down: async () => {
      await compose(['down', '-v', '-t', '5', '--remove-orphans']);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Ports that nobody has, random passwords, stand-ins for every image. */
async function fresh(): Promise<Record<string, string>> {
  const ports = [];
  for (const name of PORTS) ports.push([`${name}_PORT`, String(await freePort())]);
  return {
    ...(Object.fromEntries(ports) as Record<string, string>),
    POSTGRES_PASSWORD: randomBytes(12).toString('hex'),
    MINIO_ROOT_USER: 'minio',
    MINIO_ROOT_PASSWORD: randomBytes(12).toString('hex'),
    PULL_POLICY: 'never',
    POSTGRES_IMAGE: imageOf('postgres'),
    KAFKA_IMAGE: imageOf('kafka'),
    CONNECT_IMAGE: imageOf('connect'),
    MINIO_IMAGE: imageOf('minio'),
    SLUICE_IMAGE: imageOf('sluice'),
    FRAUD_API_IMAGE: imageOf('fraud-api'),
  };
}

interface ContainerLine {
  readonly Service: string;
  readonly State: string;
  readonly Health: string;
  readonly ExitCode: number;
}

function toState({ Service, State, Health, ExitCode }: ContainerLine): [string, string] {
  return [Service, State === 'exited' ? `exited ${ExitCode}` : Health || State];
}
