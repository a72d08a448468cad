import { expect, test } from 'vitest';
import { scoreByRules } from '../../../src/stack/embedded/scorer-rules.ts';
import { createGenerator } from '../../../src/stack/producer/generator.ts';
import { CATEGORIES } from '../../../src/stack/producer/profiles.ts';
import { randomOf } from '../../../src/stack/producer/random.ts';
import { testTransaction } from '../../../src/stack/producer/test-transaction.ts';
import { toTransaction } from '../../../src/stack/producer/csv.ts';
import { loadScorers, NO_PAST, scoreOf, timeOf } from '../../support/model.ts';
import type { Transaction } from '../../../src/stack/producer/transaction.ts';

const ROWS = 60_000;
const rows = take(1, 0, ROWS);

test('row n is the same however it is asked for, and another seed gives other rows', () => {
  expect(take(1, 0, 300)).toEqual(rows.slice(0, 300));
  expect(take(1, 2_345, 700)).toEqual(rows.slice(2_345, 3_045));
  expect(take(2, 0, 1)[0]?.trans_num).not.toBe(rows[0]?.trans_num);
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

test('about half a percent are frauds, in episodes during which the owner buys nothing', () => {
  const frauds = rows.filter(({ is_fraud }) => is_fraud === '1');
  expect(frauds.length / ROWS).toBeGreaterThan(0.003);
  expect(frauds.length / ROWS).toBeLessThan(0.008);
  const dayOfCard = (row: Transaction): string => `${row.cc_num} ${row.trans_date_trans_time?.slice(0, 10)}`;
  const stolen = new Set(frauds.map(dayOfCard));
  expect(rows.filter((row) => row.is_fraud === '0' && stolen.has(dayOfCard(row)))).toEqual([]);
});

test('categories have the shares of the data set, within one percent', () => {
  const expected = [10.35, 3.31, 9.43, 4.89, 6.1, 7.5, 8.96, 7.28, 6.99, 6.64, 9.49, 8.8, 7.04, 3.2];
  const normal = rows.filter(({ is_fraud }) => is_fraud === '0');
  CATEGORIES.forEach((category, index) => {
    const share = (100 * normal.filter((row) => row.category === category).length) / normal.length;
    expect(Math.abs(share - (expected[index] ?? 0)), category).toBeLessThan(1);
  });
});

test('gas is bought before noon and travel after it; frauds happen at night', () => {
  const hours = (of: readonly Transaction[]) => of.map((row) => Number(row.trans_date_trans_time?.slice(11, 13)));
  expect(hours(rows.filter(({ category }) => category === 'gas_transport')).filter((hour) => hour >= 22).length).toBe(
    0,
  );
  const travel = rows.filter(({ category, is_fraud }) => category === 'travel' && is_fraud === '0');
  expect(Math.min(...hours(travel))).toBeGreaterThanOrEqual(12);
  const frauds = hours(rows.filter(({ is_fraud }) => is_fraud === '1'));
  expect(frauds.filter((hour) => hour < 4 || hour >= 22).length / frauds.length).toBeGreaterThan(0.7);
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

const HOURS = [0, 3, 6, 9, 12, 15, 18, 21, 23];
test.each(['2026-11-20', '2026-11-21', '2026-11-22', '2026-11-23'])(
  'on %s at any hour the first 1,500 live rows lie in the last day and hold more than 30 frauds by the rules',
  (day) => {
    for (const hour of HOURS) {
      const now = Date.parse(`${day}T${String(hour).padStart(2, '0')}:30:00Z`);
      for (const seed of [1, 42]) {
        const live = take(seed, 0, 1_500, () => now);
        expect(live.every((row) => now - timeOf(row) >= 0 && now - timeOf(row) <= 86_400_000)).toBe(true);
        const flagged = live.filter(isFraudByRules).length;
        expect(flagged, `${day} ${hour} h, seed ${seed}`).toBeGreaterThan(30);
        expect(flagged).toBeLessThan(600);
      }
    }
  },
);

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

function take(seed: number, from: number, count: number, now: (() => number) | null = null): Transaction[] {
  const source = createGenerator(seed).rows(from, now);
  return Array.from({ length: count }, () => source.next().value);
}

function isFraudByRules(row: Transaction): boolean {
  const time = new Date(timeOf(row));
  const [lat, long, merchLat, merchLong] = [row.lat, row.long, row.merch_lat, row.merch_long].map(
    (text) => (Number(text) * Math.PI) / 180,
  ) as [number, number, number, number];
  const chord =
    Math.sin((merchLat - lat) / 2) ** 2 + Math.cos(lat) * Math.cos(merchLat) * Math.sin((merchLong - long) / 2) ** 2;
  return scoreByRules({
    amt: Number(row.amt),
    hour: time.getUTCHours(),
    day_of_week: (time.getUTCDay() + 6) % 7,
    distance_km: 2 * 6371 * Math.asin(Math.sqrt(chord)),
  }).isFraud;
}
