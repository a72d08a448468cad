import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { SERVER_SETTINGS } from '../../src/console/server-settings.ts';
import { toServers } from '../../src/console/servers.ts';
import { resolveTable, tableEnvLayer } from '../../src/console/setting-table.ts';
import type { Servers } from '../../src/stack/servers.ts';
import { removeFolders, temporaryFolder } from './support/console.ts';

afterEach(removeFolders);

const NEEDED = {
  KAFKA_BROKERS: 'kafka:9092',
  POSTGRES_PASSWORD: 'hush-hush',
  FRAUD_API_URL: 'http://127.0.0.1:8000',
  BRONZE_PATH: 's3a://lake/bronze/transactions',
  BRONZE_CHECKPOINT: 's3a://lake/checkpoints/bronze',
  ALERT_CHECKPOINT: 's3a://lake/checkpoints/realtime-prediction',
};

function servers(env: Record<string, string>, cwd = '/none'): Servers {
  return toServers(resolveTable(SERVER_SETTINGS, [tableEnvLayer(SERVER_SETTINGS, env, 'environment')]), cwd);
}

test('every server is where the environment says', () => {
  const all = servers({ ...NEEDED, CONNECT_URL: 'http://connect:8083', CONNECT_POSTGRES_HOST: 'postgres' });
  expect(all).toMatchObject({
    kafka: { brokers: ['kafka:9092'], topic: 'postgres.public.transactions' },
    connect: {
      url: 'http://connect:8083',
      connector: 'postgres-connector',
      database: { host: 'postgres', port: 5432 },
      slot: 'debezium',
    },
    fraudApiUrl: 'http://127.0.0.1:8000',
    lakehouse: {
      table: { bucket: 'lake', prefix: 'bronze/transactions' },
      checkpoint: { bronze: { prefix: 'checkpoints/bronze' }, alert: { prefix: 'checkpoints/realtime-prediction' } },
      quarantine: { bronze: { prefix: 'bronze/quarantine' }, alert: { prefix: 'alert/quarantine' } },
    },
  });
  expect(all.captured).toEqual({
    host: '127.0.0.1',
    port: 5432,
    user: 'postgres',
    password: 'hush-hush',
    database: 'frauddb',
  });
});

test('no address of Kafka Connect leaves the capture alone', () => expect(servers(NEEDED).connect).toBeNull());

describe('PostgreSQL', () => {
  test('takes the names of its own tools, and ours go before them', () => {
    const env = { PGHOST: 'db', PGPORT: '5433', PGUSER: 'ada', PGDATABASE: 'other', PGPASSWORD: 'from-pg' };
    const { POSTGRES_PASSWORD: _, ...rest } = NEEDED;
    const named = { host: 'db', port: 5433, user: 'ada', database: 'other', password: 'from-pg' };
    expect(servers({ ...rest, ...env }).captured).toEqual(named);
    expect(servers({ ...NEEDED, ...env, POSTGRES_HOST: 'mine' }).captured).toMatchObject({
      host: 'mine',
      password: 'hush-hush',
    });
  });

  test.each([
    ['require', undefined, { mode: 'require', ca: null }],
    ['require', 'the authority', { mode: 'verify-ca', ca: 'the authority' }],
    ['verify-full', 'the authority', { mode: 'verify-full', ca: 'the authority' }],
    ['verify-full', undefined, { mode: 'verify-full', ca: null }],
  ])('with PGSSLMODE %s and the authority %s is asked as %j', (mode, authority, tls) => {
    const folder = temporaryFolder();
    const file = path.join(folder, 'ca.pem');
    if (authority) writeFileSync(file, authority);
    const env = { ...NEEDED, PGSSLMODE: mode, ...(authority && { PGSSLROOTCERT: file }) };
    expect(servers(env, folder).captured.tls).toEqual(tls);
  });
});

test.each([
  [{ POSTGRES_PASSWORD: '' }, 'POSTGRES_PASSWORD', 'it is not set'],
  [{ FRAUD_API_URL: '' }, 'FRAUD_API_URL', 'it is not set'],
  [{ FRAUD_API_URL: 'localhost:8000' }, 'FRAUD_API_URL in the environment', '"localhost:8000"'],
  [{ CONNECT_URL: '8083' }, 'CONNECT_URL in the environment', '"8083"'],
  [{ ALERT_CHECKPOINT: '' }, 'ALERT_CHECKPOINT', 'it is not set'],
  [{ PGSSLMODE: 'prefer' }, 'PGSSLMODE in the environment', '"prefer"'],
  [{ PGPORT: '0' }, 'PGPORT in the environment', '"0"'],
])('%j is named by its place', (env, place, seen) => {
  const facts = { code: 'SETTINGS_INVALID', tried: `Reading ${place}`, seen: expect.stringContaining(seen) as string };
  expect(() => servers({ ...NEEDED, ...env })).toThrow(expect.objectContaining(facts) as Error);
});
