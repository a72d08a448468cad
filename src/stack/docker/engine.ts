/** What the doctor asks of docker itself. */
import type { DockerTool } from '../doctor/instruments.ts';
import { openDockerCli, type DockerCliOptions } from './cli.ts';

export function openDockerTool(options: DockerCliOptions): DockerTool {
  const docker = openDockerCli(options);
  return {
    version: async () => (await docker.run({ do: 'version' })).trim(),
    composeVersion: async () => (await docker.run({ do: 'compose-version' })).trim(),
    root: async () => (await docker.run({ do: 'root' })).trim(),
  };
}
