/** Is it still the same source? `_sluice/source` keeps what the last batch saw of it; a start compares. */
import { createHash } from 'node:crypto';
import { SluiceError } from '../errors.ts';
import type { ObjectStore, Offsets, Source, TopicRecord } from '../ports.ts';

const KEY = '_sluice/source';

/** The last record consumed of one partition. */
export interface SeenRecord {
  readonly offset: string;
  readonly timestamp: number;
  readonly hash: string;
}

export interface SeenSource {
  readonly clusterId: string;
  readonly topic: string;
  readonly partitions: Readonly<Record<string, SeenRecord>>;
}

export async function readSeen(store: ObjectStore): Promise<SeenSource | null> {
  const bytes = await store.get(KEY);
  try {
    return bytes === null ? null : (JSON.parse(bytes.toString('utf8')) as SeenSource);
  } catch (cause) {
    throw new SluiceError('CHECKPOINT_CORRUPT', {
      tried: `Reading ${KEY} beside the checkpoint`,
      seen: 'it is not JSON',
      expected: 'what was read last of each partition',
      action: `Make sure that the topic is still the same, then delete ${KEY}.`,
      cause,
    });
  }
}

export async function writeSeen(store: ObjectStore, seen: SeenSource): Promise<void> {
  await store.put(KEY, Buffer.from(JSON.stringify(seen)));
}

/** The next start takes the topic as it finds it. */
export async function forgetSeen(store: ObjectStore): Promise<void> {
  await store.delete(KEY);
}

export function see(record: TopicRecord): SeenRecord {
  const hash = createHash('sha256');
  for (const part of [record.key, record.value]) hash.update(part ? `${part.length}:` : '-').update(part ?? '');
  return { offset: record.offset.toString(), timestamp: record.timestamp, hash: hash.digest('hex') };
}

/** Throws SOURCE_CHANGED when the topic is another one than the one the checkpoint was made with. */
export async function checkSameSource(seen: SeenSource, source: Source, position: Offsets): Promise<void> {
  const clusterId = await source.clusterId();
  if (clusterId !== seen.clusterId) throw changed(`cluster ${clusterId}`, `cluster ${seen.clusterId}`);
  const bounds = await source.bounds();
  for (const [partition, next] of position) {
    const end = bounds.end.get(partition);
    if (end === undefined || end < next) {
      throw changed(`partition ${partition} ends at ${end ?? 'nothing'}`, `records up to offset ${next}`);
    }
    const last = seen.partitions[partition];
    const isRetained = last && BigInt(last.offset) >= (bounds.start.get(partition) ?? 0n);
    if (isRetained) await checkRecord(source, partition, last);
  }
}

async function checkRecord(source: Source, partition: number, last: SeenRecord): Promise<void> {
  const offset = BigInt(last.offset);
  const range = { start: new Map([[partition, offset]]), end: new Map([[partition, offset + 1n]]) };
  for await (const records of source.read(range, new AbortController().signal)) {
    for (const record of records) {
      const now = see(record);
      if (now.hash === last.hash && now.timestamp === last.timestamp) continue;
      throw changed(`another record at partition ${partition}, offset ${offset}`, 'the record that was read before');
    }
  }
}

function changed(seen: string, expected: string): SluiceError {
  return new SluiceError('SOURCE_CHANGED', {
    tried: 'Comparing the topic with what the checkpoint has seen of it',
    seen,
    expected,
    action:
      'Point this query at the old topic again, or clear its checkpoint and say where it begins: earliest or latest.',
  });
}
