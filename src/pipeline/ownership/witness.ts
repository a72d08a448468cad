/** Remembers the last record of each partition while a batch is read, and keeps it beside the lease. */
import { failpoint } from '../failpoints.ts';
import type { ObjectStore, RecordChunk, TopicRecord } from '../ports.ts';
import { see, writeSeen, type SeenRecord, type SeenSource } from './identity.ts';

export interface Witness {
  /** Passes the records through. */
  watch(records: AsyncIterable<RecordChunk>): AsyncIterable<RecordChunk>;
  /** Keeps what was seen up to now. Called when the batch is settled. */
  write(): Promise<void>;
}

export function openWitness(
  store: ObjectStore,
  source: { clusterId: string; topic: string },
  seen: SeenSource | null,
): Witness {
  const partitions: Record<string, SeenRecord> = { ...seen?.partitions };
  return {
    async *watch(records) {
      for await (const chunk of records) {
        await failpoint('b4');
        const last = new Map(Array.from(lastOf(chunk), (record) => [record.partition, record]));
        for (const [partition, record] of last) partitions[partition] = see(record);
        yield chunk;
      }
    },
    write: () => writeSeen(store, { ...source, partitions }),
  };
}

/** The last of each partition is among them. Packed records come partition by partition. */
function* lastOf(chunk: RecordChunk): Iterable<TopicRecord> {
  if (!chunk.packed) yield* chunk;
  for (const packed of chunk.packed ?? []) {
    const last = packed.last();
    if (last) yield last;
  }
}
