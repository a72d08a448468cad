/** The program for a Spark cluster judges each transaction as Sluice does: the same request, alert, reason and SQL. */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { PLACE, render } from '../../scripts/spark-sql.mjs';
import { readPrediction } from '../../src/pipeline/alert/answer.ts';
import { factsOf } from '../../src/pipeline/alert/facts.ts';
import { deriveFeatures } from '../../src/pipeline/alert/features.ts';
import { toCandidate } from '../../src/pipeline/alert/intake.ts';
import { whySuppressed } from '../../src/pipeline/alert/suppress.ts';
import { created, EVENT_TIME, NOW, predict } from '../pipeline/alert/support.ts';
import { seeded } from '../support/alert/workload.ts';

const CASES = 3_000;
const HOUR_MS = 3_600_000;

/** What may stand in each column, the ordinary first. */
const VALUES: Record<string, readonly unknown[]> = {
  trans_date_trans_time: [
    EVENT_TIME * 1000,
    0,
    -1,
    -1_234_567_891,
    '12x',
    null,
    '9223372036854775807',
    '99999999999999999999',
  ],
  cc_num: [4992346398065154184n, 60416207185n, 12345678n, null, -4992346398065154184n],
  merchant: ['fraud_Kirlin and Sons', 'Kirlin', '', null, 'fraud_fraud_x'],
  category: ['personal_care', null, ''],
  amt: [512.3, 0.125, 1.005, 0, -2.345, 1e15, 20.13, 99999999.995, null, 'NaN', '1e400', 'abc'],
  first: ['Jeff', null, '', '42', 'émile', 'ßeta', '👍 Ann', '李'],
  last: ['Yang', null, "o'Neil", '-'],
  gender: ['M', 'F', null, ''],
  city: ['Columbia', null],
  lat: [33.9659, 0, 90, 90.0001, -91, null],
  long: [-80.9355, 180, 181, null],
  merch_lat: [33.986391, -33.9, 0, null],
  merch_long: [-81.200714, 98.9, null],
  dob: [-668, 6642, -25_000, 40_000, -80_000, 'x', null, 20_000],
  trans_num: ['0b242abb623afc578575680df30655b9', '', null, 'a'.repeat(101), 'nul\u0000', 'tränş'],
};

const ANSWERS: Record<string, readonly unknown[]> = {
  is_fraud_predicted: [1, 0, true, 2, null],
  fraud_probability: [0.9123, 0, 1, 1.1, '0.5'],
  risk_level: ['HIGH', 'MEDIUM', 'LOW', 'high'],
  model_version: ['model_1', 'rule_based_v1', '', 'v'.repeat(60), 'a\u0000\ud800b'],
  feature_explanation: [
    '- High amount\n- Far from home\n- Night\n- More',
    'plain\n\n lines ',
    ['- a', 'b'],
    null,
    7,
    undefined,
  ],
  shape: ['history', 'rules', 'other', undefined],
  contributions: [
    undefined,
    null,
    {
      base_value: -3,
      features: [
        { feature: 'amt', value: 1, contribution: 0.2 },
        { feature: 'hour', value: 2, contribution: -0.5 },
      ],
    },
    { base_value: 'x', features: [] },
  ],
  defaults_used: [undefined, ['age'], [1], ['hour', 'hour']],
};

const HISTORY = {
  seconds_since_last: 60.5,
  mean_amt: 12.25,
  spread_amt: 1.5,
  count_1h: 1,
  sum_1h: 3,
  count_24h: 2,
  sum_24h: 7.5,
  new_category: 1 as const,
};

describe('spark/alert.py', () => {
  it('judges as Sluice does', async () => {
    const cases = Array.from({ length: CASES }, (_, index) => makeCase(seeded(index)));
    const { stdout, judged } = await ask(cases);
    expect(judged, stdout.slice(0, 500)).toHaveLength(CASES);
    for (const [index, each] of cases.entries()) expect(judged[index], `case ${index}`).toEqual(expected(each));
    const kinds = cases
      .map(expected)
      .map((each) => ('fault' in each ? 'fault' : each.score === null ? 'nonsense' : 'fine'));
    for (const kind of ['fault', 'nonsense', 'fine'])
      expect(kinds.filter((each) => each === kind).length).toBeGreaterThan(100);
  }, 60_000);

  it('stores with the same SQL', () => {
    expect(readFileSync(PLACE, 'utf8'), 'run: node scripts/spark-sql.mjs').toBe(render());
  });
});

type Case = ReturnType<typeof makeCase>;

/** A row with some columns bent, an answer about it with some fields bent, and rules. */
function makeCase(random: () => number) {
  const pick = <T>(all: readonly T[]): T => all[Math.floor(random() * all.length)] as T;
  const bend = (all: Record<string, readonly unknown[]>, odds: number): Record<string, unknown> =>
    Object.fromEntries(Object.entries(all).map(([name, values]) => [name, random() < odds ? pick(values) : values[0]]));
  const after = bend(VALUES, 0.15);
  const candidate = toCandidate(created(0, '', after));
  const row = 'row' in candidate ? candidate.row : null;
  const answer = { ...predict({ trans_num: row?.trans_num ?? '', amt: 1 }), ...bend(ANSWERS, 0.08) };
  const rules = {
    off: random() < 0.1 ? 'no webhook' : null,
    olderThanMs: pick([null, 1.5 * HOUR_MS, 48 * HOUR_MS]),
    recordAt: pick([NOW, EVENT_TIME]),
    firstStart: pick([NOW - 1, EVENT_TIME + HOUR_MS]),
  };
  return {
    after,
    row,
    answer: JSON.parse(JSON.stringify(answer)) as unknown,
    history: random() < 0.5 ? HISTORY : null,
    rules,
  };
}

function expected({ row, answer, history, rules }: Case) {
  if (row === null) return { fault: true };
  const { request, defaultsUsed } = deriveFeatures(row, history ?? undefined);
  const near = { ...request, distance_km: expect.closeTo(request.distance_km, 9) as number };
  const score = readPrediction(answer, row.trans_num);
  if (typeof score === 'string') return { request: near, defaultsUsed, score: null };
  const facts = factsOf(row, score);
  const settings = {
    slack: rules.off === null ? ({ kind: 'preview', url: '' } as const) : ({ kind: 'off', reason: rules.off } as const),
    suppressOlderThanMs: rules.olderThanMs,
  };
  const reason = whySuppressed(settings, { ...rules, transactionAt: facts.transactionAt });
  return { request: near, defaultsUsed, score, facts, reason };
}

/** What Spark's casts give is the row that Sluice has, so a row with a fault is told by its raw values. */
async function ask(cases: readonly Case[]) {
  const lines = cases.map(({ after, row, ...rest }) => {
    const seen: object = row ?? sparkRow(after);
    const amtText =
      typeof after['amt'] === 'string' && row === null ? (after['amt'] === 'abc' ? 'nan' : after['amt']) : null;
    return JSON.stringify({ ...rest, amtText, row: seen }, (_, value: unknown) =>
      typeof value === 'bigint' ? String(value) : value,
    );
  });
  const child = promisify(execFile)('python3', [path.join(import.meta.dirname, 'judge.py')], {
    maxBuffer: 64 * 1024 ** 2,
  });
  child.child.stdin?.end(`${lines.join('\n')}\n`);
  const { stdout } = await child;
  return {
    stdout,
    judged: stdout
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as unknown),
  };
}

/** The columns that a fault is looked for in. */
function sparkRow(after: Record<string, unknown>): Record<string, unknown> {
  const amt = typeof after['amt'] === 'number' ? after['amt'] : null;
  return { ...after, cc_num: null, amt };
}
