import { afterAll, beforeAll, expect, test } from 'vitest';
import type { PostgresSettings } from '../../../src/pipeline/job-settings.ts';
import path from 'node:path';
import { openDatabase } from '../../../src/pipeline/sql.ts';
import { prepareCaptured } from '../../../src/stack/setup/database.ts';
import { MIGRATIONS_FOLDER, startTestPostgres, type TestPostgres } from '../../support/postgres.ts';

let server: TestPostgres;
let captured: PostgresSettings;

beforeAll(async () => {
  server = await startTestPostgres();
  captured = server.settings('bank');
});

afterAll(() => server.stop());

const prepare = (publication = 'dbz_publication'): Promise<string> =>
  prepareCaptured({ captured, migrationsFolder: path.join(MIGRATIONS_FOLDER, 'frauddb'), publication });

async function sql<R extends Record<string, unknown>>(text: string): Promise<R[]> {
  const database = openDatabase(captured, { max: 1 });
  return database.query<R>(text).finally(() => database.close());
}

test('an empty server gets database, tables and a publication of the transactions alone', async () => {
  expect(await prepare()).toMatch(/^Database bank: applied 001_transactions\.sql, .*public\.transactions alone$/);
  const published = await sql('SELECT pubname, schemaname, tablename FROM pg_publication_tables');
  expect(published).toEqual([{ pubname: 'dbz_publication', schemaname: 'public', tablename: 'transactions' }]);
});

test('a second run finds everything', async () => {
  expect(await prepare()).toContain('all migrations were there');
});

test('a publication that would bring the alerts back is refused by name', async () => {
  await sql('CREATE PUBLICATION everything FOR ALL TABLES');
  await expect(prepare('everything')).rejects.toMatchObject({ code: 'STACK_FAILED', seen: 'it is of all tables' });
  await sql('CREATE PUBLICATION "two ""tables""" FOR TABLE transactions, sluice.outbox');
  await expect(prepare('two "tables"')).rejects.toMatchObject({
    seen: 'it is of public.transactions, sluice.outbox',
    action: expect.stringContaining('DROP PUBLICATION "two ""tables"""'),
  });
});
