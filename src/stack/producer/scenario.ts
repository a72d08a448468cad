/**
 * Scenarios: a few transactions of one card that tell a story, beside the generator that has none. Each is played on a card
 * of its own, whose owner has been buying for some weeks, so that the model has a past to compare with.
 */
import { drawDraft, finishDraft, type Draft } from './draft.ts';
import { inventPeople, type CardHolder, type Merchants } from './people.ts';
import { CATEGORIES, type Category } from './profiles.ts';
import { randomOf, type Random } from './random.ts';
import type { Transaction } from './transaction.ts';

export const SCENARIOS = ['card-theft', 'late-night'] as const;
export type ScenarioName = (typeof SCENARIOS)[number];

interface Step {
  readonly category: Category;
  /** Minutes after the first step. */
  readonly minute: number;
}

/** What the thief buys. Both begin at eleven in the evening. */
const STEPS: Readonly<Record<ScenarioName, readonly Step[]>> = {
  // A small purchase to see whether the card works, then as much as it gives.
  'card-theft': [
    { category: 'gas_transport', minute: 0 },
    { category: 'grocery_pos', minute: 4 },
    { category: 'shopping_net', minute: 9 },
    { category: 'misc_net', minute: 13 },
    { category: 'grocery_pos', minute: 21 },
    { category: 'shopping_net', minute: 26 },
    { category: 'shopping_pos', minute: 38 },
    { category: 'shopping_net', minute: 45 },
  ],
  // Few and dear, hours apart.
  'late-night': [
    { category: 'shopping_net', minute: 0 },
    { category: 'grocery_pos', minute: 65 },
    { category: 'misc_net', minute: 150 },
  ],
};

const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;
const FIRST_HOUR_MS = 23 * 60 * MINUTE_MS;
/** Days and purchases of the owner before the theft. */
const DAYS_BEFORE = 21;
const ROWS_BEFORE = 40;

/** Rows in the order of their time, the last of them before `nowMs`; `identity` names this play, so that no other has its card. */
export function scenarioRows(name: ScenarioName, identity: string, nowMs: number): Transaction[] {
  const random = randomOf(0, `${name} ${identity}`);
  const { holders, merchants } = inventPeople(random.int(0, 2 ** 31 - 1));
  const holder = holders[0] as CardHolder;
  const begin = lastEvening(nowMs, Math.max(...STEPS[name].map(({ minute }) => minute)));
  const label = (index: number): string => `${name} ${identity} ${index}`;
  const own = ownersPast(random, holder, merchants, begin).map(({ draft, at }, index) =>
    finishDraft(draft, label(index), at),
  );
  const thefts = STEPS[name].map(({ category, minute }, index) =>
    finishDraft(theft(random, holder, category, merchants), label(ROWS_BEFORE + index), begin + minute * MINUTE_MS),
  );
  return [...own, ...thefts];
}

/** Eleven in the evening of the last day on which the whole story is over before `nowMs`. */
function lastEvening(nowMs: number, minutes: number): number {
  const latest = nowMs - 1 - minutes * MINUTE_MS;
  return Math.floor((latest - FIRST_HOUR_MS) / DAY_MS) * DAY_MS + FIRST_HOUR_MS;
}

/** Purchases of an ordinary owner on the days before; none on the day of the theft, as in the data set. */
function ownersPast(
  random: Random,
  holder: CardHolder,
  merchants: Merchants,
  begin: number,
): { readonly draft: Draft; readonly at: number }[] {
  const today = Math.floor(begin / DAY_MS) * DAY_MS;
  const rows = Array.from({ length: ROWS_BEFORE }, () => {
    const draft = drawDraft(random, holder, holder.habits.spending, false, merchants);
    return { draft, at: today - random.int(1, DAYS_BEFORE) * DAY_MS + draft.second * 1_000 };
  });
  return rows.sort((a, b) => a.at - b.at);
}

function theft(random: Random, holder: CardHolder, category: Category, merchants: Merchants): Draft {
  const [mean, deviation] = holder.habits.theft.spending.amounts[CATEGORIES.indexOf(category)] ?? [500, 50];
  return {
    holder,
    fraud: true,
    category,
    merchant: random.pick(merchants[category]),
    amount: random.gamma(mean, deviation),
    second: 0,
    merchLat: holder.place.lat + random.between(-1, 1),
    merchLong: holder.place.long + random.between(-1, 1),
  };
}
