import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { dial, ensureTopic } from '../../../src/pipeline/source/kafka.ts';
import { KAFKA_LIMITS, PLAIN_KAFKA, type KafkaSettings } from '../../../src/pipeline/source/kafka-settings.ts';
import { startBroker, type SlightBroker } from './kafka-broker.ts';

const LIMITS = { ...KAFKA_LIMITS, retry: { ...KAFKA_LIMITS.retry, tries: 1 } };

let broker: SlightBroker;
let settings: KafkaSettings;

beforeEach(async () => {
  broker = await startBroker();
  settings = { ...PLAIN_KAFKA, brokers: [broker.address], topic: 'cdc' };
});

afterEach(async () => {
  vi.restoreAllMocks();
  await broker.close();
});

it('the client waits for no time that has passed, whoever opens it first', async () => {
  const timers = vi.spyOn(globalThis, 'setTimeout');
  const made = ensureTopic(settings, 1, LIMITS);
  await broker.asked();
  await broker.close();
  await expect(made).rejects.toMatchObject({ code: 'SOURCE_UNAVAILABLE' });
  expect(timers.mock.calls.filter(([, ms]) => (ms ?? 0) < 0)).toEqual([]);
});

it('a connection that was given up dials no more', async () => {
  const connection = dial(settings, LIMITS, 0, { withTopic: false });
  const cluster = await connection.cluster;
  connection.close();
  await expect
    .poll(() => cluster.connect().then(() => 'connected', String), { timeout: 30_000 })
    .toMatch('the connection was given up');
  expect(broker.taken()).toBe(1);
});
