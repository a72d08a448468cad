/** Numbered migrations: each runs once, in a transaction of its own, and is remembered by name and hash. */
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { SluiceError } from '../../pipeline/errors.ts';
import type { PostgresSettings } from '../../pipeline/job-settings.ts';
import { openDatabase, type Database, type Sql } from '../../pipeline/sql.ts';

/** The captured database, and the one that holds the topic; two, so that the topic's own writes never come back. */
export const CAPTURED_DATABASE = 'frauddb';
export const TOPIC_DATABASE = 'sluice_topics';

/** Held until the end of a transaction; the number is Sluice's own. IF NOT EXISTS alone does not stand two starts at once. */
export const ONE_AT_A_TIME = 'SELECT pg_advisory_xact_lock(5815203)';

export interface Migration {
  readonly name: string;
  readonly text: string;
  readonly hash: string;
}

/** Creates the two databases if they are absent and brings both up to date. Returns the names applied now. */
export async function migrateAll(
  settings: (database: string) => PostgresSettings,
  migrationsFolder: string,
): Promise<readonly string[]> {
  const server = openDatabase(settings('postgres'), { max: 1, statementTimeoutMs: 0 });
  try {
    await createDatabase(server, CAPTURED_DATABASE);
    await createDatabase(server, TOPIC_DATABASE);
  } finally {
    await server.close();
  }
  const captured = await migrate(settings(CAPTURED_DATABASE), path.join(migrationsFolder, 'frauddb'));
  const topics = await migrate(settings(TOPIC_DATABASE), path.join(migrationsFolder, 'topics'));
  return [...captured, ...topics];
}

/** Applies to one database what `folder` holds and it does not have yet, in the order of the numbers. */
export async function migrate(settings: PostgresSettings, folder: string): Promise<readonly string[]> {
  const migrations = await readMigrations(folder);
  const database = openDatabase(settings, { max: 1, statementTimeoutMs: 0 });
  try {
    await database.transaction(prepare);
    const applied: string[] = [];
    for (const migration of migrations) {
      if (await database.transaction((sql) => applyOnce(sql, migration))) applied.push(migration.name);
    }
    return applied;
  } finally {
    await database.close();
  }
}

/** Creates it if it is absent. */
export async function createDatabase(server: Database, name: string): Promise<void> {
  const found = await server.query('SELECT 1 FROM pg_database WHERE datname = $1', [name]);
  if (found.length === 0) await server.query(`CREATE DATABASE "${name.replaceAll('"', '""')}"`);
}

export async function readMigrations(folder: string): Promise<Migration[]> {
  const names = (await readdir(folder)).filter((name) => /^\d{3}_.+\.sql$/.test(name)).sort();
  return Promise.all(
    names.map(async (name) => {
      const text = (await readFile(path.join(folder, name), 'utf8')).replace(/\r\n/g, '\n');
      return { name, text, hash: createHash('sha256').update(text).digest('hex') };
    }),
  );
}

/** The table that remembers what was applied. */
export async function prepare(sql: Sql): Promise<void> {
  await sql.query(ONE_AT_A_TIME);
  await sql.query('CREATE SCHEMA IF NOT EXISTS sluice_migrations');
  await sql.query(
    'CREATE TABLE IF NOT EXISTS sluice_migrations.applied (name text PRIMARY KEY, hash text NOT NULL, at timestamptz NOT NULL DEFAULT now())',
  );
}

async function applyOnce(sql: Sql, { name, text, hash }: Migration): Promise<boolean> {
  await sql.query(ONE_AT_A_TIME);
  const [known] = await sql.query<{ hash: string }>('SELECT hash FROM sluice_migrations.applied WHERE name = $1', [
    name,
  ]);
  if (known && known.hash !== hash) throw changed(name);
  if (known) return false;
  await sql.query(text);
  await sql.query('INSERT INTO sluice_migrations.applied (name, hash) VALUES ($1, $2)', [name, hash]);
  return true;
}

function changed(name: string): SluiceError {
  return new SluiceError('STACK_FAILED', {
    tried: `Applying the migration ${name}`,
    seen: 'it was applied before with another text',
    expected: 'migrations that never change once they are applied; a change is a new file with the next number',
    action: 'Use the version of Sluice that made this data folder, or another data folder (SLUICE_HOME).',
  });
}
