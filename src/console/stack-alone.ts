/** The services of the docker stack while no console runs: the same commands, without queries that would have to wait. */
import { homePaths } from './home.ts';
import { readSources } from './sources.ts';
import { openDockerAlone, type DockerAlone } from '../stack/docker/alone.ts';
import type { StackWork } from '../stack/stack.ts';

export type { DockerAlone } from '../stack/docker/alone.ts';

export interface StackAloneOptions {
  readonly home: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  /** The compose file of the docker stack. */
  readonly composeFile: string;
  readonly onWork: (work: StackWork | null) => void;
  readonly signal: AbortSignal;
}

/** Null when the settings ask for another stack: nothing of it can be commanded without its console. */
export function openStackAlone({ home, env, cwd, composeFile, onWork, signal }: StackAloneOptions): DockerAlone | null {
  const { settings } = homePaths(home);
  const sources = readSources({ env, cwd, home, settingsFile: settings, flags: {}, composeFile });
  if (sources.profile !== 'docker') return null;
  const project = { name: sources.servers().settings['docker.project'], composeFile };
  return openDockerAlone({ project, env, onWork, log: () => undefined, signal });
}
