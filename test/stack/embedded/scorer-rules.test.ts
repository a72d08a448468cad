import { expect, test } from 'vitest';
import { scoreByRules } from '../../../src/stack/embedded/scorer-rules.ts';

const quiet = { amt: 10, hour: 12, day_of_week: 2, distance_km: 5 };

test.each([
  [{}, 0, 'LOW'],
  [{ amt: 500 }, 0, 'LOW'],
  [{ amt: 500.01 }, 0.3, 'LOW'],
  [{ distance_km: 50 }, 0, 'LOW'],
  [{ distance_km: 50.1 }, 0.2, 'LOW'],
  [{ distance_km: 100.1 }, 0.45, 'MEDIUM'],
  [{ hour: 5 }, 0.15, 'LOW'],
  [{ hour: 6 }, 0, 'LOW'],
  [{ hour: 22 }, 0, 'LOW'],
  [{ hour: 23 }, 0.15, 'LOW'],
  [{ day_of_week: 5 }, 0.1, 'LOW'],
  [{ amt: 501, distance_km: 60 }, 0.5, 'MEDIUM'],
  [{ amt: 501, distance_km: 60, day_of_week: 6 }, 0.6, 'MEDIUM'],
  [{ amt: 501, distance_km: 101 }, 0.75, 'HIGH'],
  [{ amt: 1001, distance_km: 101, hour: 0, day_of_week: 6 }, 1, 'HIGH'],
] as const)('%j scores %d, %s', (change, probability, level) => {
  const score = scoreByRules({ ...quiet, ...change });
  expect([score.probability, score.level]).toEqual([probability, level]);
  expect(score.isFraud).toBe(probability > 0.5);
});

test('every reason is a line of its own that begins with a dash', () => {
  const { explanation } = scoreByRules({ amt: 1500, hour: 3, day_of_week: 6, distance_km: 333.3 });
  expect(explanation).toEqual([
    '- Amount over $1000: $1500.00',
    '- Distance: 333 km between home and merchant',
    '- Late hour: 03:00',
    '- Weekend',
  ]);
  expect(scoreByRules(quiet).explanation).toEqual(['- No rule speaks against it']);
});

test('what is not known counts as ordinary', () => {
  expect(scoreByRules({ amt: 501, hour: null })).toMatchObject({ probability: 0.3, isFraud: false });
});
