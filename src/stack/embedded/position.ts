/** How far the capture is. The position is stored in the transaction that appends the records, so the two never differ. */
import type { Sql } from '../../pipeline/sql.ts';
import { formatLsn, parseLsn } from './lsn.ts';

/** The last change that is stored: the commit of its transaction in the log, and its number in it, counted from 1. */
export interface CapturePosition {
  readonly commitLsn: bigint;
  readonly index: number;
}

export async function readPosition(sql: Sql, slot: string): Promise<CapturePosition | null> {
  const [row] = await sql.query<{ commit_lsn: string; index_in_transaction: string }>(
    'SELECT commit_lsn, index_in_transaction FROM capture_position WHERE slot = $1',
    [slot],
  );
  return row ? { commitLsn: parseLsn(row.commit_lsn), index: Number(row.index_in_transaction) } : null;
}

export async function writePosition(sql: Sql, slot: string, { commitLsn, index }: CapturePosition): Promise<void> {
  await sql.query(
    `INSERT INTO capture_position (slot, commit_lsn, index_in_transaction) VALUES ($1, $2, $3)
     ON CONFLICT (slot) DO UPDATE SET commit_lsn = $2, index_in_transaction = $3, updated_at = now()`,
    [slot, formatLsn(commitLsn), index],
  );
}

/** True when the change is in the topic already. The log sends transactions in the order of their commits. */
export function isStored(position: CapturePosition, commitLsn: bigint, index: number): boolean {
  return commitLsn < position.commitLsn || (commitLsn === position.commitLsn && index <= position.index);
}
