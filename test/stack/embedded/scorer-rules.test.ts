import { expect, test } from 'vitest';
import { scoreByRules } from '../../../src/stack/embedded/scorer-rules.ts';

const quiet = { amt: 10, hour: 12, day_of_week: 2, distance_km: 5 };

test.each([
  [{}, 0],
  [{ amt: 500 }, 0],
  [{ amt: 500.01 }, 0.3],
  [{ distance_km: 50 }, 0],
  [{ distance_km: 50.1 }, 0.2],
  [{ distance_km: 100.1 }, 0.45],
  [{ hour: 5 }, 0.15],
  [{ hour: 6 }, 0],
  [{ hour: 22 }, 0],
  [{ hour: 23 }, 0.15],
  [{ day_of_week: 5 }, 0.1],
  [{ amt: 501, distance_km: 60 }, 0.5],
  [{ amt: 501, distance_km: 60, day_of_week: 6 }, 0.6],
  [{ amt: 501, distance_km: 101 }, 0.75],
  [{ amt: 1001, distance_km: 101, hour: 0, day_of_week: 6 }, 1],
] as const)('%j scores %d', (change, probability) => {
  const score = scoreByRules({ ...quiet, ...change });
  expect(score.probability).toBe(probability);
  expect(score.isFraud).toBe(probability > 0.5);
});

test('every rule that holds gives a reason', () => {
  const { explanation } = scoreByRules({ amt: 1500, hour: 3, day_of_week: 6, distance_km: 333.3 });
  expect(explanation).toEqual([
    'High amount: $1,500.00 (over $1000)',
    'Very far from home: 333 km',
    'Distance from home: 333 km',
    'Late hour: 03 h',
    'Weekend',
  ]);
  expect(scoreByRules(quiet).explanation).toEqual([]);
});
