/** The transactions that wait for a score, in SQL. */
import type { TopicRecord } from '../ports.ts';
import type { Sql } from '../sql.ts';
import type { Origin } from './predictions.ts';

export interface PendingRow {
  readonly transNum: string;
  readonly record: TopicRecord;
  readonly origin: Origin;
  readonly attempts: number;
}

/** The waiting transactions whose time has come, the longest overdue first. */
export async function readDue(sql: Sql, now: number, limit: number): Promise<PendingRow[]> {
  const rows = await sql.query<Stored>(
    `SELECT trans_num, cluster_id, topic, partition, "offset", key, event, query_id, batch_id, attempts,
       floor(extract(epoch FROM record_at) * 1000)::text AS record_at
     FROM sluice.pending WHERE next_at <= to_timestamp($1::double precision / 1000) ORDER BY next_at, trans_num LIMIT $2`,
    [now, limit],
  );
  return rows.map(toPendingRow);
}

/** Which of the rows still wait; they are locked until the end of this SQL transaction. */
export async function lockPending(sql: Sql, transNums: readonly string[]): Promise<ReadonlySet<string>> {
  const rows = await sql.query<{ trans_num: string }>(
    'SELECT trans_num FROM sluice.pending WHERE trans_num = ANY($1::text[]) ORDER BY trans_num FOR UPDATE',
    [transNums],
  );
  return new Set(rows.map((row) => row.trans_num));
}

export async function deletePending(sql: Sql, transNums: readonly string[]): Promise<void> {
  await sql.query('DELETE FROM sluice.pending WHERE trans_num = ANY($1::text[])', [transNums]);
}

/** Puts a row off; `nextAt` in ms since 1970. */
export async function postponePending(
  sql: Sql,
  rows: readonly { readonly transNum: string; readonly nextAt: number; readonly reason: string }[],
): Promise<void> {
  await sql.query(
    `UPDATE sluice.pending AS row SET attempts = row.attempts + 1, last_error = put.reason,
       next_at = to_timestamp(put."nextAt" / 1000)
     FROM json_to_recordset($1::json) AS put ("transNum" text, "nextAt" double precision, reason text)
     WHERE row.trans_num = put."transNum"`,
    [JSON.stringify(rows)],
  );
}

interface Stored extends Record<string, unknown> {
  readonly trans_num: string;
  readonly cluster_id: string;
  readonly topic: string;
  readonly partition: number;
  readonly offset: string;
  readonly key: Buffer | null;
  readonly event: Buffer;
  readonly record_at: string;
  readonly query_id: string;
  readonly batch_id: string;
  readonly attempts: number;
}

function toPendingRow(row: Stored): PendingRow {
  return {
    transNum: row.trans_num,
    record: {
      partition: row.partition,
      offset: BigInt(row.offset),
      timestamp: Number(row.record_at),
      key: row.key,
      value: row.event,
    },
    origin: { clusterId: row.cluster_id, topic: row.topic, queryId: row.query_id, batchId: Number(row.batch_id) },
    attempts: row.attempts,
  };
}
