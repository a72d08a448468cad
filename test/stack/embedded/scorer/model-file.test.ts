import { describe, expect, test } from 'vitest';
import { parseModel } from '../../../../src/stack/embedded/scorer/model-file.ts';
import { makeScorer } from '../../../../src/stack/embedded/scorer/trees.ts';

/** One tree: `amt <= 10` gives -1, else `hour <= 6` gives 2 and the rest 0. */
const FILE = {
  model_version: 'trees-tiny',
  format: 'sluice-trees/1',
  shape: 'stateless',
  trained: '2026-01-15',
  features: ['amt', 'hour'],
  categories: ['travel'],
  cut: 0.5,
  roots: [0],
  feature: [0, -1, 1, -1, -1],
  number: [10, -1, 6, 2, 0],
  right: [2, 0, 4, 0, 0],
  cover: [10, 6, 4, 1, 3],
};

test('a value equal to the threshold goes left', () => {
  const scorer = makeScorer(parseModel(FILE));
  const logOdds = (amt: number, hour: number): number => {
    const probability = scorer.probability(Float64Array.of(amt, hour));
    return Math.log(probability / (1 - probability));
  };
  expect(logOdds(10, 0)).toBeCloseTo(-1, 12);
  expect(logOdds(10.01, 6)).toBeCloseTo(2, 12);
  expect(logOdds(10.01, 7)).toBeCloseTo(0, 12);
});

test('contributions are the Shapley values that can be counted by hand', () => {
  const scorer = makeScorer(parseModel(FILE));
  // Nothing known: 0.6 * -1 + 0.4 * (0.25 * 2). Amount alone: 0.5. Hour alone: 0.6 * -1 + 0.4 * 2. Both: 2.
  expect(scorer.baseValue).toBeCloseTo(-0.4, 12);
  const [amount, hour] = scorer.contributions(Float64Array.of(50, 3));
  expect(amount).toBeCloseTo((0.5 - -0.4 + (2 - 0.2)) / 2, 12);
  expect(hour).toBeCloseTo((0.2 - -0.4 + (2 - 0.5)) / 2, 12);
});

describe('a file that cannot be walked is refused', () => {
  test.each([
    ['a right child that leads back', { right: [2, 0, 1, 0, 0] }, 'node 2'],
    ['a right child outside of the file', { right: [9, 0, 4, 0, 0] }, 'node 0'],
    ['an input that has no name', { feature: [7, -1, 1, -1, -1] }, 'there is no input 7'],
    ['lists of several lengths', { cover: [10] }, 'one length'],
    ['a node that no row reached', { cover: [10, 6, 4, 0, 4] }, 'cover'],
    ['roots that do not begin at the first node', { roots: [1] }, 'roots'],
    ['a version that would pass for the rules', { model_version: 'rule_based_v2' }, 'model_version'],
    ['another format', { format: 'sluice-trees/2' }, 'format'],
    ['a member nobody knows', { is_fraud: 1 }, 'is_fraud'],
  ])('%s', (_name, change, message) => {
    expect(() => parseModel({ ...FILE, ...change })).toThrow(message);
  });
});
