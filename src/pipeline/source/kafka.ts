/**
 * The one file that knows `kafkajs`: a topic of a Kafka cluster, read by ranges and without a consumer group. The client
 * is loaded by the first connection: a thread that reads another source never pays for it.
 */
import type { Socket } from 'node:net';
import type { Kafka, SASLOptions } from 'kafkajs';
import { systemClock } from '../clock.ts';
import type { SluiceError } from '../errors.ts';
import type { Bounds } from '../offsets.ts';
import type { Clock, Log, Source } from '../ports.ts';
import { retrying, type RetryPolicy } from '../retry.ts';
import { toKafkaError } from './kafka-errors.ts';
import { openClient } from './kafka-client.ts';
import type { Cluster } from './kafka-cluster.ts';
import { mendHabits } from './kafka-habits.ts';
import type { Connection } from './kafka-line.ts';
import { readRange, type ReadOptions } from './kafka-read.ts';
import { EARLIEST, LATEST } from './kafka-requests.ts';
import { KAFKA_LIMITS, type KafkaLimits, type KafkaSettings } from './kafka-settings.ts';
import { openSocket } from './kafka-socket.ts';

/** Connects by the first call. A broken connection is thrown away and made anew by the next one. */
export function openKafkaSource(
  settings: KafkaSettings,
  log: Log,
  limits: KafkaLimits = KAFKA_LIMITS,
  clock: Clock = systemClock,
): Source {
  const { topic } = settings;
  const committedOnly = settings.isolation === 'read_committed';
  const client = openClient(settings, limits, (turn) => dial(settings, limits, turn));
  const onRetry = (error: SluiceError, attempt: number): void => log('warn', `${error.message} (try ${attempt + 1})`);
  const reading: ReadOptions = { topic, committedOnly, stallMs: limits.stallMs, retry: limits.retry, clock, onRetry };
  const bounds = async (): Promise<Bounds> => {
    const [start, end] = await Promise.all([client.offsets(EARLIEST), client.offsets(LATEST)]);
    return { start, end };
  };
  const fetcher = { fetch: client.fetch, bounds };
  return {
    topic,
    description: `KafkaV2[Subscribe[${topic}]]`,
    clusterId: client.clusterId,
    bounds,
    offsetsAt: client.offsetsAt,
    read: (range, signal) => readRange(fetcher, range, reading, signal),
    publish: (group, offsets) =>
      retrying(() => client.commit(group, offsets), {
        policy: PUBLISH_RETRY,
        clock,
        signal: new AbortController().signal,
        onRetry,
      }),
    close: async () => client.close(),
  };
}

/** Creates the topic unless it is there, with as many copies as the cluster's own default says. */
export async function ensureTopic(
  settings: KafkaSettings,
  numPartitions: number,
  limits: KafkaLimits = KAFKA_LIMITS,
): Promise<{ readonly created: boolean; readonly partitions: number }> {
  const { topic } = settings;
  const once = async (): Promise<{ created: boolean; partitions: number }> => {
    const open: OpenSocket = (host, port, onConnect) => openSocket(settings, host, port, onConnect, () => undefined);
    const admin = (await openKafka(settings, limits, 0, open)).admin();
    try {
      await admin.connect();
      const created = await admin.createTopics({ topics: [{ topic, numPartitions }], waitForLeaders: true });
      const { topics } = await admin.fetchTopicMetadata({ topics: [topic] });
      return { created, partitions: topics[0]?.partitions.length ?? 0 };
    } catch (error) {
      throw toKafkaError(`Creating the topic ${topic}`, error);
    } finally {
      await admin.disconnect().catch(() => undefined);
    }
  };
  const signal = new AbortController().signal;
  return retrying(once, { policy: limits.retry, clock: systemClock, signal, onRetry: () => undefined });
}

const PUBLISH_RETRY: RetryPolicy = { tries: 3, totalMs: 2_000, baseMs: 200, maxWaitMs: 1_000 };
const METADATA_MAX_AGE_MS = 10_000;
const LONGEST_REQUEST_MS = 10 * 60_000;

/**
 * Sockets are kept, because only destroying them ends a connection whose other end is silent.
 * @param turn which broker of the list is asked first
 * @param options `withTopic` false: the cluster is connected to, and nothing is asked about the topic
 */
export function dial(
  settings: KafkaSettings,
  limits: KafkaLimits,
  turn: number,
  options: DialOptions = { withTopic: true },
): Connection {
  const sockets = new Set<Socket>();
  let heardAt = performance.now();
  let isGivenUp = false;
  const cluster = connect(settings, limits, { ...options, turn }, (host, port, onConnect) => {
    // After a failure the client looks for another broker, whether or not anybody still waits for it.
    if (isGivenUp) throw givenUp();
    const socket = openSocket(settings, host, port, onConnect, () => (heardAt = performance.now()));
    sockets.add(socket);
    return socket.once('close', () => sockets.delete(socket));
  });
  cluster.catch(() => undefined);
  const close = (): void => {
    isGivenUp = true;
    for (const socket of sockets) socket.destroy(givenUp());
  };
  return { cluster, heardAt: () => heardAt, close };
}

const givenUp = (): Error => new Error('the connection was given up');

type OpenSocket = (host: string, port: number, onConnect: () => void) => Socket;

export interface DialOptions {
  readonly withTopic: boolean;
}

async function connect(
  settings: KafkaSettings,
  limits: KafkaLimits,
  { turn, withTopic }: DialOptions & { readonly turn: number },
  open: OpenSocket,
): Promise<Cluster> {
  const cluster = createCluster(await openKafka(settings, limits, turn, open));
  await cluster.connect();
  if (withTopic) await cluster.addTargetTopic(settings.topic);
  return cluster;
}

async function openKafka(settings: KafkaSettings, limits: KafkaLimits, turn: number, open: OpenSocket): Promise<Kafka> {
  const { brokers, sasl } = settings;
  const first = turn % brokers.length;
  const client = await import('kafkajs');
  const kafka = new client.Kafka({
    clientId: 'sluice',
    brokers: [...brokers.slice(first), ...brokers.slice(0, first)],
    connectionTimeout: limits.connectMs,
    authenticationTimeout: limits.connectMs,
    // Our own deadline counts silence; the client's would cut an answer that is only slow.
    requestTimeout: LONGEST_REQUEST_MS,
    retry: { retries: 0 },
    logLevel: client.logLevel.NOTHING,
    ssl: settings.tls !== null,
    ...(sasl && { sasl: sasl as SASLOptions }),
    socketFactory: ({ host, port, onConnect }) => open(host, port, onConnect),
  });
  await mendClient(kafka);
  return kafka;
}

/** For every connection of this thread, before the first one is made. */
export async function mendClient(kafka: Kafka): Promise<void> {
  await mendHabits(createCluster(kafka).brokerPool);
}

function createCluster(kafka: Kafka): Cluster {
  const symbol = Object.getOwnPropertySymbols(kafka).find(
    ({ description }) => description === 'private:Kafka:createCluster',
  );
  const create = symbol && (kafka as unknown as Record<symbol, (options: object) => Cluster>)[symbol];
  if (!create) throw new Error('this version of kafkajs keeps its cluster somewhere else');
  return create({ metadataMaxAge: METADATA_MAX_AGE_MS, allowAutoTopicCreation: false });
}
