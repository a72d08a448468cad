/**
 * Generated transactions in the shape of the Sparkov set, in the order of their time. Row n of a seed is always the same,
 * however it is asked for. Rows carry the time of the simulation, from 2019-01-01 on: 300 cards buy some 600 times a day,
 * so that a stream of 25 rows a second runs through a day in half a minute, and the past of a card is as dense as it is
 * in the data set.
 */
import { drawDraft, finishDraft, type Draft } from './draft.ts';
import { inventPeople, type CardHolder, type Merchants } from './people.ts';
import { seasonWeight } from './profiles.ts';
import { randomOf } from './random.ts';
import type { Transaction } from './transaction.ts';

export interface TransactionGenerator {
  /** Rows from number `from`, without end. */
  rows(from: number): Generator<Transaction, never>;
}

const FIRST_DAY = Date.UTC(2019, 0, 1);
const DAY_MS = 86_400_000;
/** Of all days of a year. */
const MEAN_SEASON = 111.6;

export function createGenerator(seed: number): TransactionGenerator {
  const { holders, merchants } = inventPeople(seed);
  const victims = randomOf(seed, 'victims').shuffle(holders);
  const dayOf = (day: number): Draft[] => draftDay(seed, day, holders, victims, merchants);

  function* rows(from: number): Generator<Transaction, never> {
    let number = 0;
    for (let day = 0; ; day += 1) {
      const count = countDay(seed, day, holders, victims);
      if (number + count <= from) {
        number += count;
        continue;
      }
      for (const draft of dayOf(day)) {
        if (number >= from)
          yield finishDraft(draft, `${seed} ${number}`, FIRST_DAY + day * DAY_MS + draft.second * 1_000);
        number += 1;
      }
    }
  }
  return { rows };
}

/** Rows of one simulated day, in the order of their time. */
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
    const spending = fraud ? holder.habits.theft.spending : holder.habits.spending;
    for (let row = 0; row < rows; row += 1) drafts.push(drawDraft(random, holder, spending, fraud, merchants));
  }
  return drafts.sort((a, b) => a.second - b.second);
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
    const { weekdays } = holder.habits;
    const expected =
      (holder.perDay * season * 7 * (weekdays[weekday] ?? 0)) / weekdays.reduce((sum, each) => sum + each);
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
  if (!victim) return [];
  const rows = random.int(...victim.habits.theft.rows);
  const first = Math.ceil(rows * random.between(0.4, 0.8));
  return [[victim, part === 0 ? first : rows - first]];
}
