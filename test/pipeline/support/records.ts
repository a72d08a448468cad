/** Change events as the topic carries them. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { TopicRecord } from '../../../src/pipeline/ports.ts';

export const FIXTURES = path.resolve(import.meta.dirname, '..', '..', 'fixtures');
export const TOPIC = 'postgres.public.transactions';

/** One valid `after`; its day is `n` days after 2019-01-01, its card number has 19 digits. */
export function afterOf(n: number): Record<string, unknown> {
  return {
    trans_date_trans_time: 1546300800000000 + (n % 5) * 86_400_000_000 + n,
    cc_num: '@4992346398065154184@',
    merchant: `fraud_Kirby ${n}`,
    category: 'travel',
    amt: 9.68,
    first: 'Ada',
    last: 'Kirby',
    gender: 'F',
    street: '1 Main',
    city: 'Orient',
    state: 'WA',
    zip: 99160,
    lat: 48.8,
    long: -118.2,
    city_pop: 149,
    job: 'Engineer',
    dob: -574,
    trans_num: `t${n}`,
    unix_time: 1325376018,
    merch_lat: 49.1,
    merch_long: -118.1,
    is_fraud: 0,
    created_at: 1735000000000000,
  };
}

/** The text of an envelope. A text between `@` becomes a bare number, so that 19 digits can be written. */
export function envelope(after: unknown, op = 'c'): string {
  const source = { version: '2.5.4.Final', connector: 'postgresql', table: 'transactions', txId: 555, lsn: 24023128 };
  return JSON.stringify({ before: null, after, source, op, ts_ms: 1735000000456 }).replace(/"@(-?[\d.eE+-]+)@"/g, '$1');
}

export function record(partition: number, offset: bigint, value: string | Buffer | null): TopicRecord {
  const bytes = typeof value === 'string' ? Buffer.from(value) : value;
  return {
    partition,
    offset,
    timestamp: 1_735_000_000_000 + Number(offset),
    key: Buffer.from(`{"n":${offset}}`),
    value: bytes,
  };
}

/** What the golden Spark runs read, in order. */
export function goldenRecords(): TopicRecord[] {
  const lines = readFileSync(path.join(FIXTURES, 'golden', 'messages.jsonl'), 'utf8')
    .trim()
    .split('\n');
  return lines.map((line) => {
    const { partition, offset, timestamp, key, value } = JSON.parse(line) as GoldenMessage;
    const toBytes = (text: string | null): Buffer | null => (text === null ? null : Buffer.from(text));
    return { partition, offset: BigInt(offset), timestamp, key: toBytes(key), value: toBytes(value) };
  });
}

interface GoldenMessage {
  readonly partition: number;
  readonly offset: number;
  readonly timestamp: number;
  readonly key: string | null;
  readonly value: string | null;
}
