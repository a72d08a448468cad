import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { ensureTopic, openKafkaSource } from '../../../src/pipeline/source/kafka.ts';
import { resolveStartingOffsets } from '../../../src/pipeline/source/start.ts';
import type { KafkaLimits, KafkaSettings } from '../../../src/pipeline/source/kafka-settings.ts';
import type { Source } from '../../../src/pipeline/ports.ts';
import { kafkaObstacle, SASL_USER, startKafka, type KafkaServer } from './kafka.ts';
import { notRun } from './not-run.ts';
import { kafkaSettings, openFiller, places, QUICK, range, readAll, values, wholeRange, type Filler } from './topics.ts';

const obstacle = notRun('Kafka', kafkaObstacle());

describe.skipIf(obstacle)('a real Kafka broker', () => {
  let server: KafkaServer;
  let fill: Filler;
  const open: Source[] = [];

  beforeAll(async () => {
    server = await startKafka();
    fill = await openFiller(server.address);
  });

  afterAll(async () => {
    await Promise.all(open.map((source) => source.close()));
    await fill?.close();
    await server?.stop();
  });

  const source = (topic: string, more: Partial<KafkaSettings> = {}, limits: KafkaLimits = QUICK): Source => {
    const opened = openKafkaSource(kafkaSettings(server.address, topic, more), () => undefined, limits);
    open.push(opened);
    return opened;
  };

  it('is read range by range, keys, values and tombstones as they were sent', async () => {
    const topic = await fill.create(2);
    await fill.send(topic, ['a', 'b', null, ''], 0);
    await fill.send(topic, ['x', 'y'], 1);
    const reader = source(topic);
    const records = await readAll(reader, range({ 0: [1, 4], 1: [0, 1] }));
    expect(places(records)).toEqual(['0:1', '0:2', '0:3', '1:0']);
    expect(values(records)).toEqual(['b', null, '', 'x']);
    expect(records[0]?.key?.toString()).toBe('key-1');
    expect(Date.now() - (records[0]?.timestamp ?? 0)).toBeLessThan(60_000);
  });

  it('gets a topic once, with the partitions that were asked for first', async () => {
    const settings = kafkaSettings(server.address, 'made-by-setup');
    expect(await ensureTopic(settings, 3)).toEqual({ created: true, partitions: 3 });
    expect(await ensureTopic(settings, 5)).toEqual({ created: false, partitions: 3 });
    expect([...(await source('made-by-setup').bounds()).end.keys()]).toEqual([0, 1, 2]);
    const nobody = kafkaSettings('127.0.0.1:1', 'made-by-setup');
    await expect(ensureTopic(nobody, 1, QUICK)).rejects.toMatchObject({ code: 'SOURCE_UNAVAILABLE' });
  });

  it('gives nothing of a range that is empty', async () => {
    const topic = await fill.create(1);
    await fill.send(topic, ['a']);
    expect(await readAll(source(topic), range({ 0: [1, 1] }))).toEqual([]);
  });

  it.each(['gzip', 'snappy', 'lz4', 'zstd', 'uncompressed'])('unpacks %s', async (codec) => {
    const topic = await fill.create(1, { 'compression.type': codec });
    const sent = Array.from(
      { length: 3_000 },
      (_, index) => `{"trans_num":"${index}","text":"${'ab'.repeat(index % 300)}"}`,
    );
    await fill.send(topic, sent);
    const reader = source(topic);
    expect(values(await readAll(reader, await wholeRange(reader)))).toEqual(sent);
  });

  it('keeps the answer small and still brings a record that is larger than it', async () => {
    const topic = await fill.create(1);
    const sent = ['s', 'x'.repeat(300_000), 'y'.repeat(300_000), 'e'];
    for (const value of sent) await fill.send(topic, [value]);
    const reader = source(topic, {}, { ...QUICK, fetchBytes: 10_000 });
    expect(values(await readAll(reader, await wholeRange(reader)))).toEqual(sent);
  });

  describe('with transactions', () => {
    let topic: string;

    beforeAll(async () => {
      topic = await fill.create(1);
      const options = { transactionalId: 'writer', idempotent: true, maxInFlightRequests: 1 };
      const producer = fill.kafka.producer(options);
      await producer.connect();
      for (const [end, sent] of [
        ['commit', 'ab'],
        ['abort', 'cde'],
        ['commit', 'f'],
      ] as const) {
        const transaction = await producer.transaction();
        await transaction.send({ topic, messages: [...sent].map((value) => ({ value })) });
        await transaction[end]();
      }
      await producer.disconnect();
    });

    it('skips the markers, whose offsets count', async () => {
      const reader = source(topic);
      expect(await wholeRange(reader)).toEqual(range({ 0: [0, 9] }));
      const records = await readAll(reader, range({ 0: [0, 9] }));
      expect(places(records)).toEqual(['0:0', '0:1', '0:3', '0:4', '0:5', '0:7']);
      expect(values(records).join('')).toBe('abcdef');
    });

    it('leaves out what was aborted when asked for committed records', async () => {
      const reader = source(topic, { isolation: 'read_committed' });
      expect(values(await readAll(reader, range({ 0: [0, 9] }))).join('')).toBe('abf');
      expect(values(await readAll(reader, range({ 0: [4, 8] }))).join('')).toBe('f');
    });

    it('ends at a marker, and begins at one', async () => {
      const reader = source(topic);
      expect(values(await readAll(reader, range({ 0: [5, 7] }))).join('')).toBe('e');
      expect(values(await readAll(reader, range({ 0: [8, 9] })))).toEqual([]);
    });

    it('shows a reader of committed records the end before an open transaction', async () => {
      const producer = fill.kafka.producer({ transactionalId: 'open', idempotent: true, maxInFlightRequests: 1 });
      await producer.connect();
      const transaction = await producer.transaction();
      await transaction.send({ topic, messages: [{ value: 'open' }] });
      expect((await source(topic, { isolation: 'read_committed' }).bounds()).end.get(0)).toBe(9n);
      expect((await source(topic).bounds()).end.get(0)).toBe(10n);
      await transaction.abort();
      await producer.disconnect();
    });
  });

  it('passes over the holes that compaction leaves, at both ends of a range', async () => {
    const topic = await fill.create(1, {
      'cleanup.policy': 'compact',
      'segment.ms': '100',
      'min.cleanable.dirty.ratio': '0.01',
      'max.compaction.lag.ms': '100',
    });
    const sent = 12;
    for (let index = 0; index < sent + 2; index++) {
      await fill.producer.send({ topic, messages: [{ key: `key-${index % 3}`, value: `v${index}` }] });
      await new Promise((resolve) => setTimeout(resolve, 120));
    }
    const reader = source(topic);
    const readFrom = async (from: number, to: number) => places(await readAll(reader, range({ 0: [from, to] })));
    await expect.poll(() => readFrom(0, sent + 2), { timeout: 60_000 }).toEqual(expect.not.arrayContaining(['0:8']));
    const ranges = Array.from({ length: sent }, (_, from) => from).flatMap((from) =>
      Array.from({ length: sent + 1 - from }, (_, more) => ({ from, to: from + more })),
    );
    // Only what was read while the broker compacted nothing more can be compared.
    let whole: string[];
    let read: string[][];
    do {
      whole = await readFrom(0, sent + 2);
      read = [];
      for (const { from, to } of ranges) read.push(await readFrom(from, to));
    } while ((await readFrom(0, sent + 2)).length !== whole.length);
    const isIn = (place: string, { from, to }: { from: number; to: number }): boolean =>
      Number(place.slice(2)) >= from && Number(place.slice(2)) < to;
    expect(read).toEqual(ranges.map((each) => whole.filter((place) => isIn(place, each))));
  });

  it('names the lost offsets when retention has passed the checkpoint', async () => {
    const topic = await fill.create(1);
    await fill.send(topic, ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9']);
    await fill.deleteBefore(topic, 0, 5n);
    const reader = source(topic);
    expect((await reader.bounds()).start.get(0)).toBe(5n);
    await expect(readAll(reader, range({ 0: [2, 8] }))).rejects.toMatchObject({
      code: 'DATA_LOSS',
      seen: 'partition 0 begins at 5, 2 was next: 3 offsets are lost',
    });
    expect(values(await readAll(reader, range({ 0: [5, 8] })))).toEqual(['5', '6', '7']);
  });

  it('calls a topic that ends before the promised end another one, instead of waiting for ever', async () => {
    const topic = await fill.create(1);
    await fill.send(topic, ['a', 'b']);
    const reader = source(topic);
    const changed = { code: 'SOURCE_CHANGED', seen: 'partition 0 ends at 2, but 9 was reached before' };
    await expect(readAll(reader, range({ 0: [0, 9] }))).rejects.toMatchObject(changed);
    await expect(readAll(reader, range({ 0: [7, 9] }))).rejects.toMatchObject(changed);
  });

  it('shows partitions that are added, and reads them from their first record', async () => {
    const topic = await fill.create(1);
    await fill.send(topic, ['a']);
    const reader = source(topic);
    expect([...(await reader.bounds()).end.keys()]).toEqual([0]);
    await fill.admin.createPartitions({ topicPartitions: [{ topic, count: 3 }] });
    const late = await openFiller(server.address);
    await late.send(topic, ['new'], 2);
    await late.close();
    const fresh = source(topic);
    await expect.poll(async () => (await fresh.bounds()).end.get(2)).toBe(1n);
    expect(values(await readAll(fresh, range({ 2: [0, 1] })))).toEqual(['new']);
    await expect.poll(async () => (await reader.bounds()).end.size, { timeout: 20_000 }).toBe(3);
  });

  it('says that a topic is gone, and shows one that was made again by its bounds', async () => {
    const topic = await fill.create(1);
    await fill.send(topic, ['a', 'b', 'c']);
    const reader = source(topic);
    await reader.bounds();
    await fill.admin.deleteTopics({ topics: [topic] });
    await expect
      .poll(() => reader.bounds().catch((error: Error) => error), { timeout: 30_000 })
      .toMatchObject({
        code: 'SOURCE_UNAVAILABLE',
        seen: expect.stringContaining('UNKNOWN_TOPIC_OR_PARTITION'),
        retryable: true,
      });
    await expect
      .poll(() => fill.admin.createTopics({ topics: [{ topic, numPartitions: 1 }] }).catch(() => null), {
        timeout: 30_000,
      })
      .toBe(true);
    await fill.send(topic, ['x']);
    expect((await reader.bounds()).end.get(0)).toBe(1n);
    await expect(readAll(reader, range({ 0: [3, 4] }))).rejects.toMatchObject({ code: 'SOURCE_CHANGED' });
  });

  it('knows the id of its cluster', async () => {
    const topic = await fill.create(1);
    expect(await source(topic).clusterId()).toBe((await fill.admin.describeCluster()).clusterId);
  });

  it('shows progress to other tools under the name of a group', async () => {
    const topic = await fill.create(2);
    await fill.send(topic, ['a', 'b']);
    const reader = source(topic);
    const both = new Map([
      [0, 2n],
      [1, 0n],
    ]);
    // A broker that has just begun to keep groups refuses for a while.
    await vi.waitFor(() => reader.publish('sluice-bronze', both), { timeout: 60_000, interval: 200 });
    await reader.publish('sluice-bronze', new Map([[0, 1n]]));
    const [shown] = await fill.admin.fetchOffsets({ groupId: 'sluice-bronze', topics: [topic] });
    expect(shown?.partitions.map(({ offset }) => offset)).toEqual(['1', '0']);
  });

  describe('as a starting point', () => {
    let reader: Source;
    const base = Date.now() - 36_000_000;

    beforeAll(async () => {
      const topic = await fill.create(2);
      const messages = [0, 1, 2, 3].map((hour) => ({
        partition: 0,
        value: 'v',
        timestamp: String(base + hour * 3_600_000),
      }));
      await fill.producer.send({ topic, messages });
      await fill.deleteBefore(topic, 0, 1n);
      reader = source(topic);
    });

    it.each([
      ['earliest', 'earliest', [1n, 0n]],
      ['latest', 'latest', [4n, 0n]],
      ['a moment', { timestamp: base + 5_400_000 }, [2n, 0n]],
      ['a moment after all records', { timestamp: base + 35_000_000 }, [4n, 0n]],
      ['offsets per partition', { partitions: { 0: '3', 1: '-1' } }, [3n, 0n]],
      ['the earliest of a partition', { partitions: { 0: '-2', 1: '0' } }, [1n, 0n]],
    ] as const)('%s', async (_name, wanted, expected) => {
      expect([...(await resolveStartingOffsets(reader, wanted)).values()]).toEqual(expected);
    });

    it.each([
      ['a partition that is not named', { partitions: { 0: '3' } }],
      ['a partition that is not there', { partitions: { 0: '3', 1: '0', 2: '0' } }],
      ['an offset that is gone', { partitions: { 0: '0', 1: '0' } }],
    ] as const)('refuses %s', async (_name, wanted) => {
      await expect(resolveStartingOffsets(reader, wanted)).rejects.toMatchObject({ code: 'SETTINGS_INVALID' });
    });
  });

  describe('behind names and passwords', () => {
    let topic: string;

    beforeAll(async () => {
      topic = await fill.create(1);
      await fill.send(topic, ['secret']);
    });

    const secure = (more: Partial<KafkaSettings>): Source =>
      source(topic, {
        brokers: [server.secure.address],
        tls: { ca: server.secure.ca, certificate: null, key: null },
        sasl: { mechanism: 'plain', ...SASL_USER },
        ...more,
      });

    it.each(['plain', 'scram-sha-256', 'scram-sha-512'] as const)('lets %s in over TLS', async (mechanism) => {
      const reader = secure({ sasl: { mechanism, ...SASL_USER } });
      expect(values(await readAll(reader, range({ 0: [0, 1] })))).toEqual(['secret']);
    });

    it('does not try again with a wrong password, and does not tell it', async () => {
      const sasl = { mechanism: 'scram-sha-256', username: 'sluice', password: 'wrong-secret' } as const;
      const error = await secure({ sasl })
        .bounds()
        .catch((caught: unknown) => caught);
      expect(error).toMatchObject({ code: 'SOURCE_UNAVAILABLE', retryable: false });
      expect(JSON.stringify(error) + String((error as Error).stack)).not.toContain('wrong-secret');
    });

    it('does not trust a certificate that nobody has signed', async () => {
      const reader = secure({ tls: { ca: null, certificate: null, key: null } });
      await expect(reader.bounds()).rejects.toMatchObject({ code: 'SOURCE_UNAVAILABLE', retryable: false });
    });

    it('dials the mapped address of a broker whose own name cannot be resolved', async () => {
      const { address, advertised } = server.hidden;
      const mapped = source(topic, { brokers: [address], addressMap: { [advertised]: address } });
      expect(values(await readAll(mapped, range({ 0: [0, 1] })))).toEqual(['secret']);
      await expect(source(topic, { brokers: [address] }).bounds()).rejects.toMatchObject({
        code: 'SOURCE_UNAVAILABLE',
        action: expect.stringContaining('KAFKA_BROKER_MAP'),
      });
    });
  });
});
