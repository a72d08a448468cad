import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkServing } from '../../../src/pipeline/alert/serving.ts';
import type { AlertSettings, PostgresSettings } from '../../../src/pipeline/job-settings.ts';
import { openDatabase, type Database } from '../../../src/pipeline/sql.ts';
import { startTestPostgres, type TestPostgres } from '../../support/postgres.ts';
import { settingsFor } from './support.ts';

let postgres: TestPostgres;
let captured: PostgresSettings;
let other: PostgresSettings;
const open: Database[] = [];

beforeAll(async () => {
  postgres = await startTestPostgres();
  const databases = await postgres.createFraudDatabases();
  captured = databases.frauddb;
  other = databases.topics;
}, 60_000);
afterAll(async () => {
  await Promise.all(open.map((db) => db.close()));
  await postgres.stop();
});

const check = (settings: Partial<AlertSettings> & Pick<AlertSettings, 'serving'>) => {
  const db = openDatabase(settings.serving);
  open.push(db);
  return checkServing(settingsFor(settings.serving, { servingDatabase: 'separate', ...settings }), db);
};

describe('a separate serving database', () => {
  it('may be any other database', async () => {
    await expect(check({ serving: other, captured })).resolves.toBeUndefined();
  });

  it('is refused when it is the captured one under another name, in a sentence that says why', async () => {
    const found = check({ serving: { ...captured, host: 'localhost' }, captured });
    await expect(found).rejects.toMatchObject({
      code: 'SETTINGS_INVALID',
      retryable: false,
      seen: 'it is the captured one: both are the database frauddb of one server',
    });
    await expect(found).rejects.not.toThrow(captured.password);
  });

  it('is refused when a slot captures its transactions, also where nobody told of the captured one', async () => {
    const db = openDatabase(captured);
    open.push(db);
    await db.query('CREATE PUBLICATION dbz_publication FOR TABLE public.transactions');
    await expect(check({ serving: captured })).resolves.toBeUndefined();
    await db.query(`SELECT pg_create_logical_replication_slot('debezium', 'pgoutput')`);
    await expect(check({ serving: captured })).rejects.toMatchObject({
      code: 'SETTINGS_INVALID',
      seen: expect.stringContaining('publication dbz_publication') as string,
    });
    await db.query(`SELECT pg_drop_replication_slot('debezium')`);
  });

  it('is not looked for when the captured one serves', async () => {
    const never: Pick<Database, 'query'> = { query: () => Promise.reject(new Error('asked')) };
    await expect(checkServing(settingsFor(captured, { captured }), never)).resolves.toBeUndefined();
  });
});
