/** The topic of the embedded stack: rows of a table, partition by partition, gapless. */
import { SluiceError } from '../errors.ts';
import type { EmbeddedSettings } from '../job-settings.ts';
import type { Offsets, OffsetRange, Source, TopicRecord } from '../ports.ts';
import { openDatabase, type Database } from '../sql.ts';

/** One read brings at most this many records, and about this many bytes. */
const CHUNK_RECORDS = 2_000n;
const CHUNK_BYTES = 8 * 1024 * 1024;

interface RecordRow extends Record<string, unknown> {
  readonly offset: string;
  readonly recorded_at_ms: string;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
}

export function openEmbeddedSource(settings: EmbeddedSettings): Source {
  const { topic } = settings;
  const database = openDatabase(settings.postgres, { max: 2, applicationName: 'sluice source' });
  return {
    topic,
    description: `KafkaV2[Subscribe[${topic}]]`,
    clusterId: () => readClusterId(database),
    bounds: () => readBounds(database, topic),
    offsetsAt: (timestamp) => readOffsetsAt(database, topic, timestamp),
    read: (range, signal) => readRange(database, topic, range, signal),
    publish: (group, offsets) => publish(database, topic, group, offsets),
    close: () => database.close(),
  };
}

async function readClusterId(database: Database): Promise<string> {
  const [row] = await database.query<{ id: string }>('SELECT id FROM cluster');
  return row?.id ?? '';
}

async function readBounds(database: Database, topic: string): Promise<{ start: Offsets; end: Offsets }> {
  const rows = await database.query<{ partition: number; log_start: string; log_end: string }>(
    'SELECT partition, log_start, log_end FROM partitions WHERE topic = $1 ORDER BY partition',
    [topic],
  );
  if (rows.length === 0) throw noTopic(topic);
  return {
    start: new Map(rows.map((row) => [row.partition, BigInt(row.log_start)])),
    end: new Map(rows.map((row) => [row.partition, BigInt(row.log_end)])),
  };
}

async function readOffsetsAt(database: Database, topic: string, timestamp: number): Promise<Offsets> {
  const rows = await database.query<{ partition: number; found: string }>(
    `SELECT partition, coalesce((SELECT min("offset") FROM records WHERE records.topic = partitions.topic
       AND records.partition = partitions.partition AND recorded_at_ms >= $2), log_end) AS found
     FROM partitions WHERE topic = $1 ORDER BY partition`,
    [topic, timestamp],
  );
  if (rows.length === 0) throw noTopic(topic);
  return new Map(rows.map((row) => [row.partition, BigInt(row.found)]));
}

async function* readRange(
  database: Database,
  topic: string,
  range: OffsetRange,
  signal: AbortSignal,
): AsyncIterable<readonly TopicRecord[]> {
  for (const [partition, end] of range.end) {
    let next = range.start.get(partition) ?? 0n;
    while (next < end) {
      signal.throwIfAborted();
      const records = await readChunk(database, topic, partition, next, end);
      checkGapless(topic, partition, next, end, records);
      next += BigInt(records.length);
      yield records;
    }
  }
}

/** The running sum stops a chunk by its bytes; the first record always comes, however large it is. */
async function readChunk(
  database: Database,
  topic: string,
  partition: number,
  from: bigint,
  until: bigint,
): Promise<TopicRecord[]> {
  const last = from + CHUNK_RECORDS < until ? from + CHUNK_RECORDS : until;
  const rows = await database.query<RecordRow>(
    `SELECT "offset", recorded_at_ms, key, value FROM (
       SELECT *, sum(coalesce(octet_length(value), 0)) OVER (ORDER BY "offset") - coalesce(octet_length(value), 0) AS earlier
       FROM records WHERE topic = $1 AND partition = $2 AND "offset" >= $3 AND "offset" < $4
     ) AS chunk WHERE earlier < $5 ORDER BY "offset"`,
    [topic, partition, from, last, CHUNK_BYTES],
  );
  return rows.map((row) => ({
    partition,
    offset: BigInt(row.offset),
    timestamp: Number(row.recorded_at_ms),
    key: row.key,
    value: row.value,
  }));
}

function checkGapless(topic: string, partition: number, from: bigint, end: bigint, records: TopicRecord[]): void {
  const gap = records.findIndex((record, index) => record.offset !== from + BigInt(index));
  if (records.length > 0 && gap < 0) return;
  const missing = gap < 0 ? from : from + BigInt(gap);
  throw new SluiceError('DATA_LOSS', {
    tried: `Reading partition ${partition} of ${topic} from offset ${from} to ${end}`,
    seen: `offset ${missing} is missing`,
    expected: 'every record of the range',
    action: 'Restore the topic, or start over with another data folder: a query never goes past a gap by itself.',
  });
}

async function publish(database: Database, topic: string, group: string, offsets: Offsets): Promise<void> {
  await database.query(
    `INSERT INTO group_offsets (group_id, topic, partition, "offset")
     SELECT $1, $2, partition, next FROM unnest($3::int[], $4::bigint[]) AS position (partition, next)
     ON CONFLICT (group_id, topic, partition) DO UPDATE SET "offset" = excluded."offset", committed_at = now()`,
    [group, topic, [...offsets.keys()], [...offsets.values()]],
  );
}

function noTopic(topic: string): SluiceError {
  return new SluiceError('SOURCE_UNAVAILABLE', {
    tried: `Looking for the topic ${topic}`,
    seen: 'no partition of it',
    expected: 'the partitions that the change capture creates',
    action: 'Wait until the change capture has started; the query tries again by itself.',
    retryable: true,
  });
}
