/**
 * Takes tables over that somebody else has made: on a server that exists, frauddb holds its transactions already. What is
 * there stays as it is; what the first migration would make and is missing is made; then that migration counts as applied.
 */
import { SluiceError } from '../../pipeline/errors.ts';
import type { PostgresSettings } from '../../pipeline/job-settings.ts';
import { openDatabase, type Sql } from '../../pipeline/sql.ts';
import { ONE_AT_A_TIME, prepare, readMigrations, type Migration } from './migrations.ts';

/** Answers which tables were found and kept; none when there was nothing to take over. */
export async function adoptTables(settings: PostgresSettings, folder: string): Promise<readonly string[]> {
  const [first] = await readMigrations(folder);
  if (!first) return [];
  const database = openDatabase(settings, { max: 1, statementTimeoutMs: 0 });
  try {
    return await database.transaction((sql) => adopt(sql, first));
  } finally {
    await database.close();
  }
}

async function adopt(sql: Sql, first: Migration): Promise<readonly string[]> {
  await prepare(sql);
  await sql.query(ONE_AT_A_TIME);
  const known = await sql.query('SELECT 1 FROM sluice_migrations.applied WHERE name = $1', [first.name]);
  if (known.length > 0) return [];
  const statements = splitStatements(first.text);
  const found = await existing(
    sql,
    statements.flatMap(({ creates }) => (creates === null ? [] : [creates])),
  );
  if (found.length === 0) return [];
  await checkColumns(sql, found, statements);
  for (const { text, table } of statements) if (!found.includes(table)) await sql.query(text);
  await sql.query('INSERT INTO sluice_migrations.applied (name, hash) VALUES ($1, $2)', [first.name, first.hash]);
  return found;
}

/** One statement of the migration, the table that it is about, and the table that it creates. */
export interface Statement {
  readonly text: string;
  readonly table: string;
  readonly creates: string | null;
  /** The names of the columns that it creates. */
  readonly columns: readonly string[];
}

/** The first migration creates tables and indexes, and nothing else. */
export function splitStatements(text: string): Statement[] {
  const statements = text
    .replace(/--.*$/gm, '')
    .split(/;\s*$/m)
    .map((each) => each.trim())
    .filter((each) => each !== '');
  return statements.map((statement) => {
    const [, created] = /^CREATE TABLE (\w+)/.exec(statement) ?? [];
    const [, indexed] = /^CREATE INDEX \w+ ON (\w+)/.exec(statement) ?? [];
    const table = created ?? indexed;
    if (table === undefined) throw new Error(`the first migration does more than create: ${statement.slice(0, 60)}`);
    const columns = created === undefined ? [] : [...statement.matchAll(/^ {2}(\w+) /gm)].map(([, name]) => name ?? '');
    return { text: statement, table, creates: created ?? null, columns };
  });
}

async function existing(sql: Sql, tables: readonly string[]): Promise<string[]> {
  const rows = await sql.query<{ name: string }>(
    'SELECT name FROM unnest($1::text[]) AS name WHERE to_regclass(name) IS NOT NULL',
    [tables],
  );
  return rows.map(({ name }) => name);
}

async function checkColumns(sql: Sql, found: readonly string[], statements: readonly Statement[]): Promise<void> {
  for (const { creates, columns } of statements) {
    if (creates === null || !found.includes(creates)) continue;
    const missing = await sql.query<{ name: string }>(
      `SELECT name FROM unnest($2::text[]) AS name WHERE name NOT IN (
         SELECT attname FROM pg_attribute WHERE attrelid = to_regclass($1) AND attnum > 0 AND NOT attisdropped)`,
      [creates, columns],
    );
    if (missing.length > 0)
      throw isAnother(
        creates,
        missing.map(({ name }) => name),
      );
  }
}

function isAnother(table: string, missing: readonly string[]): SluiceError {
  return new SluiceError('STACK_FAILED', {
    tried: `Taking over the table ${table} of the captured database`,
    seen: `it has no ${missing.length === 1 ? 'column' : 'columns'} ${missing.join(', ')}`,
    expected: 'the tables of the fraud system, or none under these names',
    action: `Add what is missing to ${table}, or name another database (POSTGRES_DB). Nothing was changed.`,
  });
}
