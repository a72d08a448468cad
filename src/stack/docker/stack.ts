/**
 * The docker stack: the services of our compose file, brought up by the docker command and then used like any servers that
 * exist. Stopping it ends our own connections; the containers go on until somebody stops them.
 */
import type { LogLevel } from '../../pipeline/events.ts';
import { createExternalStack } from '../external/stack.ts';
import type { Servers } from '../servers.ts';
import type { ServiceView, Stack, StackEvent } from '../stack.ts';
import { openDockerCli } from './cli.ts';
import { createContainers } from './containers.ts';
import { createControl } from './control.ts';
import { createLogTails } from './log-tails.ts';
import type { Project } from './verbs.ts';
import { dockerViews } from './views.ts';

export interface DockerStackOptions {
  readonly project: Project;
  readonly servers: Servers;
  readonly migrationsFolder: string;
  readonly workerFile: string;
  readonly partitions: number;
  /** What docker and the compose file take from the environment. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly onEvent: (event: StackEvent) => void;
  /** Only tests name another one. */
  readonly command?: string;
  readonly lookEveryMs?: number;
  readonly measureEveryMs?: number;
}

export function createDockerStack(options: DockerStackOptions): Stack {
  const { project, servers, onEvent, env, command, lookEveryMs, measureEveryMs } = options;
  const stopping = new AbortController();
  const answers = new Map<string, ServiceView>();
  let told = '';
  const log = (level: LogLevel, message: string): void =>
    onEvent({ type: 'log', line: { at: Date.now(), source: 'stack', level, message } });

  const docker = openDockerCli({ project, env, ...(command !== undefined && { command }) });
  const containers = createContainers({
    docker,
    onChange: show,
    log,
    ...(measureEveryMs !== undefined && { measureEveryMs }),
  });
  const tails = createLogTails(docker);
  const control = createControl({
    docker,
    containers,
    tails,
    onWork: (work) => onEvent({ type: 'work', work }),
    signal: stopping.signal,
    ...(lookEveryMs !== undefined && { lookEveryMs }),
  });
  const { migrationsFolder, workerFile, partitions } = options;
  const inner = createExternalStack({
    servers,
    migrationsFolder,
    workerFile,
    partitions,
    lake: 'minio',
    onEvent: (event) => (event.type === 'services' ? onAnswers(event.services) : onEvent(event)),
  });

  function onAnswers(services: readonly ServiceView[]): void {
    for (const service of services) answers.set(service.name, service);
    show();
  }

  function show(): void {
    const services = dockerViews(containers.now(), answers, containers.trouble());
    const text = JSON.stringify(services);
    if (text === told || stopping.signal.aborted) return;
    told = text;
    onEvent({ type: 'services', services });
  }

  return {
    servers,
    control,
    async start() {
      await containers.look();
      containers.follow();
      await control.up();
      return inner.start();
    },
    // The producer of this stack is a container: a second one would share its checkpoint.
    startProducer: () => control.start('data-producer'),
    pauseProducer: () => control.stop('data-producer'),
    sendTestTransaction: inner.sendTestTransaction,
    playScenario: inner.playScenario,
    async stop() {
      stopping.abort();
      await containers.stop();
      await tails.stop();
      await inner.stop();
    },
  };
}
