/** The replication slot that the connector reads: a slot that nobody reads makes PostgreSQL keep its log for ever. */
import type { Sql } from '../../pipeline/sql.ts';

/** How PostgreSQL calls the log that a slot holds (`pg_replication_slots.wal_status`). */
export type WalStatus = 'reserved' | 'extended' | 'unreserved' | 'lost';

export interface SlotView {
  readonly name: string;
  /** Somebody reads it now. */
  readonly active: boolean;
  /** `lost`: the log has been removed, and the slot can only be made anew, with a new snapshot. */
  readonly wal: WalStatus | null;
  /** Bytes of log that are kept for it. */
  readonly retainedBytes: number;
  /** Bytes that its reader has not confirmed. */
  readonly unconfirmedBytes: number;
  /** Bytes that may still come before the slot is lost; null without a limit. */
  readonly safeBytes: number | null;
  /** `max_slot_wal_keep_size`: past it PostgreSQL drops the log of the slot; null without a limit. */
  readonly limitBytes: number | null;
  readonly confirmedLsn: string | null;
  readonly currentLsn: string;
}

interface SlotRow extends Record<string, unknown> {
  readonly active: boolean;
  readonly wal_status: WalStatus | null;
  readonly retained: string | null;
  readonly unconfirmed: string | null;
  readonly safe: string | null;
  readonly limit: string;
  readonly confirmed: string | null;
  readonly current: string;
}

/** The slot, or null when there is none of this name. Works on PostgreSQL 13 and newer. */
export async function readSlot(sql: Sql, name: string): Promise<SlotView | null> {
  const [row] = await sql.query<SlotRow>(SLOT, [name]);
  if (!row) return null;
  return {
    name,
    active: row.active,
    wal: row.wal_status,
    retainedBytes: Number(row.retained ?? 0),
    unconfirmedBytes: Number(row.unconfirmed ?? 0),
    safeBytes: row.safe === null ? null : Number(row.safe),
    limitBytes: Number(row.limit) < 0 ? null : Number(row.limit) * MIB,
    confirmedLsn: row.confirmed,
    currentLsn: row.current,
  };
}

/** The setting is kept in megabytes. */
const MIB = 1024 * 1024;

const SLOT = `
  SELECT active, wal_status, pg_wal_lsn_diff(pg_current_wal_lsn(), restart_lsn) AS retained,
    pg_wal_lsn_diff(pg_current_wal_lsn(), confirmed_flush_lsn) AS unconfirmed, safe_wal_size AS safe,
    (SELECT setting FROM pg_settings WHERE name = 'max_slot_wal_keep_size') AS limit,
    confirmed_flush_lsn::text AS confirmed, pg_current_wal_lsn()::text AS current
  FROM pg_replication_slots WHERE slot_name = $1`;
