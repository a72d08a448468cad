import { afterEach, describe, expect, it } from 'vitest';
import { fetchSize, openClient } from '../../../src/pipeline/source/kafka-client.ts';
import type { Cluster } from '../../../src/pipeline/source/kafka-cluster.ts';
import type { Connection } from '../../../src/pipeline/source/kafka-line.ts';
import { KAFKA_LIMITS, PLAIN_KAFKA } from '../../../src/pipeline/source/kafka-settings.ts';

const SETTINGS = { ...PLAIN_KAFKA, brokers: ['a:1', 'b:2'], topic: 'cdc' };
const LIMITS = { ...KAFKA_LIMITS, connectMs: 20, requestMs: 20 };

/** A cluster that knows its id; the calls that a test does not name never answer. */
function cluster(clusterId: string, more: Partial<Cluster> = {}): Cluster {
  const never = () => new Promise<never>(() => undefined);
  return {
    brokerPool: { metadata: { clusterId }, seedBroker: {} as never, createSeedBroker: never },
    connect: never,
    addTargetTopic: never,
    refreshMetadataIfNecessary: never,
    findTopicPartitionMetadata: () => [],
    findLeaderForPartitions: () => ({}),
    findBroker: never,
    findGroupCoordinator: never,
    ...more,
  };
}

/** When the last byte came. */
let heardAt = (): number => 0;
afterEach(() => {
  heardAt = () => 0;
});

function dialing(...clusters: (Cluster | Error)[]) {
  const dialed: number[] = [];
  /** In the order in which they were dialed. */
  const closed: number[] = [];
  const dial = (turn: number): Connection => {
    const nth = dialed.push(turn) - 1;
    const next = clusters[Math.min(turn, clusters.length - 1)];
    const connected = next instanceof Error || next === undefined ? Promise.reject(next) : Promise.resolve(next);
    return { cluster: connected, heardAt, close: () => void closed.push(nth) };
  };
  return { dialed, closed, client: openClient(SETTINGS, LIMITS, dial) };
}

describe('the client of a Kafka cluster', () => {
  it('dials once for many calls', async () => {
    const { client, dialed } = dialing(cluster('one'));
    expect(await client.clusterId()).toBe('one');
    expect(await client.clusterId()).toBe('one');
    expect(dialed).toEqual([0]);
  });

  it('dials anew after a failure, beginning with the next broker', async () => {
    const { client, dialed, closed } = dialing(new Error('refused'), cluster('one'));
    await expect(client.clusterId()).rejects.toMatchObject({ code: 'SOURCE_UNAVAILABLE', retryable: true });
    expect(await client.clusterId()).toBe('one');
    expect([dialed, closed]).toEqual([[0, 1], [0]]);
  });

  it('ends a call that never answers, and gives its connection up', async () => {
    const { client, closed } = dialing(cluster('one'));
    await expect(client.offsets(-1)).rejects.toMatchObject({ code: 'SOURCE_UNAVAILABLE', retryable: true });
    expect(closed).toEqual([0]);
  });

  it('waits for as long as bytes come, however long the answer takes', async () => {
    const until = performance.now() + LIMITS.requestMs * 4;
    heardAt = () => Math.min(performance.now(), until);
    const { client } = dialing(cluster('one'));
    const began = performance.now();
    await expect(client.offsets(-1)).rejects.toMatchObject({ seen: expect.stringContaining('no answer for') });
    expect(performance.now() - began).toBeGreaterThan(LIMITS.requestMs * 4);
  });

  it('keeps the connection that is read from when progress cannot be shown', async () => {
    heardAt = () => performance.now();
    let answer = (): void => undefined;
    const asked = new Promise<void>((resolve) => (answer = resolve));
    const partitions = [{ partition: 0, offset: '7' }];
    const { client, dialed, closed } = dialing(
      cluster('one', {
        refreshMetadataIfNecessary: () => asked,
        findLeaderForPartitions: () => ({ 1: [0] }),
        findBroker: async () => ({ listOffsets: async () => ({ responses: [{ partitions }] }) }) as never,
        findGroupCoordinator: () => Promise.reject(new Error('no broker coordinates the group')),
      }),
    );
    const offsets = client.offsets(-1);
    const refused = { code: 'SOURCE_UNAVAILABLE', seen: 'no broker coordinates the group' };
    await expect(client.commit('sluice-bronze', new Map([[0, 7n]]))).rejects.toMatchObject(refused);
    answer();
    expect(await offsets).toEqual(new Map([[0, 7n]]));
    expect(await client.clusterId()).toBe('one');
    expect([dialed, closed]).toEqual([[0, 0], [1]]);
    client.close();
    expect(closed).toEqual([1, 0]);
  });

  it('shows progress only where it reads', async () => {
    let turns = 0;
    const clusters = [cluster('one'), cluster('two')];
    const client = openClient(SETTINGS, LIMITS, () => {
      const next = clusters[turns++] ?? cluster('none');
      return { cluster: Promise.resolve(next), heardAt: () => performance.now(), close: () => undefined };
    });
    await client.clusterId();
    await expect(client.commit('sluice-bronze', new Map())).rejects.toMatchObject({ code: 'SOURCE_CHANGED' });
  });

  it('refuses another cluster under the same address', async () => {
    const { client } = dialing(cluster('one'), cluster('two'));
    await client.clusterId();
    await client.offsets(-1).catch(() => undefined);
    await expect(client.clusterId()).rejects.toMatchObject({ code: 'SOURCE_CHANGED', retryable: false });
  });

  it('says that a topic without partitions is not there', async () => {
    const empty = cluster('one', { refreshMetadataIfNecessary: async () => undefined });
    await expect(dialing(empty).client.offsets(-1)).rejects.toMatchObject({
      seen: expect.stringContaining('UNKNOWN_TOPIC'),
    });
  });
});

it.each([
  ['a few records of a long topic', 50, 1_024, 64 * 1_024],
  ['many records', 2_000, 1_000, 2_500_000],
  ['more than one answer may hold', 1_000_000, 1_000, 4_194_304],
])('asks for the bytes of %s', (_name, wanted, recordBytes, expected) => {
  expect(fetchSize(wanted, recordBytes, 4_194_304)).toBe(expected);
});
