/** All that is ever asked of the docker command line: fourteen verbs, each with its words. Pure. */
import type { ComposeService } from '../stack.ts';

/** The compose project: its name labels every container of ours. */
export interface Project {
  readonly name: string;
  /** Absolute. */
  readonly composeFile: string;
}

export type Verb =
  /** The version of the engine, and of the compose plug-in. */
  | { readonly do: 'version' }
  | { readonly do: 'compose-version' }
  /** Where the engine keeps images and volumes. */
  | { readonly do: 'root' }
  /** Is the compose file whole, and every variable set? */
  | { readonly do: 'config' }
  /** The ids of all containers of the project. Also tells whether there is an engine that answers. */
  | { readonly do: 'ids' }
  | { readonly do: 'inspect'; readonly ids: readonly string[] }
  /** What each costs, measured once. */
  | { readonly do: 'stats'; readonly ids: readonly string[] }
  /** Follows what happens to the containers. */
  | { readonly do: 'events' }
  /** Follows what one has written. @param since ms since 1970; null for its newest lines */
  | { readonly do: 'logs'; readonly id: string; readonly since: number | null }
  /** Creates and starts, and waits until all are healthy. */
  | { readonly do: 'up' }
  /** Starts these, and waits until they are healthy. Containers that are there stay as they are. */
  | { readonly do: 'start'; readonly services: readonly ComposeService[] }
  | { readonly do: 'stop'; readonly services: readonly ComposeService[] | 'all' }
  | { readonly do: 'restart'; readonly services: readonly ComposeService[] }
  /** Removes containers and network; volumes stay. */
  | { readonly do: 'down' };

/** The first time images are fetched and built. */
const WAIT_SECONDS = '900';
const LOG_LINES = '500';
/** Without them the checks of health would be most of what is told. */
const EVENTS = ['create', 'start', 'restart', 'pause', 'unpause', 'stop', 'die', 'oom', 'destroy', 'health_status'];

/** The words after `docker`. Throws for an id that is none, whatever it came from. */
export function wordsOf(verb: Verb, project: Project): string[] {
  const compose = ['compose', '--ansi', 'never', '--project-name', project.name, '--file', project.composeFile];
  // Services of a profile stay behind otherwise, and hold the network.
  const everything = [...compose, '--profile', '*'];
  const ours = ['--filter', `label=com.docker.compose.project=${project.name}`];
  switch (verb.do) {
    case 'version':
      return ['version', '--format', '{{.Server.Version}}'];
    case 'compose-version':
      return ['compose', 'version', '--short'];
    case 'root':
      return ['info', '--format', '{{.DockerRootDir}}'];
    case 'config':
      return [...compose, 'config', '--quiet'];
    case 'ids':
      return ['ps', '--all', '--quiet', '--no-trunc', ...ours];
    case 'inspect':
      return ['inspect', '--type', 'container', ...checked(verb.ids)];
    case 'stats':
      return ['stats', '--no-stream', '--no-trunc', '--format', '{{json .}}', ...checked(verb.ids)];
    case 'events':
      return [
        'events',
        '--format',
        '{{json .}}',
        '--filter',
        'type=container',
        ...ours,
        ...EVENTS.flatMap((event) => ['--filter', `event=${event}`]),
      ];
    case 'logs':
      return ['logs', '--follow', '--timestamps', ...sinceOf(verb.since), ...checked([verb.id])];
    case 'up':
      return [...compose, 'up', '--detach', '--wait', '--wait-timeout', WAIT_SECONDS];
    case 'start':
      return [
        ...compose,
        'up',
        '--detach',
        '--wait',
        '--wait-timeout',
        WAIT_SECONDS,
        '--no-recreate',
        ...verb.services,
      ];
    case 'stop':
      return verb.services === 'all' ? [...everything, 'stop'] : [...compose, 'stop', ...verb.services];
    case 'restart':
      return [...compose, 'restart', ...verb.services];
    case 'down':
      return [...everything, 'down'];
  }
}

function sinceOf(since: number | null): string[] {
  return since === null ? ['--tail', LOG_LINES] : ['--since', new Date(since).toISOString()];
}

function checked(ids: readonly string[]): readonly string[] {
  const wrong = ids.find((id) => !/^[0-9a-f]{12,64}$/.test(id));
  if (wrong !== undefined) throw new Error(`${JSON.stringify(wrong)} is no id of a container`);
  return ids;
}
