/** One card transaction as it is inserted, and the one statement that inserts many. */
import type { Sql } from '../../pipeline/sql.ts';

/** The columns of `transactions` that a producer fills, as PostgreSQL's text; null only where the table allows it. */
export const COLUMNS = {
  trans_date_trans_time: 'timestamp',
  cc_num: 'bigint',
  merchant: 'text',
  category: 'text',
  amt: 'numeric',
  first: 'text',
  last: 'text',
  gender: 'text',
  street: 'text',
  city: 'text',
  state: 'text',
  zip: 'integer',
  lat: 'double precision',
  long: 'double precision',
  city_pop: 'integer',
  job: 'text',
  dob: 'date',
  trans_num: 'text',
  unix_time: 'bigint',
  merch_lat: 'double precision',
  merch_long: 'double precision',
  is_fraud: 'smallint',
} as const;

export type ColumnName = keyof typeof COLUMNS;
export type Transaction = Readonly<Record<ColumnName, string | null>>;

export const COLUMN_NAMES = Object.keys(COLUMNS) as ColumnName[];
const NAMES = COLUMN_NAMES.join(', ');
const ARRAYS = COLUMN_NAMES.map((name, index) => `$${index + 1}::${COLUMNS[name]}[]`).join(', ');

/** Inserts the rows in one statement and returns how many are new; a trans_num that is there already is left as it is. */
export async function insertTransactions(sql: Sql, rows: readonly Transaction[]): Promise<number> {
  if (rows.length === 0) return 0;
  const inserted = await sql.query(
    `INSERT INTO transactions (${NAMES}) SELECT * FROM unnest(${ARRAYS}) ON CONFLICT (trans_num) DO NOTHING RETURNING 1`,
    COLUMN_NAMES.map((name) => rows.map((row) => row[name])),
  );
  return inserted.length;
}

/** `2019-01-31 23:05:59` in UTC. */
export function timestampText(ms: number): string {
  return new Date(ms).toISOString().slice(0, 19).replace('T', ' ');
}
