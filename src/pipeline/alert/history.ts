/**
 * What cards did before: the inputs of the model that knows the past, computed from `transactions`. Only rows of the card
 * strictly before (trans_date_trans_time, trans_num) count, in whichever batch they came, so the values depend neither on
 * the cut of the batches nor on when they are asked for. They are those of `model/sluice_model/history.py`.
 */
import { sqlState, type Sql } from '../sql.ts';
import { transactionTime, type ScorableRow } from './features.ts';
import { chunksOf } from './limited.ts';

/** Dollars and seconds. Names and meaning are those of the fraud API. */
export interface CardHistory {
  /** Since the card's last transaction; null when there is none. */
  readonly seconds_since_last: number | null;
  /** Mean of all earlier amounts; null when there are none. */
  readonly mean_amt: number | null;
  /** Population standard deviation of them. */
  readonly spread_amt: number | null;
  /** Earlier rows that are not older than one hour, the moment one hour ago included. */
  readonly count_1h: number;
  readonly sum_1h: number;
  readonly count_24h: number;
  readonly sum_24h: number;
  /** 1 when no earlier row of the card has this category. */
  readonly new_category: 0 | 1;
}

/** One query reads the past of each of its cards once, so few and large queries are cheaper than many. */
const ROWS_PER_QUERY = 10_000;
const STATEMENT_TIMEOUT = '57014';
/** From year 1 to 9999: a time outside of it is no time of a payment, and some of them PostgreSQL does not know. */
const FIRST_TIME_MS = Date.parse('0001-01-01T00:00Z');
const LAST_TIME_MS = Date.parse('9999-12-31T00:00Z');

/** The history of each row that has a card and a time, by trans_num. */
export async function readHistories(sql: Sql, rows: readonly ScorableRow[]): Promise<ReadonlyMap<string, CardHistory>> {
  const histories = new Map<string, CardHistory>();
  for (const chunk of chunksOf(rows.filter(hasPast), ROWS_PER_QUERY)) {
    for (const { trans_num: transNum, ...history } of await ask(sql, chunk)) histories.set(transNum, history);
  }
  return histories;
}

type Found = CardHistory & { readonly trans_num: string } & Record<string, unknown>;

/** Cards with a very long past may take longer than a statement may: then half as many rows are asked for at once. */
async function ask(sql: Sql, rows: readonly ScorableRow[]): Promise<Found[]> {
  try {
    return await sql.query<Found>(HISTORY, [
      rows.map(({ trans_num: transNum }) => transNum),
      rows.map(({ cc_num: card }) => card),
      rows.map(({ trans_date_trans_time: time }) => time),
      rows.map(({ category }) => category),
    ]);
  } catch (error) {
    if (sqlState(error) !== STATEMENT_TIMEOUT || rows.length === 1) throw error;
    const middle = Math.ceil(rows.length / 2);
    return [...(await ask(sql, rows.slice(0, middle))), ...(await ask(sql, rows.slice(middle)))];
  }
}

function hasPast(row: ScorableRow): boolean {
  const time = transactionTime(row);
  return row.cc_num !== null && time !== null && time >= FIRST_TIME_MS && time <= LAST_TIME_MS;
}

/** Rows of a card before a row, in the order of the index. */
function before(row: string): string {
  return `(t.trans_date_trans_time, t.trans_num COLLATE "C") < (${row}.at, ${row}.trans_num)`;
}

/**
 * `past` adds up, for each row, what the card gained since its row before in this query: so all of a card is read once,
 * however many rows ask. Sums are exact, NUMERIC as the amounts are; only the results become doubles.
 */
const HISTORY = `
  WITH asked AS (
    SELECT trans_num, card, category, timestamp '1970-01-01' + (time || ' microseconds')::interval AS at
    FROM unnest($1::text[], $2::bigint[], $3::text[], $4::text[]) AS row (trans_num, card, time, category)
  ), batch AS (
    SELECT *, coalesce(lag(at) OVER own, '-infinity') AS last_at, coalesce(lag(trans_num) OVER own, '') AS last_num
    FROM asked WINDOW own AS (PARTITION BY card ORDER BY at, trans_num COLLATE "C")
  ), past AS (
    SELECT batch.*, sum(rows) OVER own AS rows, sum(total) OVER own AS total, sum(squares) OVER own AS squares
    FROM batch CROSS JOIN LATERAL (
      SELECT count(*) AS rows, coalesce(sum(amt), 0) AS total, coalesce(sum(amt * amt), 0) AS squares
      FROM transactions t
      WHERE t.cc_num = batch.card AND ${before('batch')}
        AND (t.trans_date_trans_time, t.trans_num COLLATE "C") >= (batch.last_at, batch.last_num)
    ) AS gained
    WINDOW own AS (PARTITION BY card ORDER BY at, trans_num COLLATE "C")
  )
  SELECT past.trans_num, extract(epoch FROM past.at - previous.at)::float8 AS seconds_since_last,
    (total / nullif(rows, 0))::float8 AS mean_amt,
    (sqrt(greatest(rows * squares - total * total, 0)) / nullif(rows, 0))::float8 AS spread_amt,
    count_1h, sum_1h::float8, count_24h, sum_24h::float8,
    (NOT EXISTS (
      SELECT FROM transactions t WHERE t.cc_num = past.card AND t.category = past.category AND ${before('past')}
    ))::int AS new_category
  FROM past CROSS JOIN LATERAL (
    SELECT count(*)::int AS count_24h, coalesce(sum(amt), 0) AS sum_24h,
      count(*) FILTER (WHERE t.trans_date_trans_time >= past.at - interval '1 hour')::int AS count_1h,
      coalesce(sum(amt) FILTER (WHERE t.trans_date_trans_time >= past.at - interval '1 hour'), 0) AS sum_1h
    FROM transactions t
    WHERE t.cc_num = past.card AND t.trans_date_trans_time >= past.at - interval '24 hours' AND ${before('past')}
  ) AS recent LEFT JOIN LATERAL (
    SELECT t.trans_date_trans_time AS at FROM transactions t WHERE t.cc_num = past.card AND ${before('past')}
    ORDER BY t.trans_date_trans_time DESC, t.trans_num COLLATE "C" DESC LIMIT 1
  ) AS previous ON true`;
