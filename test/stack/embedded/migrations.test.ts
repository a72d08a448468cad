import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openDatabase } from '../../../src/pipeline/sql.ts';
import { migrate, migrateAll } from '../../../src/stack/embedded/migrations.ts';
import { MIGRATIONS_FOLDER, startTestPostgres, type TestPostgres } from '../../support/postgres.ts';

let server: TestPostgres;
let folder: string;

beforeAll(async () => {
  server = await startTestPostgres();
  folder = path.join(server.home, 'migrations');
  mkdirSync(folder);
});

afterAll(() => server.stop());

test('both databases are made once, and a second start applies nothing', async () => {
  expect(await migrateAll(server.settings, MIGRATIONS_FOLDER)).toContain('001_transactions.sql');
  expect(await migrateAll(server.settings, MIGRATIONS_FOLDER)).toEqual([]);
});

test('a file that fails leaves nothing of itself, and the ones before it stay', async () => {
  writeFileSync(path.join(folder, '001_good.sql'), 'CREATE TABLE good (n int);');
  writeFileSync(path.join(folder, '002_bad.sql'), 'CREATE TABLE half (n int); SELECT 1 / 0;');
  await expect(migrate(server.settings(), folder)).rejects.toThrow('22012');
  const database = openDatabase(server.settings());
  const tables = await database.query("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1");
  expect(tables).toEqual([{ tablename: 'good' }]);
  await database.close();
});

test('a file that changed after it was applied is refused by name', async () => {
  writeFileSync(path.join(folder, '002_bad.sql'), 'CREATE TABLE whole (n int);');
  expect(await migrate(server.settings(), folder)).toEqual(['002_bad.sql']);
  writeFileSync(path.join(folder, '001_good.sql'), 'CREATE TABLE better (n int);');
  await expect(migrate(server.settings(), folder)).rejects.toMatchObject({
    code: 'STACK_FAILED',
    tried: expect.stringContaining('001_good.sql'),
  });
});

test('two starts at the same time apply each file once', async () => {
  const database = openDatabase(server.settings());
  await database.query('CREATE DATABASE twice');
  await database.close();
  const both = await Promise.all(
    [1, 2].map(() => migrate(server.settings('twice'), path.join(MIGRATIONS_FOLDER, 'topics'))),
  );
  expect(both.flat()).toEqual(['001_topics.sql']);
});
