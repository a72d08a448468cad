/** What a person decides about alerts that nobody can settle without them: held ones, and those that Slack did not take. */
import type { Sql } from '../sql.ts';

/** Lets them go again: a held one marked as a possible repeat, a dead one from its first try on. Returns how many. */
export async function resendAlerts(sql: Sql, transNums: readonly string[], now: number): Promise<number> {
  const rows = await sql.query(
    `UPDATE sluice.outbox SET state = CASE WHEN ambiguous_sends > 0 THEN 'ambiguous' ELSE 'pending' END,
       next_at = to_timestamp($2::double precision / 1000)
     WHERE state IN ('held', 'dead') AND trans_num = ANY($1::text[]) RETURNING trans_num`,
    [transNums, now],
  );
  return rows.length;
}

/** Gives them up for good; their predictions stay. Returns how many. */
export async function discardAlerts(sql: Sql, transNums: readonly string[]): Promise<number> {
  const rows = await sql.query(
    `UPDATE sluice.outbox SET state = 'discarded' WHERE state IN ('held', 'dead') AND trans_num = ANY($1::text[])
     RETURNING trans_num`,
    [transNums],
  );
  return rows.length;
}
