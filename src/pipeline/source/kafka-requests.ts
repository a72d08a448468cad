/** The requests that a source is made of, as the brokers of a cluster answer them. */
import type { Offsets } from '../ports.ts';
import { giveBack } from './kafka-buffers.ts';
import type { Broker, Cluster, ProtocolRequest } from './kafka-cluster.ts';
import { decodeFetchAnswer, type FetchAnswer } from './kafka-records.ts';
import type { KafkaLimits } from './kafka-settings.ts';

/** Times that stand for the two ends of a partition. */
export const EARLIEST = -2;
export const LATEST = -1;

/** What a broker answers when a partition has no record that is young enough. */
export const NONE = -1n;
/** Whether a reader sees what is not committed yet, as the protocol numbers it. */
export const ISOLATION_LEVELS = { read_uncommitted: 0, read_committed: 1 };
const FETCH_VERSION = 11;
/** The broker answers with this code when it no longer has the offset; whoever reads asks for the bounds then. */
const OFFSET_OUT_OF_RANGE = 1;
const ERROR_TYPES: Record<number, string> = {
  3: 'UNKNOWN_TOPIC_OR_PARTITION',
  5: 'LEADER_NOT_AVAILABLE',
  6: 'NOT_LEADER_FOR_PARTITION',
  29: 'TOPIC_AUTHORIZATION_FAILED',
};

export async function listOffsets(
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

export interface FetchRequest {
  readonly topic: string;
  readonly partition: number;
  readonly offset: bigint;
  readonly isolationLevel: number;
  readonly maxBytes: number;
  readonly limits: KafkaLimits;
}

export async function fetchOnce(cluster: Cluster, request: FetchRequest): Promise<FetchAnswer> {
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
export async function commit(cluster: Cluster, topic: string, groupId: string, offsets: Offsets): Promise<void> {
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

function protocolError(type: string, message: string): Error {
  return Object.assign(new Error(message), { type });
}
