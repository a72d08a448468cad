/** Looks at a Kafka cluster for the doctor: who it says it is, where its brokers say they are, how the topic is kept. */
import { systemClock } from '../clock.ts';
import { SluiceError } from '../errors.ts';
import { dial } from './kafka.ts';
import { toKafkaError } from './kafka-errors.ts';
import { KAFKA_LIMITS, type KafkaLimits, type KafkaSettings } from './kafka-settings.ts';

export interface KafkaProbe {
  /** What the first broker that answers says; it does not dial what the brokers advertise. */
  look(): Promise<ClusterLook>;
  /** Throws when no broker coordinates consumer groups, so that no progress can be shown. */
  findCoordinator(): Promise<void>;
  close(): void;
}

export interface ClusterLook {
  readonly clusterId: string;
  /** `host:port` as the brokers advertise themselves on this listener. */
  readonly advertised: readonly string[];
  /** Null when there is no such topic. */
  readonly topic: TopicLook | null;
}

export interface TopicLook {
  readonly partitions: number;
  /** Partitions that nobody leads: they can neither be read nor written. */
  readonly leaderless: readonly number[];
  /** ms; null = for ever. */
  readonly retentionMs: number | null;
  /** Bytes a partition; null = no limit. */
  readonly retentionBytes: number | null;
  readonly cleanup: string;
}

/** A broker that is asked about consumer groups answers so while the topic of the groups cannot be made. */
const NO_COORDINATOR = 15;
const TOPIC_RESOURCE = 2;

const PROBE_LIMITS: KafkaLimits = { ...KAFKA_LIMITS, connectMs: 3_000, requestMs: 8_000 };

export function openKafkaProbe(settings: KafkaSettings, limits: KafkaLimits = PROBE_LIMITS): KafkaProbe {
  // Without a topic the client asks about all of them, and a missing one is no error.
  const connection = dial(settings, limits, 0, { withTopic: false });
  const broker = async (): Promise<ProbeBroker> => {
    const cluster = await connection.cluster;
    return cluster.brokerPool.seedBroker as unknown as ProbeBroker;
  };
  const guarded = async <T>(tried: string, work: (broker: ProbeBroker) => Promise<T>): Promise<T> => {
    try {
      return await work(await broker());
    } catch (error) {
      throw toKafkaError(tried, error);
    }
  };
  return {
    look: () => guarded('Asking Kafka about itself', (seed) => look(seed, settings.topic)),
    findCoordinator: () => guarded('Asking Kafka who coordinates consumer groups', findCoordinator),
    close: connection.close,
  };
}

interface Metadata {
  readonly clusterId?: string | null;
  readonly brokers: readonly { readonly nodeId: number; readonly host: string; readonly port: number }[];
  readonly topicMetadata: readonly {
    readonly topic: string;
    readonly partitionMetadata: readonly { readonly partitionId: number; readonly leader: number }[];
  }[];
}

/** The parts of the client's broker that its types do not show; they belong to exactly the version that is pinned. */
interface ProbeBroker {
  metadata(topics: readonly string[]): Promise<Metadata>;
  describeConfigs(request: object): Promise<{
    readonly resources: readonly {
      readonly configEntries: readonly { readonly configName: string; readonly configValue: string | null }[];
    }[];
  }>;
  findGroupCoordinator(request: { groupId: string; coordinatorType: number }): Promise<unknown>;
}

async function look(broker: ProbeBroker, topic: string): Promise<ClusterLook> {
  const { clusterId, brokers, topicMetadata } = await broker.metadata([]);
  const found = topicMetadata.find((each) => each.topic === topic);
  return {
    clusterId: clusterId ?? '',
    advertised: brokers.map(({ host, port }) => `${host}:${port}`),
    topic: found ? { ...(await readConfig(broker, topic)), ...partitionsOf(found) } : null,
  };
}

const partitionsOf = ({ partitionMetadata }: Metadata['topicMetadata'][number]) => ({
  partitions: partitionMetadata.length,
  leaderless: partitionMetadata.filter(({ leader }) => leader < 0).map(({ partitionId }) => partitionId),
});

async function readConfig(broker: ProbeBroker, name: string) {
  const wanted = ['retention.ms', 'retention.bytes', 'cleanup.policy'];
  const { resources } = await broker.describeConfigs({
    resources: [{ type: TOPIC_RESOURCE, name, configNames: wanted }],
  });
  const entries = new Map(resources[0]?.configEntries.map((each) => [each.configName, each.configValue]));
  return {
    retentionMs: limitOf(entries.get('retention.ms')),
    retentionBytes: limitOf(entries.get('retention.bytes')),
    cleanup: entries.get('cleanup.policy') ?? 'delete',
  };
}

/** Kafka writes "without limit" as -1. */
function limitOf(text: string | null | undefined): number | null {
  const value = Number(text ?? -1);
  return value < 0 ? null : value;
}

/** The first question makes the topic of the groups, which takes a moment. */
const TRIES = 12;
const WAIT_MS = 500;

async function findCoordinator(broker: ProbeBroker): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    try {
      await broker.findGroupCoordinator({ groupId: 'sluice-doctor', coordinatorType: 0 });
      return;
    } catch (error) {
      if ((error as { code?: unknown }).code !== NO_COORDINATOR) throw error;
      if (tries === TRIES) throw noCoordinator();
    }
    await systemClock.sleep(WAIT_MS, new AbortController().signal);
  }
}

function noCoordinator(): SluiceError {
  return new SluiceError('SOURCE_UNAVAILABLE', {
    tried: 'Asking Kafka who coordinates consumer groups',
    seen: 'no broker does: the topic __consumer_offsets cannot be made',
    expected: 'a coordinator, so that other tools can see how far the queries have come',
    action: 'On a single broker set offsets.topic.replication.factor=1, then restart it.',
  });
}
