/** The alerts on their way, in SQL. Claim -> commit -> send -> mark: what was claimed and not marked may have been sent. */
import type { DeliverySettings } from '../job-settings.ts';
import type { Database, Sql } from '../sql.ts';
import type { Choice, Due } from './delivery-rules.ts';
import type { AlertFacts } from './facts.ts';
import { DIGEST_SIZE, type SlackMessage } from './message.ts';
import { beginMessage, cutOffMessages, settleMessage, type Settlement } from './messages.ts';

/** One alert that this run may send now. */
export interface Claimed {
  readonly transNum: string;
  readonly facts: AlertFacts;
  /** Tries including this one. */
  readonly attempts: number;
  /** True when an earlier send of it may have arrived. */
  readonly repeat: boolean;
}

/** What waits to be sent: what is due, and when the next of the others is (ms since 1970). */
export interface Queue {
  readonly due: Due;
  readonly nextAt: number | null;
}

/** Alerts that share one message, with the message noted as begun. */
export interface Claim {
  readonly claimed: readonly Claimed[];
  readonly message: SlackMessage;
  readonly messageId: string;
}

/** Where an alert whose outcome is unknown goes. */
export type Unknown = DeliverySettings['onAmbiguous'];

const CUT_OFF = 'The console stopped between sending and noting the answer.';
const UNKNOWN_STATE: Readonly<Record<Unknown, string>> = { resend: 'ambiguous', hold: 'held' };

/**
 * Makes ambiguous what an earlier run claimed and did not mark, whatever its epoch was: epochs begin again when somebody
 * removes the lease. Called once, by the owner, before its first claim. Returns their number.
 */
export function adoptClaims(db: Database, now: number, unknown: Unknown): Promise<number> {
  return db.transaction(async (sql) => {
    // Messages before alerts, as in `mark`: the other order can block both for ever.
    await cutOffMessages(sql, now, CUT_OFF);
    const rows = await sql.query(
      `UPDATE sluice.outbox SET state = $2, ambiguous_sends = ambiguous_sends + 1, next_at = ${time(1)}, last_error = $3
       WHERE state = 'sending' RETURNING trans_num`,
      [now, UNKNOWN_STATE[unknown], CUT_OFF],
    );
    return rows.length;
  });
}

/** @param joinCardMs alerts of a card that was told of within this time are not due yet */
export async function readQueue(sql: Sql, now: number, joinCardMs: number): Promise<Queue> {
  const [row] = await sql.query<Record<'high' | 'others' | 'oldest_at' | 'next_at' | 'last_minute', string | null>>(
    `SELECT count(*) FILTER (WHERE due AND level = 'HIGH') AS high, count(*) FILTER (WHERE due AND level <> 'HIGH') AS others,
       ${toMs(`min(created_at) FILTER (WHERE due AND level <> 'HIGH')`)} AS oldest_at,
       ceil(extract(epoch FROM min(next_at) FILTER (WHERE next_at > ${time(1)})) * 1000)::text AS next_at,
       (SELECT count(*) FROM sluice.outbox WHERE created_at > ${time(1)} - interval '1 minute') AS last_minute
     FROM (SELECT payload->>'level' AS level, created_at, next_at,
             next_at <= ${time(1)} AND NOT ${toldLately('$2')} AS due
           FROM sluice.outbox o WHERE state IN ('pending', 'ambiguous')) AS waiting`,
    [now, joinCardMs],
  );
  const number = (text: string | null | undefined): number | null => (text == null ? null : Number(text));
  const due: Due = {
    high: number(row?.high) ?? 0,
    others: number(row?.others) ?? 0,
    oldestAt: number(row?.oldest_at),
    lastMinute: number(row?.last_minute) ?? 0,
  };
  return { due, nextAt: number(row?.next_at) };
}

/**
 * Takes due alerts by the choice, HIGH before the others, then the oldest, and notes the message that `build` makes of
 * them. Committed before the caller sends. null when another run was faster.
 */
export function claim(
  db: Database,
  { epoch, now, joinCardMs }: { readonly epoch: number; readonly now: number; readonly joinCardMs: number },
  choice: Choice,
  build: (claimed: readonly Claimed[]) => SlackMessage,
): Promise<Claim | null> {
  return db.transaction(async (sql) => {
    const [first, ...others] = await pick(sql, now, joinCardMs, choice);
    if (!first) return null;
    const group = first.alone ? [first] : [first, ...others.filter(({ alone }) => !alone)];
    const mates = joinCardMs > 0 && group.length === 1 && !first.alone ? await matesOf(sql, first.trans_num, now) : [];
    const claimed = await take(sql, epoch, now, [...group.map((row) => row.trans_num), ...mates]);
    const message = build(claimed);
    return { claimed, message, messageId: await beginMessage(sql, message, idsOf(claimed), now) };
  });
}

function pick(sql: Sql, now: number, joinCardMs: number, { limit, levels }: Choice) {
  return sql.query<{ trans_num: string; alone: boolean }>(
    `SELECT trans_num, alone FROM sluice.outbox o
     WHERE state IN ('pending', 'ambiguous') AND next_at <= ${time(1)} AND NOT ${toldLately('$2')}
       AND ($3 = 'all' OR ($3 = 'high') = (payload->>'level' = 'HIGH'))
     ORDER BY payload->>'level' <> 'HIGH', created_at, trans_num LIMIT $4 FOR UPDATE SKIP LOCKED`,
    [now, joinCardMs, levels, limit],
  );
}

/** The other due alerts of the same card. */
async function matesOf(sql: Sql, transNum: string, now: number): Promise<string[]> {
  const rows = await sql.query<{ trans_num: string }>(
    `SELECT o.trans_num FROM sluice.outbox o JOIN transactions t USING (trans_num)
     WHERE o.state IN ('pending', 'ambiguous') AND o.next_at <= ${time(2)} AND NOT o.alone AND o.trans_num <> $1
       AND t.cc_num = (SELECT cc_num FROM transactions WHERE trans_num = $1)
     ORDER BY o.created_at, o.trans_num LIMIT ${DIGEST_SIZE - 1} FOR UPDATE OF o SKIP LOCKED`,
    [transNum, now],
  );
  return rows.map((row) => row.trans_num);
}

async function take(sql: Sql, epoch: number, now: number, transNums: readonly string[]): Promise<Claimed[]> {
  const rows = await sql.query<{ trans_num: string; payload: AlertFacts; attempts: number; ambiguous_sends: number }>(
    `UPDATE sluice.outbox SET state = 'sending', claim_epoch = $1, claimed_at = ${time(2)}, attempts = attempts + 1
     WHERE trans_num = ANY($3::text[]) RETURNING trans_num, payload, attempts, ambiguous_sends`,
    [epoch, now, transNums],
  );
  const byId = new Map(rows.map((row) => [row.trans_num, row]));
  return transNums.flatMap((transNum) => {
    const row = byId.get(transNum);
    if (!row) return [];
    return [{ transNum, facts: row.payload, attempts: row.attempts, repeat: row.ambiguous_sends > 0 }];
  });
}

/** What is noted about alerts of this run that were claimed, together with what became of their message. */
export type Mark =
  | { readonly kind: 'sent' }
  /** They certainly were not taken, and go again at `nextAt`. */
  | { readonly kind: 'released'; readonly nextAt: number; readonly reason: string | null; readonly alone?: boolean }
  /** The outcome is unknown: they go again at `nextAt`, marked as possible repeats, or wait for a person. */
  | { readonly kind: 'unknown'; readonly nextAt: number; readonly reason: string; readonly then: Unknown }
  | { readonly kind: 'dead'; readonly reason: string };

export function mark(
  db: Database,
  epoch: number,
  { claimed, messageId }: Pick<Claim, 'claimed' | 'messageId'>,
  how: Mark,
  settlement: Settlement,
): Promise<void> {
  return db.transaction(async (sql) => {
    await settleMessage(sql, messageId, settlement);
    await markAlerts(sql, epoch, idsOf(claimed), how, settlement.now);
  });
}

async function markAlerts(sql: Sql, epoch: number, ids: readonly string[], how: Mark, now: number): Promise<void> {
  const update = (set: string, ...values: (string | number | boolean | null)[]): Promise<unknown> =>
    sql.query(`UPDATE sluice.outbox SET ${set} ${MINE}`, [epoch, ids, ...values]);
  switch (how.kind) {
    case 'sent':
      return void (await update(`state = 'sent', alert_sent_at = ${time(3)}, last_error = NULL`, now));
    case 'released':
      return void (await update(
        `state = CASE WHEN ambiguous_sends > 0 THEN 'ambiguous' ELSE 'pending' END, next_at = ${time(3)},
         last_error = coalesce($4, last_error), alone = alone OR $5`,
        how.nextAt,
        how.reason,
        how.alone ?? false,
      ));
    case 'unknown':
      return void (await update(
        `state = $5, ambiguous_sends = ambiguous_sends + 1, next_at = ${time(3)}, last_error = $4`,
        how.nextAt,
        how.reason,
        UNKNOWN_STATE[how.then],
      ));
    case 'dead':
      return void (await update(`state = 'dead', last_error = $3`, how.reason));
  }
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

/** Whether the card of outbox row `o` was told of in the last `ms` before the time in `$1`. */
function toldLately(ms: string): string {
  const since = `${time(1)} - ${ms}::double precision * interval '1 millisecond'`;
  return `(${ms}::double precision > 0 AND EXISTS (
    SELECT 1 FROM sluice.outbox told JOIN transactions t USING (trans_num)
    WHERE told.alert_sent_at > ${since} AND told.state = 'sent'
      AND t.cc_num = (SELECT cc_num FROM transactions WHERE transactions.trans_num = o.trans_num)))`;
}

function idsOf(claimed: readonly Claimed[]): string[] {
  return claimed.map(({ transNum }) => transNum);
}

function time(parameter: number): string {
  return `to_timestamp($${parameter}::double precision / 1000)`;
}

function toMs(expression: string): string {
  return `floor(extract(epoch FROM ${expression}) * 1000)::text`;
}
