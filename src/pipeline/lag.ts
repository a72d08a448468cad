/** What waits in the topic: committed offsets against its end. */
import type { PartitionLag } from './events.ts';
import type { Offsets, Source } from './ports.ts';

export async function readLag(source: Source, committed: Offsets | null): Promise<PartitionLag[]> {
  const { start, end } = await source.bounds();
  const partitions = [...end].sort(([a], [b]) => a - b);
  return Promise.all(
    partitions.map(async ([partition, until]) => {
      const logStart = start.get(partition) ?? 0n;
      const current = committed?.get(partition) ?? null;
      const from = current === null || current < logStart ? logStart : current;
      const lag = until > from ? until - from : 0n;
      return {
        partition,
        logStart: logStart.toString(),
        current: current?.toString() ?? null,
        end: until.toString(),
        lag: Number(lag),
        oldestUnreadAt: lag > 0n ? await readTimestamp(source, partition, from) : null,
      };
    }),
  );
}

async function readTimestamp(source: Source, partition: number, offset: bigint): Promise<number | null> {
  const range = { start: new Map([[partition, offset]]), end: new Map([[partition, offset + 1n]]) };
  for await (const [record] of source.read(range, new AbortController().signal)) {
    if (record) return record.timestamp;
  }
  return null;
}
