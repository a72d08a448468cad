/** The connector and its slot, as faces see and command them. Samples of the slot are taken while the stack is up. */
import { SluiceError, toErrorView, type ErrorView } from '../pipeline/errors.ts';
import type { LogLevel } from '../pipeline/events.ts';
import type { PostgresSettings } from '../pipeline/job-settings.ts';
import { openDatabase, type Database } from '../pipeline/sql.ts';
import type { CaptureView, ConnectorCard } from '../stack/connector/capture-view.ts';
import { openConnector, type Connector, type Ensured } from '../stack/connector/connector.ts';
import { addSample, growthOf, SAMPLE_MS, type SlotSample } from '../stack/connector/growth.ts';
import { readSlot, type SlotView } from '../stack/connector/slot.ts';
import type { ConnectTarget, PatientServers } from '../stack/doctor/patient.ts';
import type { Profile } from '../stack/stack.ts';

export interface CaptureDesk {
  view(): Promise<CaptureView>;
  /** Only says what it would do unless confirmed. */
  ensure(confirm: boolean): Promise<Ensured>;
  /** Each resolves when the connector has settled. */
  restart(): Promise<CaptureView>;
  pause(): Promise<CaptureView>;
  resume(): Promise<CaptureView>;
  close(): Promise<void>;
}

export interface CaptureOptions {
  readonly profile: Profile;
  readonly servers: PatientServers;
  readonly say: (level: LogLevel, message: string) => void;
}

export function openCapture({ profile, servers, say }: CaptureOptions): CaptureDesk {
  const { connect, slot: slotName } = servers;
  const database = openSlotDatabase(servers.captured);
  const connector = connect && openConnector(connect);
  let samples: readonly SlotSample[] = [];
  let lastRestart: ConnectorCard['lastRestart'] = null;
  const timer = setInterval(() => void lookAtSlot().catch(() => undefined), SAMPLE_MS);
  timer.unref();

  async function lookAtSlot(): Promise<SlotView | null> {
    const slot = await readSlot(database, slotName);
    if (slot) samples = addSample(samples, { at: Date.now(), retainedBytes: slot.retainedBytes });
    return slot;
  }

  async function view(): Promise<CaptureView> {
    const [seen, card] = await Promise.all([attempt(lookAtSlot), attempt(lookAtConnector)]);
    return {
      at: Date.now(),
      connector: card.value,
      without: connect ? null : WITHOUT[profile],
      connectorError: card.error,
      slot: seen.value,
      slotName,
      slotError: seen.error,
      growth: seen.value ? growthOf(samples, seen.value) : { perMinute: null, lostInMs: null },
      samples,
    };
  }

  async function lookAtConnector(): Promise<ConnectorCard | null> {
    if (!connector || !connect) return null;
    const [seen, { changes }] = await Promise.all([connector.view(), connector.compare(connect.wanted)]);
    return { ...seen, url: connect.url, changes, lastRestart };
  }

  /** Waits until it has settled, and tells the log. */
  async function act(what: string, work: (connector: Connector) => Promise<{ state: ConnectorCard['state'] }>) {
    const { state } = await work(commanded(connector, profile));
    say(state === 'FAILED' ? 'error' : 'info', `${what} the connector ${connect?.name ?? ''}: it is ${state}`);
    return state;
  }

  return {
    view,
    ensure: async (confirm) => {
      const target = commanded(connect, profile);
      if (!confirm) return commanded(connector, profile).compare(target.wanted);
      const ensured = await commanded(connector, profile).ensure(target.wanted);
      await act(WORDS[ensured.did], (each) => each.settled());
      return ensured;
    },
    restart: async () => {
      const settled = await act('Restarted what had failed of', (each) => each.restartFailed());
      lastRestart = { at: Date.now(), settled };
      return view();
    },
    pause: async () => {
      await act('Paused', (each) => each.pause());
      return view();
    },
    resume: async () => {
      await act('Resumed', (each) => each.resume());
      return view();
    },
    close: async () => {
      clearInterval(timer);
      await database.close();
    },
  };
}

const WORDS = { created: 'Created', updated: 'Updated', nothing: 'Left alone' } as const;

const WITHOUT: Readonly<Record<Profile, string>> = {
  embedded: 'The embedded stack captures changes by itself; no connector is needed.',
  docker: 'No address of Kafka Connect is set (CONNECT_URL).',
  external: 'No address of Kafka Connect is set (CONNECT_URL): the capture is somebody else’s business.',
};

const openSlotDatabase = (captured: PostgresSettings): Database =>
  openDatabase(captured, { max: 1, statementTimeoutMs: 4_000, applicationName: 'sluice console' });

async function attempt<T>(
  work: () => Promise<T>,
): Promise<{ readonly value: T | null; readonly error: ErrorView | null }> {
  try {
    return { value: await work(), error: null };
  } catch (error) {
    return { value: null, error: toErrorView(error) };
  }
}

function commanded<T extends Connector | ConnectTarget>(part: T | null, profile: Profile): T {
  if (part !== null) return part;
  throw new SluiceError('NOT_ALLOWED_NOW', {
    tried: 'Commanding the connector',
    seen: WITHOUT[profile],
    expected: 'a connector on Kafka Connect',
    action: 'Set CONNECT_URL to the address of a worker of Kafka Connect, then start Sluice again.',
  });
}
