import { expect, it } from 'vitest';
import { damageOnce } from './support/damage.ts';
import { tempFolder } from './support/temp.ts';

/** `npm run bench -- flips` runs 200 and more. */
const RUNS = 30;

it('never starts wrongly on a damaged file: it goes on rightly, or stops and says why', async () => {
  const scratch = tempFolder();
  const outcomes = new Map<string, number>();
  for (let seed = 1; seed <= RUNS; seed += 1) {
    const result = await damageOnce(seed, scratch);
    expect(['went on', 'named', 'told'], JSON.stringify(result)).toContain(result.outcome);
    outcomes.set(result.outcome, (outcomes.get(result.outcome) ?? 0) + 1);
  }
  expect(outcomes.get('named')).toBeGreaterThan(5);
  expect(outcomes.get('went on')).toBeGreaterThan(5);
}, 60_000);
