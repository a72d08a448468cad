import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { buildHandJob } from '../../src/console/hand-job.ts';
import { readHandSettings } from '../../src/console/hand-settings.ts';
import { createRedactor, jobSecrets } from '../../src/console/secrets.ts';
import { removeFolders, temporaryFolder } from './support/console.ts';

afterEach(removeFolders);

const NEEDED = {
  KAFKA_BROKERS: 'a:9092,b:9092',
  BRONZE_PATH: 's3a://lake/bronze/transactions',
  BRONZE_CHECKPOINT: 's3a://lake/checkpoints/bronze',
};
const owner = { runId: 'run', host: 'here', pid: 1 };

function job(env: Record<string, string>, runs: 'available-now' | 'until-stopped' = 'until-stopped', cwd = '/none') {
  return buildHandJob({ resolved: readHandSettings(env, cwd), cwd, runs, owner });
}

describe('the names of the environment', () => {
  test('say where everything is', () => {
    const access = { endpoint: 'http://127.0.0.1:9000', region: 'eu-west-1', forcePathStyle: true };
    const credentials = { accessKeyId: 'key', secretAccessKey: 'hush-hush', sessionToken: null };
    const s3 = { kind: 's3', bucket: 'lake', ...access, credentials };
    expect(
      job({
        ...NEEDED,
        KAFKA_BROKER_MAP: 'kafka:9092=localhost:9700',
        KAFKA_TOPIC: 'other',
        KAFKA_ISOLATION_LEVEL: 'read_committed',
        AWS_ACCESS_KEY_ID: 'key',
        AWS_SECRET_ACCESS_KEY: 'hush-hush',
        AWS_REGION: 'eu-west-1',
        AWS_ENDPOINT_URL_S3: 'http://127.0.0.1:9000',
        TRIGGER_INTERVAL: '3 seconds',
        STARTING_OFFSETS: '{"other":{"0":5,"1":-2}}',
        MAX_OFFSETS_PER_TRIGGER: '100',
      }),
    ).toEqual({
      query: 'bronze',
      table: { ...s3, prefix: 'bronze/transactions' },
      checkpoint: { ...s3, prefix: 'checkpoints/bronze' },
      quarantine: { ...s3, prefix: 'bronze/quarantine' },
      source: {
        kind: 'kafka',
        brokers: ['a:9092', 'b:9092'],
        topic: 'other',
        addressMap: { 'kafka:9092': 'localhost:9700' },
        isolation: 'read_committed',
        sasl: null,
        tls: null,
      },
      startingOffsets: { partitions: { 0: '5', 1: '-2' } },
      failOnDataLoss: true,
      runs: 'until-stopped',
      triggerMs: 3_000,
      maxOffsetsPerTrigger: 100,
      alert: null,
      owner,
    });
  });

  test('may be the older ones', () => {
    const { KAFKA_BROKERS: brokers, ...rest } = NEEDED;
    expect(job({ ...rest, KAFKA_BROKER: brokers }).source).toMatchObject({ brokers: ['a:9092', 'b:9092'] });
  });

  test('may stand in a file .env, which the environment overrules', () => {
    const folder = temporaryFolder();
    writeFileSync(path.join(folder, '.env'), 'KAFKA_TOPIC=from-file\nBRONZE_QUARANTINE=bad\nBRONZE_PATH=t\n');
    const made = job({ ...NEEDED, BRONZE_PATH: 'table' }, 'until-stopped', folder);
    expect(made.source.topic).toBe('from-file');
    expect(made.quarantine).toEqual({ kind: 'local', path: path.join(folder, 'bad') });
    expect(made.table).toEqual({ kind: 'local', path: path.join(folder, 'table') });
  });

  test('leave Amazon as it is when no other server is named', () => {
    expect(job(NEEDED).table).toMatchObject({ endpoint: null, forcePathStyle: false, credentials: null });
    expect(job({ ...NEEDED, S3_FORCE_PATH_STYLE: 'true' }).table).toMatchObject({ forcePathStyle: true });
  });

  test('of SASL and TLS, with certificates as text or as files', () => {
    const folder = temporaryFolder();
    writeFileSync(path.join(folder, 'ca.pem'), 'the authority');
    const env = {
      ...NEEDED,
      KAFKA_SECURITY_PROTOCOL: 'sasl_ssl',
      KAFKA_SASL_MECHANISM: 'scram-sha-256',
      KAFKA_SASL_USERNAME: 'ada',
      KAFKA_SASL_PASSWORD: 'hush-hush',
      KAFKA_SSL_CA: 'ca.pem',
      KAFKA_SSL_CERTIFICATE: '-----BEGIN CERTIFICATE-----\nx',
    };
    expect(job(env, 'until-stopped', folder).source).toMatchObject({
      sasl: { mechanism: 'scram-sha-256', username: 'ada', password: 'hush-hush' },
      tls: { ca: 'the authority', certificate: '-----BEGIN CERTIFICATE-----\nx', key: null },
    });
  });
});

test('what is available now is read without a pause', () => {
  expect(job({ ...NEEDED, TRIGGER_INTERVAL: '10 s' }, 'available-now')).toMatchObject({
    runs: 'available-now',
    triggerMs: 0,
  });
});

describe('a wrong value', () => {
  test.each([
    [{ KAFKA_BROKERS: '' }, 'KAFKA_BROKERS', 'it is not set'],
    [{ KAFKA_BROKERS: 'nowhere' }, 'KAFKA_BROKERS in the environment', '"nowhere"'],
    [{ BRONZE_CHECKPOINT: '' }, 'BRONZE_CHECKPOINT', 'it is not set'],
    [{ BRONZE_PATH: 'hdfs://x/y' }, 'BRONZE_PATH in the environment', 'hdfs://x/y'],
    [{ AWS_ACCESS_KEY_ID: 'key' }, 'AWS_SECRET_ACCESS_KEY', 'it is not set'],
    [{ AWS_ENDPOINT_URL_S3: 'localhost:9000' }, 'AWS_ENDPOINT_URL_S3 in the environment', '"localhost:9000"'],
    [{ KAFKA_SECURITY_PROTOCOL: 'TLS' }, 'KAFKA_SECURITY_PROTOCOL in the environment', '"TLS"'],
    [{ KAFKA_SECURITY_PROTOCOL: 'SASL_SSL' }, 'KAFKA_SASL_USERNAME', 'it is not set'],
    [{ KAFKA_SECURITY_PROTOCOL: 'SSL', KAFKA_SSL_CA: 'no-such-file' }, 'KAFKA_SSL_CA in the environment', 'ENOENT'],
    [{ STARTING_OFFSETS: 'yesterday' }, 'STARTING_OFFSETS in the environment', '"yesterday"'],
    [{ TRIGGER_INTERVAL: 'soon' }, 'TRIGGER_INTERVAL in the environment', '"soon"'],
    [{ FAIL_ON_DATA_LOSS: 'perhaps' }, 'FAIL_ON_DATA_LOSS in the environment', '"perhaps"'],
  ])('%j is named by its place', (env, place, seen) => {
    expect(() => job({ ...NEEDED, ...env })).toThrow(
      expect.objectContaining({
        code: 'SETTINGS_INVALID',
        tried: `Reading ${place}`,
        seen: expect.stringContaining(seen),
      }),
    );
  });
});

test('no secret of a job passes the redactor', () => {
  const secrets = {
    AWS_SECRET_ACCESS_KEY: 'secret-key',
    AWS_SESSION_TOKEN: 'session-token',
    KAFKA_SASL_PASSWORD: 'pass-word',
  };
  const sasl = { KAFKA_SECURITY_PROTOCOL: 'SASL_PLAINTEXT', KAFKA_SASL_USERNAME: 'ada', AWS_ACCESS_KEY_ID: 'key' };
  const redactor = createRedactor();
  jobSecrets(job({ ...NEEDED, ...sasl, ...secrets })).forEach(redactor.add);
  expect(redactor.redact(Object.values(secrets).join(' '))).toBe('[secret] [secret] [secret]');
});
