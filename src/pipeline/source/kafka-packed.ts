/** The records in a batch, format v2 of Kafka's protocol guide: one by one as objects, or as the bytes that they are. Pure. */
import type { PackedRecords, TopicRecord } from '../ports.ts';
import { unpack } from './kafka-codecs.ts';
import { Cursor, tooShort } from './kafka-cursor.ts';

/** A batch whose records are still packed. It may hold fewer records than offsets, or none. */
export interface RecordBatch {
  readonly baseOffset: bigint;
  /** First offset behind the batch, whether or not a record lies before it. */
  readonly nextOffset: bigint;
  readonly attributes: number;
  readonly baseTimestamp: bigint;
  readonly maxTimestamp: bigint;
  readonly producerId: bigint;
  readonly count: number;
  readonly packed: Buffer;
}

const CODEC_MASK = 0x07;
const LOG_APPEND_TIME = 0x08;
/** Deltas are 32-bit numbers. */
const MAX_DELTA = 2n ** 31n - 1n;

/** The records of a batch in the order of their offsets. Throws when the bytes are not what the header says. */
export function decodeRecords(batch: RecordBatch, partition: number): TopicRecord[] {
  return [...openBatch(batch, partition, batch.baseOffset, batch.nextOffset)];
}

/** The records with offsets in [start, end), not compressed any more. Throws when they cannot be. */
export function openBatch(batch: RecordBatch, partition: number, start: bigint, end: bigint): PackedRecords {
  const bytes = unpack(batch.attributes & CODEC_MASK, batch.packed);
  const [from, to] = [toDelta(start - batch.baseOffset), toDelta(end - batch.baseOffset)];
  const { count } = batch;
  const places = (): Iterable<number> => eachWanted(bytes, count, from, to);
  const recordAt = (at: number): TopicRecord => decodeRecord(new Cursor(bytes, at), batch, partition);
  const last = (): TopicRecord | undefined => [...places()].slice(-1).map(recordAt)[0];
  return { bytes, count, from, to, recordAt, last, [Symbol.iterator]: () => decodeEach(places(), recordAt) };
}

function* decodeEach(places: Iterable<number>, recordAt: (at: number) => TopicRecord): Iterator<TopicRecord> {
  for (const at of places) yield recordAt(at);
}

/** Where they begin. */
function* eachWanted(bytes: Buffer, count: number, from: number, to: number): Iterable<number> {
  const cursor = new Cursor(bytes);
  for (let left = count; left > 0; left--) {
    const start = cursor.offset;
    const end = cursor.varint() + cursor.offset;
    if (end <= start || end > bytes.length) throw tooShort();
    cursor.skip(1);
    cursor.varlong();
    const delta = cursor.varint();
    if (delta >= from && delta < to) yield start;
    cursor.offset = end;
  }
}

function decodeRecord(cursor: Cursor, batch: RecordBatch, partition: number): TopicRecord {
  const end = cursor.varint() + cursor.offset;
  cursor.skip(1);
  const delta = cursor.varlong();
  const isAppendTime = (batch.attributes & LOG_APPEND_TIME) !== 0;
  const timestamp = isAppendTime ? Number(batch.maxTimestamp) : Number(batch.baseTimestamp) + delta;
  const offset = batch.baseOffset + BigInt(cursor.varint());
  const record = { partition, offset, timestamp, key: cursor.field(), value: cursor.field() };
  if (cursor.offset > end) throw tooShort();
  return record;
}

function toDelta(offsets: bigint): number {
  return Number(offsets > MAX_DELTA ? MAX_DELTA : offsets < 0n ? 0n : offsets);
}
