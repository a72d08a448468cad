/** Answers of a broker, put together byte by byte, for cases that a real one gives only by chance. */
import type { RecordBatch } from '../../../src/pipeline/source/kafka-packed.ts';
import type { FetchAnswer, PartitionAnswer } from '../../../src/pipeline/source/kafka-records.ts';

export interface WrittenRecord {
  readonly offset: number;
  readonly timestamp?: number;
  readonly key?: string | null;
  readonly value: string | Buffer | null;
}

export interface BatchOptions {
  /** Where the batch begins and ends; it need not hold a record at either. */
  readonly from: number;
  readonly to: number;
  readonly records?: readonly WrittenRecord[];
  readonly attributes?: number;
  readonly producerId?: number;
}

export const BASE_TIME = 1_767_225_600_000;

/** A batch from `from` to `to`, both included. */
export function batch({ from, to, records = [], attributes = 0, producerId = -1 }: BatchOptions): RecordBatch {
  return {
    baseOffset: BigInt(from),
    nextOffset: BigInt(to) + 1n,
    attributes,
    baseTimestamp: BigInt(BASE_TIME),
    maxTimestamp: BigInt(BASE_TIME + 999),
    producerId: BigInt(producerId),
    count: records.length,
    packed: Buffer.concat(records.map((record) => encode(record, from))),
  };
}

/** A batch with one record per offset, whose value is its offset. */
export function full(from: number, to: number): RecordBatch {
  const records = Array.from({ length: to - from + 1 }, (_, index) => ({
    offset: from + index,
    value: `${from + index}`,
  }));
  return batch({ from, to, records });
}

export function partition(more: Partial<PartitionAnswer> = {}): PartitionAnswer {
  const nothing = { errorCode: 0, aborted: [], preferredReplica: -1, batches: [] };
  return { ...nothing, highWatermark: 0n, lastStable: 0n, ...more };
}

export const answer = (more: Partial<PartitionAnswer> = {}): FetchAnswer => ({
  throttleMs: 0,
  partition: partition(more),
});

function encode({ offset, timestamp = BASE_TIME, key = null, value }: WrittenRecord, base: number): Buffer {
  const body = Buffer.concat([
    Buffer.from([0]),
    varint(BigInt(timestamp - BASE_TIME)),
    varint(BigInt(offset - base)),
    field(key),
    field(value),
    varint(0n),
  ]);
  return Buffer.concat([varint(BigInt(body.length)), body]);
}

function field(value: string | Buffer | null): Buffer {
  if (value === null) return varint(-1n);
  const bytes = typeof value === 'string' ? Buffer.from(value) : value;
  return Buffer.concat([varint(BigInt(bytes.length)), bytes]);
}

function varint(value: bigint): Buffer {
  const bytes: number[] = [];
  let left = BigInt.asUintN(64, (value << 1n) ^ (value >> 63n));
  while (left >= 0x80n) {
    bytes.push(Number(left & 0x7fn) | 0x80);
    left >>= 7n;
  }
  return Buffer.from([...bytes, Number(left)]);
}
