/**
 * What cards did before: the inputs of the model that knows the past, computed from `transactions`. Only rows of the card
 * strictly before (trans_date_trans_time, trans_num) count, in whichever batch they came, so the values depend neither on
 * the cut of the batches nor on when they are asked for. They are those of `model/sluice_model/history.py`.
 */
import type { Clock } from '../ports.ts';
import { sqlState, type Sql } from '../sql.ts';
import { makeCardPasts, type CardPast, type CardPasts, type Extension } from './card-pasts.ts';
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

export interface Histories {
  /** The history of each row that has a card and a time, by trans_num. No SQL transaction is open. */
  read(rows: readonly ScorableRow[]): Promise<ReadonlyMap<string, CardHistory>>;
  /** To be called when rows of `transactions` were changed or deleted: nothing that is remembered counts any more. */
  forget(): void;
}

/** One query reads the past of each of its cards once, so few and large queries are cheaper than many. */
const ROWS_PER_QUERY = 10_000;
const STATEMENT_TIMEOUT = '57014';
/** From year 1 to 9999: a time outside of it is no time of a payment, and some of them PostgreSQL does not know. */
const FIRST_TIME_MS = Date.parse('0001-01-01T00:00Z');
const LAST_TIME_MS = Date.parse('9999-12-31T00:00Z');

/** The long past of the cards is remembered between calls, so that it is not added up again for every batch. */
export function makeHistories(sql: Sql, clock: Pick<Clock, 'now'>): Histories {
  const pasts = makeCardPasts();
  return {
    read: async (rows) => {
      const histories = new Map<string, CardHistory>();
      for (const chunk of chunksOf(rows.filter(hasPast), ROWS_PER_QUERY)) {
        const known = await readPasts(sql, pasts, earliestOf(chunk), clock.now());
        for (const { trans_num: transNum, ...history } of await halving(chunk, (some) => ask(sql, some, known)))
          histories.set(transNum, history);
      }
      return histories;
    },
    forget: pasts.forget,
  };
}

type DatedRow = ScorableRow & { readonly cc_num: bigint };
type Found = CardHistory & { readonly trans_num: string } & Record<string, unknown>;

/** The earliest asked time of each card, ms since 1970. */
function earliestOf(rows: readonly DatedRow[]): ReadonlyMap<bigint, number> {
  const earliest = new Map<bigint, number>();
  for (const row of rows) {
    const time = transactionTime(row) as number;
    earliest.set(row.cc_num, Math.min(time, earliest.get(row.cc_num) ?? Infinity));
  }
  return earliest;
}

async function readPasts(
  sql: Sql,
  pasts: CardPasts,
  earliest: ReadonlyMap<bigint, number>,
  now: number,
): Promise<ReadonlyMap<bigint, CardPast>> {
  const generation = pasts.generation();
  const recalled = [...earliest].map(([card, asked]) => pasts.recall(card, asked, now));
  const extensions = recalled.filter((each) => 'from' in each);
  const extended = await halving(extensions, (some) => extend(sql, some));
  pasts.remember(extended, generation);
  return new Map([...recalled.filter((each) => 'card' in each), ...extended].map((past) => [past.card, past]));
}

async function extend(sql: Sql, extensions: readonly Extension[]): Promise<CardPast[]> {
  const rows = await sql.query<{ rows: string; total: string; squares: string; categories: string[] }>(PASTS, [
    ...columnsOf(extensions.map(({ from }) => from)),
    extensions.map(({ until }) => until),
  ]);
  return extensions.map(({ from, until }, index) => {
    const { categories, ...sums } = rows[index] as (typeof rows)[number];
    return { ...from, ...sums, until, categories: [...new Set([...from.categories, ...categories])] };
  });
}

function ask(sql: Sql, rows: readonly DatedRow[], pasts: ReadonlyMap<bigint, CardPast>): Promise<Found[]> {
  const cards = [...new Set(rows.map(({ cc_num: card }) => card))];
  const bought = new Map(cards.map((card) => [card, new Set(pasts.get(card)?.categories)]));
  return sql.query<Found>(HISTORY, [
    ...columnsOf(cards.map((card) => pasts.get(card) as CardPast)),
    rows.map(({ trans_num: transNum }) => transNum),
    rows.map(({ cc_num: card }) => card),
    rows.map(({ trans_date_trans_time: time }) => time),
    rows.map(({ category }) => category),
    rows.map(({ cc_num: card, category }) => category !== null && bought.get(card)?.has(category) === true),
  ]);
}

/** The parameters $1 to $5 of both queries. */
function columnsOf(pasts: readonly CardPast[]): [bigint[], number[], string[], string[], string[]] {
  return [
    pasts.map(({ card }) => card),
    pasts.map(({ until }) => until),
    pasts.map(({ rows }) => rows),
    pasts.map(({ total }) => total),
    pasts.map(({ squares }) => squares),
  ];
}

/** Cards with a very long past may take longer than a statement may: then half as many are asked for at once. */
async function halving<A, B>(items: readonly A[], work: (some: readonly A[]) => Promise<B[]>): Promise<B[]> {
  if (items.length === 0) return [];
  try {
    return await work(items);
  } catch (error) {
    if (sqlState(error) !== STATEMENT_TIMEOUT || items.length === 1) throw error;
    const middle = Math.ceil(items.length / 2);
    return [...(await halving(items.slice(0, middle), work)), ...(await halving(items.slice(middle), work))];
  }
}

function hasPast(row: ScorableRow): row is DatedRow {
  const time = transactionTime(row);
  return row.cc_num !== null && time !== null && time >= FIRST_TIME_MS && time <= LAST_TIME_MS;
}

/** Rows of a card before a row, in the order of the index. */
function before(row: string): string {
  return `(t.trans_date_trans_time, t.trans_num COLLATE "C") < (${row}.at, ${row}.trans_num)`;
}

/** A time of {@link CardPast}. */
function momentOf(ms: string): string {
  return `CASE WHEN ${ms} = '-infinity' THEN '-infinity' ELSE timestamp '1970-01-01' + ${ms} * interval '1 millisecond' END`;
}

/** Pasts as they are remembered, the parameters $1 to $5; what $6 and further ones add is in `more`. */
function remembered(more = ''): string {
  const types = ['bigint', 'float8', 'bigint', 'numeric', 'numeric'].map((type, index) => `$${index + 1}::${type}[]`);
  return `unnest(${types.join(', ')}${more})`;
}

/** The pasts read on up to the times in $6, in their order. */
const PASTS = `
  SELECT (known.rows + coalesce(gained.rows, 0))::text AS rows, (known.total + coalesce(gained.total, 0))::text AS total,
    (known.squares + coalesce(gained.squares, 0))::text AS squares, coalesce(categories, '{}') AS categories
  FROM ${remembered(', $6::float8[]')} WITH ORDINALITY AS known (card, until, rows, total, squares, next, place)
  CROSS JOIN LATERAL (
    SELECT sum(rows) AS rows, sum(total) AS total, sum(squares) AS squares, array_agg(category::text) AS categories
    FROM (
      SELECT category, count(*) AS rows, sum(amt) AS total, sum(amt * amt) AS squares FROM transactions t
      WHERE t.cc_num = known.card AND t.trans_date_trans_time >= ${momentOf('known.until')}
        AND t.trans_date_trans_time < ${momentOf('known.next')}
      GROUP BY category
    ) AS by_category
  ) AS gained
  ORDER BY place`;

/**
 * `past` adds up, for each row, what the card gained since its row before in this query, or since what is remembered: so
 * all of that is read once, however many rows ask. Sums are exact, NUMERIC as the amounts are; only the results become
 * doubles.
 */
export const HISTORY = `
  WITH known AS (
    SELECT card, ${momentOf('until')} AS since, rows, total, squares
    FROM ${remembered()} AS known (card, until, rows, total, squares)
  ), asked AS (
    SELECT trans_num, card, category, bought, timestamp '1970-01-01' + (time || ' microseconds')::interval AS at
    FROM unnest($6::text[], $7::bigint[], $8::text[], $9::text[], $10::boolean[])
      AS row (trans_num, card, time, category, bought)
  ), batch AS (
    SELECT asked.*, since, coalesce(lag(at) OVER own, since) AS last_at, coalesce(lag(trans_num) OVER own, '') AS last_num,
      rows AS known_rows, total AS known_total, squares AS known_squares
    FROM asked JOIN known USING (card) WINDOW own AS (PARTITION BY card ORDER BY at, trans_num COLLATE "C")
  ), past AS (
    SELECT batch.*, known_rows + sum(gained.rows) OVER own AS rows, known_total + sum(gained.total) OVER own AS total,
      known_squares + sum(gained.squares) OVER own AS squares
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
    (NOT bought AND NOT EXISTS (
      SELECT FROM transactions t
      WHERE t.cc_num = past.card AND t.category = past.category AND t.trans_date_trans_time >= past.since
        AND ${before('past')}
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
