/** What comes through the topic in tests of the Alert query: every kind of record, and the truth about each, by a seed. */
import type { TopicEvent } from '../../../src/stack/embedded/envelope.ts';
import { eventRow, toJson } from '../../pipeline/alert/support.ts';

export type Kind = 'row' | 'repeat' | 'garbage' | 'no-amount' | 'refused' | 'tombstone' | 'delete';

/** One record and what must become of it. */
export interface Fed {
  readonly kind: Kind;
  readonly transNum: string;
  /** Known to whoever made the record, from nothing that the query computes. */
  readonly fraud: boolean;
  readonly event: TopicEvent;
}

/** Above this amount the scripted API finds fraud; the oracle compares with the amount that was sent here. */
export const FRAUD_ABOVE = 500;
/** Amounts at which the scripted API answers 422. */
export const REFUSED_CENTS = 0.13;

export interface Mix {
  readonly rows: number;
  /** Of the rows. */
  readonly frauds: number;
  readonly repeats: number;
  readonly garbage: number;
  readonly refused: number;
  readonly skips: number;
}

export const SMALL: Mix = { rows: 60, frauds: 8, repeats: 6, garbage: 4, refused: 3, skips: 4 };

/** Records in an order that the seed decides; a repeat comes after its first. */
export function feed(random: () => number, mix: Mix, label: string): Fed[] {
  const rows = Array.from({ length: mix.rows }, (_, index) => row(`${label}-r${index}`, index < mix.frauds, random));
  const others = [
    ...many(mix.garbage, (index) => other('garbage', `${label}-g${index}`, Buffer.from(`no json ${index}`))),
    ...many(mix.refused, (index) => change('refused', `${label}-x${index}`, 20 + REFUSED_CENTS)),
    ...many(mix.skips, (index) => skip(index, `${label}-s${index}`)),
    change('no-amount', `${label}-n`, null),
  ];
  const order = shuffled([...rows, ...others], random);
  for (const index of Array.from({ length: mix.repeats }, (_, each) => each)) {
    const first = rows[index % rows.length] as Fed;
    const after = order.indexOf(first) + 1;
    order.splice(after + Math.floor(random() * (order.length - after + 1)), 0, { ...first, kind: 'repeat' });
  }
  return order;
}

function row(transNum: string, fraud: boolean, random: () => number): Fed {
  const amount = fraud ? FRAUD_ABOVE + 50 + Math.floor(random() * 400) : 1 + Math.floor(random() * 400);
  return { ...change('row', transNum, amount), fraud };
}

function change(kind: Kind, transNum: string, amt: number | null): Fed {
  const after = eventRow(transNum, { amt, cc_num: cardOf(transNum) });
  return other(kind, transNum, Buffer.from(toJson({ before: null, after, op: 'c', source: {} })));
}

/** Some thousand cards of 19 digits; one card alone would make its history longer than any real one. */
function cardOf(transNum: string): bigint {
  const digits = Number(transNum.replace(/\D/g, '')) || 0;
  return 4992346398065150000n + BigInt(digits % 4_000);
}

function skip(index: number, transNum: string): Fed {
  if (index % 2 === 0) return other('tombstone', transNum, null);
  const value = { before: eventRow(transNum), after: null, op: 'd', source: {} };
  return other('delete', transNum, Buffer.from(toJson(value)));
}

function other(kind: Kind, transNum: string, value: Buffer | null): Fed {
  const key = Buffer.from(JSON.stringify({ trans_num: transNum }));
  return { kind, transNum, fraud: false, event: { key, value, headers: {} } };
}

function many(count: number, make: (index: number) => Fed): Fed[] {
  return Array.from({ length: count }, (_, index) => make(index));
}

function shuffled<T>(all: readonly T[], random: () => number): T[] {
  return all
    .map((each) => ({ each, at: random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ each }) => each);
}

/** Mulberry32. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
