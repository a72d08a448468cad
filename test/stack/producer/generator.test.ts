import { expect, test } from 'vitest';
import { createGenerator } from '../../../src/stack/producer/generator.ts';
import { toTransaction } from '../../../src/stack/producer/csv.ts';
import { CATEGORIES, type Category } from '../../../src/stack/producer/profiles.ts';
import { randomOf } from '../../../src/stack/producer/random.ts';
import { testTransaction } from '../../../src/stack/producer/test-transaction.ts';
import type { Transaction } from '../../../src/stack/producer/transaction.ts';
import { loadScorers, NO_PAST, scoreOf, timeOf } from '../../support/model.ts';

/** A little more than a year: enough for the rare figures. */
const ROWS = 400_000;
const rows = take(1, 0, ROWS);
const frauds = rows.filter(({ is_fraud }) => is_fraud === '1');
const own = rows.filter(({ is_fraud }) => is_fraud === '0');

/** The published tables of the simulator: share of normal rows in %, their amounts at 5, 50 and 95 %; the same of frauds. */
const TABLE: Readonly<Record<Category, readonly [number, readonly number[], number, readonly number[]]>> = {
  gas_transport: [10.35, [39.6, 62, 90], 7.1, [7.5, 11, 22]],
  grocery_net: [3.31, [21, 51, 96], 2.23, [7.5, 11, 17]],
  grocery_pos: [9.43, [51, 106, 208], 22.78, [273, 312, 364]],
  misc_net: [4.89, [1.6, 9.5, 304], 12.26, [664, 803, 943]],
  misc_pos: [6.1, [1.6, 14, 265], 4.03, [6.5, 8.6, 881]],
  shopping_net: [7.5, [1.6, 8.4, 330], 23.28, [831, 998, 1180]],
  shopping_pos: [8.96, [1.5, 7.7, 295], 11.53, [699, 863, 1104]],
  entertainment: [7.28, [3.3, 50, 174], 2.96, [372, 515, 620]],
  food_dining: [6.99, [2.4, 43, 145], 2.1, [102, 118, 139]],
  health_fitness: [6.64, [3.6, 43, 146], 1.63, [17, 20, 23]],
  home: [9.49, [4.8, 49, 147], 2.37, [206, 249, 305]],
  kids_pets: [8.8, [5.1, 47, 153], 2.83, [4.6, 20, 23]],
  personal_care: [7.04, [2.6, 33, 144], 3.9, [17, 21, 52]],
  travel: [3.2, [1.5, 6.3, 528], 1, [1.2, 9.5, 11]],
};
const WEEKDAYS = [9.4, 10.6, 11.6, 11.7, 16.8, 20.3, 19.5];
const THEFT_HOURS: Readonly<Record<number, number>> = { 0: 8.3, 1: 8.5, 2: 7.8, 3: 9.2, 22: 26.3, 23: 26.1 };

test('row n is the same however it is asked for, and another seed gives other rows', () => {
  expect(take(1, 0, 300)).toEqual(rows.slice(0, 300));
  expect(take(1, 2_345, 700)).toEqual(rows.slice(2_345, 3_045));
  expect(take(2, 0, 1)[0]?.trans_num).not.toBe(rows[0]?.trans_num);
});

test('rows come in the order of their time, so that the past of a card is complete when a row arrives', () => {
  expect(rows.findIndex((row, index) => index > 0 && timeOf(row) < timeOf(rows[index - 1] as Transaction))).toBe(-1);
  expect(rows[0]?.trans_date_trans_time).toMatch(/^2019-01-01 /);
});

test('every row is one that the table takes, with a key of its own', () => {
  for (const row of rows.slice(0, 2_000)) expect(toTransaction(row as Record<string, string>)).toEqual(row);
  expect(new Set(rows.map(({ trans_num }) => trans_num)).size).toBe(ROWS);
  expect(rows.every(({ trans_num }) => /^[0-9a-f]{32}$/.test(trans_num ?? ''))).toBe(true);
});

test('cards have 11 to 19 digits, some fill the whole bigint', () => {
  const lengths = new Set(rows.map(({ cc_num }) => cc_num?.length));
  expect([...lengths].sort()).toEqual([11, 12, 13, 14, 15, 16, 19]);
  const beyondDouble = rows.filter(({ cc_num }) => String(Number(cc_num)) !== cc_num);
  expect(beyondDouble.length).toBeGreaterThan(ROWS / 100);
});

test('half a percent are frauds, a tenth of it more or less, in episodes during which the owner buys nothing', () => {
  expect(frauds.length / ROWS).toBeGreaterThan(0.0045);
  expect(frauds.length / ROWS).toBeLessThan(0.0055);
  const dayOfCard = (row: Transaction): string => `${row.cc_num} ${row.trans_date_trans_time?.slice(0, 10)}`;
  const stolen = new Set(frauds.map(dayOfCard));
  expect(own.filter((row) => stolen.has(dayOfCard(row)))).toEqual([]);
});

test.each(CATEGORIES)('%s has its share: normal within 0.4 points, frauds within 2', (category) => {
  const [normal, , fraud] = TABLE[category];
  expect(Math.abs(shareOf(own, category) - normal)).toBeLessThan(0.4);
  expect(Math.abs(shareOf(frauds, category) - fraud)).toBeLessThan(2);
});

test.each(CATEGORIES)('%s has its amounts: each within 15 % or $2.50', (category) => {
  const [, normal, , fraud] = TABLE[category];
  [5, 50, 95].forEach((percent, index) => {
    expectNear(quantile(own, category, percent), normal[index] ?? 0, 1);
    expectNear(quantile(frauds, category, percent), fraud[index] ?? 0, 2.5);
  });
});

test('weekdays are within 1.2 points', () => {
  const counts = countBy(own, (row) => (new Date(timeOf(row)).getUTCDay() + 6) % 7);
  WEEKDAYS.forEach((share, day) => expect(Math.abs((counts.get(day) ?? 0) * 100 - share), `${day}`).toBeLessThan(1.2));
});

test('owners buy at any hour, more after noon, within half a point; thieves at night, within 3 points', () => {
  const usual = countBy(own, hourOf);
  const stolen = countBy(frauds, hourOf);
  for (let hour = 0; hour < 24; hour += 1) {
    expect(Math.abs((usual.get(hour) ?? 0) * 100 - (hour < 12 ? 3.3 : 5)), `${hour} h`).toBeLessThan(0.5);
    const wanted = THEFT_HOURS[hour] ?? 0.9;
    expect(Math.abs((stolen.get(hour) ?? 0) * 100 - wanted), `stolen at ${hour} h`).toBeLessThan(3);
  }
  const gas = own.filter(({ category }) => category === 'gas_transport');
  expect(Math.max(...countBy(gas, hourOf).keys())).toBeLessThan(12);
});

test('amounts follow mean and deviation: gamma over many draws', () => {
  const random = randomOf(3, 'gamma');
  for (const [mean, sd] of [
    [70, 15],
    [60, 300],
  ] as const) {
    const draws = Array.from({ length: 100_000 }, () => random.gamma(mean, sd));
    const average = draws.reduce((sum, value) => sum + value, 0) / draws.length;
    const deviation = Math.sqrt(draws.reduce((sum, value) => sum + (value - average) ** 2, 0) / draws.length);
    expect(average / mean).toBeCloseTo(1, 1);
    expect(deviation / sd).toBeCloseTo(1, 1);
  }
});

test('the suspicious test transaction is a fraud for both models at any hour of any day, the normal one never', async () => {
  const scorers = await loadScorers();
  for (let hour = 0; hour < 168; hour += 1) {
    const now = Date.parse('2026-11-23T00:10:00Z') + hour * 3_600_000;
    const late = testTransaction('suspicious', now);
    expect(now - timeOf(late)).toBeLessThan(86_400_000);
    expect(timeOf(late)).toBeLessThanOrEqual(now);
    for (const history of [null, NO_PAST]) {
      expect(scoreOf(scorers, late, history)).toMatchObject({ is_fraud_predicted: 1, risk_level: 'HIGH' });
      expect(scoreOf(scorers, testTransaction('normal', now), history)).toMatchObject({ risk_level: 'LOW' });
    }
  }
});

function take(seed: number, from: number, count: number): Transaction[] {
  const source = createGenerator(seed).rows(from);
  return Array.from({ length: count }, () => source.next().value);
}

const hourOf = (row: Transaction): number => Number(row.trans_date_trans_time?.slice(11, 13));

function shareOf(some: readonly Transaction[], category: Category): number {
  return (100 * some.filter((row) => row.category === category).length) / some.length;
}

function quantile(some: readonly Transaction[], category: Category, percent: number): number {
  const amounts = some.filter((row) => row.category === category).map(({ amt }) => Number(amt));
  return amounts.sort((a, b) => a - b)[Math.floor((amounts.length * percent) / 100)] ?? NaN;
}

function expectNear(found: number, wanted: number, dollars: number): void {
  expect(Math.abs(found - wanted), `${found} for ${wanted}`).toBeLessThanOrEqual(Math.max(wanted * 0.15, dollars));
}

/** The share of each key. */
function countBy(some: readonly Transaction[], key: (row: Transaction) => number): Map<number, number> {
  const shares = new Map<number, number>();
  for (const row of some) shares.set(key(row), (shares.get(key(row)) ?? 0) + 1 / some.length);
  return shares;
}
