/** Where a new query begins on a topic: the words of Spark's `startingOffsets`, and a moment in time. */
import { SluiceError } from '../errors.ts';
import type { Offsets, Source } from '../ports.ts';

export type StartingOffsets =
  | 'earliest'
  | 'latest'
  /** Partition -> offset, where -2 is the earliest and -1 the latest, as in Spark. Every partition must be named. */
  | { readonly partitions: Readonly<Record<string, string>> }
  /** The first record of each partition that is not older; the end where there is none. ms since 1970. */
  | { readonly timestamp: number };

type StartingPoints = Pick<Source, 'bounds' | 'offsetsAt'>;

const EARLIEST = -2n;
const LATEST = -1n;

/**
 * Understands `earliest`, `latest`, Spark's JSON `{"topic":{"0":23,"1":-2}}` and `timestamp:` with milliseconds or an
 * ISO time.
 * @param origin where the text comes from, for the error
 */
export function parseStartingOffsets(text: string, topic: string, origin: string): StartingOffsets {
  const word = text.trim();
  if (word === 'earliest' || word === 'latest') return word;
  if (word.startsWith('timestamp:')) return { timestamp: parseTime(word.slice('timestamp:'.length), origin) };
  if (word.startsWith('{')) return { partitions: parsePartitions(word, topic, origin) };
  throw invalid(origin, JSON.stringify(text));
}

/** The offsets to begin with, for exactly the partitions that the topic has now. */
export async function resolveStartingOffsets(source: StartingPoints, wanted: StartingOffsets): Promise<Offsets> {
  if (typeof wanted === 'object' && 'timestamp' in wanted) return source.offsetsAt(wanted.timestamp);
  const bounds = await source.bounds();
  if (wanted === 'earliest') return bounds.start;
  if (wanted === 'latest') return bounds.end;
  const asked = new Map(Object.entries(wanted.partitions).map(([key, offset]) => [Number(key), BigInt(offset)]));
  checkPartitions(asked, bounds.start);
  return new Map([...asked].map(([partition, offset]) => [partition, resolve(partition, offset)]));

  function resolve(partition: number, offset: bigint): bigint {
    const from = bounds.start.get(partition) ?? 0n;
    const to = bounds.end.get(partition) ?? 0n;
    if (offset === EARLIEST) return from;
    if (offset === LATEST) return to;
    if (offset >= from && offset <= to) return offset;
    throw invalid('the starting offsets', `${offset} for partition ${partition}`, `an offset from ${from} to ${to}`);
  }
}

function parsePartitions(text: string, topic: string, origin: string): Record<string, string> {
  const partitions = readJson(text, origin)[topic];
  const entries = Object.entries(typeof partitions === 'object' && partitions !== null ? partitions : {});
  const isValid = ([key, offset]: [string, unknown]): boolean =>
    /^\d+$/.test(key) && Number.isSafeInteger(offset) && (offset as number) >= Number(EARLIEST);
  if (entries.length === 0 || !entries.every(isValid)) throw invalid(origin, text, `{"${topic}":{"0":23,"1":-2}}`);
  return Object.fromEntries(entries.map(([key, offset]) => [key, String(offset)]));
}

function readJson(text: string, origin: string): Record<string, unknown> {
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    throw invalid(origin, text);
  }
}

function parseTime(text: string, origin: string): number {
  const time = /^\d+$/.test(text) ? Number(text) : Date.parse(text);
  if (Number.isSafeInteger(time)) return time;
  throw invalid(origin, JSON.stringify(text), 'milliseconds since 1970 or a time such as 2026-01-31T00:00:00Z');
}

function checkPartitions(asked: ReadonlyMap<number, bigint>, there: Offsets): void {
  const missing = [...there.keys()].filter((partition) => !asked.has(partition));
  const unknown = [...asked.keys()].filter((partition) => !there.has(partition));
  if (missing.length + unknown.length === 0) return;
  const seen = `partitions ${[...asked.keys()].join(', ')}`;
  throw invalid('the starting offsets', seen, `exactly the partitions of the topic: ${[...there.keys()].join(', ')}`);
}

function invalid(
  origin: string,
  seen: string,
  expected = 'earliest, latest, {"topic":{"0":23}} or timestamp:2026-01-31T00:00:00Z',
): SluiceError {
  const action = `Correct ${origin}.`;
  return new SluiceError('SETTINGS_INVALID', { tried: `Reading ${origin}`, seen, expected, action });
}
