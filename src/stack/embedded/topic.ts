/** The embedded topic: gapless offsets by a locked counter row, and Kafka's way of choosing a partition. */
import type { Database, Sql } from '../../pipeline/sql.ts';
import type { TopicEvent } from './envelope.ts';

export const TOPIC = 'postgres.public.transactions';
export const PARTITIONS = 4;

export interface PartitionBounds {
  readonly partition: number;
  readonly logStart: bigint;
  readonly logEnd: bigint;
}

/** How long records stay. Whichever limit is reached first counts, as in Kafka; null = no such limit. */
export interface Retention {
  readonly maxAgeMs: number | null;
  /** Of all partitions together, without what PostgreSQL adds. */
  readonly maxBytes: number | null;
}

/** Creates the counter rows of the topic; a topic that exists keeps its partitions. */
export async function createTopic(sql: Sql, topic: string): Promise<void> {
  await sql.query(
    `INSERT INTO partitions (topic, partition) SELECT $1, n FROM generate_series(0, $2::int - 1) n
     WHERE NOT EXISTS (SELECT 1 FROM partitions WHERE topic = $1) ON CONFLICT DO NOTHING`,
    [topic, PARTITIONS],
  );
}

/**
 * Appends in order and returns how many records were written. Must run inside a transaction: the counter rows stay
 * locked until its end, so a reader sees offsets without a gap, and a rollback takes the offsets back.
 */
export async function append(sql: Sql, topic: string, events: readonly TopicEvent[], nowMs: number): Promise<number> {
  if (events.length === 0) return 0;
  const counters = await lockCounters(sql, topic);
  const batch = encodeBatch(events, counters);
  await sql.query(
    `INSERT INTO records (topic, partition, "offset", recorded_at_ms, key, value, headers)
     SELECT $1, partition, "offset", $2,
       CASE WHEN key_length >= 0 THEN substring($3::bytea FROM start FOR key_length) END,
       CASE WHEN value_length >= 0 THEN substring($3::bytea FROM start + greatest(key_length, 0) FOR value_length) END,
       headers::jsonb
     FROM unnest($4::int[], $5::bigint[], $6::int[], $7::int[], $8::int[], $9::text[])
       AS record (partition, "offset", start, key_length, value_length, headers)`,
    [topic, nowMs, batch.bytes, batch.partitions, batch.offsets, batch.starts, batch.keys, batch.values, batch.headers],
  );
  await sql.query(
    `UPDATE partitions SET log_end = counter.log_end
     FROM unnest($2::int[], $3::bigint[]) AS counter (partition, log_end)
     WHERE topic = $1 AND partitions.partition = counter.partition`,
    [topic, [...counters.keys()], [...counters.values()]],
  );
  return events.length;
}

/** Log start and end of every partition, in order. */
export async function readBounds(sql: Sql, topic: string): Promise<PartitionBounds[]> {
  const rows = await sql.query<{ partition: number; log_start: string; log_end: string }>(
    'SELECT partition, log_start, log_end FROM partitions WHERE topic = $1 ORDER BY partition',
    [topic],
  );
  return rows.map((row) => ({
    partition: row.partition,
    logStart: BigInt(row.log_start),
    logEnd: BigInt(row.log_end),
  }));
}

/** Removes what is too old or too much, oldest first, and moves the log start. Returns how many records went. */
export function applyRetention(
  database: Database,
  topic: string,
  retention: Retention,
  nowMs: number,
): Promise<number> {
  return database.transaction(async (sql) => {
    const bounds = await readBounds(sql, topic);
    const keep = retention.maxBytes === null ? null : await recordsIn(sql, topic, retention.maxBytes / bounds.length);
    let removed = 0;
    for (const { partition, logStart, logEnd } of bounds) {
      const byAge =
        retention.maxAgeMs === null ? logStart : await firstSince(sql, topic, partition, nowMs - retention.maxAgeMs);
      const bySize = keep === null ? logStart : logEnd - keep;
      const start = [byAge ?? logEnd, bySize, logStart].reduce((a, b) => (a > b ? a : b));
      if (start > logStart) removed += await cut(sql, topic, partition, start);
    }
    return removed;
  });
}

/** The partition of a key: Kafka's default partitioner. Records without a key go to partition 0. */
export function partitionOf(key: Buffer | null, partitions: number): number {
  return key === null ? 0 : (murmur2(key) & 0x7fffffff) % partitions;
}

/** Kafka's murmur2 (seed 0x9747b28c) as a signed 32-bit number. */
export function murmur2(bytes: Buffer): number {
  const m = 0x5bd1e995;
  const { length } = bytes;
  let h = 0x9747b28c ^ length;
  const whole = length - (length % 4);
  for (let i = 0; i < whole; i += 4) {
    let k = Math.imul(bytes.readInt32LE(i), m);
    k = Math.imul(k ^ (k >>> 24), m);
    h = Math.imul(h, m) ^ k;
  }
  if (length > whole) {
    for (let i = length - 1; i >= whole; i -= 1) h ^= (bytes[i] ?? 0) << (8 * (i - whole));
    h = Math.imul(h, m);
  }
  h = Math.imul(h ^ (h >>> 13), m);
  return h ^ (h >>> 15);
}

/** Partition -> next offset. */
async function lockCounters(sql: Sql, topic: string): Promise<Map<number, bigint>> {
  const rows = await sql.query<{ partition: number; log_end: string }>(
    'SELECT partition, log_end FROM partitions WHERE topic = $1 ORDER BY partition FOR UPDATE',
    [topic],
  );
  return new Map(rows.map((row) => [row.partition, BigInt(row.log_end)]));
}

/**
 * All bytes of a batch in one parameter, with the place of each key and value in arrays beside it: an array of byte
 * strings would travel as hexadecimal text. Counts `counters` up.
 */
function encodeBatch(events: readonly TopicEvent[], counters: Map<number, bigint>) {
  const partitions: number[] = [];
  const offsets: bigint[] = [];
  const starts: number[] = [];
  const parts: Buffer[] = [];
  let at = 1;
  for (const { key, value } of events) {
    const partition = partitionOf(key, counters.size);
    const offset = counters.get(partition) ?? 0n;
    counters.set(partition, offset + 1n);
    partitions.push(partition);
    offsets.push(offset);
    starts.push(at);
    for (const part of [key, value]) {
      if (!part) continue;
      parts.push(part);
      at += part.length;
    }
  }
  return {
    bytes: Buffer.concat(parts),
    partitions,
    offsets,
    starts,
    keys: events.map(({ key }) => key?.length ?? -1),
    values: events.map(({ value }) => value?.length ?? -1),
    headers: events.map(({ headers }) => JSON.stringify(headers)),
  };
}

/** How many records fit into `bytes`, by the size of the newest thousand; null while there is none. */
async function recordsIn(sql: Sql, topic: string, bytes: number): Promise<bigint | null> {
  const [row] = await sql.query<{ size: string | null }>(
    `SELECT avg(coalesce(length(key), 0) + coalesce(length(value), 0)) AS size
     FROM (SELECT key, value FROM records WHERE topic = $1 ORDER BY partition DESC, "offset" DESC LIMIT 1000) newest`,
    [topic],
  );
  return row?.size ? BigInt(Math.floor(bytes / Math.max(1, Number(row.size)))) : null;
}

/** The first offset that is not older; null when all are. Records of one partition are in the order of their time. */
async function firstSince(sql: Sql, topic: string, partition: number, since: number): Promise<bigint | null> {
  const [row] = await sql.query<{ offset: string }>(
    'SELECT "offset" FROM records WHERE topic = $1 AND partition = $2 AND recorded_at_ms >= $3 ORDER BY "offset" LIMIT 1',
    [topic, partition, since],
  );
  return row ? BigInt(row.offset) : null;
}

async function cut(sql: Sql, topic: string, partition: number, start: bigint): Promise<number> {
  await sql.query('UPDATE partitions SET log_start = $3 WHERE topic = $1 AND partition = $2', [
    topic,
    partition,
    start,
  ]);
  const [row] = await sql.query<{ removed: number }>(
    `WITH gone AS (DELETE FROM records WHERE topic = $1 AND partition = $2 AND "offset" < $3 RETURNING 1)
     SELECT count(*)::int AS removed FROM gone`,
    [topic, partition, start],
  );
  return row?.removed ?? 0;
}
