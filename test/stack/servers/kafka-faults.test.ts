import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openKafkaSource } from '../../../src/pipeline/source/kafka.ts';
import type { KafkaLimits } from '../../../src/pipeline/source/kafka-settings.ts';
import type { Source, TopicRecord } from '../../../src/pipeline/ports.ts';
import { kafkaObstacle, startKafka, type KafkaServer } from './kafka.ts';
import { notRun } from './not-run.ts';
import { startProxy, type Proxy, type Toxic } from '../../support/proxy.ts';
import { kafkaSettings, openFiller, QUICK, range, readAll, values } from './topics.ts';

const COUNT = 400;
/** Tries until the fault is over, as a query does around a read. */
const STUBBORN: KafkaLimits = { ...QUICK, retry: { tries: 500, totalMs: 90_000, baseMs: 50, maxWaitMs: 300 } };
const sent = Array.from({ length: COUNT }, (_, index) => `${index} ${'x'.repeat(2_000)}`);
const whole = range({ 0: [0, COUNT] });

const obstacle = notRun('Kafka', kafkaObstacle());

describe.skipIf(obstacle)('a Kafka broker in trouble', () => {
  let server: KafkaServer;
  let proxy: Proxy;
  let topic: string;
  const open: Source[] = [];

  beforeAll(async () => {
    server = await startKafka();
    const fill = await openFiller(server.address);
    topic = await fill.create(1);
    for (let at = 0; at < COUNT; at += 10) await fill.send(topic, sent.slice(at, at + 10));
    await fill.close();
  });

  beforeEach(async () => {
    proxy = await startProxy(Number(server.address.split(':')[1]));
  });

  afterEach(async () => {
    await Promise.all(open.splice(0).map((source) => source.close()));
    await proxy.close();
  });

  afterAll(() => server?.stop());

  /** Every answer is smaller than the topic, so that a fault falls into the middle of a read. */
  const proxied = (limits: KafkaLimits, log: (message: string) => void = () => undefined): Source => {
    const addressMap = { [server.address]: `127.0.0.1:${proxy.port}` };
    const settings = kafkaSettings(server.address, topic, { addressMap });
    const source = openKafkaSource(settings, (_level, message) => log(message), { ...limits, fetchBytes: 60_000 });
    open.push(source);
    return source;
  };

  const trouble = async (fault: Toxic | 'down'): Promise<void> => {
    if (fault === 'down') await proxy.down();
    else proxy.add(fault, 'both');
  };

  it.each<[string, Toxic | 'down']>([
    ['answers nothing any more', { type: 'blackhole' }],
    ['refuses connections', 'down'],
    ['resets the connection in the middle of an answer', { type: 'limit_data', bytes: 30_000, then: 'reset' }],
    ['stops in the middle of an answer', { type: 'limit_data', bytes: 30_000, then: 'stall' }],
  ])('that %s ends every request in time, and work goes on when it is over', async (_name, fault) => {
    const source = proxied(QUICK);
    await source.bounds();
    await trouble(fault);
    const began = Date.now();
    await expect(readAll(source, whole)).rejects.toMatchObject({ code: 'SOURCE_UNAVAILABLE', retryable: true });
    if (fault === 'down' || fault.type !== 'limit_data') {
      await expect(source.bounds()).rejects.toMatchObject({ code: 'SOURCE_UNAVAILABLE', retryable: true });
    }
    expect(Date.now() - began).toBeLessThan(15_000);
    await proxy.heal();
    expect(values(await readAll(source, whole))).toEqual(sent);
  });

  it.each<[string, Toxic | 'down']>([
    ['silent', { type: 'blackhole' }],
    ['away', 'down'],
  ])('that is %s for two seconds in the middle of a read costs no record', async (_name, fault) => {
    const log: string[] = [];
    const source = proxied(STUBBORN, (message) => void log.push(message));
    const records = await readWith(source, async (count) => {
      if (count !== 1) return;
      await trouble(fault);
      setTimeout(() => void proxy.heal(), 2_000);
    });
    expect(values(records)).toEqual(sent);
    // The broker advertises its own address: bytes tell that the client did not go past the proxy.
    expect(proxy.passed().downstream).toBeGreaterThan(COUNT * 2_000);
    expect(log.join('\n')).toMatch(/Reading partition 0 of .* from offset \d+: .* \(try 2\)/);
  });

  it('that is slow comes to the end of an answer that takes longer than it may be silent', async () => {
    const source = proxied(QUICK);
    await source.bounds();
    proxy.add({ type: 'bandwidth', bytesPerSecond: 20_000 });
    const began = Date.now();
    expect(values(await readAll(source, range({ 0: [0, 25] })))).toEqual(sent.slice(0, 25));
    expect(Date.now() - began).toBeGreaterThan(QUICK.requestMs * 1.5);
  });

  it('whose connection has vanished without a word is asked again over a new one', async () => {
    const source = proxied(STUBBORN);
    await source.bounds();
    proxy.halfOpen();
    expect(values(await readAll(source, whole))).toEqual(sent);
  });

  it('that is killed in the middle of a read and comes back costs no record', async () => {
    const source = proxied(STUBBORN);
    let back: Promise<void> | undefined;
    const records = await readWith(source, async (count) => {
      if (count !== 1) return;
      await server.end('SIGKILL');
      back = server.start();
    });
    await back;
    expect(values(records)).toEqual(sent);
    expect((await source.bounds()).end.get(0)).toBe(BigInt(COUNT));
  });

  it('leaves nothing behind when its reader is closed, and stops when it is told to', async () => {
    const source = proxied(QUICK);
    const controller = new AbortController();
    const read = async (): Promise<void> => {
      for await (const _chunk of source.read(whole, controller.signal)) controller.abort();
    };
    await expect(read()).rejects.toThrow('abort');
    await source.close();
    await expect.poll(() => proxy.connections()).toBe(0);
  });
});

/** Reads everything and calls back after each chunk with their count. */
async function readWith(source: Source, after: (count: number) => Promise<void>): Promise<TopicRecord[]> {
  const records: TopicRecord[] = [];
  let count = 0;
  for await (const chunk of source.read(whole, new AbortController().signal)) {
    records.push(...chunk);
    await after(++count);
  }
  return records;
}
