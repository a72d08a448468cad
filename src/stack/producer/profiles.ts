/** How people spend, as the Sparkov simulator has it: weights, amounts, days and hours. Amounts are mean and deviation in $. */

export type AgeGroup = 'young' | 'adult' | 'senior';

/** In the order that the one random number of a transaction runs through: its beginning is the morning. */
export const CATEGORIES = [
  'gas_transport',
  'grocery_net',
  'grocery_pos',
  'misc_net',
  'misc_pos',
  'shopping_net',
  'shopping_pos',
  'entertainment',
  'food_dining',
  'health_fitness',
  'home',
  'kids_pets',
  'personal_care',
  'travel',
] as const;
export type Category = (typeof CATEGORIES)[number];

export interface Spending {
  /** One weight per category, in their order. */
  readonly weights: readonly number[];
  /** [mean, standard deviation] per category. */
  readonly amounts: readonly (readonly [number, number])[];
  /** Share of transactions before noon. */
  readonly morning: number;
}

export interface Habits {
  readonly spending: Spending;
  /** Transactions a day: drawn once per card between these. */
  readonly perDay: readonly [number, number];
  /** Monday to Sunday. */
  readonly weekdays: readonly number[];
}

const SHARES = [10.35, 3.31, 9.43, 4.89, 6.1, 7.5, 8.96, 7.28, 6.99, 6.64, 9.49, 8.8, 7.04, 3.2];
const FRAUD_WEIGHTS = [100, 25, 300, 155, 25, 300, 100, 20, 10, 5, 5, 10, 15, 15];

const MORNING: Readonly<Record<AgeGroup, number>> = { young: 0.2, adult: 0.35, senior: 0.6 };
/** Families buy more at a time: this is what spreads the shop groceries. */
const GROCERIES: Readonly<Record<AgeGroup, readonly [number, number]>> = {
  young: [60, 20],
  adult: [120, 25],
  senior: [190, 25],
};
const PER_DAY: Readonly<Record<AgeGroup, Readonly<Record<'rural' | 'urban', readonly [number, number]>>>> = {
  young: { urban: [1, 5], rural: [1, 4] },
  adult: { urban: [1, 5], rural: [1, 5] },
  senior: { urban: [1, 3], rural: [1, 4] },
};
const WEEKDAYS: Readonly<Record<AgeGroup, readonly number[]>> = {
  young: [80, 90, 100, 100, 125, 150, 150],
  adult: [80, 80, 80, 80, 200, 250, 150],
  senior: [60, 70, 80, 90, 180, 250, 175],
};

/** One of the twelve profiles: gender, age group, and whether the home place is rural. */
export function habitsOf(gender: 'F' | 'M', age: AgeGroup, rural: boolean): Habits {
  const weights = SHARES.map((share, index) => share * preference(CATEGORIES[index], gender, age));
  return {
    spending: { weights, amounts: normalAmounts(age, rural), morning: MORNING[age] },
    perDay: PER_DAY[age][rural ? 'rural' : 'urban'],
    weekdays: WEEKDAYS[age],
  };
}

/** What a thief does with a card: few categories, and amounts that lie close together. */
export const FRAUD_SPENDING: Spending = {
  weights: FRAUD_WEIGHTS,
  amounts: [
    [10, 2],
    [10, 2],
    [300, 20],
    [800, 80],
    [8, 1],
    [1000, 100],
    [800, 80],
    [500, 50],
    [120, 12],
    [20, 2],
    [250, 25],
    [20, 2],
    [20, 2],
    [10, 1],
  ],
  morning: 0.4,
};

/** How busy a day is: before Christmas twice as busy as in spring, in January and February less. */
export function seasonWeight(day: Date): number {
  const at = (day.getUTCMonth() + 1) * 100 + day.getUTCDate();
  if (at >= 1130) return 200;
  if (at <= 228) return 75;
  return at >= 524 && at <= 901 ? 125 : 100;
}

function preference(category: Category | undefined, gender: 'F' | 'M', age: AgeGroup): number {
  if (category === 'health_fitness' && age === 'senior') return 1.3;
  if (category === 'personal_care' && gender === 'F') return 1.2;
  return category === 'entertainment' && age === 'young' ? 1.2 : 1;
}

/** The wide spreads of travel, shopping and misc make the many small amounts, and the few above $500. */
function normalAmounts(age: AgeGroup, rural: boolean): readonly (readonly [number, number])[] {
  return [
    [rural ? 75 : 65, 15],
    [50, 20],
    GROCERIES[age],
    [60, 150],
    [60, 150],
    [60, 300],
    [60, 300],
    [60, 75],
    [45, 50],
    [50, 60],
    [55, 55],
    [55, 50],
    [45, 50],
    [60, 600],
  ];
}
