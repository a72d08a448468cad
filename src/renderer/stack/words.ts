/** States of services, connectors, slots and checks as words that have a shape and a colour. Pure. */
import type {
  CheckState,
  CheckView,
  ConnectorState,
  Profile,
  ServiceView,
  ServiceVerb,
  SlotView,
  StackWork,
} from '../../console/contract.ts';
import type { StateWord } from '../components/status.tsx';

export interface Shown {
  readonly word: StateWord;
  readonly text: string;
}

/** What stands in the table; a connector whose task has failed makes Kafka Connect a service to look at. */
export function serviceState({ name, state, container }: ServiceView, connector: ConnectorState | null): Shown {
  if (name === 'debezium-connect' && connector === 'FAILED' && container?.state === 'running') {
    return { word: 'FAILED', text: 'TASK FAILED' };
  }
  if (state === 'OK' && container) return { word: 'OK', text: container.health === 'healthy' ? 'HEALTHY' : 'RUNNING' };
  return { word: state, text: state };
}

const CONNECTORS: Readonly<Record<ConnectorState, StateWord>> = {
  RUNNING: 'RUNNING',
  PAUSED: 'PAUSED',
  STOPPED: 'STOPPED',
  UNASSIGNED: 'WAITING',
  RESTARTING: 'RESTARTING',
  FAILED: 'FAILED',
  ABSENT: 'WARN',
};

export const connectorState = (state: ConnectorState): Shown => ({ word: CONNECTORS[state], text: state });

export function slotState({ active, wal }: SlotView): Shown {
  if (wal === 'lost') return { word: 'FAILED', text: 'LOST' };
  return active ? { word: 'OK', text: 'READ' } : { word: 'WARN', text: 'INACTIVE' };
}

const CHECKS: Readonly<Record<CheckState, StateWord>> = {
  passed: 'OK',
  warn: 'WARN',
  failed: 'FAILED',
  skipped: 'WAITING',
};

export const checkWord = (state: CheckState): StateWord => CHECKS[state];

const ORDER: readonly CheckState[] = ['failed', 'warn', 'passed', 'skipped'];

/** What wants fixing first; within one state the order of the doctor. */
export const byUrgency = (checks: readonly CheckView[]): CheckView[] =>
  ORDER.flatMap((state) => checks.filter((check) => check.state === state));

/** What a check is about that was not made because of another one is worth a look; what does not apply here is not. */
export const doesNotApply = ({ state, seen }: CheckView): boolean =>
  state === 'skipped' && !seen.startsWith('it needs');

/** Why this cannot be asked of the service now, or null. */
export function whyNot(service: ServiceView, verb: ServiceVerb, work: StackWork | null): string | null {
  if (work) return `${work.step}.`;
  if (service.verbs?.includes(verb)) return null;
  return service.locked ?? NOT_NOW[verb];
}

const NOT_NOW: Readonly<Record<ServiceVerb, string>> = {
  start: 'It runs already.',
  stop: 'It is stopped already.',
  restart: 'It does not run: start it.',
  logs: 'It has no log yet.',
};

/** `5432`, or `9700 → 9092` where the container has another one. */
export function portsOf({ container }: ServiceView): string {
  const ports = container?.ports ?? [];
  return ports.map(({ host, container: inner }) => (host === inner ? `${host}` : `${host} → ${inner}`)).join(', ');
}

export const PROFILE_WORDS: Readonly<Record<Profile, string>> = {
  embedded: 'Everything runs inside Sluice, and starts and ends with it; what dies is started again by itself',
  docker: 'Compose project',
  external: 'Servers of your own: Sluice looks at them, and commands none of them',
};
