/** From the profile to its stack. */
import path from 'node:path';
import { createEmbeddedStack } from '../stack/embedded/stack.ts';
import { createExternalStack } from '../stack/external/stack.ts';
import type { Stack, StackEvent } from '../stack/stack.ts';
import type { Ground } from './ground.ts';
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
  const servers = toServers(resolved, path.resolve(ground.cwd));
  const partitions = resolved.settings['kafka.partitions'];
  return createExternalStack({ servers, migrationsFolder, workerFile, partitions, onEvent });
}
