/**
 * Generated transactions in the shape of the Sparkov set. Row n of a seed is always the same, however it is asked for;
 * only the date depends on the caller: the simulated day, or the last 24 hours, so that a live flow looks live.
 */
import { createHash } from 'node:crypto';
import { inventPeople, type CardHolder, type Merchants } from './people.ts';
import { CATEGORIES, FRAUD_SPENDING, seasonWeight, type Category, type Spending } from './profiles.ts';
import { randomOf, type Random } from './random.ts';
import { timestampText, type Transaction } from './transaction.ts';

export interface TransactionGenerator {
  /**
   * Rows from number `from`, without end. `now` null = the rows lie on their simulated days from 2019-01-01 on; else
   * each row gets the last moment before `now()` that has its hour, minute and second.
   */
  rows(from: number, now: (() => number) | null): Rows;
}
type Rows = Generator<Transaction, never>;

/** What a row is before it has a date. */
interface Draft {
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

const FIRST_DAY = Date.UTC(2019, 0, 1);
const DAY_MS = 86_400_000;
const MEAN_WEEKDAY = 126;
const MEAN_SEASON = 113;
const SMALLEST_NORMAL = 1;
/** Four fifths of frauds happen at night. */
const NIGHT_SHARE = 0.8;
const EPISODE_ROWS = [7, 12] as const;

export function createGenerator(seed: number): TransactionGenerator {
  const { holders, merchants } = inventPeople(seed);
  const victims = randomOf(seed, 'victims').shuffle(holders);
  const dayOf = (day: number): Draft[] => draftDay(seed, day, holders, victims, merchants);

  function* rows(from: number, now: (() => number) | null): Rows {
    let number = 0;
    for (let day = 0; ; day += 1) {
      const count = countDay(seed, day, holders, victims);
      if (number + count <= from) {
        number += count;
        continue;
      }
      for (const draft of dayOf(day)) {
        if (number >= from) yield finish(draft, `${seed} ${number}`, momentOf(draft, day, now));
        number += 1;
      }
    }
  }
  return { rows };
}

/** Rows of one simulated day, in the order in which they are sent. */
function draftDay(
  seed: number,
  day: number,
  holders: readonly CardHolder[],
  victims: readonly CardHolder[],
  merchants: Merchants,
): Draft[] {
  const random = randomOf(seed, `day ${day}`);
  const drafts: Draft[] = [];
  for (const { holder, rows, fraud } of planDay(seed, day, holders, victims)) {
    const spending = fraud ? FRAUD_SPENDING : holder.habits.spending;
    for (let row = 0; row < rows; row += 1) drafts.push(draft(random, holder, spending, fraud, merchants));
  }
  return random.shuffle(drafts);
}

function countDay(seed: number, day: number, holders: readonly CardHolder[], victims: readonly CardHolder[]): number {
  return planDay(seed, day, holders, victims).reduce((sum, { rows }) => sum + rows, 0);
}

/** How many rows each card has on a day. A card in the middle of its fraud episode has no row of its owner. */
function planDay(seed: number, day: number, holders: readonly CardHolder[], victims: readonly CardHolder[]) {
  const random = randomOf(seed, `plan ${day}`);
  const date = new Date(FIRST_DAY + day * DAY_MS);
  const weekday = (date.getUTCDay() + 6) % 7;
  const season = seasonWeight(date) / MEAN_SEASON;
  const frauds = new Map([...episodeRows(seed, day - 1, 1, victims), ...episodeRows(seed, day, 0, victims)]);
  return holders.map((holder) => {
    const expected = (holder.perDay * season * (holder.habits.weekdays[weekday] ?? 0)) / MEAN_WEEKDAY;
    const usual = Math.floor(expected + random.next());
    const fraud = frauds.get(holder);
    return fraud === undefined ? { holder, rows: usual, fraud: false } : { holder, rows: fraud, fraud: true };
  });
}

/** Two episodes begin in five days, so in two years nearly every card has one. `part` 0 is its first day, 1 its second. */
function episodeRows(seed: number, start: number, part: 0 | 1, victims: readonly CardHolder[]): [CardHolder, number][] {
  const phase = start % 5;
  if (start < 0 || (phase !== 0 && phase !== 2)) return [];
  const episode = Math.floor(start / 5) * 2 + (phase === 2 ? 1 : 0);
  const victim = victims[episode % victims.length];
  const random = randomOf(seed, `episode ${episode}`);
  const rows = random.int(...EPISODE_ROWS);
  const first = Math.ceil(rows * random.between(0.4, 0.8));
  return victim ? [[victim, part === 0 ? first : rows - first]] : [];
}

/** One random number chooses category and half of the day together. */
function draft(random: Random, holder: CardHolder, spending: Spending, fraud: boolean, merchants: Merchants): Draft {
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

function momentOf({ second }: Draft, day: number, now: (() => number) | null): number {
  if (now === null) return FIRST_DAY + day * DAY_MS + second * 1_000;
  const until = now();
  const today = Math.floor(until / DAY_MS) * DAY_MS + second * 1_000;
  return today <= until ? today : today - DAY_MS;
}

function finish(row: Draft, identity: string, at: number): Transaction {
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
