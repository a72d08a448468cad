import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeRecords } from '../../../src/pipeline/source/kafka-packed.ts';
import { decodeFetchAnswer, visibleBatches } from '../../../src/pipeline/source/kafka-records.ts';
import type { TopicRecord } from '../../../src/pipeline/ports.ts';
import captured from '../../fixtures/kafka/fetch-answers.json' with { type: 'json' };
import { batch, BASE_TIME } from './kafka-batches.ts';

/** What a Kafka 4.3.1 broker really sent. */
const open = (name: keyof typeof captured) => {
  const { partition } = decodeFetchAnswer(Buffer.from(captured[name], 'base64'));
  if (!partition) throw new Error(`${name} has no partition`);
  return partition;
};

const recordsOf = (name: keyof typeof captured, committedOnly = false): TopicRecord[] =>
  visibleBatches(open(name), committedOnly).flatMap((each) => decodeRecords(each, 0));

describe('an answer of a real broker', () => {
  it.each(['uncompressed', 'gzip', 'snappy', 'lz4', 'zstd'] as const)('packed with %s gives its records', (name) => {
    const records = recordsOf(name);
    expect(records).toHaveLength(41);
    expect(records[7]).toMatchObject({ partition: 0, offset: 7n, timestamp: BASE_TIME + 7_000 });
    expect(records[7]?.key?.toString()).toBe('k7');
    expect(records[7]?.value?.toString()).toBe(
      '{"trans_num":"t7","cc_num":4998271635409821763,"merchant":"fraud_Kiehn"}',
    );
    expect(records[40]).toMatchObject({ offset: 40n, timestamp: BASE_TIME - 100_000, value: null });
  });

  it('takes the time of the broker where the topic says so', () => {
    const [first, second] = recordsOf('logAppendTime');
    expect(first?.timestamp).toBeGreaterThan(BASE_TIME);
    expect(second?.timestamp).toBe(first?.timestamp);
  });

  it('shows uncommitted readers all but the markers, and committed ones nothing that was aborted', () => {
    expect(
      recordsOf('transactions')
        .map(({ value }) => `${value}`)
        .join(''),
    ).toBe('abcdef');
    expect(
      recordsOf('transactions', true)
        .map(({ value }) => `${value}`)
        .join(''),
    ).toBe('abf');
    expect(open('transactions').batches.at(-1)?.nextOffset).toBe(9n);
  });

  it('tells an offset that is out of range from one that waits', () => {
    expect(open('outOfRange').errorCode).toBe(1);
    expect(open('empty')).toMatchObject({ errorCode: 0, highWatermark: 9n, batches: [] });
  });

  it('leaves a batch out that was cut off, and keeps the whole ones before it', () => {
    const bytes = Buffer.from(captured.transactions, 'base64');
    const whole = open('transactions').batches.length;
    const length = bytes.length - 10;
    // The record set is the last field: its length is made to fit what is left.
    const start = bytes.length - lengthOfRecords(bytes);
    const cut = Buffer.from(bytes.subarray(0, length));
    cut.writeInt32BE(length - start, start - 4);
    expect(decodeFetchAnswer(cut).partition?.batches).toHaveLength(whole - 1);
  });
});

describe('a record batch', () => {
  it('gives back what was written, whatever the numbers', () => {
    const record = fc.record({
      delta: fc.nat(1_000_000),
      timestamp: fc.integer({ min: 0, max: 4_102_444_800_000 }),
      key: fc.option(fc.string()),
      value: fc.option(fc.string({ maxLength: 300 })),
    });
    fc.assert(
      fc.property(fc.nat(2 ** 50), fc.array(record, { maxLength: 20 }), (from, written) => {
        const records = written.map(({ delta, ...rest }) => ({ ...rest, offset: from + delta }));
        const read = decodeRecords(batch({ from, to: from + 1_000_000, records }), 3);
        const texts = read.map(({ offset, timestamp, key, value }) => ({
          offset: Number(offset),
          timestamp,
          key: key?.toString() ?? null,
          value: value?.toString() ?? null,
        }));
        expect(texts).toEqual(records.map(({ offset, timestamp, key, value }) => ({ offset, timestamp, key, value })));
      }),
    );
  });

  it.each([
    ['ends too early', (bytes: Buffer) => bytes.subarray(0, bytes.length - 8)],
    ['has a codec that nobody knows', (bytes: Buffer) => bytes, 5],
    ['is packed in another way than it says', (bytes: Buffer) => bytes, 1],
    ['has a length that never ends', () => Buffer.alloc(40, 0xff)],
  ] as const)('that %s is an error and not a record', (_name, bend, attributes?: number) => {
    const good = batch({ from: 0, to: 0, records: [{ offset: 0, value: 'a long enough value' }] });
    expect(() => decodeRecords({ ...good, attributes: attributes ?? 0, packed: bend(good.packed) }, 0)).toThrow();
  });
});

function lengthOfRecords(bytes: Buffer): number {
  const sizes = open('transactions').batches.map(({ packed }) => packed.length + 61);
  const sum = sizes.reduce((total, size) => total + size, 0);
  if (bytes.readInt32BE(bytes.length - sum - 4) !== sum) throw new Error('the record set is not the last field');
  return sum;
}
