import { readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openDatabase, type Database } from '../../../src/pipeline/sql.ts';
import { adoptTables, splitStatements } from '../../../src/stack/embedded/adopt.ts';
import { migrate } from '../../../src/stack/embedded/migrations.ts';
import { MIGRATIONS_FOLDER, startTestPostgres, type TestPostgres } from '../../support/postgres.ts';

const FOLDER = path.join(MIGRATIONS_FOLDER, 'frauddb');
const FIRST = readFileSync(path.join(FOLDER, '001_transactions.sql'), 'utf8');
let server: TestPostgres;
const open: Database[] = [];

beforeAll(async () => {
  server = await startTestPostgres();
});
afterAll(async () => {
  for (const each of open) await each.close();
  await server.stop();
});

async function database(name: string, text: string): Promise<Database> {
  const maintenance = openDatabase(server.settings('postgres'));
  await maintenance.query(`CREATE DATABASE ${name}`);
  await maintenance.close();
  const made = openDatabase(server.settings(name));
  open.push(made);
  if (text !== '') await made.query(text);
  return made;
}

const tables = async (sql: Database): Promise<string[]> => {
  const rows = await sql.query<{ name: string }>(
    "SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public' ORDER BY 1",
  );
  return rows.map(({ name }) => name);
};

test('an empty database is left to the migrations', async () => {
  const sql = await database('empty', '');
  expect(await adoptTables(server.settings('empty'), FOLDER)).toEqual([]);
  expect(await tables(sql)).toEqual([]);
});

test('tables that are there are kept with their rows, and the later migrations come on top', async () => {
  const sql = await database(
    'whole',
    `${FIRST}; INSERT INTO producer_checkpoint (id, last_line_processed) VALUES (1, 7)`,
  );
  const found = ['transactions', 'fraud_predictions', 'producer_checkpoint'];
  expect(await adoptTables(server.settings('whole'), FOLDER)).toEqual(found);
  expect(await adoptTables(server.settings('whole'), FOLDER)).toEqual([]);
  const applied = await migrate(server.settings('whole'), FOLDER);
  expect(applied[0]).toBe('002_sluice.sql');
  expect(await sql.query('SELECT last_line_processed AS line, source FROM producer_checkpoint')).toEqual([
    { line: '7', source: null },
  ]);
});

test('of the tables only those that are missing are made, with their indexes', async () => {
  const only = splitStatements(FIRST).filter(({ creates }) => creates === 'transactions');
  const sql = await database('half', only.map(({ text }) => text).join(';'));
  expect(await adoptTables(server.settings('half'), FOLDER)).toEqual(['transactions']);
  expect(await tables(sql)).toEqual(['fraud_predictions', 'producer_checkpoint', 'transactions']);
  const indexes = await sql.query("SELECT 1 FROM pg_indexes WHERE tablename = 'transactions'");
  expect(indexes).toHaveLength(1);
  expect((await migrate(server.settings('half'), FOLDER)).length).toBeGreaterThan(1);
});

test('a table of another shape is refused by the columns it lacks, and nothing is changed', async () => {
  const sql = await database('other', 'CREATE TABLE transactions (trans_num text PRIMARY KEY, amt numeric)');
  await expect(adoptTables(server.settings('other'), FOLDER)).rejects.toMatchObject({
    code: 'STACK_FAILED',
    tried: expect.stringContaining('transactions') as string,
    seen: expect.stringMatching(/^it has no columns trans_date_trans_time, cc_num, /) as string,
  });
  expect(await tables(sql)).toEqual(['transactions']);
});
