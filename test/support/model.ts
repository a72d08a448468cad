/** The shipped models, asked about rows of the producer as the Alert query would ask. */
import { deriveFeatures, type ScorableRow } from '../../src/pipeline/alert/features.ts';
import { predict, type Prediction } from '../../src/stack/embedded/scorer/predict.ts';
import { RawTransaction } from '../../src/stack/embedded/scorer/request.ts';
import { openModelStore, type Scorers } from '../../src/stack/embedded/scorer/store.ts';
import type { Transaction } from '../../src/stack/producer/transaction.ts';

export type History = NonNullable<RawTransaction['history']>;

/** What a card without a past sends. */
export const NO_PAST: History = {
  seconds_since_last: null,
  mean_amt: null,
  spread_amt: null,
  count_1h: 0,
  sum_1h: 0,
  count_24h: 0,
  sum_24h: 0,
  new_category: 1,
};

export async function loadScorers(): Promise<Scorers> {
  const store = openModelStore(['model/artifacts']);
  const problems = await store.load();
  if (problems.length > 0) throw new Error(problems.join('; '));
  return store.scorers();
}

/** The answer to one row, with a history of its card or without. */
export function scoreOf(scorers: Scorers, transaction: Transaction, history: History | null = null): Prediction {
  const { request } = deriveFeatures(toRow(transaction));
  return predict(RawTransaction.parse({ ...request, history }), scorers, false);
}

export function timeOf({ trans_date_trans_time: time }: Transaction): number {
  return Date.parse(`${time?.replace(' ', 'T')}Z`);
}

/** The row of the change event, as far as a score asks for it. */
function toRow(transaction: Transaction): ScorableRow {
  const number = (name: keyof Transaction): number => Number(transaction[name]);
  return {
    ...transaction,
    trans_date_trans_time: String(timeOf(transaction) * 1000),
    dob: String(Date.parse(`${transaction.dob}T00:00Z`) / 86_400_000),
    amt: number('amt'),
    lat: number('lat'),
    long: number('long'),
    merch_lat: number('merch_lat'),
    merch_long: number('merch_long'),
  } as unknown as ScorableRow;
}
