/** A real PostgreSQL for tests, from the npm binaries, in a folder of its own. */
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { PostgresSettings } from '../../src/pipeline/job-settings.ts';
import { clusterFolder } from '../../src/stack/embedded/cluster.ts';
import { CAPTURED_DATABASE, migrateAll, TOPIC_DATABASE } from '../../src/stack/embedded/migrations.ts';
import { startPostgres } from '../../src/stack/embedded/postgres.ts';

export const APP_ROOT = path.resolve(import.meta.dirname, '..', '..');
export const MIGRATIONS_FOLDER = path.join(APP_ROOT, 'src', 'stack', 'embedded', 'migrations');

export interface TestPostgres {
  /** SLUICE_HOME of this server. */
  readonly home: string;
  readonly pid: number;
  settings(database?: string): PostgresSettings;
  /** Creates `frauddb` and `sluice_topics` with all migrations applied, and returns the settings of both. */
  createFraudDatabases(): Promise<{ frauddb: PostgresSettings; topics: PostgresSettings }>;
  /** Stops the server and removes its folders. */
  stop(): Promise<void>;
}

/** Takes one to three seconds: start it once per file, in `beforeAll`. */
export async function startTestPostgres(): Promise<TestPostgres> {
  const home = await makeTestHome();
  const server = await startPostgres({ home, appRoot: APP_ROOT });
  return {
    home,
    pid: server.pid,
    settings: server.settings,
    createFraudDatabases: async () => {
      await migrateAll(server.settings, MIGRATIONS_FOLDER);
      return { frauddb: server.settings(CAPTURED_DATABASE), topics: server.settings(TOPIC_DATABASE) };
    },
    stop: async () => {
      await server.stop();
      await removeTestHome(home);
    },
  };
}

/** A SLUICE_HOME that the user who runs PostgreSQL may enter. */
export async function makeTestHome(): Promise<string> {
  const home = await mkdtemp(path.join(tmpdir(), 'sluice-test-'));
  await chmod(home, 0o755);
  return home;
}

/** Removes a home and its cluster, which for root may lie elsewhere. The server must be stopped. */
export async function removeTestHome(home: string): Promise<void> {
  await rm(clusterFolder(home), { recursive: true, force: true });
  await rm(home, { recursive: true, force: true });
}
