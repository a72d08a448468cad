/** One record of the topic, read again for a person who asks where a transaction came from. */
import { isObject, JsonNumber, own, parseJson, type JsonObject } from '../cdc/json.ts';
import { parseChange } from '../cdc/parse.ts';
import { SluiceError } from '../errors.ts';
import type { Source, TopicRecord } from '../ports.ts';
import type { EventStep } from './view.ts';

const READ_MS = 5_000;

/** What the record says, and the time of its transaction (microseconds as text) where it gives a row. */
export interface ReadEvent {
  readonly step: EventStep;
  readonly transactionTime: string | null;
}

/** Never throws: a topic that is away, or has removed the record, leaves a step that says so. */
export async function readEvent(
  source: () => Promise<Source>,
  place: { readonly partition: number; readonly offset: string },
): Promise<ReadEvent> {
  try {
    const record = await readOne(await source(), place.partition, BigInt(place.offset));
    return { step: { ...place, ...describe(record), unread: null }, transactionTime: transactionTime(record) };
  } catch (error) {
    const isGone = error instanceof SluiceError && error.code === 'DATA_LOSS';
    const unread = isGone ? 'The topic has removed it.' : `It could not be read: ${(error as Error).message}.`;
    return { step: { ...place, ...NOTHING, unread }, transactionTime: null };
  }
}

async function readOne(source: Source, partition: number, offset: bigint): Promise<TopicRecord> {
  const range = { start: new Map([[partition, offset]]), end: new Map([[partition, offset + 1n]]) };
  for await (const slice of source.read(range, AbortSignal.timeout(READ_MS))) {
    for (const record of slice) if (record.offset === offset) return record;
  }
  throw new Error('the topic has no record at this offset');
}

type Said = Omit<EventStep, 'partition' | 'offset' | 'unread'>;
const NOTHING: Said = { recordedAt: null, op: null, committedAt: null, lsn: null };

function describe({ timestamp: recordedAt, value }: TopicRecord): Said {
  const envelope = unwrap(value === null ? null : parseJson(value.toString()));
  if (envelope === null) return { ...NOTHING, recordedAt };
  const [source, op] = [own(envelope, 'source'), own(envelope, 'op')];
  const from = isObject(source) ? source : {};
  const [lsn, committedAt] = [numberOf(from, 'lsn'), numberOf(from, 'ts_ms')];
  return {
    recordedAt,
    op: typeof op === 'string' ? op : null,
    committedAt: committedAt === null ? null : Number(committedAt),
    lsn: lsn === null ? null : toLsn(BigInt(lsn)),
  };
}

/** A converter with schemas puts the envelope into `payload`. */
function unwrap(value: ReturnType<typeof parseJson>): JsonObject | null {
  if (!isObject(value)) return null;
  const payload = own(value, 'payload');
  return isObject(payload) ? payload : value;
}

function numberOf(object: JsonObject, key: string): string | null {
  const value = own(object, key);
  return value instanceof JsonNumber && /^\d+$/.test(value.text) ? value.text : null;
}

const toLsn = (lsn: bigint): string => `${hex(lsn >> 32n)}/${hex(lsn & 0xffffffffn)}`;
const hex = (half: bigint): string => half.toString(16).toUpperCase();

function transactionTime(record: TopicRecord): string | null {
  const change = parseChange(record);
  return change.kind === 'row' ? change.row.trans_date_trans_time : null;
}
