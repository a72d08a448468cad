/** What can be done to the services: one thing at a time, told step by step, done when all that runs is healthy. */
import { SluiceError } from '../../pipeline/errors.ts';
import { COMPOSE_SERVICES, type ComposeService, type StackControl, type StackWork } from '../stack.ts';
import type { DockerCli } from './cli.ts';
import type { Containers } from './containers.ts';
import type { LogTails } from './log-tails.ts';
import type { Verb } from './verbs.ts';
import { TITLES, waitingFor } from './views.ts';

export interface ControlOptions {
  readonly docker: DockerCli;
  readonly containers: Containers;
  readonly tails: LogTails;
  readonly onWork: (work: StackWork | null) => void;
  /** Ends what is under way when the console stops. */
  readonly signal: AbortSignal;
  readonly lookEveryMs?: number;
}

export interface DockerControl extends StackControl {
  /** Everything, as at the first start. */
  up(): Promise<void>;
}

/** What the guide restarts when the streams have crashed. */
const REPAIRED = ['kafka', 'debezium-connect', 'minio'] as const satisfies readonly ComposeService[];
const LOOK_MS = 1_000;

type Target = ComposeService | 'all';

export function createControl(options: ControlOptions): DockerControl {
  const { docker, containers, tails, onWork, signal, lookEveryMs = LOOK_MS } = options;
  let work: StackWork | null = null;

  function tell(next: StackWork | null): void {
    work = next;
    onWork(next);
  }

  /** Looks while it is done, so that each step is seen. */
  async function during(verb: StackWork['verb'], service: Target, wanted: readonly ComposeService[], verbs: Verb[]) {
    if (work) throw isBusy(work);
    const begun: StackWork = { verb, service, step: firstStep(verb, service), since: Date.now() };
    tell(begun);
    const waits = verb !== 'stop' && verb !== 'down';
    let looking: Promise<void> | null = null;
    const timer = setInterval(() => {
      looking ??= containers
        .look()
        .then((now) => {
          const step = waits ? waitingFor(now, wanted) : null;
          if (work && step !== null && step !== work.step) tell({ ...work, step });
        })
        .catch(() => undefined)
        .finally(() => (looking = null));
    }, lookEveryMs);
    try {
      for (const each of verbs) await docker.run(each, signal);
    } finally {
      clearInterval(timer);
      await (looking as Promise<void> | null);
      await containers.look().catch(() => undefined);
      tell(null);
    }
  }

  const some = (service: Target): readonly ComposeService[] => (service === 'all' ? COMPOSE_SERVICES : [service]);

  return {
    up: () => during('start', 'all', COMPOSE_SERVICES, [{ do: 'config' }, { do: 'up' }]),
    start: (service) => during('start', service, some(service), [startOf(service)]),
    stop: (service) => during('stop', service, [], [{ do: 'stop', services: service === 'all' ? 'all' : [service] }]),
    restart: (service) => {
      // What does not run any more, or is not there yet, is started by the wait.
      const services = some(service).filter((name) => containers.now().some((each) => each.service === name));
      const verbs: Verb[] = services.length === 0 ? [] : [{ do: 'restart', services }];
      return during('restart', service, some(service), [...verbs, startOf(service)]);
    },
    down: () => during('down', 'all', [], [{ do: 'down' }]),
    repair: () =>
      during('repair', 'all', REPAIRED, [
        { do: 'restart', services: REPAIRED },
        { do: 'start', services: REPAIRED },
      ]),
    logs: async (service, after, limit) => {
      const found = (await containers.look()).find((each) => each.service === service);
      if (!found) throw isAbsent(service);
      return tails.read(service, found.id, after, limit);
    },
  };
}

const startOf = (service: Target): Verb => (service === 'all' ? { do: 'up' } : { do: 'start', services: [service] });

function firstStep(verb: StackWork['verb'], service: Target): string {
  const what = service === 'all' ? 'the services' : TITLES[service];
  const words = { start: 'Starting', stop: 'Stopping', restart: 'Restarting', down: 'Removing', repair: 'Restarting' };
  const named = verb === 'repair' ? REPAIRED.map((each) => TITLES[each]).join(', ') : what;
  return `${words[verb]} ${named}`;
}

function isBusy({ step }: StackWork): SluiceError {
  return new SluiceError('NOT_ALLOWED_NOW', {
    tried: 'Commanding the services of the stack',
    seen: `something else is being done: ${step}`,
    expected: 'one thing at a time',
    action: 'Wait until it is done, then try again.',
  });
}

function isAbsent(service: ComposeService): SluiceError {
  return new SluiceError('NOT_ALLOWED_NOW', {
    tried: `Reading the log of ${service}`,
    seen: 'there is no container of it',
    expected: 'a container, running or stopped',
    action: 'Start the service first.',
  });
}
