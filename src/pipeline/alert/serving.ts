/** A serving database of its own must not be the one that is captured: every row inserted there would come back as a change. */
import { SluiceError } from '../errors.ts';
import type { AlertSettings } from '../job-settings.ts';
import { openDatabase, sqlState, type Sql } from '../sql.ts';

/** Throws `SETTINGS_INVALID` when rows that Alert inserts would come back through the change capture. */
export async function checkServing(settings: AlertSettings, serving: Sql): Promise<void> {
  if (settings.servingDatabase === 'captured') return;
  const publication = await findCapturing(serving);
  if (publication !== null) throw isCaptured(`its table transactions is captured by the publication ${publication}`);
  if (!settings.captured) return;
  const captured = openDatabase(settings.captured, { max: 1, applicationName: 'sluice-alert' });
  try {
    const [one, other] = [await readIdentity(serving), await readIdentity(captured)];
    if (one !== null && one === other)
      throw isCaptured(`both are the database ${settings.captured.database} of one server`);
  } finally {
    await captured.close();
  }
}

/** The publication through which a slot of this database captures `transactions`, or null. */
async function findCapturing(sql: Sql): Promise<string | null> {
  const [row] = await sql.query<{ pubname: string }>(
    `SELECT pubname FROM pg_publication_tables
     WHERE schemaname = 'public' AND tablename = 'transactions'
       AND EXISTS (SELECT 1 FROM pg_replication_slots WHERE slot_type = 'logical' AND database = current_database())
     ORDER BY pubname LIMIT 1`,
  );
  return row?.pubname ?? null;
}

/** System identifier and database: equal for one database, whatever name or address it is reached by. null = not to be had. */
export async function readIdentity(sql: Sql): Promise<string | null> {
  try {
    const [row] = await sql.query<{ id: string }>(
      `SELECT system_identifier::text || '/' || current_database() AS id FROM pg_control_system()`,
    );
    return row?.id ?? null;
  } catch (error) {
    if (sqlState(error) === NO_RIGHTS) return null;
    throw error;
  }
}

const NO_RIGHTS = '42501';

function isCaptured(seen: string): SluiceError {
  return new SluiceError('SETTINGS_INVALID', {
    tried: 'Looking at the separate serving database',
    seen: `it is the captured one: ${seen}`,
    expected: 'another database, because every row that Alert inserts into a captured table comes back as a new change',
    action: 'Set alert.servingDatabase to captured, or SERVING_DATABASE_URL to another database.',
  });
}
