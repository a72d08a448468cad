/** The captured database of a server that is not ours: its tables, and what logical replication needs. */
import { SluiceError } from '../../pipeline/errors.ts';
import { openDatabase, type Sql } from '../../pipeline/sql.ts';
import { CAPTURED_TABLE } from '../connector/config.ts';
import { adoptTables } from '../embedded/adopt.ts';
import { createDatabase, migrate } from '../embedded/migrations.ts';
import type { SetupTargets } from './setup.ts';

/** Creates database, tables and publication where they are missing. Answers what it did in one sentence. */
export async function prepareCaptured(target: SetupTargets['database']): Promise<string> {
  const { captured, migrationsFolder, publication } = target;
  const server = openDatabase({ ...captured, database: 'postgres' }, { max: 1 });
  try {
    await checkWalLevel(server);
    await createDatabase(server, captured.database);
  } finally {
    await server.close();
  }
  await adoptTables(captured, migrationsFolder);
  const applied = await migrate(captured, migrationsFolder);
  const database = openDatabase(captured, { max: 1 });
  try {
    await ensurePublication(database, publication);
  } finally {
    await database.close();
  }
  const did = applied.length === 0 ? 'all migrations were there' : `applied ${applied.join(', ')}`;
  return `Database ${captured.database}: ${did}; the publication ${publication} is of ${CAPTURED_TABLE} alone`;
}

async function checkWalLevel(sql: Sql): Promise<void> {
  const [row] = await sql.query<{ wal_level: string }>('SHOW wal_level');
  if (row?.wal_level === 'logical') return;
  throw new SluiceError('STACK_FAILED', {
    tried: 'Looking whether PostgreSQL can be captured',
    seen: `wal_level is ${row?.wal_level ?? 'unknown'}`,
    expected: 'logical',
    action: 'Set wal_level = logical in postgresql.conf and restart PostgreSQL.',
  });
}

/** Debezium would make it too, but only for a user who may; and one of all tables would bring the alerts back as changes. */
async function ensurePublication(sql: Sql, name: string): Promise<void> {
  const [found] = await sql.query<{ all: boolean; tables: string[] }>(
    `SELECT p.puballtables AS all, array(
       SELECT t.schemaname || '.' || t.tablename FROM pg_publication_tables t WHERE t.pubname = p.pubname ORDER BY 1
     ) AS tables FROM pg_publication p WHERE p.pubname = $1`,
    [name],
  );
  if (!found) {
    await sql.query(`CREATE PUBLICATION ${quoted(name)} FOR TABLE ${CAPTURED_TABLE}`);
    return;
  }
  if (!found.all && found.tables.length === 1 && found.tables[0] === CAPTURED_TABLE) return;
  throw new SluiceError('STACK_FAILED', {
    tried: `Looking at the publication ${name}`,
    seen: found.all ? 'it is of all tables' : `it is of ${found.tables.join(', ') || 'no table'}`,
    expected: `${CAPTURED_TABLE} and nothing else`,
    action: `Drop it when nobody else needs it (DROP PUBLICATION ${quoted(name)}), or set CONNECTOR_PUBLICATION to another name.`,
  });
}

const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;
