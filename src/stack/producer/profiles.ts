/**
 * How people spend, and how thieves spend on their cards: the numbers behind the generator. Most are fitted so that all
 * people together give the published tables of the Sparkov simulator. Amounts are [mean, standard deviation] in dollars.
 */

export type AgeGroup = 'young' | 'adult' | 'old';

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
  /** One [mean, standard deviation] per category. */
  readonly amounts: readonly Amount[];
  /** Share of transactions before noon. */
  readonly morning: number;
}
type Amount = readonly [mean: number, deviation: number];

export interface Habits {
  readonly spending: Spending;
  /** Transactions a day: drawn once per card between these. */
  readonly perDay: readonly [number, number];
  /** Monday to Sunday. */
  readonly weekdays: readonly number[];
  /** What a thief does with such a card, in one episode. */
  readonly theft: { readonly spending: Spending; readonly rows: readonly [number, number] };
}

const STEADY = [80, 90, 100, 100, 125, 150, 150];
const NIGHTS_OUT = [60, 70, 80, 90, 180, 250, 175];

const CITY_MAN = [150, 80, 150, 75, 100, 100, 125, 110, 110, 100, 150, 110, 75, 45];
const PEOPLE = [10.38, 3.01, 9.33, 4.86, 6.01, 7.6, 9.03, 7.26, 6.93, 6.62, 9.4, 8.99, 7.32, 3.22];
const THIEF_OF_ADULTS = [100, 25, 300, 155, 25, 300, 100, 20, 10, 5, 5, 10, 15, 15];
const THIEF = [5.5, 2.18, 19.1, 10.7, 5.33, 20, 13.3, 3.8, 3, 2.5, 3.8, 4.3, 5.8, 0.7];

/** One row a category: adult men in towns, the young, other adults, the old. */
const AMOUNTS: readonly (readonly Amount[])[] = [
  [
    [70, 15],
    [65, 15],
    [65, 15],
    [55, 15],
  ],
  [
    [50, 20],
    [60, 25],
    [55, 20],
    [45, 25],
  ],
  [
    [60, 20],
    [75, 15],
    [170, 30],
    [100, 25],
  ],
  [
    [50, 150],
    [65, 290],
    [80, 120],
    [55, 120],
  ],
  [
    [60, 150],
    [90, 135],
    [50, 145],
    [55, 55],
  ],
  [
    [60, 300],
    [65, 230],
    [85, 125],
    [60, 295],
  ],
  [
    [60, 300],
    [55, 225],
    [50, 355],
    [105, 135],
  ],
  [
    [60, 75],
    [70, 55],
    [70, 40],
    [55, 80],
  ],
  [
    [40, 50],
    [65, 45],
    [35, 55],
    [75, 35],
  ],
  [
    [60, 50],
    [60, 40],
    [45, 55],
    [65, 40],
  ],
  [
    [60, 50],
    [85, 30],
    [50, 40],
    [50, 60],
  ],
  [
    [60, 50],
    [75, 35],
    [50, 45],
    [60, 60],
  ],
  [
    [35, 50],
    [40, 35],
    [40, 55],
    [65, 50],
  ],
  [
    [60, 600],
    [50, 655],
    [180, 330],
    [55, 835],
  ],
];
/** The same for thieves: on cards of adults, of the young, of the old. */
const THIEF_AMOUNTS: readonly (readonly Amount[])[] = [
  [
    [10, 2],
    [20, 2],
    [11, 2],
  ],
  [
    [10, 2],
    [15, 2],
    [11, 2],
  ],
  [
    [300, 20],
    [325, 25],
    [325, 25],
  ],
  [
    [800, 80],
    [800, 80],
    [800, 80],
  ],
  [
    [8, 1],
    [800, 80],
    [9, 1],
  ],
  [
    [1000, 100],
    [1000, 100],
    [1000, 100],
  ],
  [
    [800, 80],
    [1000, 100],
    [880, 80],
  ],
  [
    [500, 50],
    [400, 40],
    [530, 50],
  ],
  [
    [120, 12],
    [115, 10],
    [120, 12],
  ],
  [
    [20, 2],
    [20, 2],
    [20, 2],
  ],
  [
    [250, 25],
    [230, 25],
    [250, 30],
  ],
  [
    [20, 2],
    [5, 1],
    [20, 2],
  ],
  [
    [20, 2],
    [50, 5],
    [21, 2],
  ],
  [
    [10, 1],
    [1.5, 0.5],
    [10, 1],
  ],
];

/** One of the twelve profiles: gender, age group, and whether the home place is rural. */
export function habitsOf(gender: 'F' | 'M', age: AgeGroup, rural: boolean): Habits {
  const theft = theftOn(age);
  if (age === 'young') {
    return { spending: spend(PEOPLE, AMOUNTS, 1, 0.25), perDay: [1, 6], weekdays: NIGHTS_OUT, theft };
  }
  if (age === 'old') {
    return { spending: spend(PEOPLE, AMOUNTS, 3, 0.6), perDay: rural ? [1, 4] : [0, 3], weekdays: STEADY, theft };
  }
  if (gender === 'M' && !rural) {
    return { spending: spend(CITY_MAN, AMOUNTS, 0, 0.3), perDay: [1, 5], weekdays: STEADY, theft };
  }
  const most = rural ? 5 : 6;
  return { spending: spend(PEOPLE, AMOUNTS, 2, 0.36), perDay: [1, most], weekdays: STEADY, theft };
}

/** How busy a day is: before Christmas twice as busy as in spring, in January and February less. */
export function seasonWeight(day: Date): number {
  const at = (day.getUTCMonth() + 1) * 100 + day.getUTCDate();
  if (at >= 1130) return 200;
  if (at <= 228) return 75;
  return at >= 524 && at <= 901 ? 125 : 100;
}

function theftOn(age: AgeGroup): Habits['theft'] {
  if (age === 'adult') return { spending: spend(THIEF_OF_ADULTS, THIEF_AMOUNTS, 0, 0.3), rows: [7, 12] };
  const young = age === 'young';
  return { spending: spend(THIEF, THIEF_AMOUNTS, young ? 1 : 2, young ? 0.4 : 0.5), rows: [8, 14] };
}

function spend(
  weights: readonly number[],
  amounts: readonly (readonly Amount[])[],
  column: number,
  morning: number,
): Spending {
  return { weights, amounts: amounts.map((row) => row[column] ?? [50, 50]), morning };
}
