/** A `frauddb` with all migrations for the tests of one file. */
import { afterAll, beforeAll } from 'vitest';
import type { PostgresSettings } from '../../src/pipeline/job-settings.ts';
import { openDatabase, type Database } from '../../src/pipeline/sql.ts';
import { startTestPostgres } from './postgres.ts';

/** To be called at the top of the file; `take` is called once, before the first test. */
export function useFrauddb(take: (db: Database, settings: PostgresSettings) => void): void {
  let stop = async (): Promise<void> => undefined;
  beforeAll(async () => {
    const postgres = await startTestPostgres();
    stop = postgres.stop;
    const { frauddb } = await postgres.createFraudDatabases();
    const db = openDatabase(frauddb);
    stop = () => db.close().then(postgres.stop);
    take(db, frauddb);
  }, 60_000);
  afterAll(() => stop());
}
