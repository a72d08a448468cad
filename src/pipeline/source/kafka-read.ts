/** Reading a range of offsets to its end: finished by position, never by having seen a certain record. */
import { SluiceError } from '../errors.ts';
import { checkLoss, nextOf, type Bounds } from '../offsets.ts';
import type { Clock, OffsetRange, PackedRecords, RecordChunk, TopicRecord } from '../ports.ts';
import { retrying, type RetryPolicy } from '../retry.ts';
import { openBatch, type RecordBatch } from './kafka-packed.ts';
import { visibleBatches, type FetchAnswer, type PartitionAnswer } from './kafka-records.ts';

/** What reading needs of a cluster. */
export interface Fetcher {
  /**
   * Asks the leader of the partition once, and throws retryable when it is away.
   * @param wanted records that are of use from the offset on
   */
  fetch(partition: number, offset: bigint, wanted: number): Promise<FetchAnswer>;
  bounds(): Promise<Bounds>;
}

export interface ReadOptions {
  readonly topic: string;
  readonly committedOnly: boolean;
  /** Reading gives up when a partition does not get on for this long, ms. */
  readonly stallMs: number;
  readonly retry: RetryPolicy;
  readonly clock: Clock;
  readonly onRetry: (error: SluiceError, attempt: number) => void;
}

/** A chunk is handed on at about this many bytes. */
const CHUNK_BYTES = 4 * 1024 * 1024;
const OFFSET_OUT_OF_RANGE = 1;

/** Every record of the range, partition by partition. One answer is read while the next one is under way. */
export async function* readRange(
  fetcher: Fetcher,
  range: OffsetRange,
  options: ReadOptions,
  signal: AbortSignal,
): AsyncIterable<RecordChunk> {
  for (const [partition, end] of range.end) {
    let position = nextOf(range.start, partition);
    let pending = position < end ? advance(fetcher, partition, position, end, options, signal) : null;
    while (pending) {
      const { answer, next, release } = await pending;
      pending = next < end ? advance(fetcher, partition, next, end, options, signal) : null;
      // A failure shows when it is waited for; until then it must not count as unhandled.
      pending?.catch(() => undefined);
      const cut = { options, partition, from: position, end };
      yield* toChunks(visibleBatches(answer, options.committedOnly), cut, release);
      signal.throwIfAborted();
      position = next;
    }
  }
}

interface Advance {
  readonly answer: PartitionAnswer;
  /** The position behind the answer; always beyond the one that was asked for. */
  readonly next: bigint;
  readonly release: (() => void) | undefined;
}

/** Asks until the position moves. A whole answer without a batch below the end proves that no record is left there. */
async function advance(
  fetcher: Fetcher,
  partition: number,
  position: bigint,
  end: bigint,
  options: ReadOptions,
  signal: AbortSignal,
): Promise<Advance> {
  const { clock, retry: policy, onRetry } = options;
  const until = clock.now() + options.stallMs;
  const stop = (seen: string): Promise<SluiceError> => stuck(fetcher, partition, position, end, options, seen);
  for (;;) {
    signal.throwIfAborted();
    const {
      throttleMs,
      partition: answer,
      release,
    } = await retrying(() => fetcher.fetch(partition, position, Number(end - position)), {
      policy,
      clock,
      signal,
      onRetry,
    });
    if (answer?.errorCode === OFFSET_OUT_OF_RANGE) throw await stop('the broker calls this offset out of range');
    const next = answer ? positionAfter(answer, position, options.committedOnly) : position;
    if (answer && next > position) return { answer, next, release };
    if (clock.now() >= until) throw await stop(`nothing for ${options.stallMs / 1000} s`);
    if (throttleMs > 0) await clock.sleep(Math.min(throttleMs, until - clock.now()), signal);
  }
}

/** Batches carry the position behind them even when compaction has left them without a record. */
function positionAfter(answer: PartitionAnswer, position: bigint, committedOnly: boolean): bigint {
  const last = answer.batches.at(-1);
  if (last) return last.nextOffset > position ? last.nextOffset : position;
  const readable = committedOnly ? answer.lastStable : answer.highWatermark;
  return answer.preferredReplica < 0 && readable > position ? readable : position;
}

interface Cut {
  readonly options: ReadOptions;
  readonly partition: number;
  readonly from: bigint;
  readonly end: bigint;
}

/** Batches are unpacked as they are wanted, so that little lies in memory unpacked. */
function* toChunks(
  batches: readonly RecordBatch[],
  cut: Cut,
  release: (() => void) | undefined,
): Iterable<RecordChunk> {
  const isWanted = ({ count, nextOffset, baseOffset }: RecordBatch): boolean =>
    count > 0 && nextOffset > cut.from && baseOffset < cut.end;
  const wanted = batches.filter(isWanted);
  let packed: PackedRecords[] = [];
  let bytes = 0;
  for (const batch of wanted) {
    const opened = open(batch, cut);
    packed.push(opened);
    bytes += opened.bytes.length;
    // The last chunk carries the release.
    if (bytes < CHUNK_BYTES || batch === wanted.at(-1)) continue;
    yield toChunk(packed);
    [packed, bytes] = [[], 0];
  }
  if (packed.length > 0) yield toChunk(packed, release);
  else release?.();
}

function toChunk(packed: readonly PackedRecords[], release?: () => void): RecordChunk {
  function* each(): Iterator<TopicRecord> {
    for (const records of packed) yield* records;
  }
  return { packed, [Symbol.iterator]: each, ...(release && { release }) };
}

/** Bytes that are no records may show when they are opened, or when they are read. */
function open(batch: RecordBatch, cut: Cut): PackedRecords {
  const guard = <T>(work: () => T): T => {
    try {
      return work();
    } catch (cause) {
      throw notUnpacked(cause as Error, batch, cut);
    }
  };
  const opened = guard(() => openBatch(batch, cut.partition, cut.from, cut.end));
  function* each(): Iterator<TopicRecord> {
    const records = opened[Symbol.iterator]();
    for (let next = guard(() => records.next()); !next.done; next = guard(() => records.next())) yield next.value;
  }
  const recordAt = (at: number): TopicRecord => guard(() => opened.recordAt(at));
  return { ...opened, recordAt, last: () => guard(() => opened.last()), [Symbol.iterator]: each };
}

function notUnpacked(cause: Error, { baseOffset }: RecordBatch, { options, partition }: Cut): SluiceError {
  return new SluiceError('SOURCE_UNAVAILABLE', {
    tried: `Unpacking the records of partition ${partition} of ${options.topic} from offset ${baseOffset}`,
    seen: cause.message,
    expected: 'a whole batch of records',
    action: 'Look at this offset with the tools of Kafka: the query cannot go on past it.',
    retryable: true,
    cause,
  });
}

/** Why the position does not move: the bounds tell a loss, with numbers, from a broker that is slow or behind. */
async function stuck(
  fetcher: Fetcher,
  partition: number,
  position: bigint,
  end: bigint,
  { topic }: ReadOptions,
  seen: string,
): Promise<SluiceError> {
  const range = { start: new Map([[partition, position]]), end: new Map([[partition, end]]) };
  checkLoss(range, await fetcher.bounds());
  return new SluiceError('SOURCE_UNAVAILABLE', {
    tried: `Reading partition ${partition} of ${topic} from offset ${position}`,
    seen,
    expected: `the records up to offset ${end}`,
    action: 'Check the health of the brokers; the query tries again by itself.',
    retryable: true,
  });
}
