import { beforeEach, describe, expect, it } from 'vitest';
import { SluiceError } from '../../../src/pipeline/errors.ts';
import type { Bounds } from '../../../src/pipeline/offsets.ts';
import type { Clock, TopicRecord } from '../../../src/pipeline/ports.ts';
import { readRange, type ReadOptions } from '../../../src/pipeline/source/kafka-read.ts';
import type { RecordBatch } from '../../../src/pipeline/source/kafka-packed.ts';
import type { FetchAnswer } from '../../../src/pipeline/source/kafka-records.ts';
import { answer, batch, full, partition } from './kafka-batches.ts';

type Reply = FetchAnswer | Error;

let now = 0;
const clock: Clock = {
  now: () => now,
  sleep: async (ms) => {
    now += ms;
  },
};

/** A broker that answers as told: per asked offset its replies in turn, the last one again and again. */
function script(replies: Record<number, readonly Reply[]>, bounds: Bounds = boundsOf(0, 100)) {
  const asked: number[] = [];
  const turns = new Map<number, number>();
  const fetch = async (_partition: number, offset: bigint): Promise<FetchAnswer> => {
    now += 10;
    const at = Number(offset);
    asked.push(at);
    const turn = turns.get(at) ?? 0;
    turns.set(at, turn + 1);
    const list = replies[at] ?? [new Error(`nobody should ask for ${at}`)];
    const reply = list[Math.min(turn, list.length - 1)];
    if (reply === undefined || reply instanceof Error) throw reply;
    return reply;
  };
  return { asked, fetch, bounds: async () => bounds };
}

/** A mebibyte each: four of them fill a chunk. */
const large = (from: number, to: number): RecordBatch[] =>
  Array.from({ length: to - from + 1 }, (_, at) => {
    const offset = from + at;
    return batch({ from: offset, to: offset, records: [{ offset, value: 'x'.repeat(1 << 20) }] });
  });

const boundsOf = (from: number, to: number): Bounds => ({
  start: new Map([[0, BigInt(from)]]),
  end: new Map([[0, BigInt(to)]]),
});

const OPTIONS: ReadOptions = {
  topic: 'transactions',
  committedOnly: false,
  stallMs: 1_000,
  retry: { tries: 3, totalMs: 10_000, baseMs: 10, maxWaitMs: 10 },
  clock,
  onRetry: () => undefined,
};

async function read(
  broker: Pick<ReturnType<typeof script>, 'fetch' | 'bounds'>,
  from: number,
  to: number,
  more: Partial<ReadOptions> = {},
): Promise<number[]> {
  const records: TopicRecord[] = [];
  const chunks = readRange(broker, boundsOf(from, to), { ...OPTIONS, ...more }, new AbortController().signal);
  for await (const chunk of chunks) records.push(...chunk);
  return records.map(({ offset }) => Number(offset));
}

beforeEach(() => {
  now = 0;
});

describe('reading a range', () => {
  it('cuts off what whole batches bring from outside of it, and asks for nothing behind its end', async () => {
    const broker = script({ 3: [answer({ batches: [full(0, 4), full(5, 9)] })] });
    expect(await read(broker, 3, 7)).toEqual([3, 4, 5, 6]);
    expect(broker.asked).toEqual([3]);
  });

  it('says with the last chunk of an answer that its bytes may be used up', async () => {
    let released = 0;
    const release = (): void => void (released += 1);
    const broker = script({
      0: [{ ...answer({ batches: large(0, 5) }), release }],
      6: [{ ...answer({ batches: large(6, 7) }), release }],
      8: [{ ...answer({ batches: [batch({ from: 8, to: 8 })] }), release }],
    });
    const chunks = readRange(broker, boundsOf(0, 9), OPTIONS, new AbortController().signal);
    const seen: [number, number][] = [];
    for await (const chunk of chunks) {
      chunk.release?.();
      seen.push([[...chunk].length, released]);
    }
    expect(seen).toEqual([
      [4, 0],
      [2, 1],
      [2, 2],
    ]);
    expect(released).toBe(3);
  });

  it('is finished by the position when the last offset holds a marker', async () => {
    const marker = batch({
      from: 2,
      to: 2,
      attributes: 0x30,
      records: [{ offset: 2, key: '\0\0\0\u0001', value: '' }],
    });
    const broker = script({ 0: [answer({ batches: [full(0, 1)] })], 2: [answer({ batches: [marker] })] });
    expect(await read(broker, 0, 3)).toEqual([0, 1]);
  });

  it('goes on behind a batch that compaction has emptied', async () => {
    const broker = script({
      0: [answer({ batches: [batch({ from: 0, to: 6 })] })],
      7: [answer({ batches: [full(7, 8)] })],
    });
    expect(await read(broker, 0, 9)).toEqual([7, 8]);
  });

  it('is finished when the end of the log is gone and the high watermark proves it', async () => {
    const broker = script({ 0: [answer({ batches: [full(0, 1)] })], 2: [answer({ highWatermark: 10n })] });
    expect(await read(broker, 0, 10)).toEqual([0, 1]);
  });

  it('believes a reader of committed records only the last stable offset', async () => {
    const empty = answer({ highWatermark: 10n, lastStable: 0n });
    const broker = script({ 0: [empty, empty, answer({ highWatermark: 10n, lastStable: 10n })] });
    expect(await read(broker, 0, 10, { committedOnly: true })).toEqual([]);
    expect(broker.asked).toEqual([0, 0, 0]);
  });

  it('takes silence of a throttled broker for no answer, and waits as long as it says', async () => {
    const broker = script({ 0: [{ throttleMs: 300, partition: null }, answer({ batches: [full(0, 1)] })] });
    expect(await read(broker, 0, 2)).toEqual([0, 1]);
    expect(now).toBeGreaterThanOrEqual(300);
  });

  it('takes nothing for proven when the broker names another one to ask', async () => {
    const elsewhere = answer({ highWatermark: 10n, preferredReplica: 2 });
    const broker = script({ 0: [elsewhere, answer({ batches: [full(0, 9)] })] });
    expect(await read(broker, 0, 10)).toHaveLength(10);
  });

  it('tries again what may pass, from the offset where it stood', async () => {
    const broker = script({
      0: [answer({ batches: [full(0, 4)] })],
      5: [away(), away(), answer({ batches: [full(5, 9)] })],
    });
    expect(await read(broker, 0, 10)).toHaveLength(10);
    expect(broker.asked).toEqual([0, 5, 5, 5]);
  });

  it('gives up after the tries it has, and at once when trying again cannot help', async () => {
    await expect(read(script({ 0: [away()] }), 0, 10)).rejects.toMatchObject({ code: 'SOURCE_UNAVAILABLE' });
    const refused = new SluiceError('SOURCE_UNAVAILABLE', { tried: 't', seen: 's', expected: 'e', action: 'a' });
    const broker = script({ 0: [refused] });
    await expect(read(broker, 0, 10)).rejects.toBe(refused);
    expect(broker.asked).toEqual([0]);
  });

  it('gives up when a partition does not get on', async () => {
    const broker = script({ 0: [answer({ highWatermark: 0n })] });
    await expect(read(broker, 0, 10)).rejects.toMatchObject({ code: 'SOURCE_UNAVAILABLE', retryable: true });
    expect(now).toBeGreaterThanOrEqual(OPTIONS.stallMs);
  });

  it('says that the topic is another one when the log ends before the promised end', async () => {
    const broker = script({ 0: [answer({ highWatermark: 0n })] }, boundsOf(0, 4));
    await expect(read(broker, 0, 10)).rejects.toMatchObject({
      code: 'SOURCE_CHANGED',
      seen: 'partition 0 ends at 4, but 10 was reached before',
    });
  });

  it('says how many records retention has taken', async () => {
    const broker = script({ 2: [{ throttleMs: 0, partition: partition({ errorCode: 1 }) }] }, boundsOf(7, 20));
    await expect(read(broker, 2, 10)).rejects.toMatchObject({
      code: 'DATA_LOSS',
      seen: 'partition 0 begins at 7, 2 was next: 5 offsets are lost',
    });
  });

  it('calls no loss what a broker says about an offset that is still there', async () => {
    const broker = script({ 2: [{ throttleMs: 0, partition: partition({ errorCode: 1 }) }] }, boundsOf(0, 20));
    await expect(read(broker, 2, 10)).rejects.toMatchObject({ code: 'SOURCE_UNAVAILABLE', retryable: true });
  });

  it('names the offset of a batch that cannot be unpacked', async () => {
    const broker = script({ 0: [answer({ batches: [{ ...full(0, 3), packed: Buffer.alloc(2) }] })] });
    await expect(read(broker, 0, 4)).rejects.toMatchObject({ tried: expect.stringContaining('from offset 0') });
  });

  it('hands large batches on in chunks', async () => {
    const broker = script({ 1: [answer({ batches: large(0, 8) })] });
    const offsets: number[][] = [];
    for await (const chunk of readRange(broker, boundsOf(1, 9), OPTIONS, new AbortController().signal)) {
      expect(chunk.packed?.map((packed) => packed.last()?.offset)).toEqual(Array.from(chunk, ({ offset }) => offset));
      offsets.push(Array.from(chunk, ({ offset }) => Number(offset)));
    }
    expect(offsets).toEqual([
      [1, 2, 3, 4],
      [5, 6, 7, 8],
    ]);
  });

  it('keeps at most one answer under way beside the one that is read', async () => {
    const replies = Object.fromEntries(
      Array.from({ length: 10 }, (_, at) => [at, [answer({ batches: [full(at, at)] })]]),
    );
    const broker = script(replies);
    let seen = 0;
    for await (const _chunk of readRange(broker, boundsOf(0, 10), OPTIONS, new AbortController().signal)) {
      expect(broker.asked.length).toBeLessThanOrEqual(++seen + 1);
    }
    expect(seen).toBe(10);
  });
});

const away = (): SluiceError =>
  new SluiceError('SOURCE_UNAVAILABLE', { tried: 't', seen: 'away', expected: 'e', action: 'a', retryable: true });
