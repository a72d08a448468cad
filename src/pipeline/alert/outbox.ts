/** The alerts on their way, in SQL. Claim -> commit -> send -> mark: what was claimed and not marked may have been sent. */
import type { Sql } from '../sql.ts';
import type { AlertFacts } from './facts.ts';

/** One alert that this run may send now. */
export interface Claimed {
  readonly transNum: string;
  readonly facts: AlertFacts;
  /** Tries including this one. */
  readonly attempts: number;
  /** True when an earlier send of it may have arrived. */
  readonly repeat: boolean;
}

/** What waits to be sent: how many are due, and when the next of the others is (ms since 1970). */
export interface Queue {
  readonly due: number;
  readonly nextAt: number | null;
}

/**
 * Makes ambiguous what an earlier run claimed and did not mark, whatever its epoch was: epochs begin again when somebody
 * removes the lease. Called once, by the owner, before its first claim. Returns their number.
 */
export async function adoptClaims(sql: Sql, now: number): Promise<number> {
  const rows = await sql.query(
    `UPDATE sluice.outbox SET state = 'ambiguous', ambiguous_sends = ambiguous_sends + 1, next_at = ${time(1)},
       last_error = 'The console stopped between sending and noting the answer.'
     WHERE state = 'sending' RETURNING trans_num`,
    [now],
  );
  return rows.length;
}

/** Times of the messages that were claimed after `since`, oldest first: one for each message, not for each alert. */
export async function readRecentSends(sql: Sql, since: number): Promise<number[]> {
  const rows = await sql.query<{ at: string }>(
    `SELECT DISTINCT floor(extract(epoch FROM claimed_at) * 1000)::text AS at FROM sluice.outbox
     WHERE claimed_at > ${time(1)} AND state IN ('sent', 'ambiguous', 'dead')`,
    [since],
  );
  return rows.map(({ at }) => Number(at)).sort((a, b) => a - b);
}

export async function readQueue(sql: Sql, now: number): Promise<Queue> {
  const [row] = await sql.query<{ due: string; next_at: string | null }>(
    `SELECT count(*) FILTER (WHERE next_at <= ${time(1)}) AS due,
       ceil(extract(epoch FROM min(next_at) FILTER (WHERE next_at > ${time(1)})) * 1000)::text AS next_at
     FROM sluice.outbox WHERE state IN ('pending', 'ambiguous')`,
    [now],
  );
  return { due: Number(row?.due ?? 0), nextAt: row?.next_at == null ? null : Number(row.next_at) };
}

/** Takes up to `limit` due alerts, HIGH before the others, then the oldest. Committed before the caller sends. */
export async function claim(sql: Sql, epoch: number, now: number, limit: number): Promise<Claimed[]> {
  const rows = await sql.query<{ trans_num: string; payload: AlertFacts; attempts: number; ambiguous_sends: number }>(
    `UPDATE sluice.outbox SET state = 'sending', claim_epoch = $1, claimed_at = ${time(2)}, attempts = attempts + 1
     WHERE trans_num IN (
       SELECT trans_num FROM sluice.outbox WHERE state IN ('pending', 'ambiguous') AND next_at <= ${time(2)}
       ORDER BY payload->>'level' <> 'HIGH', created_at, trans_num LIMIT $3 FOR UPDATE SKIP LOCKED)
     RETURNING trans_num, payload, attempts, ambiguous_sends`,
    [epoch, now, limit],
  );
  return rows.map((row) => ({
    transNum: row.trans_num,
    facts: row.payload,
    attempts: row.attempts,
    repeat: row.ambiguous_sends > 0,
  }));
}

export async function markSent(sql: Sql, epoch: number, transNums: readonly string[], now: number): Promise<void> {
  await sql.query(`UPDATE sluice.outbox SET state = 'sent', alert_sent_at = ${time(3)}, last_error = NULL ${MINE}`, [
    epoch,
    transNums,
    now,
  ]);
}

/** Gives alerts back that certainly were not taken. */
export async function release(
  sql: Sql,
  epoch: number,
  transNums: readonly string[],
  nextAt: number,
  reason: string | null,
): Promise<void> {
  await sql.query(
    `UPDATE sluice.outbox SET state = CASE WHEN ambiguous_sends > 0 THEN 'ambiguous' ELSE 'pending' END,
       next_at = ${time(3)}, last_error = coalesce($4, last_error) ${MINE}`,
    [epoch, transNums, nextAt, reason],
  );
}

/** Notes a send whose outcome is unknown; it goes again at `nextAt`, marked as a possible repeat. */
export async function markAmbiguous(
  sql: Sql,
  epoch: number,
  transNums: readonly string[],
  nextAt: number,
  reason: string,
): Promise<void> {
  await sql.query(
    `UPDATE sluice.outbox SET state = 'ambiguous', ambiguous_sends = ambiguous_sends + 1, next_at = ${time(3)},
       last_error = $4 ${MINE}`,
    [epoch, transNums, nextAt, reason],
  );
}

export async function markDead(sql: Sql, epoch: number, transNums: readonly string[], reason: string): Promise<void> {
  await sql.query(`UPDATE sluice.outbox SET state = 'dead', last_error = $3 ${MINE}`, [epoch, transNums, reason]);
}

/** Shows on everything that waits why it waits, and lets none of it go before `notBefore` (ms since 1970). */
export async function holdAll(sql: Sql, notBefore: number, reason: string): Promise<void> {
  await sql.query(
    `UPDATE sluice.outbox SET next_at = greatest(next_at, ${time(1)}), last_error = $2
     WHERE state IN ('pending', 'ambiguous')`,
    [notBefore, reason],
  );
}

/** Rows that another run has taken over in between are no longer this run's to mark. */
const MINE = `WHERE state = 'sending' AND claim_epoch = $1 AND trans_num = ANY($2::text[])`;

function time(parameter: number): string {
  return `to_timestamp($${parameter}::double precision / 1000)`;
}
