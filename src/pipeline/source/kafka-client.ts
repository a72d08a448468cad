/** The requests that a source is made of, each with a deadline, over whatever connection is alive. */
import type { Offsets } from '../ports.ts';
import { giveBack } from './kafka-buffers.ts';
import { lateKafka, otherCluster, toKafkaError } from './kafka-errors.ts';
import { decodeFetchAnswer, type FetchAnswer } from './kafka-records.ts';
import type { KafkaLimits, KafkaSettings } from './kafka-settings.ts';

/** Times that stand for the two ends of a partition. */
export const EARLIEST = -2;
export const LATEST = -1;

/** What a broker answers when a partition has no record that is young enough. */
const NONE = -1n;
const READ_UNCOMMITTED = 0;
const READ_COMMITTED = 1;
const FETCH_VERSION = 11;
/** The broker answers with this code when it no longer has the offset; whoever reads asks for the bounds then. */
const OFFSET_OUT_OF_RANGE = 1;
const ERROR_TYPES: Record<number, string> = {
  3: 'UNKNOWN_TOPIC_OR_PARTITION',
  5: 'LEADER_NOT_AVAILABLE',
  6: 'NOT_LEADER_FOR_PARTITION',
  29: 'TOPIC_AUTHORIZATION_FAILED',
};

export interface Client {
  clusterId(): Promise<string>;
  offsets(timestamp: number): Promise<Offsets>;
  offsetsAt(timestamp: number): Promise<Offsets>;
  fetch(partition: number, offset: bigint, wanted: number): Promise<FetchAnswer>;
  commit(group: string, offsets: Offsets): Promise<void>;
  close(): void;
}

/** @param dial connects, beginning with the broker whose turn it is */
export function openClient(settings: KafkaSettings, limits: KafkaLimits, dial: (turn: number) => Connection): Client {
  const { topic } = settings;
  const isolationLevel = settings.isolation === 'read_committed' ? READ_COMMITTED : READ_UNCOMMITTED;
  let connection: Connection | null = null;
  let dials = 0;
  let knownCluster: string | null = null;
  let recordBytes = FIRST_RECORD_BYTES;

  /** Every failure ends the connection: the next call dials anew, beginning with the next broker of the list. */
  async function call<T>(
    tried: string,
    work: (cluster: Cluster) => Promise<T>,
    silenceMs: number = limits.requestMs,
  ): Promise<T> {
    const mine = (connection ??= dial(dials++));
    try {
      return await inTime(tried, silenceMs, mine.heardAt, async () => {
        const cluster = await mine.cluster;
        checkCluster(cluster);
        return work(cluster);
      });
    } catch (error) {
      if (connection === mine) connection = null;
      mine.close();
      throw toKafkaError(tried, error);
    }
  }

  function checkCluster(cluster: Cluster): void {
    const id = clusterIdOf(cluster);
    knownCluster ??= id;
    if (id !== knownCluster) throw otherCluster(id, knownCluster);
  }

  const offsets = (timestamp: number): Promise<Offsets> =>
    call(`Asking Kafka for the offsets of ${topic}`, (cluster) =>
      listOffsets(cluster, topic, timestamp, isolationLevel),
    );

  return {
    clusterId: () => call('Asking Kafka for the id of its cluster', async (cluster) => clusterIdOf(cluster)),
    offsets,
    offsetsAt: async (timestamp) => {
      const end = await offsets(LATEST);
      const found = await offsets(timestamp);
      return new Map([...found].map(([each, offset]) => [each, offset === NONE ? (end.get(each) ?? 0n) : offset]));
    },
    fetch: (partition, offset, wanted) =>
      call(`Reading partition ${partition} of ${topic} from offset ${offset}`, async (cluster) => {
        const maxBytes = fetchSize(wanted, recordBytes, limits.fetchBytes);
        const answer = await fetchOnce(cluster, { topic, partition, offset, isolationLevel, maxBytes, limits });
        recordBytes = recordBytesOf(answer) ?? recordBytes;
        return answer;
      }),
    commit: (group, offsets) =>
      call(
        `Showing progress on ${topic} as group ${group}`,
        (cluster) => commit(cluster, topic, group, offsets),
        limits.publishMs,
      ),
    close: () => {
      connection?.close();
      connection = null;
    },
  };
}

async function listOffsets(
  cluster: Cluster,
  topic: string,
  timestamp: number,
  isolationLevel: number,
): Promise<Offsets> {
  await cluster.refreshMetadataIfNecessary();
  const partitions = cluster.findTopicPartitionMetadata(topic).map(({ partitionId }) => partitionId);
  const leaders = Object.entries(cluster.findLeaderForPartitions(topic, partitions));
  const answers = await Promise.all(
    leaders.map(async ([nodeId, led]) => {
      const broker = await cluster.findBroker({ nodeId });
      const asked = led.map((partition) => ({ partition, timestamp: String(timestamp) }));
      return broker.listOffsets({ isolationLevel, topics: [{ topic, partitions: asked }] });
    }),
  );
  const found = answers.flatMap(({ responses }) => responses.flatMap((each) => each.partitions));
  if (found.length === 0) throw protocolError('UNKNOWN_TOPIC_OR_PARTITION', `the topic ${topic} has no partition`);
  const offsets = found.map(({ partition, offset }): [number, bigint] => [partition, BigInt(offset)]);
  return new Map(offsets.sort(([a], [b]) => a - b));
}

interface FetchRequest {
  readonly topic: string;
  readonly partition: number;
  readonly offset: bigint;
  readonly isolationLevel: number;
  readonly maxBytes: number;
  readonly limits: KafkaLimits;
}

const FIRST_RECORD_BYTES = 1_024;
const SMALLEST_FETCH_BYTES = 64 * 1_024;

/** A small batch out of a long topic must not be paid with a whole answer; what does not fit comes with the next one. */
export function fetchSize(wanted: number, recordBytes: number, most: number): number {
  return Math.min(most, Math.max(SMALLEST_FETCH_BYTES, Math.ceil(wanted * recordBytes * 1.25)));
}

/** Bytes of a record as it is sent, compressed; null for an answer without one. */
function recordBytesOf({ partition }: FetchAnswer): number | null {
  const batches = partition?.batches ?? [];
  const records = batches.reduce((sum, { count }) => sum + count, 0);
  return records === 0 ? null : batches.reduce((sum, { packed }) => sum + packed.length, 0) / records;
}

async function fetchOnce(cluster: Cluster, request: FetchRequest): Promise<FetchAnswer> {
  const { topic, partition, offset, isolationLevel, maxBytes, limits } = request;
  const [nodeId] = Object.keys(cluster.findLeaderForPartitions(topic, [partition]));
  if (nodeId === undefined) throw protocolError('UNKNOWN_TOPIC_OR_PARTITION', `partition ${partition} is not there`);
  const broker = await cluster.findBroker({ nodeId });
  const partitions = [{ partition, fetchOffset: offset.toString(), maxBytes }];
  const answer = await withOwnDecoder(broker).fetch({
    isolationLevel,
    maxWaitTime: limits.waitMs,
    minBytes: 1,
    maxBytes,
    topics: [{ topic, partitions }],
  });
  const errorCode = answer.partition?.errorCode ?? 0;
  if (errorCode === 0 || errorCode === OFFSET_OUT_OF_RANGE) return answer;
  throw protocolError(ERROR_TYPES[errorCode] ?? `ERROR_${errorCode}`, 'the broker refused to answer');
}

/** A generation of -1 and no member: accepted while nobody has joined the group, and visible to every tool. */
async function commit(cluster: Cluster, topic: string, groupId: string, offsets: Offsets): Promise<void> {
  const coordinator = await cluster.findGroupCoordinator({ groupId });
  const partitions = [...offsets].map(([partition, offset]) => ({
    partition,
    offset: offset.toString(),
    metadata: '',
  }));
  await coordinator.offsetCommit({
    groupId,
    groupGenerationId: -1,
    memberId: '',
    retentionTime: -1,
    topics: [{ topic, partitions }],
  });
}

/** The parts of the client that its types do not show. They belong to exactly the version that is pinned. */
export interface Cluster {
  readonly brokerPool: {
    readonly metadata: { readonly clusterId: string } | null;
    readonly seedBroker: Broker;
    createSeedBroker(): Promise<void>;
  };
  connect(): Promise<void>;
  addTargetTopic(topic: string): Promise<void>;
  refreshMetadataIfNecessary(): Promise<void>;
  findTopicPartitionMetadata(topic: string): { partitionId: number }[];
  findLeaderForPartitions(topic: string, partitions: number[]): Record<string, number[]>;
  findBroker(node: { nodeId: string }): Promise<Broker>;
  findGroupCoordinator(group: { groupId: string }): Promise<Broker>;
}

interface Broker {
  readonly connectionPool: ConnectionPool;
  fetch(request: object): Promise<unknown>;
  listOffsets(request: object): Promise<{ responses: { partitions: { partition: number; offset: string }[] }[] }>;
  offsetCommit(request: object): Promise<unknown>;
}

interface ConnectionPool {
  readonly pool: readonly BrokerConnection[];
  send(request: ProtocolRequest): Promise<unknown>;
  destroy(): Promise<void>;
}

interface ProtocolRequest {
  readonly request: { readonly apiVersion: number };
  readonly response: { decode(bytes: Buffer): Promise<unknown>; parse(answer: unknown): Promise<unknown> };
}

export interface BrokerConnection {
  readonly requestQueue: RequestQueue;
  /** Pieces of an answer that is not whole yet, and their bytes. */
  chunks: Buffer[];
  readonly bytesBuffered: number;
  processData(piece: Buffer): void;
}

export interface RequestQueue {
  readonly pending: readonly unknown[];
  scheduleCheckPendingRequests(): void;
}

export interface Connection {
  readonly cluster: Promise<Cluster>;
  /** When the last byte came, or when dialing began; ms of `performance.now()`. */
  readonly heardAt: () => number;
  close(): void;
}

/**
 * The same broker, but its answers come as they are: the client's own decoder loses where an empty batch ends, and
 * unpacks everything at once.
 */
function withOwnDecoder(broker: Broker): { fetch(request: object): Promise<FetchAnswer> } {
  const { connectionPool } = broker;
  const send = (request: ProtocolRequest): Promise<unknown> => {
    if (request.request.apiVersion < FETCH_VERSION) throw protocolError('UNSUPPORTED_VERSION', 'an old broker');
    return connectionPool.send({ ...request, response: FETCH_RESPONSE });
  };
  const pool = { value: { send, destroy: () => connectionPool.destroy() } };
  return Object.create(broker, { connectionPool: pool }) as { fetch(request: object): Promise<FetchAnswer> };
}

const FETCH_RESPONSE: ProtocolRequest['response'] = {
  // The name is the client's: by it the client keeps to the time that the broker asks for.
  decode: async (bytes) => {
    const answer = decodeFetchAnswer(bytes);
    return { ...answer, clientSideThrottleTime: answer.throttleMs, release: () => giveBack(bytes) };
  },
  parse: async (answer) => answer,
};

const clusterIdOf = (cluster: Cluster): string => cluster.brokerPool.metadata?.clusterId ?? '';

function protocolError(type: string, message: string): Error {
  return Object.assign(new Error(message), { type });
}

/** How often silence is looked for. */
const CHECKS = 10;

/**
 * The deadline that holds whatever the client does: so much silence, not so much time. A slow answer comes to its end,
 * and an end that is gone without a word is soon noticed.
 */
async function inTime<T>(tried: string, silenceMs: number, heardAt: () => number, work: () => Promise<T>): Promise<T> {
  const began = performance.now();
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setInterval(() => {
      if (performance.now() - Math.max(began, heardAt()) >= silenceMs) reject(lateKafka(tried, silenceMs));
    }, silenceMs / CHECKS);
  });
  try {
    return await Promise.race([work(), late]);
  } finally {
    clearInterval(timer);
  }
}
