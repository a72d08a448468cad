/** The whole Bronze query on a real Kafka and a real S3, run by hand in a process of its own. */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readDelta } from '../../support/deltalake.ts';
import { afterOf, envelope } from '../../pipeline/support/records.ts';
import { sluice, type Sluice } from './cli.ts';
import { kafkaObstacle, SASL_USER, startKafka, type KafkaServer } from './kafka.ts';
import { startLake, type Lake } from './lake.ts';
import { notRun } from './not-run.ts';
import { s3Obstacle, type S3Kind } from './s3.ts';
import { openFiller, type Filler } from './topics.ts';

const obstacle = notRun('Kafka and S3', kafkaObstacle() ?? s3Obstacle('minio') ?? s3Obstacle('versitygw'));

describe.skipIf(obstacle)('Bronze, run by hand', () => {
  let kafka: KafkaServer;
  let fill: Filler;
  let folder: string;
  const lakes = new Map<S3Kind, Lake>();

  beforeAll(async () => {
    folder = mkdtempSync(path.join(os.tmpdir(), 'sluice-by-hand-'));
    const [started, minio, versitygw] = await Promise.all([startKafka(), startLake('minio'), startLake('versitygw')]);
    kafka = started;
    lakes.set('minio', minio).set('versitygw', versitygw);
    fill = await openFiller(kafka.address);
  });

  afterAll(async () => {
    await fill?.close();
    await Promise.all([kafka?.stop(), ...[...lakes.values()].map(({ server }) => server.stop())]);
    rmSync(folder, { recursive: true, force: true });
  });

  const bronze = (how: string, env: Record<string, string>): Sluice =>
    sluice(`run bronze ${how} --json`, { KAFKA_BROKERS: kafka.address, ...env }, folder);

  it.each<S3Kind>(['minio', 'versitygw'])(
    'reads what is available into %s, in batches, and goes on there',
    async (kind) => {
      const lake = lakes.get(kind) as Lake;
      const topic = await fill.create(2);
      const env = {
        ...lake.env,
        KAFKA_TOPIC: topic,
        BRONZE_PATH: lake.at('bronze/transactions'),
        BRONZE_CHECKPOINT: lake.at('checkpoints/bronze'),
        MAX_OFFSETS_PER_TRIGGER: '30',
      };
      await fill.send(topic, rows(0, 40), 0);
      await fill.send(topic, [...rows(40, 18), null, 'garbage'], 1);
      const first = await bronze('--available-now', env).ended;
      expect(first.err).toContain('Batch 0: Writing to Bronze layer...');
      expect(first.summary()).toMatchObject({
        query: 'bronze',
        result: 'done',
        rows: 58,
        batches: 2,
        deadLetters: 1,
        skips: 1,
        deltaVersion: 1,
        table: env.BRONZE_PATH,
        checkpoint: env.BRONZE_CHECKPOINT,
        quarantine: lake.at('bronze/quarantine'),
        offsets: { 0: 40, 1: 20 },
        end: { 0: 40, 1: 20 },
        error: null,
      });
      expect(first.code).toBe(0);
      await fill.send(topic, rows(58, 5), 1);
      const second = (await bronze('--available-now', env).ended).summary();
      expect(second).toMatchObject({ rows: 5, batches: 1, deltaVersion: 2, queryId: first.summary().queryId });
      expect(await bronze('--available-now', env).ended.then((ended) => ended.summary())).toMatchObject({
        result: 'done',
        batches: 0,
        deltaVersion: 2,
      });
      expect(await lake.read('bronze/transactions')).toMatchObject({ version: 2, rows: 63, distinct_trans_num: 63 });
      expect(first.err).not.toContain(lake.env['AWS_SECRET_ACCESS_KEY']);
    },
  );

  it('runs until it is told to stop, and then finishes its batch, in local folders', async () => {
    const topic = await fill.create(1);
    const table = path.join(folder, 'table');
    const env = {
      KAFKA_BROKERS: '',
      KAFKA_BROKER: kafka.hidden.address,
      KAFKA_BROKER_MAP: `${kafka.hidden.advertised}=${kafka.hidden.address}`,
      KAFKA_TOPIC: topic,
      BRONZE_PATH: pathToFileURL(table).href,
      BRONZE_CHECKPOINT: 'checkpoint',
      TRIGGER_INTERVAL: '0',
    };
    const { KAFKA_BROKERS: _, ...rest } = env;
    const run = sluice('run bronze --until-stopped --json', rest, folder);
    await run.says('Query RUNNING');
    await fill.send(topic, rows(0, 10));
    await run.says('10 rows, version 0');
    run.child.kill('SIGTERM');
    const ended = await run.ended;
    expect(ended.summary()).toMatchObject({
      result: 'stopped',
      rows: 10,
      table,
      checkpoint: path.join(folder, 'checkpoint'),
    });
    expect(ended.code).toBe(0);
    expect(existsSync(path.join(folder, 'checkpoint', 'commits', '0'))).toBe(true);
    expect(await readDelta(table)).toMatchObject({ rows: 10 });
  });

  it('speaks SASL over TLS, and tells neither password nor stack', async () => {
    const topic = await fill.create(1);
    await fill.send(topic, rows(0, 3));
    const env = {
      KAFKA_BROKERS: kafka.secure.address,
      KAFKA_SECURITY_PROTOCOL: 'SASL_SSL',
      KAFKA_SASL_MECHANISM: 'SCRAM-SHA-512',
      KAFKA_SASL_USERNAME: SASL_USER.username,
      KAFKA_SASL_PASSWORD: SASL_USER.password,
      KAFKA_SSL_CA: kafka.secure.ca,
      KAFKA_TOPIC: topic,
      BRONZE_PATH: 'secure/table',
      BRONZE_CHECKPOINT: 'secure/checkpoint',
    };
    expect((await bronze('--available-now', env).ended).summary()).toMatchObject({ result: 'done', rows: 3 });
    const wrong = await bronze('--available-now', { ...env, KAFKA_SASL_PASSWORD: 'wrong-password' }).ended;
    expect(wrong.code).toBe(1);
    expect(wrong.summary()).toMatchObject({
      result: 'failed',
      error: { code: 'SOURCE_UNAVAILABLE', retryable: false },
    });
    expect(wrong.err + wrong.out).not.toMatch(/wrong-password|^\s+at /m);
  });

  it('is refused while another run owns the checkpoint', async () => {
    const topic = await fill.create(1);
    const env = { KAFKA_TOPIC: topic, BRONZE_PATH: 'owned/table', BRONZE_CHECKPOINT: 'owned/checkpoint' };
    const owner = bronze('--until-stopped', env);
    await owner.says('Query RUNNING');
    const second = await bronze('--available-now', env).ended;
    expect(second.code).toBe(4);
    expect(second.summary().error).toMatchObject({ code: 'FENCED' });
    owner.child.kill('SIGINT');
    expect((await owner.ended).code).toBe(0);
  });

  it('fails with what the server said when the bucket is not there', async () => {
    const lake = lakes.get('minio') as Lake;
    const env = { ...lake.env, BRONZE_PATH: 's3://nowhere/t', BRONZE_CHECKPOINT: 's3://nowhere/c' };
    const ended = await bronze('--available-now', { ...env, KAFKA_TOPIC: 'any' }).ended;
    expect(ended.code).toBe(1);
    expect(ended.summary().error).toMatchObject({ code: 'STORE_UNAVAILABLE', expected: 'the bucket' });
  });
});

function rows(from: number, count: number): string[] {
  return Array.from({ length: count }, (_, index) => envelope(afterOf(from + index)));
}
