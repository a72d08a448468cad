/** Every message that was written to Slack, in SQL: noted before its first byte leaves, and settled with what came back. */
import type { MessageOutcome } from '../events.ts';
import type { Sql } from '../sql.ts';
import type { SlackMessage } from './message.ts';

export interface Settlement {
  readonly outcome: MessageOutcome;
  readonly reason: string | null;
  /** ms since 1970. */
  readonly now: number;
  /** Until when Slack asked to be left alone, ms since 1970. */
  readonly holdUntil?: number;
}

/** Notes a message as begun and returns its id. A test message tells of no alert. */
export async function beginMessage(
  sql: Sql,
  message: SlackMessage,
  transNums: readonly string[],
  now: number,
): Promise<string> {
  const [row] = await sql.query<{ id: string }>(
    `WITH begun AS (
       INSERT INTO sluice.messages (begun_at, body) VALUES (to_timestamp($1::double precision / 1000), $2::jsonb) RETURNING id
     ), told AS (
       INSERT INTO sluice.message_alerts (message_id, trans_num) SELECT id, unnest($3::text[]) FROM begun
     )
     SELECT id FROM begun`,
    [now, JSON.stringify(message), transNums],
  );
  return row?.id ?? '';
}

export async function settleMessage(sql: Sql, id: string, settlement: Settlement): Promise<void> {
  await sql.query(
    `UPDATE sluice.messages SET outcome = $2, reason = $3, settled_at = to_timestamp($4::double precision / 1000),
       hold_until = to_timestamp($5::double precision / 1000) WHERE id = $1 AND outcome IS NULL`,
    [id, settlement.outcome, settlement.reason, settlement.now, settlement.holdUntil ?? null],
  );
}

/** Messages that an earlier run began and never settled: nobody knows what became of them. */
export async function cutOffMessages(sql: Sql, now: number, reason: string): Promise<void> {
  await sql.query(
    `UPDATE sluice.messages SET outcome = 'ambiguous', reason = $2, settled_at = to_timestamp($1::double precision / 1000)
     WHERE outcome IS NULL`,
    [now, reason],
  );
}

/** Times of the messages begun after `since`, oldest first, ms: what the pace of an earlier run was. */
export async function readRecentSends(sql: Sql, since: number): Promise<number[]> {
  const rows = await sql.query<{ at: string }>(
    `SELECT floor(extract(epoch FROM begun_at) * 1000)::text AS at FROM sluice.messages
     WHERE begun_at > to_timestamp($1::double precision / 1000) AND outcome IS DISTINCT FROM 'unowned' ORDER BY begun_at`,
    [since],
  );
  return rows.map(({ at }) => Number(at));
}

/** Until when Slack has asked to be left alone, ms since 1970; 0 when it has not. */
export async function readHold(sql: Sql, now: number): Promise<number> {
  const [row] = await sql.query<{ until: string | null }>(
    `SELECT floor(extract(epoch FROM max(hold_until)) * 1000)::text AS until
     FROM sluice.messages WHERE hold_until > to_timestamp($1::double precision / 1000)`,
    [now],
  );
  return Number(row?.until ?? 0);
}
