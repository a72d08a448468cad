/** What a topic is filled with, record by record, and what each record must turn into. */
import type { TopicRecord } from '../../../src/pipeline/ports.ts';
import { afterOf, envelope, record } from './records.ts';

export interface Sent {
  readonly partition: number;
  readonly offset: bigint;
  readonly kind: 'row' | 'dead' | 'skip';
  /** Of a row. */
  readonly transNum: string;
  /** Exact decimal text; differs in the last digits from row to row. */
  readonly ccNum: string;
  readonly value: Buffer | null;
}

const POISON = ['garbage', '{"op":"c"', '{"a":1}', '\u00ff', '{"op":"x","after":{}}'];
/** Of business: a batch writes one file for each. */
const DAYS = 2;
const FIRST_CARD = 4_992_346_398_065_000_000n;

/**
 * Record `n` of a partition. With `poison` = 100 one in a hundred is a dead letter, and as many are declared skips.
 * @param label part of every `trans_num`, so that loads do not mix
 */
export function sentOf(partition: number, n: number, poison: number, label = 't'): Sent {
  const offset = BigInt(n);
  const transNum = `${label}-${partition}-${n}`;
  const base = { partition, offset, transNum: '', ccNum: '' };
  const place = (n + partition) % poison;
  if (place === 1) return { ...base, kind: 'dead', value: Buffer.from(POISON[n % POISON.length] ?? '') };
  if (place === 2) return { ...base, kind: 'skip', value: n % 2 ? null : Buffer.from(envelope(null, 'd')) };
  const ccNum = (FIRST_CARD + BigInt(n * 3 + partition)).toString();
  const after = { ...afterOf(n % DAYS), merchant: `fraud_${n}`, cc_num: `@${ccNum}@`, trans_num: transNum };
  const value = Buffer.from(envelope(after));
  return { ...base, kind: 'row', transNum, ccNum, value };
}

export const toRecord = ({ partition, offset, value }: Sent): TopicRecord => record(partition, offset, value);

/** Mulberry32: a small generator, so that a seed gives the same case again. Numbers from 0 up to 1. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
