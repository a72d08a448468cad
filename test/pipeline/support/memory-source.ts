/** A topic in memory that keeps the rules of a source: gapless, in order, and a lost part is DATA_LOSS. */
import { SluiceError } from '../../../src/pipeline/errors.ts';
import type { Offsets, OffsetRange, Source, TopicRecord } from '../../../src/pipeline/ports.ts';
import { record, TOPIC } from './records.ts';

export interface MemorySource extends Source {
  /** Appends values to a partition and returns their offsets. */
  append(partition: number, values: readonly (string | Buffer | null)[]): bigint[];
  appendRecords(records: readonly TopicRecord[]): void;
  /** Drops everything below the offset, as retention does. */
  truncate(partition: number, below: bigint): void;
  /** Throws at the next calls of one kind. */
  failNext(kind: 'bounds' | 'read' | 'publish', error: Error, times?: number): void;
  readonly reads: readonly OffsetRange[];
  readonly published: Map<string, Offsets>;
  cluster: string;
}

export function memorySource(partitions = 2, topic = TOPIC): MemorySource {
  const logs = new Map<number, TopicRecord[]>(Array.from({ length: partitions }, (_, each) => [each, []]));
  const starts = new Map<number, bigint>(Array.from({ length: partitions }, (_, each) => [each, 0n]));
  const failures = new Map<string, Error[]>();
  const reads: OffsetRange[] = [];
  const published = new Map<string, Offsets>();
  const endOf = (partition: number): bigint => {
    const last = logs.get(partition)?.at(-1);
    return last ? last.offset + 1n : (starts.get(partition) ?? 0n);
  };
  const failIfAsked = (kind: string): void => {
    const error = failures.get(kind)?.shift();
    if (error) throw error;
  };

  async function* read(range: OffsetRange): AsyncIterable<readonly TopicRecord[]> {
    reads.push(range);
    for (const [partition, end] of range.end) {
      const from = range.start.get(partition) ?? 0n;
      failIfAsked('read');
      if (from >= end) continue;
      if (from < (starts.get(partition) ?? 0n) || end > endOf(partition)) throw lost(partition, from);
      const records = (logs.get(partition) ?? []).filter(({ offset }) => offset >= from && offset < end);
      for (let at = 0; at < records.length; at += 3) yield records.slice(at, at + 3);
    }
  }

  return {
    topic,
    description: `KafkaV2[Subscribe[${topic}]]`,
    cluster: 'cluster-a',
    reads,
    published,
    async clusterId() {
      return this.cluster;
    },
    async bounds() {
      failIfAsked('bounds');
      return { start: new Map(starts), end: new Map([...logs.keys()].map((each) => [each, endOf(each)])) };
    },
    async offsetsAt(timestamp) {
      const first = (partition: number): bigint =>
        logs.get(partition)?.find((each) => each.timestamp >= timestamp)?.offset ?? endOf(partition);
      return new Map([...logs.keys()].map((each) => [each, first(each)]));
    },
    read,
    async publish(group, offsets) {
      failIfAsked('publish');
      published.set(group, offsets);
    },
    close: async () => undefined,
    append(partition, values) {
      return values.map((value) => {
        const offset = endOf(partition);
        logs.get(partition)?.push(record(partition, offset, value));
        return offset;
      });
    },
    appendRecords(records) {
      for (const each of records) logs.get(each.partition)?.push(each);
    },
    truncate(partition, below) {
      starts.set(partition, below);
      logs.set(
        partition,
        (logs.get(partition) ?? []).filter(({ offset }) => offset >= below),
      );
    },
    failNext(kind, error, times = 1) {
      failures.set(kind, [...(failures.get(kind) ?? []), ...Array.from({ length: times }, () => error)]);
    },
  };
}

function lost(partition: number, offset: bigint): SluiceError {
  const facts = {
    tried: 'Reading',
    seen: `partition ${partition}, offset ${offset} is gone`,
    expected: 'a record',
    action: 'Restore.',
  };
  return new SluiceError('DATA_LOSS', facts);
}
