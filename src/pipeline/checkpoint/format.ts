/**
 * The files of a Spark Structured Streaming checkpoint, byte for byte as Spark 3.5 writes them (OffsetSeqLog, CommitLog,
 * StreamMetadata, KafkaSourceInitialOffsetWriter). Pure. No file ends with a newline.
 */
import { SluiceError } from '../errors.ts';
import type { Offsets } from '../ports.ts';

/** Content of `offsets/N`: the promise that batch N ends exactly at these offsets. */
export interface OffsetsEntry {
  readonly watermarkMs: number;
  /** The batch's own time, ms. A re-run keeps it. */
  readonly timestamp: number;
  /** Spark settings pinned by the checkpoint; copied from batch to batch as they are. */
  readonly conf: Readonly<Record<string, string>>;
  readonly topic: string;
  readonly offsets: Offsets;
}

/** What a file turned out to be: its content, or why it cannot be used. */
export type Parsed<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly reason: string };

export interface TopicOffsets {
  readonly topic: string;
  readonly offsets: Offsets;
}

/** The settings that Spark 3.5 pins in a new checkpoint, in its order. */
export const SPARK_CONF: Readonly<Record<string, string>> = {
  'spark.sql.streaming.stateStore.providerClass':
    'org.apache.spark.sql.execution.streaming.state.HDFSBackedStateStoreProvider',
  'spark.sql.streaming.join.stateFormatVersion': '2',
  'spark.sql.streaming.stateStore.compression.codec': 'lz4',
  'spark.sql.optimizer.pruneFiltersCanPruneStreamingSubplan': 'false',
  'spark.sql.streaming.stateStore.rocksdb.formatVersion': '5',
  'spark.sql.streaming.statefulOperator.useStrictDistribution': 'true',
  'spark.sql.streaming.flatMapGroupsWithState.stateFormatVersion': '2',
  'spark.sql.streaming.multipleWatermarkPolicy': 'min',
  'spark.sql.streaming.aggregation.stateFormatVersion': '2',
  'spark.sql.shuffle.partitions': '8',
};

export const COMMIT_BYTES = Buffer.from('v1\n{"nextBatchWatermarkMs":0}');

export function serializeMetadata(queryId: string): Buffer {
  return Buffer.from(JSON.stringify({ id: queryId }));
}

export function parseMetadata(bytes: Buffer): Parsed<string> {
  const json = parseObject(bytes.toString('utf8'));
  const id = json?.['id'];
  return typeof id === 'string' && id !== '' ? { ok: true, value: id } : bad('it has no query id');
}

export function serializeOffsets(entry: OffsetsEntry): Buffer {
  const meta = { batchWatermarkMs: entry.watermarkMs, batchTimestampMs: entry.timestamp, conf: entry.conf };
  return Buffer.from(`v1\n${JSON.stringify(meta)}\n${serializeTopicOffsets(entry)}`);
}

/** Throws CHECKPOINT_UNSUPPORTED for a layout of another Spark; damage is a value, because recovery decides about it. */
export function parseOffsets(bytes: Buffer, name: string): Parsed<OffsetsEntry> {
  const [version, meta, ...sources] = bytes.toString('utf8').split('\n');
  const wrongVersion = checkVersion(version, name);
  if (wrongVersion) return wrongVersion;
  const json = meta === '' ? {} : parseObject(meta ?? '');
  if (!json) return bad('its second line is not JSON');
  if (sources.length !== 1) return bad(`it has ${sources.length} source lines instead of 1`);
  const source = parseTopicOffsets(sources[0] ?? '', name);
  if (!source.ok) return source;
  const timestamp = json['batchTimestampMs'];
  if (typeof timestamp !== 'number') return bad('it has no batchTimestampMs');
  const conf = (json['conf'] ?? {}) as Record<string, string>;
  return { ok: true, value: { watermarkMs: Number(json['batchWatermarkMs'] ?? 0), timestamp, conf, ...source.value } };
}

export function parseCommit(bytes: Buffer, name: string): Parsed<null> {
  const [version, body, ...rest] = bytes.toString('utf8').split('\n');
  const wrongVersion = checkVersion(version, name);
  if (wrongVersion) return wrongVersion;
  const readable = body === undefined || parseObject(body) !== null;
  return readable && rest.length === 0 ? { ok: true, value: null } : bad('its second line is not JSON');
}

/** `sources/0/0`: where batch 0 starts. The leading zero byte makes Spark 2.1.0 refuse it, and is part of the format. */
export function serializeInitial(initial: TopicOffsets): Buffer {
  return Buffer.concat([Buffer.from([0]), Buffer.from(`v1\n${serializeTopicOffsets(initial)}`)]);
}

export function parseInitial(bytes: Buffer, name: string): Parsed<TopicOffsets> {
  if (bytes[0] !== 0) return parseTopicOffsets(bytes.toString('utf8'), name);
  const text = bytes.subarray(1).toString('utf8');
  const end = text.indexOf('\n');
  const wrongVersion = checkVersion(end < 0 ? text : text.slice(0, end), name);
  return wrongVersion ?? parseTopicOffsets(text.slice(end + 1), name);
}

/** `{"topic":{"2":48,"1":60}}`. Spark's own order falls for few partitions; readers must not depend on it. */
export function serializeTopicOffsets({ topic, offsets }: TopicOffsets): string {
  const falling = [...offsets].sort(([a], [b]) => b - a);
  return `{${JSON.stringify(topic)}:{${falling.map(([partition, next]) => `"${partition}":${next}`).join(',')}}}`;
}

function parseTopicOffsets(line: string, name: string): Parsed<TopicOffsets> {
  // Offsets are 64-bit: quoted before parsing, so that no digit is lost. Topic names cannot hold a colon.
  const json = parseObject(line.replace(/:\s*(-?\d+)/g, ':"$1"'));
  if (!json) return bad('its offsets are not JSON');
  const topics = Object.entries(json);
  const [topic, partitions] = topics[0] ?? [];
  if (topics.length > 1) throw unsupported(name, `offsets of ${topics.length} topics`, 'offsets of one topic');
  if (topic === undefined || typeof partitions !== 'object' || partitions === null) return bad('it names no topic');
  const entries = Object.entries(partitions);
  const wrong = entries.find(([key, next]) => !/^\d+$/.test(key) || !/^\d+$/.test(String(next)));
  if (wrong) return bad(`it holds ${JSON.stringify(wrong[0])}: ${JSON.stringify(wrong[1])} as an offset`);
  return { ok: true, value: { topic, offsets: new Map(entries.map(([key, next]) => [Number(key), BigInt(next)])) } };
}

function checkVersion(line: string | undefined, name: string): { ok: false; reason: string } | null {
  if (line === 'v1') return null;
  if (line !== undefined && /^v[1-9]\d*$/.test(line)) throw unsupported(name, `log version ${line}`, 'version v1');
  return bad(`it begins with ${JSON.stringify((line ?? '').slice(0, 20))} instead of v1`);
}

function parseObject(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : null;
  } catch {
    return null;
  }
}

const bad = (reason: string): { ok: false; reason: string } => ({ ok: false, reason });

function unsupported(name: string, seen: string, expected: string): SluiceError {
  return new SluiceError('CHECKPOINT_UNSUPPORTED', {
    tried: `Reading ${name} of the checkpoint`,
    seen,
    expected,
    action: 'Go on with the Spark version that wrote this checkpoint, or clear it and continue from the table.',
  });
}
