/** The card holders and merchants of one seed. Everybody is invented; only the places are real. */
import { base, en, Faker } from '@faker-js/faker';
import { PLACES, RURAL_BELOW, type Place } from './places.ts';
import { CATEGORIES, habitsOf, type AgeGroup, type Category, type Habits } from './profiles.ts';
import { randomOf, type Random } from './random.ts';

export interface CardHolder {
  /** 11 to 19 digits. */
  readonly card: string;
  readonly first: string;
  readonly last: string;
  readonly gender: 'F' | 'M';
  readonly street: string;
  readonly place: Place;
  readonly job: string;
  /** `1988-03-09` */
  readonly dob: string;
  readonly habits: Habits;
  /** Transactions on an ordinary day. */
  readonly perDay: number;
}

export type Merchants = Readonly<Record<Category, readonly string[]>>;

const HOLDERS = 300;
const MERCHANTS_PER_CATEGORY = 50;
/** Lengths of card numbers; most have 16 digits, and some fill the whole bigint. */
const CARD_LENGTHS = [11, 12, 13, 14, 15, 15, 16, 16, 16, 16, 16, 16, 16, 16, 19, 19];
const MAX_BIGINT = 9_223_372_036_854_775_807n;
/** Ages are counted at the time of the simulated years. */
const REFERENCE_YEAR = 2020;
/** Group, youngest and oldest age, and its share of the people. */
const AGES: readonly (readonly [AgeGroup, number, number, number])[] = [
  ['young', 16, 24, 0.17],
  ['adult', 25, 49, 0.47],
  ['old', 50, 85, 0.36],
];

export function inventPeople(seed: number): { holders: readonly CardHolder[]; merchants: Merchants } {
  const faker = new Faker({ locale: [en, base], seed });
  const random = randomOf(seed, 'people');
  const holders = Array.from({ length: HOLDERS }, () => inventHolder(faker, random));
  const merchants = CATEGORIES.map((category) => [category, inventMerchants(faker, random)]);
  return { holders, merchants: Object.fromEntries(merchants) as Merchants };
}

function inventHolder(faker: Faker, random: Random): CardHolder {
  const gender = random.pick(['F', 'M'] as const);
  const rural = random.next() < 0.5;
  const place = pickPlace(random, rural);
  const [group, youngest, oldest] = pickAge(random);
  const habits = habitsOf(gender, group, rural);
  return {
    card: cardNumber(random),
    first: faker.person.firstName(gender === 'F' ? 'female' : 'male'),
    last: faker.person.lastName(),
    gender,
    street: faker.location.streetAddress(),
    place,
    job: faker.person.jobTitle(),
    dob: birthday(random, REFERENCE_YEAR - random.int(youngest, oldest)),
    habits,
    perDay: random.int(...habits.perDay),
  };
}

/** By the root of the population: with so few places the plain weight would put nearly everybody into one city. */
function pickPlace(random: Random, rural: boolean): Place {
  const places = PLACES.filter(({ population }) => population < RURAL_BELOW === rural);
  const total = places.reduce((sum, place) => sum + Math.sqrt(place.population), 0);
  let left = random.next() * total;
  const found = places.find((place) => (left -= Math.sqrt(place.population)) < 0);
  return found ?? (places[0] as Place);
}

function pickAge(random: Random): (typeof AGES)[number] {
  let left = random.next();
  return AGES.find(([, , , share]) => (left -= share) < 0) ?? (AGES[2] as (typeof AGES)[number]);
}

function cardNumber(random: Random): string {
  const length = random.pick(CARD_LENGTHS);
  const digits = Array.from({ length }, (_, index) => random.int(index === 0 ? 1 : 0, 9)).join('');
  return BigInt(digits) > MAX_BIGINT ? `4${digits.slice(1)}` : digits;
}

function birthday(random: Random, year: number): string {
  const day = Date.UTC(year, 0, 1) + random.int(0, 364) * 86_400_000;
  return new Date(day).toISOString().slice(0, 10);
}

/** All names carry the prefix of the data set; it says nothing about the class. */
function inventMerchants(faker: Faker, random: Random): string[] {
  const name = (): string => faker.person.lastName();
  const forms = [
    () => `${name()}, ${name()} and ${name()}`,
    () => `${name()}-${name()}`,
    () => `${name()} and Sons`,
    () => `${name()} LLC`,
  ];
  return Array.from({ length: MERCHANTS_PER_CATEGORY }, () => `fraud_${random.pick(forms)()}`);
}
