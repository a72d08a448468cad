import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { composeFileOf } from '../../src/console/compose-file.ts';
import { readSources, type SourcesOptions } from '../../src/console/sources.ts';
import { toServers } from '../../src/console/servers.ts';
import { removeFolders, temporaryFolder } from './support/console.ts';

afterEach(removeFolders);

function sources(options: Partial<SourcesOptions> = {}) {
  const home = temporaryFolder();
  const fixed = { env: {}, cwd: home, home, settingsFile: path.join(home, 'settings.json'), flags: {} };
  return readSources({ ...fixed, composeFile: '/none/docker-compose.yml', ...options });
}

/** A folder with a compose file's `.env`. */
function compose(text: string): string {
  const folder = temporaryFolder();
  writeFileSync(path.join(folder, '.env'), text);
  return path.join(folder, 'docker-compose.yml');
}

const PASSWORDS = 'POSTGRES_PASSWORD=from-compose\nMINIO_ROOT_USER=mini\nMINIO_ROOT_PASSWORD=minio-secret\n';

describe('the profile', () => {
  test.each([
    [{ flags: { stack: 'external' }, env: { SLUICE_STACK: 'docker' } }, 'external'],
    [{ env: { SLUICE_STACK: 'docker' } }, 'docker'],
    [{}, 'embedded'],
  ] as const)('of %j is %s', (options, profile) => expect(sources(options).profile).toBe(profile));

  test.each([
    ['embedded', 'earliest'],
    ['docker', 'latest'],
    ['external', 'latest'],
  ] as const)('%s lets a new Alert begin at the %s, and Bronze at the earliest', (stack, from) => {
    const { resolved } = sources({ flags: { stack } });
    expect(resolved.settings).toMatchObject({ 'alert.startingOffsets': from, 'bronze.startingOffsets': 'earliest' });
    expect(resolved.origins['alert.startingOffsets']).toBe('default');
    const told = sources({ flags: { stack }, env: { ALERT_STARTING_OFFSETS: 'earliest' } });
    expect(told.resolved.settings['alert.startingOffsets']).toBe('earliest');
  });
});

describe('the servers of the docker stack', () => {
  test('are where the compose file has them, with the passwords of the file beside it', () => {
    const composeFile = compose(PASSWORDS);
    const servers = toServers(sources({ flags: { stack: 'docker' }, composeFile }).servers(), '/none');
    const s3 = {
      bucket: 'lakehouse',
      endpoint: 'http://127.0.0.1:9000',
      forcePathStyle: true,
      credentials: { accessKeyId: 'mini', secretAccessKey: 'minio-secret', sessionToken: null },
    };
    expect(servers).toMatchObject({
      kafka: { brokers: ['127.0.0.1:9700'], addressMap: {}, topic: 'postgres.public.transactions' },
      captured: { host: '127.0.0.1', port: 5432, user: 'postgres', password: 'from-compose', database: 'frauddb' },
      connect: { url: 'http://127.0.0.1:8083', database: { host: 'postgres', port: 5432 } },
      fraudApiUrl: 'http://127.0.0.1:8000',
      lakehouse: {
        table: { ...s3, prefix: 'bronze/transactions' },
        checkpoint: { bronze: { prefix: 'checkpoints/bronze' }, alert: { prefix: 'checkpoints/realtime-prediction' } },
      },
    });
  });

  test('follow the ports that are moved there, and the environment goes before that file', () => {
    const moved = 'KAFKA_PORT=19700\nPOSTGRES_PORT=15432\nMINIO_PORT=19000\nCONNECT_PORT=18083\nFRAUD_API_PORT=18000\n';
    const options = {
      flags: { stack: 'docker' },
      composeFile: compose(PASSWORDS + moved),
      env: { MINIO_PORT: '29000' },
    };
    const servers = toServers(sources(options).servers(), '/none');
    expect(servers).toMatchObject({
      kafka: { brokers: ['127.0.0.1:19700'] },
      captured: { port: 15432 },
      connect: { url: 'http://127.0.0.1:18083', database: { port: 5432 } },
      fraudApiUrl: 'http://127.0.0.1:18000',
      lakehouse: { table: { endpoint: 'http://127.0.0.1:29000' } },
    });
  });

  test('go by the account of MinIO, and not by one for Amazon that every shell of a person has', () => {
    const env = { AWS_ACCESS_KEY_ID: 'AKIA', AWS_SECRET_ACCESS_KEY: 'amazons' };
    const { servers } = sources({ flags: { stack: 'docker' }, composeFile: compose(PASSWORDS), env });
    expect(servers().settings).toMatchObject({ 's3.accessKeyId': 'mini', 's3.secretAccessKey': 'minio-secret' });
    const external = sources({ flags: { stack: 'external' }, env: { ...env, MINIO_ROOT_PASSWORD: 'x' } });
    expect(external.servers().settings['s3.secretAccessKey']).toBe('amazons');
  });

  test('without that file name the password that is missing', () => {
    const { servers } = sources({ flags: { stack: 'docker' }, composeFile: compose('') });
    expect(() => toServers(servers(), '/none')).toThrow(
      expect.objectContaining({ code: 'SETTINGS_INVALID', tried: 'Reading POSTGRES_PASSWORD' }) as Error,
    );
  });

  test('are none of the business of the other stacks', () => {
    const composeFile = compose(PASSWORDS);
    const { servers, secretPlaces } = sources({ flags: { stack: 'external' }, composeFile });
    expect(servers().settings).toMatchObject({ 'postgres.password': null, 'kafka.brokers': null });
    expect(JSON.stringify(secretPlaces)).not.toContain('from-compose');
  });
});

describe('settings.json', () => {
  function withFile(values: object) {
    const home = temporaryFolder();
    const settingsFile = path.join(home, 'settings.json');
    writeFileSync(settingsFile, JSON.stringify(values));
    return sources({ home, cwd: home, settingsFile });
  }

  test('may choose the stack and say where its servers are', () => {
    const { profile, servers } = withFile({ stack: 'external', 'kafka.brokers': 'kafka:9092' });
    expect([profile, servers().settings['kafka.brokers']]).toEqual(['external', 'kafka:9092']);
    expect(servers().origins['kafka.brokers']).toBe('settings.json');
  });

  test('holds no secret that is read', () => {
    const { servers, notices } = withFile({ stack: 'external', 'postgres.password': 'in-the-open' });
    expect(servers().settings['postgres.password']).toBeNull();
    expect(notices.map(({ text }) => text).join()).toContain('postgres.password');
    expect(notices.map(({ text }) => text).join()).not.toContain('in-the-open');
  });
});

test.each([
  [{}, '/app/docker-compose.yml'],
  [{ SLUICE_COMPOSE_FILE: 'other.yml' }, '/home/ada/other.yml'],
  [{ SLUICE_COMPOSE_FILE: '/srv/sluice/docker-compose.yml' }, '/srv/sluice/docker-compose.yml'],
])('with %j the compose file is %s', (env, file) => expect(composeFileOf(env, '/home/ada', '/app')).toBe(file));
