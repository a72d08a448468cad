/**
 * A stack of servers that exist already. Starting it tests each of them and brings the captured database up to date; what
 * it finds it leaves as it is. Stopping it ends our own connections and touches no server.
 */
import path from 'node:path';
import { SluiceError, toErrorView } from '../../pipeline/errors.ts';
import type { LogLevel } from '../../pipeline/events.ts';
import { ensureTopic } from '../../pipeline/source/kafka.ts';
import { openStore } from '../../pipeline/store/open.ts';
import { adoptTables } from '../embedded/adopt.ts';
import { migrate } from '../embedded/migrations.ts';
import type { Servers } from '../servers.ts';
import type { Endpoints, ServiceView, Stack, StackEvent } from '../stack.ts';
import { ensureConnector } from './connector.ts';
import { openProbes, PROBE_LIMITS } from './probes.ts';
import { openProducerThread } from './producer-thread.ts';
import { createWatch, unreachable } from './watch.ts';

export interface ExternalStackOptions {
  readonly servers: Servers;
  /** The folder that holds `frauddb/`. */
  readonly migrationsFolder: string;
  /** The thread entry of the embedded stack, which has the producer. */
  readonly workerFile: string;
  readonly onEvent: (event: StackEvent) => void;
  /** How the service is called that keeps the lakehouse. */
  readonly lake?: 'lakehouse' | 'minio';
  /** Of the topic, when it is not there yet. */
  readonly partitions: number;
  /** Between two looks at the servers, ms. */
  readonly lookEveryMs?: number;
}

/** Without these no query can do anything; the others may come later, and the queries wait for them. */
const NEEDED: readonly ServiceView['name'][] = ['postgres', 'kafka', 'lakehouse', 'minio'];

/** The look, for who knows more of the services than their answers. */
export interface ExternalStack extends Stack {
  look(): Promise<void>;
}

export function createExternalStack(options: ExternalStackOptions): ExternalStack {
  const { servers, onEvent, lake = 'lakehouse' } = options;
  const log = (level: LogLevel, message: string): void =>
    onEvent({ type: 'log', line: { at: Date.now(), source: 'stack', level, message } });
  const probes = openProbes(servers, lake);
  const watch = createWatch({
    probes,
    onChange: (services) => onEvent({ type: 'services', services }),
    log,
    ...(options.lookEveryMs !== undefined && { everyMs: options.lookEveryMs }),
  });
  const producer = openProducerThread({ workerFile: options.workerFile, frauddb: servers.captured, onEvent });

  const stopping = new AbortController();

  async function prepareDatabase(): Promise<void> {
    const folder = path.join(options.migrationsFolder, 'frauddb');
    const kept = await adoptTables(servers.captured, folder);
    if (kept.length > 0) log('info', `Found the tables ${kept.join(', ')} and kept them as they are`);
    const applied = await migrate(servers.captured, folder);
    if (applied.length > 0) log('info', `Applied the migrations ${applied.join(', ')} to ${servers.captured.database}`);
  }

  /** A query that begins at the end of a topic must not begin after its first record: the topic is there before. */
  async function prepareTopic(): Promise<void> {
    const { topic } = servers.kafka;
    const made = await ensureTopic(servers.kafka, options.partitions, PROBE_LIMITS).catch((error: unknown) =>
      log('warn', `The topic ${topic} could not be looked for: ${toErrorView(error).seen}`),
    );
    if (made?.created) log('info', `Created the topic ${topic} with ${made.partitions} partitions`);
  }

  /** Two writers of one object must never both win: nothing is started before that is known. */
  async function tryLake(): Promise<void> {
    const store = await openStore(servers.lakehouse.checkpoint.bronze, log);
    const probe = probes.find(({ name }) => name === lake);
    try {
      await store.probe();
    } catch (error) {
      throw probe ? unreachable(probe, error) : error;
    } finally {
      store.close();
    }
  }

  /** A capture that is missing stops no query: what is in the topic is read all the same. */
  async function prepareCapture(): Promise<void> {
    const { connect, captured } = servers;
    if (connect === null) return log('info', 'CONNECT_URL is not set: the change capture is left to whoever runs it');
    await ensureConnector(connect, captured, log).catch((error: unknown) => {
      const { message, action } = toErrorView(error);
      log('warn', `The connector could not be looked at: ${message}. ${action}`);
    });
  }

  return {
    servers,
    control: null,
    look: watch.look,
    async start(): Promise<Endpoints> {
      for (const step of [prepareTopic, () => watch.start(NEEDED), prepareDatabase, tryLake, prepareCapture]) {
        stopping.signal.throwIfAborted();
        await step();
      }
      stopping.signal.throwIfAborted();
      const { kafka, captured, fraudApiUrl, lakehouse } = servers;
      return { source: kafka, serving: captured, fraudApiUrl, slackPreviewUrl: null, lakehouse };
    },
    startProducer: producer.produce,
    pauseProducer: producer.pause,
    sendTestTransaction: producer.test,
    playScenario: producer.play,
    async stop() {
      stopping.abort(stopped());
      await producer.stop();
      await watch.stop();
    },
  };
}

function stopped(): SluiceError {
  return new SluiceError('NOT_ALLOWED_NOW', {
    tried: 'Starting the stack',
    seen: 'Sluice was stopped meanwhile',
    expected: 'a console that goes on',
    action: 'Start Sluice again.',
  });
}
