/**
 * One sender for one outbox, whoever runs the query: the turn is an advisory lock of the database in which the outbox
 * lies, held by a session of its own. It ends with the session, so a killed sender leaves it at once.
 */
import type { PostgresSettings } from '../job-settings.ts';
import { openDatabase, type Row } from '../sql.ts';

/** `fresh`: another sender may have had it since the last time. */
export type Taken = 'held' | 'fresh' | 'other';

export interface Turn {
  /** Takes the turn if it is free, and tells whether it was ours all the time. */
  take(): Promise<Taken>;
  /** Whether nobody else can have had it since it was taken. Asked right before each write to Slack. */
  isMine(): Promise<boolean>;
  /** Ends the session that has it; whose turn it is not has nothing to lose. */
  evict(): Promise<void>;
  close(): Promise<void>;
}

/** `SLUI` and 1: no other program should use it. */
const LOCK = '1397511497, 1';
const HELD = `locktype = 'advisory' AND classid = 1397511497 AND objid = 1
  AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`;
/** Without them a computer that vanished would keep its turn for hours: the server looks for it after ten seconds. */
const KEEPALIVE = '-c tcp_keepalives_idle=10 -c tcp_keepalives_interval=5 -c tcp_keepalives_count=3';

export function openTurn(settings: PostgresSettings): Turn {
  const db = openDatabase(settings, { max: 1, applicationName: 'sluice-sender', keepsSession: true, flags: KEEPALIVE });
  let session: string | null = null;
  const ask = async (text: string): Promise<Row | undefined> => (await db.query(text))[0];
  return {
    take: async () => {
      const row = await ask(
        `SELECT pg_backend_pid()::text AS pid, EXISTS (SELECT FROM pg_locks WHERE ${HELD} AND pid = pg_backend_pid()) AS held`,
      );
      if (row?.['held'] === true && row['pid'] === session) return 'held';
      const taken = await ask(`SELECT pg_backend_pid()::text AS pid, pg_try_advisory_lock(${LOCK}) AS mine`);
      session = taken?.['mine'] === true ? String(taken['pid']) : null;
      return session === null ? 'other' : 'fresh';
    },
    isMine: async () => {
      const row = await ask('SELECT pg_backend_pid()::text AS pid');
      return session !== null && row?.['pid'] === session;
    },
    evict: async () => {
      await db.query(
        `SELECT pg_terminate_backend(pid) FROM pg_locks WHERE ${HELD} AND granted AND pid <> pg_backend_pid()`,
      );
    },
    close: () => db.close(),
  };
}
