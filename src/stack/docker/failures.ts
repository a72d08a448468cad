/** What docker complains about, as errors that a person can act on. Pure. */
import { SluiceError } from '../../pipeline/errors.ts';
import type { Verb } from './verbs.ts';

export type DockerFailure =
  | { readonly kind: 'no-command'; readonly reason: string }
  | { readonly kind: 'silent'; readonly seconds: number }
  | { readonly kind: 'refused'; readonly code: number | null; readonly text: string };

const TRIED: Readonly<Record<Verb['do'], string>> = {
  version: 'Asking docker for its version',
  'compose-version': 'Asking docker for its compose plug-in',
  root: 'Asking docker where it keeps its data',
  config: 'Reading the compose file',
  ids: 'Asking docker for the containers',
  inspect: 'Looking at the containers',
  stats: 'Measuring the containers',
  events: 'Following the containers',
  logs: 'Reading the log of a container',
  up: 'Starting the services',
  start: 'Starting a service',
  stop: 'Stopping services',
  restart: 'Restarting services',
  down: 'Removing the containers',
};

const WITHOUT = 'or start Sluice with --stack embedded, which needs no docker';

export function dockerError(verb: Verb['do'], failure: DockerFailure): SluiceError {
  const tried = TRIED[verb];
  if (failure.kind === 'no-command') {
    const seen =
      failure.reason === 'ENOENT' ? 'there is no docker on this machine' : `docker does not run (${failure.reason})`;
    const action = `Install Docker with its compose plug-in (or Podman with its docker command), ${WITHOUT}.`;
    return new SluiceError('DOCKER_UNAVAILABLE', { tried, seen, expected: 'the docker command', action });
  }
  if (failure.kind === 'silent') {
    const facts = { tried, seen: `docker has not answered for ${failure.seconds} s`, expected: 'an answer' };
    return new SluiceError('DOCKER_UNAVAILABLE', { ...facts, action: `Restart Docker, ${WITHOUT}.`, retryable: true });
  }
  const cause = CAUSES.find(({ sign }) => sign.test(failure.text));
  const seen = complaint(failure.text) || `docker ended with code ${failure.code ?? 'none'}`;
  if (cause) {
    const { code, expected, action } = cause;
    return new SluiceError(code, { tried, seen, expected, action, retryable: code === 'DOCKER_UNAVAILABLE' });
  }
  const action = 'Look at the log of the service that is named, with `sluice stack logs NAME` or in the window.';
  return new SluiceError('STACK_FAILED', { tried, seen, expected: 'services that run and are healthy', action });
}

interface Cause {
  readonly sign: RegExp;
  readonly code: 'DOCKER_UNAVAILABLE' | 'SETTINGS_INVALID' | 'PORT_TAKEN' | 'STACK_FAILED';
  readonly expected: string;
  readonly action: string;
}

/** The first that fits. Docker's own words, of engines 20 to 28 and of Podman's stand-in. */
const CAUSES: readonly Cause[] = [
  {
    sign: /permission denied.*(docker\.sock|docker daemon|docker API)/i,
    code: 'DOCKER_UNAVAILABLE',
    expected: 'an engine that this account may use',
    action: `Let this account use docker (a rootless engine, or the group docker), ${WITHOUT}.`,
  },
  {
    sign: /cannot connect to the docker daemon|error during connect|docker daemon is not running|failed to connect to the docker API|unable to connect to podman/i,
    code: 'DOCKER_UNAVAILABLE',
    expected: 'an engine that runs',
    action: `Start Docker, ${WITHOUT}.`,
  },
  {
    sign: /'compose' is not a docker command|unknown (shorthand )?flag: '?-*(f|file|project-name|ansi|wait)|unknown docker command: "compose/i,
    code: 'DOCKER_UNAVAILABLE',
    expected: 'docker with its compose plug-in, version 2.17 or newer',
    action: `Install the compose plug-in, ${WITHOUT}.`,
  },
  {
    sign: /stack:init|required variable \w+ is missing/i,
    code: 'SETTINGS_INVALID',
    expected: 'a file .env beside docker-compose.yml with the passwords',
    action: 'Run `npm run stack:init`, which writes it, then start again.',
  },
  {
    sign: /\.ya?ml: (no such file|not a directory|the system cannot find)|no configuration file provided/i,
    code: 'STACK_FAILED',
    expected: 'the compose file of the docker stack',
    action: 'Name it with SLUICE_COMPOSE_FILE, for example the docker-compose.yml of a checkout; then start again.',
  },
  {
    sign: /port is already allocated|address already in use|ports are not available/i,
    code: 'PORT_TAKEN',
    expected: 'ports of 127.0.0.1 that are free',
    action: 'End the program that has the port, or move it in .env (KAFKA_PORT, POSTGRES_PORT, ...), then start again.',
  },
  {
    sign: /no such image|pull access denied|manifest unknown|failed to resolve reference/i,
    code: 'STACK_FAILED',
    expected: 'images that are here or can be fetched',
    action:
      'Check the network, or name images that are here in .env (KAFKA_IMAGE, ...); `docker compose build` makes our own.',
  },
];

/** The line that says most: the last that tells of a failure, without docker's own decoration. */
export function complaint(text: string): string {
  const lines = text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !/^time=".*level=warning/.test(line));
  const line = [...lines]
    .reverse()
    .find((each) => /fail|error|denied|cannot|not |no such|missing|exited|unhealthy/i.test(each));
  return (line ?? lines.at(-1) ?? '').replace(/^(Error response from daemon|error|Error):\s*/i, '').slice(0, 300);
}
