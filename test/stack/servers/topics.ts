/** Filling topics of a real broker. */
import { Kafka, logLevel, type Admin, type Producer } from 'kafkajs';
import { mendClient } from '../../../src/pipeline/source/kafka.ts';
import {
  KAFKA_LIMITS,
  PLAIN_KAFKA,
  type KafkaLimits,
  type KafkaSettings,
} from '../../../src/pipeline/source/kafka-settings.ts';
import type { OffsetRange, Source, TopicRecord } from '../../../src/pipeline/ports.ts';

export interface Filler {
  readonly admin: Admin;
  readonly producer: Producer;
  readonly kafka: Kafka;
  /** Creates a topic under a name that no other test has, and answers the name. */
  create(partitions: number, config?: Record<string, string>): Promise<string>;
  send(topic: string, values: readonly (string | null)[], partition?: number): Promise<void>;
  /** As retention does: the log then begins at the offset. */
  deleteBefore(topic: string, partition: number, offset: bigint): Promise<void>;
  close(): Promise<void>;
}

export async function openFiller(address: string): Promise<Filler> {
  const kafka = new Kafka({ brokers: [address], logLevel: logLevel.NOTHING });
  await mendClient(kafka);
  const admin = kafka.admin();
  const producer = kafka.producer({ allowAutoTopicCreation: false });
  await Promise.all([admin.connect(), producer.connect()]);
  let count = 0;
  return {
    admin,
    producer,
    kafka,
    create: async (numPartitions, config = {}) => {
      const topic = `topic-${++count}`;
      const configEntries = Object.entries(config).map(([name, value]) => ({ name, value }));
      await admin.createTopics({ topics: [{ topic, numPartitions, configEntries }], waitForLeaders: true });
      return topic;
    },
    send: async (topic, values, partition = 0) => {
      const messages = values.map((value, index) => ({ partition, key: `key-${index}`, value }));
      await producer.send({ topic, messages });
    },
    deleteBefore: async (topic, partition, offset) => {
      // The client only knows the leaders of topics that it has been asked about.
      await admin.fetchTopicOffsets(topic);
      await admin.deleteTopicRecords({ topic, partitions: [{ partition, offset: String(offset) }] });
    },
    close: async () => {
      await Promise.all([admin.disconnect(), producer.disconnect()]);
    },
  };
}

export function kafkaSettings(address: string, topic: string, more: Partial<KafkaSettings> = {}): KafkaSettings {
  return { ...PLAIN_KAFKA, brokers: [address], topic, ...more };
}

/** Deadlines that a test can wait for. */
export const QUICK: KafkaLimits = {
  ...KAFKA_LIMITS,
  connectMs: 1_000,
  requestMs: 1_000,
  publishMs: 1_000,
  stallMs: 3_000,
  waitMs: 100,
  retry: { tries: 2, totalMs: 1_000, baseMs: 50, maxWaitMs: 200 },
};

/** Everything between the two ends of the topic. */
export async function wholeRange(source: Source): Promise<OffsetRange> {
  return source.bounds();
}

export function range(partitions: Record<number, readonly [number | bigint, number | bigint]>): OffsetRange {
  const entries = Object.entries(partitions).map(
    ([key, [from, to]]) => [Number(key), BigInt(from), BigInt(to)] as const,
  );
  return {
    start: new Map(entries.map(([partition, from]) => [partition, from])),
    end: new Map(entries.map(([partition, , to]) => [partition, to])),
  };
}

export async function readAll(source: Source, wanted: OffsetRange): Promise<TopicRecord[]> {
  const records: TopicRecord[] = [];
  for await (const chunk of source.read(wanted, new AbortController().signal)) records.push(...chunk);
  return records;
}

export const values = (records: readonly TopicRecord[]): (string | null)[] =>
  records.map(({ value }) => value?.toString() ?? null);

export const places = (records: readonly TopicRecord[]): string[] =>
  records.map(({ partition, offset }) => `${partition}:${offset}`);
