/** Containers, and what their servers answer, as rows for people. Pure. */
import {
  COMPOSE_SERVICES,
  type ComposeService,
  type ServiceState,
  type ServiceVerb,
  type ServiceView,
} from '../stack.ts';
import type { Container } from './parse.ts';

export const TITLES: Readonly<Record<ComposeService, string>> = {
  postgres: 'PostgreSQL',
  kafka: 'Kafka',
  'debezium-connect': 'Debezium Connect',
  minio: 'MinIO',
  'fraud-api': 'Fraud API',
  'data-producer': 'Data producer',
};

/** How a program ends that was told to end: by itself, or by SIGINT, SIGKILL, SIGTERM. */
const ENDED_AS_TOLD = [0, 130, 137, 143];

/** @param answers what the servers themselves have answered, by name */
export function dockerViews(
  containers: readonly Container[],
  answers: ReadonlyMap<string, ServiceView>,
  trouble: string | null,
): ServiceView[] {
  return COMPOSE_SERVICES.map((name) => {
    const container = containers.find(({ service }) => service === name);
    const view = { name, title: TITLES[name], pid: null, verbs: verbsOf(container) };
    if (trouble !== null) return { ...view, state: 'WARN', detail: trouble, address: null, verbs: [], locked: trouble };
    if (!container) return { ...view, state: 'STOPPED', detail: 'there is no container yet', address: null };
    const [port] = container.view.ports;
    const address = port ? `127.0.0.1:${port.host}` : null;
    return { ...view, ...stateOf(container, answers.get(name)), address, container: container.view };
  });
}

function stateOf({ view, trouble }: Container, answer: ServiceView | undefined): Pick<ServiceView, 'state' | 'detail'> {
  const { state, health, exitCode } = view;
  const told = (as: ServiceState, detail: string) => ({ state: as, detail });
  switch (state) {
    case 'running':
      if (health === 'starting') return told('STARTING', 'its health check has not passed yet');
      if (health === 'unhealthy') return told('FAILED', 'its health check fails');
      return answer && answer.state !== 'STOPPED' && answer.state !== 'STARTING'
        ? told(answer.state, answer.detail)
        : told('OK', health ?? 'runs');
    case 'paused':
      return told('WARN', 'paused');
    case 'restarting':
      return told('WARN', `docker starts it again: it ended with ${exitCode ?? 'nothing'}`);
    case 'created':
      return told('STOPPED', 'created, not started');
    case 'removing':
      return told('STOPPING', 'being removed');
    case 'exited':
    case 'dead':
      if (trouble !== null) return told('FAILED', trouble);
      return exitCode !== null && ENDED_AS_TOLD.includes(exitCode)
        ? told('STOPPED', 'stopped')
        : told('FAILED', `it ended with ${exitCode ?? 'an unknown code'}`);
  }
}

function verbsOf(container: Container | undefined): readonly ServiceVerb[] {
  if (!container) return ['start'];
  const runs = container.view.state === 'running' || container.view.state === 'restarting';
  return runs ? ['stop', 'restart', 'logs'] : ['start', 'logs'];
}

/** What is waited for, in the order of the compose file: `Waiting for Kafka`. Null when all that runs is healthy. */
export function waitingFor(containers: readonly Container[], wanted: readonly ComposeService[]): string | null {
  for (const name of wanted) {
    const container = containers.find(({ service }) => service === name);
    const { state, health } = container?.view ?? {};
    if (state === undefined || state === 'created') return `Starting ${TITLES[name]}`;
    if (state !== 'running' || (health !== null && health !== 'healthy')) return `Waiting for ${TITLES[name]}`;
  }
  return null;
}
