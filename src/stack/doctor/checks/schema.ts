/** The tables of frauddb, compared with what the queries and their neighbours rely on; and the migrations. */
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import type { PostgresSettings } from '../../../pipeline/job-settings.ts';
import { sqlState, type Sql } from '../../../pipeline/sql.ts';
import { adoptTables } from '../../embedded/adopt.ts';
import { migrate } from '../../embedded/migrations.ts';
import { byHand, byUs, failed, passed } from '../check.ts';
import type { Finding } from '../report.ts';

/** Column -> kind of its type. Text columns may have any length. */
const TRANSACTIONS: Readonly<Record<string, RegExp>> = {
  trans_date_trans_time: /^timestamp/,
  cc_num: /^bigint$/,
  merchant: /^(character varying|text)/,
  category: /^(character varying|text)/,
  amt: /^numeric/,
  first: /^(character varying|text)/,
  last: /^(character varying|text)/,
  gender: /^(character|text)/,
  street: /^(character varying|text)/,
  city: /^(character varying|text)/,
  state: /^(character varying|text)/,
  zip: /^integer$/,
  lat: /^double precision$/,
  long: /^double precision$/,
  city_pop: /^integer$/,
  job: /^(character varying|text)/,
  dob: /^date$/,
  trans_num: /^(character varying|text)/,
  unix_time: /^bigint$/,
  merch_lat: /^double precision$/,
  merch_long: /^double precision$/,
  is_fraud: /^smallint$/,
};
const PREDICTIONS: Readonly<Record<string, RegExp>> = {
  trans_num: /^(character varying|text)/,
  prediction_score: /^numeric/,
  is_fraud_predicted: /^smallint$/,
  model_version: /^(character varying|text)/,
  prediction_time: /^timestamp/,
};
const TABLES = { transactions: TRANSACTIONS, fraud_predictions: PREDICTIONS };

interface ColumnRow extends Record<string, unknown> {
  readonly table: string;
  readonly name: string;
  readonly type: string;
}

export async function lookAtSchema(sql: Sql): Promise<Finding> {
  const rows = await sql.query<ColumnRow>(
    `SELECT c.relname AS table, a.attname AS name, format_type(a.atttypid, a.atttypmod) AS type
     FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
     WHERE c.oid IN (to_regclass('public.transactions'), to_regclass('public.fraud_predictions'))
       AND a.attnum > 0 AND NOT a.attisdropped`,
  );
  const wrong = Object.entries(TABLES).flatMap(([table, columns]) => compare(table, columns, rows));
  const isUnique = await hasUniqueKey(sql);
  if (!isUnique) wrong.push('fraud_predictions lets one trans_num have several rows');
  const expected = 'transactions and fraud_predictions with the columns that the queries read and write';
  if (wrong.length === 0) return passed(`transactions has ${columnsOf(rows, 'transactions')} columns`, expected);
  const text = 'Apply the migrations where a table is missing; correct a column that another program has changed.';
  return failed(
    `${wrong.slice(0, 4).join('; ')}${wrong.length > 4 ? `; ${wrong.length - 4} more` : ''}`,
    expected,
    byHand(text, 'sluice doctor --fix migrations'),
  );
}

function compare(table: string, wanted: Readonly<Record<string, RegExp>>, rows: readonly ColumnRow[]): string[] {
  const present = new Map(rows.filter((row) => row.table === table).map(({ name, type }) => [name, type]));
  if (present.size === 0) return [`there is no table ${table}`];
  return Object.entries(wanted).flatMap(([name, kind]) => {
    const type = present.get(name);
    if (type === undefined) return [`${table}.${name} is missing`];
    return kind.test(type) ? [] : [`${table}.${name} is ${type}`];
  });
}

const columnsOf = (rows: readonly ColumnRow[], table: string): number =>
  rows.filter((row) => row.table === table).length;

async function hasUniqueKey(sql: Sql): Promise<boolean> {
  const [row] = await sql.query<{ found: boolean }>(
    `SELECT to_regclass('public.fraud_predictions') IS NULL OR EXISTS (
       SELECT 1 FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
       WHERE i.indrelid = to_regclass('public.fraud_predictions') AND i.indisunique AND i.indnkeyatts = 1
         AND a.attname = 'trans_num') AS found`,
  );
  return row?.found ?? false;
}

interface MigrationFile {
  readonly name: string;
  readonly hash: string;
}

export async function lookAtMigrations(sql: Sql, folder: string): Promise<Finding> {
  const files = await readFiles(folder);
  const applied = await readApplied(sql);
  const expected = `the ${files.length} migrations of this version`;
  const changed = files.find(({ name, hash }) => applied.has(name) && applied.get(name) !== hash);
  if (changed) {
    const text = 'Use the version of Sluice that prepared this database, or another database.';
    return failed(`${changed.name} was applied with another text`, expected, byHand(text));
  }
  const known = new Set(files.map(({ name }) => name));
  const newer = [...applied.keys()].filter((name) => !known.has(name));
  if (newer.length > 0) {
    const text = 'A newer Sluice has been here: use that version, or a newer one.';
    return failed(`${newer.join(', ')} is not of this version`, expected, byHand(text));
  }
  const missing = files.filter(({ name }) => !applied.has(name)).map(({ name }) => name);
  if (missing.length === 0) return passed(`${applied.size} applied, the last ${files.at(-1)?.name ?? ''}`, expected);
  const text = 'Alert stores what it does in tables that these make.';
  return failed(
    `not applied: ${missing.join(', ')}`,
    expected,
    byUs(
      text,
      'Apply',
      missing.map((name) => `Run ${name} in a transaction of its own`),
    ),
  );
}

/** Tables that are there already are kept as they are. */
export async function migrateNow(captured: PostgresSettings, folder: string): Promise<void> {
  await adoptTables(captured, folder);
  await migrate(captured, folder);
}

async function readFiles(folder: string): Promise<MigrationFile[]> {
  const names = (await readdir(folder)).filter((name) => /^\d{3}_.+\.sql$/.test(name)).sort();
  return Promise.all(
    names.map(async (name) => {
      const text = (await readFile(path.join(folder, name), 'utf8')).replace(/\r\n/g, '\n');
      return { name, hash: createHash('sha256').update(text).digest('hex') };
    }),
  );
}

const NO_TABLE = '42P01';
const NO_SCHEMA = '3F000';

async function readApplied(sql: Sql): Promise<Map<string, string>> {
  try {
    const rows = await sql.query<{ name: string; hash: string }>('SELECT name, hash FROM sluice_migrations.applied');
    return new Map(rows.map(({ name, hash }) => [name, hash]));
  } catch (error) {
    const state = sqlState(error);
    if (state === NO_TABLE || state === NO_SCHEMA) return new Map();
    throw error;
  }
}
