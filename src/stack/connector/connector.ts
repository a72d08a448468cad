/** The Debezium connector on Kafka Connect: how it is, and what can be done about it. */
import { systemClock } from '../../pipeline/clock.ts';
import { SluiceError } from '../../pipeline/errors.ts';
import type { Clock } from '../../pipeline/ports.ts';
import { CONNECTOR_NAME, diffConfig, lintConfig, maskConfig } from './config.ts';
import type { ConfigChange, ConfigFinding, ConnectorConfig } from './config.ts';
import { openConnectRest, type ConnectRest } from './rest.ts';

export type ConnectorState = 'RUNNING' | 'PAUSED' | 'STOPPED' | 'UNASSIGNED' | 'RESTARTING' | 'FAILED' | 'ABSENT';

export interface TaskView {
  readonly id: number;
  readonly state: ConnectorState;
  readonly worker: string;
  /** The whole Java trace of a failed task. */
  readonly trace: string | null;
}

export interface ConnectorView {
  readonly name: string;
  /** The worst of the connector and its tasks: a connector can be RUNNING while its only task has FAILED. */
  readonly state: ConnectorState;
  readonly connector: ConnectorState;
  readonly tasks: readonly TaskView[];
  /** First line of the first trace. */
  readonly reason: string | null;
  /** Passwords are dots. */
  readonly config: ConnectorConfig;
  readonly findings: readonly ConfigFinding[];
}

/** `changes` tells what creating or updating changed; for a new one that is everything. */
export interface Ensured {
  readonly did: 'created' | 'updated' | 'nothing';
  readonly changes: readonly ConfigChange[];
}

export interface Connector {
  view(): Promise<ConnectorView>;
  /** What `ensure` would do, without doing it. */
  compare(wanted: ConnectorConfig): Promise<Ensured>;
  /** Creates or updates it. Settings that only the present one has are kept. */
  ensure(wanted: ConnectorConfig): Promise<Ensured>;
  /** Restarts what has failed, and resolves when nothing is on its way any more. */
  restartFailed(): Promise<ConnectorView>;
  pause(): Promise<ConnectorView>;
  resume(): Promise<ConnectorView>;
  /** Ends its tasks and keeps its configuration; only then can its offsets be forgotten. */
  stop(): Promise<ConnectorView>;
  /** It begins with a snapshot of all rows when it is resumed. */
  forgetOffsets(): Promise<void>;
  /** How far the source has been read, as Connect stores it; null before the first flush. */
  offsets(): Promise<unknown>;
  /** Resolves when connector and tasks have come to rest: RUNNING, PAUSED, STOPPED or FAILED. */
  settled(): Promise<ConnectorView>;
}

export interface ConnectorOptions {
  readonly url: string;
  readonly name?: string;
  readonly clock?: Clock;
  /** How long to wait for it to settle, ms. */
  readonly patienceMs?: number;
}

const PATIENCE_MS = 60_000;
const LOOK_MS = 250;
/** A restart is accepted before it has begun: only a state that stays is a rest. */
const LOOKS_AT_REST = 3;

export function openConnector(options: ConnectorOptions): Connector {
  const { url, name = CONNECTOR_NAME, clock = systemClock, patienceMs = PATIENCE_MS } = options;
  const rest = openConnectRest(url, clock);
  const path = `/connectors/${encodeURIComponent(name)}`;
  const view = (): Promise<ConnectorView> => look(rest, name, path);
  const settled = (): Promise<ConnectorView> => waitForRest(view, clock, patienceMs);
  const act = async (method: 'PUT' | 'POST', what: string): Promise<ConnectorView> => {
    await rest.send(method, `${path}/${what}`);
    return settled();
  };
  const compare = async (wanted: ConnectorConfig): Promise<Ensured> => toEnsured(await readConfig(rest, path), wanted);
  return {
    view,
    compare,
    settled,
    ensure: async (wanted) => {
      const present = await readConfig(rest, path);
      const ensured = toEnsured(present, wanted);
      if (ensured.did !== 'nothing') await rest.send('PUT', `${path}/config`, { ...present, ...wanted });
      return ensured;
    },
    restartFailed: () => act('POST', 'restart?includeTasks=true&onlyFailed=true'),
    pause: () => act('PUT', 'pause'),
    resume: () => act('PUT', 'resume'),
    stop: () => act('PUT', 'stop'),
    forgetOffsets: async () => void (await rest.send('DELETE', `${path}/offsets`)),
    offsets: async () => (((await rest.get(`${path}/offsets`)) as Offsets | null)?.offsets ?? [])[0]?.offset ?? null,
  };
}

/** The worst of the states, the first of these that is there. */
const WORST_FIRST: readonly ConnectorState[] = [
  'ABSENT',
  'FAILED',
  'UNASSIGNED',
  'RESTARTING',
  'STOPPED',
  'PAUSED',
  'RUNNING',
];

export function worstOf(states: readonly ConnectorState[]): ConnectorState {
  return WORST_FIRST.find((state) => states.includes(state)) ?? 'UNASSIGNED';
}

interface Offsets {
  readonly offsets?: readonly { readonly offset?: unknown }[];
}

interface Status {
  readonly connector: { readonly state: ConnectorState; readonly trace?: string };
  readonly tasks: readonly {
    readonly id: number;
    readonly state: ConnectorState;
    readonly worker_id: string;
    readonly trace?: string;
  }[];
}

async function look(rest: ConnectRest, name: string, path: string): Promise<ConnectorView> {
  const status = (await rest.get(`${path}/status`)) as Status | null;
  const config = await readConfig(rest, path);
  if (!status || !config) {
    const absent = { connector: 'ABSENT', state: 'ABSENT', tasks: [], reason: null, config: {}, findings: [] } as const;
    return { name, ...absent };
  }
  const tasks = status.tasks.map(({ id, state, worker_id, trace }) => {
    return { id, state, worker: worker_id, trace: trace ?? null };
  });
  const traces = [status.connector.trace, ...tasks.map(({ trace }) => trace)];
  return {
    name,
    connector: status.connector.state,
    state: toState(status.connector.state, tasks),
    tasks,
    reason: traces.find((trace) => trace)?.split('\n')[0] ?? null,
    config: maskConfig(config),
    findings: lintConfig(config),
  };
}

/** A connector that runs without a task does nothing yet. */
function toState(connector: ConnectorState, tasks: readonly TaskView[]): ConnectorState {
  if (connector === 'RUNNING' && tasks.length === 0) return 'UNASSIGNED';
  return worstOf([connector, ...tasks.map(({ state }) => state)]);
}

async function readConfig(rest: ConnectRest, path: string): Promise<ConnectorConfig | null> {
  return (await rest.get(`${path}/config`)) as ConnectorConfig | null;
}

function toEnsured(present: ConnectorConfig | null, wanted: ConnectorConfig): Ensured {
  const changes = diffConfig(present ?? {}, wanted);
  return { did: present === null ? 'created' : changes.length > 0 ? 'updated' : 'nothing', changes };
}

async function waitForRest(view: () => Promise<ConnectorView>, clock: Clock, patienceMs: number) {
  const until = clock.now() + patienceMs;
  let last = await view();
  for (let same = 1; same < LOOKS_AT_REST || !isAtRest(last);) {
    if (clock.now() > until) throw unsettled(last, patienceMs);
    await clock.sleep(LOOK_MS, new AbortController().signal);
    const now = await view();
    same = now.state === last.state ? same + 1 : 1;
    last = now;
  }
  return last;
}

const isAtRest = ({ state }: ConnectorView): boolean => state !== 'UNASSIGNED' && state !== 'RESTARTING';

function unsettled({ name, state }: ConnectorView, patienceMs: number): SluiceError {
  return new SluiceError('CONNECT_UNAVAILABLE', {
    tried: `Waiting for the connector ${name} to settle`,
    seen: `it is still ${state} after ${patienceMs / 1000} s`,
    expected: 'RUNNING, PAUSED, STOPPED or FAILED',
    action: 'Look at the log of Kafka Connect; try again.',
  });
}
