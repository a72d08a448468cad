/** The answer to a Fetch request (version 11) and the record batches in it, as Kafka's protocol guide describes them. Pure. */
import { Cursor } from './kafka-cursor.ts';
import { decodeRecords, type RecordBatch } from './kafka-packed.ts';

/** What a broker says about one partition. */
export interface FetchAnswer {
  /** How long the broker wants to be left alone, ms. */
  readonly throttleMs: number;
  /** Null when the broker left the partition out, as it does while it throttles. */
  readonly partition: PartitionAnswer | null;
  /** Says that nobody looks at the bytes of the answer any more. */
  readonly release?: () => void;
}

export interface PartitionAnswer {
  readonly errorCode: number;
  /** Next offset that a reader of uncommitted records cannot have yet. */
  readonly highWatermark: bigint;
  /** The same for a reader of committed records. */
  readonly lastStable: bigint;
  readonly aborted: readonly AbortedTransaction[];
  /** Another broker that should be asked instead, -1 for none. */
  readonly preferredReplica: number;
  /** Whole batches, the first of which may begin before the asked offset. */
  readonly batches: readonly RecordBatch[];
}

export interface AbortedTransaction {
  readonly producerId: bigint;
  readonly firstOffset: bigint;
}

const BATCH_OVERHEAD = 61;
const LENGTH_END = 12;
const MAGIC = 2;
const TRANSACTIONAL = 0x10;
const CONTROL = 0x20;
const ABORT_MARKER = 0;

export function decodeFetchAnswer(bytes: Buffer): FetchAnswer {
  const cursor = new Cursor(bytes);
  const throttleMs = cursor.int32();
  const errorCode = cursor.int16();
  cursor.int32();
  const topics = cursor.int32();
  if (errorCode !== 0) return { throttleMs, partition: { ...EMPTY, errorCode } };
  if (topics === 0) return { throttleMs, partition: null };
  cursor.skip(cursor.int16());
  const partitions = cursor.int32();
  return { throttleMs, partition: partitions === 0 ? null : decodePartition(cursor) };
}

/** Records that an application may see: no markers, and of a reader of committed records nothing that was aborted. */
export function visibleBatches(answer: PartitionAnswer, committedOnly: boolean): readonly RecordBatch[] {
  const dataOnly = (batch: RecordBatch): boolean => (batch.attributes & CONTROL) === 0;
  if (!committedOnly) return answer.batches.filter(dataOnly);
  const waiting = [...answer.aborted].sort((a, b) => (a.firstOffset < b.firstOffset ? -1 : 1));
  const aborting = new Set<bigint>();
  return answer.batches.filter((batch) => {
    while (waiting[0] && waiting[0].firstOffset < batch.nextOffset) aborting.add(waiting.shift()?.producerId ?? -1n);
    if (isAbortMarker(batch)) aborting.delete(batch.producerId);
    const isAborted = (batch.attributes & TRANSACTIONAL) !== 0 && aborting.has(batch.producerId);
    return dataOnly(batch) && !isAborted;
  });
}

const EMPTY: PartitionAnswer = {
  errorCode: 0,
  highWatermark: -1n,
  lastStable: -1n,
  aborted: [],
  preferredReplica: -1,
  batches: [],
};

function decodePartition(cursor: Cursor): PartitionAnswer {
  cursor.int32();
  const errorCode = cursor.int16();
  const highWatermark = cursor.int64();
  const lastStable = cursor.int64();
  cursor.int64();
  const aborted: AbortedTransaction[] = [];
  for (let left = cursor.int32(); left > 0; left--) {
    aborted.push({ producerId: cursor.int64(), firstOffset: cursor.int64() });
  }
  const preferredReplica = cursor.int32();
  const batches = decodeBatches(cursor.bytes(Math.max(0, cursor.int32())));
  return { errorCode, highWatermark, lastStable, aborted, preferredReplica, batches };
}

/** The last batch of an answer may be cut off by the byte limit: it comes again with the next request. */
function decodeBatches(bytes: Buffer): RecordBatch[] {
  const batches: RecordBatch[] = [];
  for (let at = 0; at + BATCH_OVERHEAD <= bytes.length;) {
    const end = at + LENGTH_END + bytes.readInt32BE(at + 8);
    if (end > bytes.length) break;
    batches.push(decodeBatch(bytes.subarray(at, end)));
    at = end;
  }
  return batches;
}

function decodeBatch(bytes: Buffer): RecordBatch {
  const magic = bytes.readInt8(16);
  if (magic !== MAGIC) throw new Error(`record format ${magic} is older than Kafka 0.11 and not supported`);
  const baseOffset = bytes.readBigInt64BE(0);
  return {
    baseOffset,
    nextOffset: baseOffset + BigInt(bytes.readInt32BE(23)) + 1n,
    attributes: bytes.readInt16BE(21),
    baseTimestamp: bytes.readBigInt64BE(27),
    maxTimestamp: bytes.readBigInt64BE(35),
    producerId: bytes.readBigInt64BE(43),
    count: bytes.readInt32BE(57),
    packed: bytes.subarray(BATCH_OVERHEAD),
  };
}

/** A control batch holds one record, whose key is a version and a type. */
function isAbortMarker(batch: RecordBatch): boolean {
  if ((batch.attributes & CONTROL) === 0) return false;
  return decodeRecords(batch, 0)[0]?.key?.readInt16BE(2) === ABORT_MARKER;
}
