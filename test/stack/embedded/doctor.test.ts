/** The checks of the captured PostgreSQL: each thing broken on a real server, found, and repaired. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { PostgresSettings } from '../../../src/pipeline/job-settings.ts';
import { openDatabase, type Database } from '../../../src/pipeline/sql.ts';
import { asAccount, childEnvironment } from '../../../src/stack/embedded/account.ts';
import { openCluster } from '../../../src/stack/embedded/cluster.ts';
import { serverArguments, startPostgres, type EmbeddedPostgres } from '../../../src/stack/embedded/postgres.ts';
import { openReplication, type ReplicationStream } from '../../../src/stack/embedded/replication.ts';
import type { Patient, PatientServers } from '../../../src/stack/doctor/patient.ts';
import { look, prove, type Case } from '../doctor/support/prove.ts';
import { freePort } from '../servers/program.ts';
import { patientIn, serversWith } from '../doctor/support/patients.ts';
import {
  APP_ROOT,
  makeTestHome,
  MIGRATIONS_FOLDER,
  removeTestHome,
  startTestPostgres,
  type TestPostgres,
} from '../../support/postgres.ts';

let postgres: TestPostgres;
let sql: Database;
let settings: PostgresSettings;
let change: Partial<PatientServers>;

beforeAll(async () => {
  postgres = await startTestPostgres();
  const made = await postgres.createFraudDatabases();
  settings = made.frauddb;
  sql = openDatabase(settings);
  await sql.query('CREATE PUBLICATION dbz_publication FOR TABLE public.transactions');
  await sql.query(`SELECT pg_create_logical_replication_slot('debezium', 'pgoutput')`);
});
afterAll(async () => {
  await sql?.close();
  await postgres?.stop();
});
beforeEach(() => (change = {}));

const patient = (): Patient =>
  patientIn(postgres.home, { servers: serversWith({ captured: settings, serving: settings, ...change }) });

/** @param damage statements, one after another */
const proveSql = (each: Pick<Case, 'check' | 'broken' | 'finds' | 'seen' | 'repair'> & { damage: readonly string[] }) =>
  prove('postgres', { ...each, patient, damage: () => run(each.damage) });

async function run(statements: readonly string[]): Promise<void> {
  for (const statement of statements) await sql.query(statement);
}

describe('PostgreSQL itself', () => {
  it('is away', () =>
    prove('postgres', {
      check: 'postgres',
      broken: 'its address leads nowhere',
      patient,
      damage: () => (change = { captured: { ...settings, port: 1 } }),
      finds: 'failed',
      seen: /ECONNREFUSED/,
      repair: { words: 'correct the address', do: () => (change = {}) },
    }));

  it('refuses the password', async () => {
    const view = await prove('postgres', {
      check: 'postgres',
      broken: 'the password is wrong',
      patient,
      damage: () => (change = { captured: { ...settings, password: 'canary-4711' } }),
      finds: 'failed',
      seen: /28P01|password authentication failed/,
      repair: { words: 'correct the password', do: () => (change = {}) },
    });
    expect(JSON.stringify(view)).not.toContain('canary-4711');
  });
});

describe('the publication', () => {
  it('is absent', () =>
    proveSql({
      check: 'publication',
      broken: 'it is dropped',
      damage: ['DROP PUBLICATION dbz_publication'],
      finds: 'failed',
      seen: /there is no publication/,
      repair: 'us',
    }));

  it('lacks the table', () =>
    proveSql({
      check: 'publication',
      broken: 'the table is taken out of it',
      damage: ['ALTER PUBLICATION dbz_publication DROP TABLE public.transactions'],
      finds: 'failed',
      seen: /has no table/,
      repair: 'us',
    }));

  it('sends the tables of Sluice as well', () =>
    proveSql({
      check: 'publication',
      broken: 'it is FOR ALL TABLES',
      damage: ['DROP PUBLICATION dbz_publication', 'CREATE PUBLICATION dbz_publication FOR ALL TABLES'],
      finds: 'warn',
      seen: /also has sluice\./,
      repair: {
        words: 'the two statements of the fix',
        do: () =>
          run(['DROP PUBLICATION dbz_publication', 'CREATE PUBLICATION dbz_publication FOR TABLE public.transactions']),
      },
    }));
});

describe('the tables', () => {
  it('cannot tell rows for updates and deletes', async () => {
    await proveSql({
      check: 'replica-identity',
      broken: 'REPLICA IDENTITY NOTHING',
      damage: ['ALTER TABLE public.transactions REPLICA IDENTITY NOTHING'],
      finds: 'failed',
      seen: /nothing, with a primary key/,
      repair: 'us',
    });
    await proveSql({
      check: 'replica-identity',
      broken: 'the primary key is dropped',
      damage: [
        'ALTER TABLE fraud_predictions DROP CONSTRAINT fraud_predictions_trans_num_fkey',
        'ALTER TABLE public.transactions DROP CONSTRAINT transactions_pkey',
      ],
      finds: 'failed',
      seen: /default, without a primary key/,
      repair: 'us',
    });
    await run([
      'ALTER TABLE public.transactions ADD PRIMARY KEY (trans_num)',
      'ALTER TABLE public.transactions REPLICA IDENTITY DEFAULT',
    ]);
  });

  it('have other columns', async () => {
    await proveSql({
      check: 'schema',
      broken: 'amt is a float',
      damage: ['ALTER TABLE transactions ALTER COLUMN amt TYPE double precision'],
      finds: 'failed',
      seen: /transactions\.amt is double precision/,
      repair: {
        words: 'ALTER COLUMN amt TYPE numeric(10, 2)',
        do: () => run(['ALTER TABLE transactions ALTER COLUMN amt TYPE numeric(10, 2)']),
      },
    });
    await proveSql({
      check: 'schema',
      broken: 'a column is renamed',
      damage: ['ALTER TABLE transactions RENAME COLUMN merch_lat TO merchant_lat'],
      finds: 'failed',
      seen: /transactions\.merch_lat is missing/,
      repair: {
        words: 'rename it back',
        do: () => run(['ALTER TABLE transactions RENAME COLUMN merchant_lat TO merch_lat']),
      },
    });
  });

  it('let one transaction have two predictions', () =>
    proveSql({
      check: 'schema',
      broken: 'trans_num of fraud_predictions is not unique',
      damage: ['ALTER TABLE fraud_predictions DROP CONSTRAINT fraud_predictions_trans_num_key'],
      finds: 'failed',
      seen: /lets one trans_num have several rows/,
      repair: {
        words: 'ADD UNIQUE (trans_num)',
        do: () => run(['ALTER TABLE fraud_predictions ADD UNIQUE (trans_num)']),
      },
    }));
});

describe('migrations', () => {
  it('are missing: the last one is applied by the fix', async () => {
    await proveSql({
      check: 'migrations',
      broken: 'the last migration is not applied',
      damage: [
        `DELETE FROM sluice_migrations.applied WHERE name = '006_messages.sql'`,
        'DROP TABLE sluice.message_alerts, sluice.messages',
        'ALTER TABLE sluice.outbox DROP COLUMN alone',
        'DROP INDEX sluice.outbox_sent',
      ],
      finds: 'failed',
      seen: /not applied: 006_messages\.sql/,
      repair: 'us',
    });
  });

  it('are of another text, or of a newer version', async () => {
    await proveSql({
      check: 'migrations',
      broken: 'a migration was applied with another text',
      damage: [`UPDATE sluice_migrations.applied SET hash = 'x' || hash WHERE name = '001_transactions.sql'`],
      finds: 'failed',
      seen: /001_transactions\.sql was applied with another text/,
      repair: {
        words: 'use the version that prepared the database',
        do: () =>
          run([`UPDATE sluice_migrations.applied SET hash = substr(hash, 2) WHERE name = '001_transactions.sql'`]),
      },
    });
    await proveSql({
      check: 'migrations',
      broken: 'a newer version has been here',
      damage: [`INSERT INTO sluice_migrations.applied (name, hash) VALUES ('999_future.sql', 'x')`],
      finds: 'failed',
      seen: /999_future\.sql is not of this version/,
      repair: {
        words: 'use the newer version',
        do: () => run([`DELETE FROM sluice_migrations.applied WHERE name = '999_future.sql'`]),
      },
    });
  });

  it('of a database with tables of the old system are applied around them', async () => {
    const admin = openDatabase(postgres.settings('postgres'));
    await admin.query('CREATE DATABASE old');
    await admin.close();
    const old = openDatabase(postgres.settings('old'));
    const columns =
      (await readFile(path.join(MIGRATIONS_FOLDER, 'frauddb', '001_transactions.sql'), 'utf8')).split(
        'CREATE INDEX',
      )[0] ?? '';
    await old.query(columns);
    await prove('postgres', {
      check: 'migrations',
      broken: 'frauddb is of the old system: its tables, and none of Sluice’s',
      patient,
      damage: () => (change = { captured: postgres.settings('old') }),
      finds: 'failed',
      seen: /not applied: /,
      repair: 'us',
    });
    expect(await old.query('SELECT 1 FROM sluice.outbox')).toEqual([]);
    await old.close();
  });

  it('of an empty database are all applied by the fix', async () => {
    const admin = openDatabase(postgres.settings('postgres'));
    await admin.query('CREATE DATABASE empty');
    await admin.close();
    const well = settings;
    await prove('postgres', {
      check: 'migrations',
      broken: 'frauddb is empty',
      patient,
      damage: () => (change = { captured: postgres.settings('empty') }),
      finds: 'failed',
      seen: /not applied: 001_transactions\.sql, 002/,
      repair: 'us',
    });
    expect(await look({ check: 'schema', patient })).toMatchObject({ state: 'passed' });
    settings = well;
  });
});

describe('the serving database', () => {
  it('is the captured one under another name', async () => {
    const admin = openDatabase(postgres.settings('postgres'));
    await admin.query('CREATE DATABASE apart');
    await admin.close();
    change = { serving: postgres.settings('apart'), servingDatabase: 'separate' };
    await prove('postgres', {
      check: 'serving',
      broken: 'SERVING_DATABASE_URL is the captured database, by another name of the host',
      patient,
      damage: () => (change = { serving: { ...settings, host: 'localhost' }, servingDatabase: 'separate' }),
      finds: 'failed',
      seen: /is the captured database/,
      repair: {
        words: 'another database',
        do: () => (change = { serving: postgres.settings('apart'), servingDatabase: 'separate' }),
      },
    });
  });
});

describe('the slot', () => {
  let reader: ReplicationStream;
  const read = async (): Promise<void> => {
    const names = { slot: 'debezium', publication: 'dbz_publication' };
    reader = await openReplication(settings, names, { onMessage: () => undefined, onKeepalive: () => undefined });
  };
  const stopReading = async (): Promise<void> => {
    await reader.stop();
    await expect.poll(isRead, { timeout: 30_000 }).toBe(false);
  };
  beforeEach(read);
  const isRead = async (): Promise<boolean> =>
    (await sql.query<{ active: boolean }>('SELECT active FROM pg_replication_slots'))[0]?.active ?? false;
  const makeAnew = async (): Promise<void> => {
    await sql.query(`SELECT pg_create_logical_replication_slot('debezium', 'pgoutput')`);
    await read();
  };

  it('has no reader', async () => {
    await prove('postgres', {
      check: 'slot',
      broken: 'nobody reads it',
      patient,
      damage: stopReading,
      finds: 'warn',
      seen: /debezium has no reader/,
      repair: { words: 'restart the connector', do: read },
    });
    await stopReading();
  });

  it('is absent', async () => {
    await prove('postgres', {
      check: 'slot',
      broken: 'it is dropped',
      patient,
      damage: async () => {
        await stopReading();
        await sql.query(`SELECT pg_drop_replication_slot('debezium')`);
      },
      finds: 'failed',
      seen: /there is no slot debezium/,
      repair: { words: 'restart the connector, which makes it', do: makeAnew },
    });
    await stopReading();
  });

  it('is near its limit, and then lost', async () => {
    await prove('postgres', {
      check: 'slot',
      broken: 'its log has nearly reached max_slot_wal_keep_size',
      patient,
      damage: async () => {
        await limit('64MB');
        await write(4);
      },
      finds: 'warn',
      seen: /until it is lost/,
      repair: { words: 'read it faster, or raise the limit', do: () => limit('-1') },
    });
    await prove('postgres', {
      check: 'slot',
      broken: 'its log has been removed',
      patient,
      damage: async () => {
        await stopReading();
        await limit('1MB');
        await write(4);
        await run(['CHECKPOINT']);
      },
      finds: 'failed',
      seen: /debezium is lost/,
      repair: {
        words: 'drop it, let the connector begin anew',
        do: async () => {
          await limit('-1');
          await sql.query(`SELECT pg_drop_replication_slot('debezium')`);
          await makeAnew();
        },
      },
    });
    await stopReading();
  });

  /** Segments of log, 16 MB each. */
  async function write(segments: number): Promise<void> {
    for (let each = 0; each < segments; each += 1)
      await run([`SELECT pg_logical_emit_message(false, 'x', 'y')`, 'SELECT pg_switch_wal()']);
  }

  async function limit(size: string): Promise<void> {
    await run([`ALTER SYSTEM SET max_slot_wal_keep_size = '${size}'`, 'SELECT pg_reload_conf()']);
    const shown = async () =>
      (await sql.query<{ now: string }>('SELECT current_setting($1) AS now', ['max_slot_wal_keep_size']))[0]?.now;
    await expect.poll(shown, { timeout: 30_000 }).toBe(size);
  }
});

describe('the log level', () => {
  let home: string;
  let repaired: EmbeddedPostgres | undefined;
  beforeAll(async () => (home = await makeTestHome()));
  afterAll(async () => {
    await repaired?.stop();
    await removeTestHome(home);
  });

  it('is not logical', async () => {
    const { stop, at } = await startWithout();
    await prove('postgres', {
      check: 'wal-level',
      broken: 'wal_level is replica',
      patient,
      damage: () => (change = { captured: at }),
      finds: 'failed',
      seen: /^replica, 0 of 10 slots used/,
      repair: {
        words: 'wal_level = logical, and a restart',
        do: async () => {
          await stop();
          repaired = await startPostgres({ home, appRoot: APP_ROOT });
          change = { captured: repaired.settings('postgres') };
        },
      },
    });
  });

  /** The same server with the level that PostgreSQL has when nobody sets it. */
  async function startWithout() {
    const cluster = await openCluster(home, APP_ROOT);
    const port = await freePort();
    const level = ['-c', 'wal_level=replica'];
    const child = spawn(cluster.binaries.postgres, [...serverArguments(cluster.data, port), ...level], {
      cwd: cluster.folder,
      env: childEnvironment(),
      stdio: 'ignore',
      ...asAccount(cluster.account),
    });
    const at = { host: '127.0.0.1', port, user: 'postgres', password: cluster.password, database: 'postgres' };
    const answers = async () =>
      (await look({ check: 'postgres', patient: () => patientIn(home, { servers: serversWith({ captured: at }) }) }))
        .state;
    await expect.poll(answers, { timeout: 30_000 }).toBe('passed');
    const stop = async (): Promise<void> => {
      const ended = once(child, 'exit');
      child.kill('SIGINT');
      await ended;
    };
    return { at, stop };
  }
});
