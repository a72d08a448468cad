/** One purchase before it has a date and a number, and the row that it becomes. */
import { createHash } from 'node:crypto';
import type { CardHolder, Merchants } from './people.ts';
import { CATEGORIES, type Category, type Spending } from './profiles.ts';
import type { Random } from './random.ts';
import { timestampText, type Transaction } from './transaction.ts';

export interface Draft {
  readonly holder: CardHolder;
  readonly fraud: boolean;
  readonly category: Category;
  readonly merchant: string;
  readonly amount: number;
  /** Second of the day. */
  readonly second: number;
  readonly merchLat: number;
  readonly merchLong: number;
}

const SMALLEST_NORMAL = 1;
/** Four fifths of frauds happen at night. */
const NIGHT_SHARE = 0.8;

/** One random number chooses category and half of the day together. */
export function drawDraft(
  random: Random,
  holder: CardHolder,
  spending: Spending,
  fraud: boolean,
  merchants: Merchants,
): Draft {
  const u = random.next();
  const index = categoryAt(spending.weights, u);
  const category = CATEGORIES[index] ?? 'travel';
  const [mean, sd] = spending.amounts[index] ?? [50, 50];
  const amount = random.gamma(mean, sd);
  return {
    holder,
    fraud,
    category,
    merchant: random.pick(merchants[category]),
    amount: amount < SMALLEST_NORMAL ? random.between(1, 10) : amount,
    second: hourOf(random, u < spending.morning, fraud) * 3_600 + random.int(0, 3_599),
    merchLat: holder.place.lat + random.between(-1, 1),
    merchLong: holder.place.long + random.between(-1, 1),
  };
}

function categoryAt(weights: readonly number[], u: number): number {
  let left = u * weights.reduce((sum, weight) => sum + weight, 0);
  const index = weights.findIndex((weight) => (left -= weight) < 0);
  return index < 0 ? weights.length - 1 : index;
}

function hourOf(random: Random, morning: boolean, fraud: boolean): number {
  if (fraud && random.next() < NIGHT_SHARE) return morning ? random.int(0, 3) : random.int(22, 23);
  return morning ? random.int(0, 11) : random.int(12, 23);
}

/** `identity` makes the transaction number; `at` is its time, ms since 1970. */
export function finishDraft(row: Draft, identity: string, at: number): Transaction {
  const { holder } = row;
  return {
    trans_date_trans_time: timestampText(at),
    cc_num: holder.card,
    merchant: row.merchant,
    category: row.category,
    amt: row.amount.toFixed(2),
    first: holder.first,
    last: holder.last,
    gender: holder.gender,
    street: holder.street,
    city: holder.place.city,
    state: holder.place.state,
    zip: String(holder.place.zip),
    lat: String(holder.place.lat),
    long: String(holder.place.long),
    city_pop: String(holder.place.population),
    job: holder.job,
    dob: holder.dob,
    trans_num: createHash('sha256').update(identity).digest('hex').slice(0, 32),
    unix_time: String(Math.floor(at / 1_000)),
    merch_lat: row.merchLat.toFixed(6),
    merch_long: row.merchLong.toFixed(6),
    is_fraud: row.fraud ? '1' : '0',
  };
}
