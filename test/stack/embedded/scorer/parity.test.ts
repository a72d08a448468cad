import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { valuesOf, type ScoreInput } from '../../../../src/stack/embedded/scorer/inputs.ts';
import { parseModel } from '../../../../src/stack/embedded/scorer/model-file.ts';
import { makeScorer } from '../../../../src/stack/embedded/scorer/trees.ts';
import { explain } from '../../../../src/stack/embedded/scorer/words.ts';

/** What the Python service answered; written by services/fraud-api/tests/parity.py, which can also write many more. */
const FILE = process.env['SLUICE_PARITY_ROWS'] ?? 'test/fixtures/scorer/parity.jsonl';

interface Answer {
  readonly shape: 'stateless' | 'history';
  readonly input: ScoreInput;
  readonly probability: number;
  readonly base_value: number;
  readonly contributions: readonly number[];
  readonly reasons: readonly string[];
}

const answers = readFileSync(FILE, 'utf8')
  .trimEnd()
  .split('\n')
  .map((line): Answer => JSON.parse(line));

describe.each(['stateless', 'history'] as const)('the scorer of shape %s', (shape) => {
  const scorer = makeScorer(parseModel(JSON.parse(readFileSync(`model/artifacts/${shape}.json`, 'utf8'))));
  const asked = answers
    .filter((answer) => answer.shape === shape)
    .map((answer) => {
      const values = valuesOf(answer.input, scorer.model);
      return { answer, values, probability: scorer.probability(values), sizes: scorer.contributions(values) };
    });

  test(`gives the probabilities of the Python service to 1e-9 (${answers.length} answers in the file)`, () => {
    const far = asked.filter(({ answer, probability }) => !isNear(probability, answer.probability));
    expect(asked.length).toBeGreaterThan(50);
    expect(far).toEqual([]);
  });

  test('gives its contributions and its base value to 1e-9', () => {
    const far = asked.filter(({ answer, sizes }) => {
      const wanted = answer.contributions;
      return sizes.length !== wanted.length || sizes.some((size, at) => !isNear(size, wanted[at] ?? NaN));
    });
    expect(scorer.baseValue).toBeCloseTo(asked[0]!.answer.base_value, 9);
    expect(far).toEqual([]);
  });

  test('tells the same reasons in the same words', () => {
    const other = asked.filter(({ answer, values, sizes }) => {
      return explain(scorer.model, values, sizes).join('\n') !== answer.reasons.join('\n');
    });
    expect(other).toEqual([]);
  });

  test('adds up: base value and contributions are the log-odds of the probability', () => {
    const far = asked.filter(({ probability, sizes }) => {
      const sum = sizes.reduce((total, size) => total + size, scorer.baseValue);
      return !isNear(1 / (1 + Math.exp(-sum)), probability);
    });
    expect(far).toEqual([]);
  });
});

test('a model that knows the past of a card is not asked without it', () => {
  const model = parseModel(JSON.parse(readFileSync('model/artifacts/history.json', 'utf8')));
  const input = { amt: 1, hour: 1, day_of_week: 1, age: 30, gender: 'M' };
  expect(() => valuesOf(input, model)).toThrow('asks for seconds_since_last');
});

function isNear(one: number, other: number): boolean {
  return Math.abs(one - other) <= 1e-9;
}
