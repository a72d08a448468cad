/** Scenarios are stories that the model with history takes for what they are: told on a real PostgreSQL. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { ScorableRow } from '../../../src/pipeline/alert/features.ts';
import { makeHistories, type CardHistory } from '../../../src/pipeline/alert/history.ts';
import { openDatabase, type Database } from '../../../src/pipeline/sql.ts';
import type { Prediction } from '../../../src/stack/embedded/scorer/predict.ts';
import type { Scorers } from '../../../src/stack/embedded/scorer/store.ts';
import { toTransaction } from '../../../src/stack/producer/csv.ts';
import { createProducer } from '../../../src/stack/producer/producer.ts';
import { SCENARIOS, scenarioRows } from '../../../src/stack/producer/scenario.ts';
import { insertTransactions, type Transaction } from '../../../src/stack/producer/transaction.ts';
import { loadScorers, scoreOf, timeOf } from '../../support/model.ts';
import { startTestPostgres, type TestPostgres } from '../../support/postgres.ts';

const NOW = Date.UTC(2026, 10, 23, 0, 20);
const PLAYS = Array.from({ length: 12 }, (_, index) => `play ${index}`);

let server: TestPostgres;
let frauddb: Database;
let scorers: Scorers;

beforeAll(async () => {
  server = await startTestPostgres();
  frauddb = openDatabase((await server.createFraudDatabases()).frauddb);
  scorers = await loadScorers();
}, 60_000);
afterAll(async () => {
  await frauddb.close();
  await server.stop();
});
beforeEach(() => frauddb.query('TRUNCATE transactions, fraud_predictions'));

describe.each(SCENARIOS)('%s', (name) => {
  test('is rows that the table takes, of one card of its own, in the order of their time, all before now', () => {
    const rows = scenarioRows(name, 'a', NOW);
    for (const row of rows) expect(toTransaction(row as Record<string, string>)).toEqual(row);
    expect(new Set(rows.map(({ cc_num }) => cc_num)).size).toBe(1);
    expect(rows.map(timeOf)).toEqual(rows.map(timeOf).sort((a, b) => a - b));
    expect(Math.max(...rows.map(timeOf))).toBeLessThan(NOW);
    expect(NOW - Math.max(...rows.map(timeOf))).toBeLessThan(2 * 86_400_000);
    expect(scenarioRows(name, 'a', NOW)).toEqual(rows);
    const other = scenarioRows(name, 'b', NOW);
    expect(other[0]?.cc_num).not.toBe(rows[0]?.cc_num);
    expect(other[0]?.trans_num).not.toBe(rows[0]?.trans_num);
  });

  test('is flagged by the model with history: nearly all of the thefts, hardly one of the purchases', async () => {
    const judged = (await Promise.all(PLAYS.map((play) => judge(scenarioRows(name, play, NOW))))).flat();
    const flagged = (theft: string): number =>
      judged.filter(({ row, answer }) => row.is_fraud === theft && answer.is_fraud_predicted === 1).length;
    const thefts = judged.filter(({ row }) => row.is_fraud === '1').length;
    expect(judged.every(({ answer }) => answer.shape === 'history')).toBe(true);
    expect(flagged('1') / thefts).toBeGreaterThan(0.85);
    expect(flagged('0') / (judged.length - thefts)).toBeLessThan(0.02);
  });
});

test('every card theft brings at least five alerts, most of them HIGH', async () => {
  for (const play of PLAYS) {
    const answers = (await judge(scenarioRows('card-theft', play, NOW))).map(({ answer }) => answer);
    expect(answers.filter(({ is_fraud_predicted: fraud }) => fraud === 1).length, play).toBeGreaterThanOrEqual(5);
    expect(answers.filter(({ risk_level: level }) => level === 'HIGH').length, play).toBeGreaterThanOrEqual(4);
  }
});

test('the producer plays one on a card that no other play has, all rows at once', async () => {
  const lines: string[] = [];
  const producer = createProducer(frauddb, (level, message) => lines.push(`${level} ${message}`));
  const thefts = [...(await producer.play('card-theft')), ...(await producer.play('card-theft'))];
  const stored = await frauddb.query<{ trans_num: string; cc_num: string; is_fraud: number }>(
    'SELECT trans_num, cc_num, is_fraud FROM transactions',
  );
  expect(
    stored
      .filter(({ is_fraud: theft }) => theft === 1)
      .map(({ trans_num: id }) => id)
      .sort(),
  ).toEqual(thefts.sort());
  expect(new Set(stored.map(({ cc_num: card }) => card)).size).toBe(2);
  expect(lines).toContain('info Played card-theft: 8 thefts after 40 purchases of the owner');
});

async function judge(
  rows: readonly Transaction[],
): Promise<{ readonly row: Transaction; readonly answer: Prediction }[]> {
  await insertTransactions(frauddb, rows);
  const histories: ReadonlyMap<string, CardHistory> = await makeHistories(frauddb, { now: Date.now }).read(
    rows.map(toAsked),
  );
  return rows.map((row) => ({ row, answer: scoreOf(scorers, row, histories.get(row.trans_num ?? '') ?? null) }));
}

/** What a history is asked with. */
function toAsked(row: Transaction): ScorableRow {
  const time = String(timeOf(row) * 1_000);
  const { trans_num, category } = row;
  return {
    trans_num,
    category,
    cc_num: BigInt(row.cc_num ?? 0),
    trans_date_trans_time: time,
  } as unknown as ScorableRow;
}
