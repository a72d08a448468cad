/** The table `transactions` as Alert sees it: which rows are there, and the missing ones of a separate serving database. */
import { failpoint } from '../failpoints.ts';
import { sqlState, type Database, type Sql } from '../sql.ts';
import type { DeadLetter } from '../quarantine/dead-letter.ts';
import type { Candidate } from './intake.ts';
import { chunksOf } from './limited.ts';

const ROWS_PER_STATEMENT = 500;

export const LOCK_PRESENT =
  'SELECT trans_num FROM transactions WHERE trans_num = ANY($1::text[]) ORDER BY trans_num FOR KEY SHARE';

/** Which of the transactions exist. They cannot be deleted before the end of this SQL transaction. */
export async function lockPresent(sql: Sql, transNums: readonly string[]): Promise<ReadonlySet<string>> {
  const rows = await sql.query<{ trans_num: string }>(LOCK_PRESENT, [transNums]);
  return new Set(rows.map((row) => row.trans_num));
}

/** Inserts what is missing and leaves what is there. Rows that the table refuses come back as dead letters. */
export async function insertMissing(db: Database, candidates: readonly Candidate[]): Promise<DeadLetter[]> {
  const refused: DeadLetter[] = [];
  for (const chunk of chunksOf(candidates, ROWS_PER_STATEMENT)) {
    if ((await tryInsert(db, chunk)) === null) continue;
    // One row makes the whole statement fail: each is tried alone to find it.
    for (const candidate of chunk) {
      const fault = await tryInsert(db, [candidate]);
      if (fault !== null) refused.push({ record: candidate.record, code: 'REFUSED_BY_DATABASE', reason: fault });
    }
  }
  return refused;
}

/** Why the table refuses these rows, or null when they are in it. Other errors are thrown. */
async function tryInsert(db: Database, candidates: readonly Candidate[]): Promise<string | null> {
  try {
    await db.transaction(async (sql) => {
      await sql.query(INSERT, [JSON.stringify(candidates.map(toJson))]);
      await failpoint('a2');
    });
    return null;
  } catch (error) {
    const state = sqlState(error);
    if (state === null || !/^2[23]/.test(state)) throw error;
    return `PostgreSQL refuses the row (SQLSTATE ${state})`;
  }
}

/** 64-bit numbers as text, so that no digit is lost. */
function toJson({ row }: Candidate): Record<string, unknown> {
  return {
    ...row,
    cc_num: row.cc_num?.toString(),
    city_pop: row.city_pop?.toString(),
    unix_time: row.unix_time?.toString(),
  };
}

const INSERT = `
  INSERT INTO transactions (trans_date_trans_time, cc_num, merchant, category, amt, first, last, gender, street, city,
    state, zip, lat, long, city_pop, job, dob, trans_num, unix_time, merch_lat, merch_long, is_fraud)
  SELECT timestamp '1970-01-01' + (trans_date_trans_time || ' microseconds')::interval, cc_num, merchant, category, amt,
    first, last, gender, street, city, state, zip, lat, long, city_pop, job, date '1970-01-01' + dob, trans_num,
    unix_time, merch_lat, merch_long, coalesce(is_fraud, 0)
  FROM json_to_recordset($1::json) AS row (trans_date_trans_time text, cc_num bigint, merchant text, category text,
    amt numeric, first text, last text, gender text, street text, city text, state text, zip integer,
    lat double precision, long double precision, city_pop integer, job text, dob integer, trans_num text,
    unix_time bigint, merch_lat double precision, merch_long double precision, is_fraud smallint)
  ORDER BY trans_num
  ON CONFLICT (trans_num) DO NOTHING`;
