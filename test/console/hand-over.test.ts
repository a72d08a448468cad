import { expect, it } from 'vitest';
import { planHandOver } from '../../src/console/hand-over.ts';
import type { JobSettings } from '../../src/pipeline/job-settings.ts';
import { localFolder, type StoreLocation } from '../../src/pipeline/store/location.ts';
import { PLAIN_KAFKA } from '../../src/pipeline/source/kafka-settings.ts';
import { jobFor } from './support/console.ts';

const SECRETS = ['hush-key', 'hush-secret', 'hush-hush-hush', 'hush-in-url'];

const s3 = (prefix: string): StoreLocation => ({
  kind: 's3',
  bucket: 'lakehouse',
  prefix,
  endpoint: 'http://minio.lan:9000',
  region: 'eu-west-1',
  forcePathStyle: true,
  credentials: { accessKeyId: 'hush-key', secretAccessKey: 'hush-secret', sessionToken: null },
});

function job(query: 'bronze' | 'alert', change: Partial<JobSettings> = {}): JobSettings {
  return {
    ...jobFor('t', query),
    source: { ...PLAIN_KAFKA, brokers: ['kafka-1:9092', 'kafka-2:9092'], topic: 'postgres.public.transactions' },
    checkpoint: s3(`checkpoints/${query}`),
    table: s3('bronze/transactions'),
    triggerMs: 10_000,
    ...change,
  };
}

const plan = (given: JobSettings) => planHandOver({ job: given, composeFile: null, runsHere: true, leaves: false });
const command = (given: JobSettings, title = 'Spark 3.5') =>
  plan(given).commands.find((each) => each.title === title)?.text ?? '';

it('writes out what to run, with the addresses of this stack, for each release', () => {
  expect(plan(job('bronze')).commands.map(({ title }) => title)).toEqual(['Spark 3.5', 'Spark 4.0', 'Spark 3.4']);
  expect(command(job('bronze')).split(' \\\n  ')).toEqual([
    'AWS_ENDPOINT_URL_S3=http://minio.lan:9000',
    'AWS_REGION=eu-west-1',
    'spark-submit --packages io.delta:delta-spark_2.12:3.3.2,org.apache.spark:spark-sql-kafka-0-10_2.12:3.5.7,org.apache.hadoop:hadoop-aws:3.3.4',
    '--conf spark.hadoop.fs.s3a.endpoint=http://minio.lan:9000',
    '--conf spark.hadoop.fs.s3a.path.style.access=true',
    'spark/bronze.py',
    '--brokers kafka-1:9092,kafka-2:9092',
    '--topic postgres.public.transactions',
    '--checkpoint s3a://lakehouse/checkpoints/bronze',
    '--table s3a://lakehouse/bronze/transactions',
    "--trigger '10 seconds'",
  ]);
  expect(command(job('bronze'), 'Spark 3.4')).toContain('io.delta:delta-core_2.12:2.4.0,');
});

it('names secrets and never shows one, wherever it stands in the settings', () => {
  const alert = jobFor('t').alert;
  const hidden = job('alert', { alert: alert && { ...alert, fraudApiUrl: 'http://ada:hush-in-url@api:8000' } });
  for (const each of [job('bronze'), job('alert'), hidden]) {
    const told = JSON.stringify(plan(each));
    for (const secret of SECRETS) expect(told).not.toContain(secret);
  }
  expect(plan(job('bronze')).secrets).toEqual(['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY']);
  expect(plan(hidden).secrets).toContain('FRAUD_API_URL');
  expect(plan(job('alert')).secrets).toContain('POSTGRES_PASSWORD');
});

it('tells Alert its database and its API, and that alerts are off where they are', () => {
  const text = command(job('alert', { checkpoint: localFolder("/data/it's here") }));
  expect(text).toContain('POSTGRES_HOST=127.0.0.1');
  expect(text).toContain('SLACK_WEBHOOK_URL= ');
  expect(text).toContain('--fraud-api http://127.0.0.1:2');
  expect(text).toContain(`--checkpoint '/data/it'\\''s here'`);
  expect(text).not.toContain('io.delta');
  expect(plan(job('alert')).notes.join(' ')).toContain('say spark where ALERT_ENGINE is set');
  const leaving = planHandOver({ job: job('alert'), composeFile: null, runsHere: true, leaves: true });
  expect(leaving).toMatchObject({ leaves: true, runsHere: true });
  expect(leaving.notes.join(' ')).not.toContain('ALERT_ENGINE');
});

it('says what the person must see to: folders, localhost, mapped brokers', () => {
  const here = job('bronze', {
    checkpoint: localFolder('/data/checkpoint'),
    source: { ...PLAIN_KAFKA, brokers: ['localhost:9700'], topic: 't', addressMap: { 'kafka:9092': 'localhost:9700' } },
  });
  const notes = plan(here).notes.join(' ');
  for (const word of ['same path', 'localhost is this machine', 'KAFKA_BROKER_MAP']) expect(notes).toContain(word);
  expect(plan(job('bronze')).notes.join(' ')).not.toContain('localhost');
});

it('is two containers on the docker stack', () => {
  const { commands, secrets } = planHandOver({
    job: job('alert'),
    composeFile: '/srv/s/docker-compose.yml',
    runsHere: false,
    leaves: false,
  });
  expect(commands).toEqual([
    {
      title: 'Docker',
      text: 'docker compose -f /srv/s/docker-compose.yml --profile spark build spark-bronze\ndocker compose -f /srv/s/docker-compose.yml --profile spark up -d --wait spark-alert',
    },
  ]);
  expect(secrets).toEqual([]);
});

it.each([
  ['the embedded stack', jobFor('t'), 'PostgreSQL'],
  [
    'a Kafka with SASL',
    job('bronze', {
      source: {
        ...PLAIN_KAFKA,
        brokers: ['k:1'],
        topic: 't',
        sasl: { mechanism: 'plain', username: 'u', password: 'hush' },
      },
    }),
    'SASL',
  ],
  [
    'a serving database of its own',
    job('alert', { alert: { ...jobFor('t').alert!, servingDatabase: 'separate' } }),
    'alert.servingDatabase',
  ],
])('says why it cannot be done: %s', (_name, given, word) => {
  expect(planHandOver({ job: given, composeFile: null, runsHere: true, leaves: true }).leaves).toBe(false);
  expect(plan(given)).toMatchObject({ obstacle: expect.stringContaining(word) as string, commands: [] });
});
