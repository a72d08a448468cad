/** From the profile to its stack. */
import path from 'node:path';
import { SluiceError } from '../pipeline/errors.ts';
import { createDockerStack } from '../stack/docker/stack.ts';
import { createEmbeddedStack } from '../stack/embedded/stack.ts';
import { createExternalStack } from '../stack/external/stack.ts';
import type { Stack, StackEvent } from '../stack/stack.ts';
import type { Ground } from './ground.ts';
import type { ServerSettings } from './server-settings.ts';
import { toServers } from './servers.ts';

/** Where the parts of the program lie; all paths are absolute. */
export interface StackFiles {
  readonly appRoot: string;
  readonly stackWorkerFile: string;
  /** The folder that holds `frauddb/` and `topics/`. */
  readonly migrationsFolder: string;
  readonly version: string;
}

/** Throws `SETTINGS_INVALID` when the settings do not say enough about servers that are not ours. */
export function createStackOf(files: StackFiles, ground: Ground, onEvent: (event: StackEvent) => void): Stack {
  const { appRoot, migrationsFolder, stackWorkerFile: workerFile, version } = files;
  const { profile, paths } = ground;
  if (profile === 'embedded')
    return createEmbeddedStack({ home: paths.home, appRoot, migrationsFolder, workerFile, version, onEvent });
  const resolved = ground.serverSettings();
  if (profile === 'docker') checkPasswords(resolved, ground.composeFile);
  const servers = toServers(resolved, path.resolve(ground.cwd));
  const partitions = resolved.settings['kafka.partitions'];
  const parts = { servers, migrationsFolder, workerFile, partitions, onEvent };
  if (profile === 'external') return createExternalStack(parts);
  const project = { name: resolved.settings['docker.project'], composeFile: ground.composeFile };
  return createDockerStack({ ...parts, project, env: ground.env });
}

/** Compose would say so too, but not before docker is there. */
function checkPasswords({ settings }: ServerSettings, composeFile: string): void {
  const missing = [
    ...(settings['postgres.password'] === null ? ['POSTGRES_PASSWORD'] : []),
    ...(settings['s3.secretAccessKey'] === null ? ['MINIO_ROOT_PASSWORD'] : []),
  ];
  if (missing.length === 0) return;
  throw new SluiceError('SETTINGS_INVALID', {
    tried: 'Reading the passwords of the docker stack',
    seen: `${missing.join(' and ')} not set, neither in the environment nor in .env beside ${composeFile}`,
    expected: 'a file .env that `npm run stack:init` has written',
    action: 'Run `npm run stack:init`, then start again; or start with --stack embedded, which needs neither.',
  });
}
