import { describe, expect, it } from 'vitest';
import { readBatch, readPrediction } from '../../../src/pipeline/alert/answer.ts';
import { retryAfterMs } from '../../../src/pipeline/alert/retry-after.ts';
import { predict } from './support.ts';

const asked = { trans_num: 't1', amt: 900 };

describe('a prediction', () => {
  it('becomes a score', () => {
    expect(readPrediction(predict(asked), 't1')).toEqual({
      transNum: 't1',
      probability: 0.9,
      isFraud: true,
      level: 'HIGH',
      modelVersion: 'test_model_1',
      ruleBased: false,
      explanation: ['High amount', 'Far from home'],
      shape: null,
      contributions: null,
      defaultsUsed: [],
    });
  });

  it('tells which model answered and what moved the score, the strongest first, when the API does', () => {
    const features = [
      { feature: 'hour', value: 3, contribution: 0.5 },
      { feature: 'amt', value: 900, contribution: -2 },
    ];
    const more = { shape: 'history', contributions: { base_value: -3, features }, defaults_used: ['category'] };
    expect(readPrediction(predict(asked, more), 't1')).toMatchObject({
      shape: 'history',
      contributions: { base: -3, inputs: [{ feature: 'amt' }, { feature: 'hour' }] },
      defaultsUsed: ['category'],
    });
    const odd = { shape: 'neural', contributions: [1], defaults_used: 'all' };
    expect(readPrediction(predict(asked, odd), 't1')).toMatchObject({
      probability: 0.9,
      shape: null,
      contributions: null,
      defaultsUsed: [],
    });
  });

  it('is badged when it came from rules', () => {
    expect(readPrediction(predict(asked, { model_version: 'rule_based_fallback' }), 't1')).toMatchObject({
      ruleBased: true,
    });
  });

  it('may explain itself in a list, in lines without dashes, or not at all', () => {
    const explained = (feature_explanation: unknown) => readPrediction(predict(asked, { feature_explanation }), 't1');
    expect(explained(['- a', '- b'])).toMatchObject({ explanation: ['a', 'b'] });
    expect(explained('one reason')).toMatchObject({ explanation: ['one reason'] });
    expect(explained('Summary:\n\n- a')).toMatchObject({ explanation: ['a'] });
    expect(explained(null)).toMatchObject({ explanation: [] });
  });

  it('never carries what PostgreSQL does not store', () => {
    const score = readPrediction(
      predict(asked, { feature_explanation: '- a\0b\ud800', model_version: `v\0${'x'.repeat(80)}` }),
      't1',
    );
    expect(JSON.stringify(score)).not.toMatch(/\\u0000|\\ud800/);
    expect((score as { modelVersion: string }).modelVersion).toHaveLength(50);
  });

  it.each([
    ['a probability above 1', { fraud_probability: 1.7 }],
    ['a probability that is no number', { fraud_probability: '0.5' }],
    ['a verdict as text', { is_fraud_predicted: '1' }],
    ['a verdict of 2', { is_fraud_predicted: 2 }],
    ['an unknown level', { risk_level: 'SEVERE' }],
    ['another transaction', { trans_num: 't2' }],
    ['no model', { model_version: undefined }],
  ])('is nonsense with %s', (_, changes) => {
    expect(typeof readPrediction(predict(asked, changes), 't1')).toBe('string');
  });

  it('is nonsense when it is no object', () => {
    for (const value of [null, [], 'ok', 7]) expect(typeof readPrediction(value, 't1')).toBe('string');
  });
});

describe('a batch answer', () => {
  it('needs one entry for each row', () => {
    expect(readBatch({ predictions: [1, 2] }, 2)).toEqual([1, 2]);
    for (const value of [{ predictions: [1] }, [1, 2], null, { predictions: 'no' }])
      expect(readBatch(value, 2)).toBeNull();
  });
});

describe('Retry-After', () => {
  it('is read as seconds or as a date, and as nothing when it makes no sense', () => {
    const now = Date.UTC(2026, 0, 1);
    expect(retryAfterMs('30', now)).toBe(30_000);
    expect(retryAfterMs('Thu, 01 Jan 2026 00:01:00 GMT', now)).toBe(60_000);
    expect(retryAfterMs('Thu, 01 Jan 2015 00:01:00 GMT', now)).toBe(0);
    expect(retryAfterMs('999999999', now)).toBe(86_400_000);
    for (const text of [null, '', 'soon', '-5x']) expect(retryAfterMs(text, now)).toBeNull();
  });
});
