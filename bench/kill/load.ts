/** Rows that arrive while consoles die: some before the first start (for the snapshot), some in one big COPY. */
import { SluiceError } from '../../src/pipeline/errors.ts';
import type { Database } from '../../src/pipeline/sql.ts';

/** One row in so many is a fraud for the model: enough to prove alerts, few enough for Slack's pace. */
const FRAUD_EVERY = 2_000;

/**
 * The columns of `transactions` for row `i` of a load, in the table's order up to `is_fraud`. Card numbers have 19
 * digits and differ in the last ones, so a rounding to double would make cards collide. A fraud is groceries for more than
 * $312 late in the evening, the others are small things for the home at noon.
 */
function rowsOf(label: string, count: number): string {
  const fraud = `i % ${FRAUD_EVERY} = 7`;
  return `SELECT timestamp '2026-01-05 00:00:00' + (i % 86400) * interval '1 second' * 0.1
            + CASE WHEN ${fraud} THEN interval '22 hours' ELSE interval '12 hours' END,
         4992346398065154000 + i, 'fraud_Load ${label}', CASE WHEN ${fraud} THEN 'grocery_pos' ELSE 'home' END,
         CASE WHEN ${fraud} THEN 312.50 ELSE (i % 90) + 5.25 END,
         'Kim', 'Load', 'F', '1 Main St', 'Anoka', 'MN', 55303, 45.2, -93.4, 17000, 'Engineer', date '1980-02-29',
         '${label}_' || lpad(i::text, 7, '0'), 1767571200 + i, 45.21, -93.4, 0
    FROM generate_series(1, ${count}) AS i`;
}

const COLUMNS = `trans_date_trans_time, cc_num, merchant, category, amt, first, last, gender, street, city, state, zip,
  lat, long, city_pop, job, dob, trans_num, unix_time, merch_lat, merch_long, is_fraud`;

/** Inserts rows in one transaction. */
export async function insertRows(database: Database, label: string, count: number): Promise<void> {
  await database.query(`INSERT INTO transactions (${COLUMNS}) ${rowsOf(label, count)}`);
}

/** Loads rows by one real COPY, from a file that the server has just written into its own folder. */
export async function copyRows(database: Database, label: string, count: number): Promise<void> {
  const file = `bench-${label}.copy`;
  await database.query(`COPY (${rowsOf(label, count)}) TO PROGRAM 'cat > ${file}'`);
  await database.query(`COPY transactions (${COLUMNS}) FROM PROGRAM 'cat ${file} && rm ${file}'`);
}

/** True for the error of a server that was taken down under a statement. */
export function isCutOff(error: unknown): boolean {
  return error instanceof SluiceError && error.retryable;
}
