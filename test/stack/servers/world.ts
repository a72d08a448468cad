/** Every server that the external stack wants, real, and what a console needs in its environment to find them. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { openDatabase, type Database } from '../../../src/pipeline/sql.ts';
import { startScriptedSlack, type ScriptedSlack } from '../../support/alert/receivers.ts';
import { MIGRATIONS_FOLDER, startTestPostgres, type TestPostgres } from '../../support/postgres.ts';
import { connectObstacle, startConnect, type ConnectServer } from './connect.ts';
import { fraudServiceObstacle, startFraudService, type FraudService } from './fraud-service.ts';
import { kafkaObstacle, startKafka, type KafkaServer } from './kafka.ts';
import { startLake, type Lake } from './lake.ts';
import { s3Obstacle } from './s3.ts';
import { openFiller } from './topics.ts';

export const worldObstacle = (): string | null =>
  kafkaObstacle() ?? connectObstacle() ?? s3Obstacle('minio') ?? fraudServiceObstacle();

export interface World {
  readonly kafka: KafkaServer;
  readonly postgres: TestPostgres;
  readonly connect: ConnectServer;
  readonly lake: Lake;
  readonly api: FraudService;
  readonly slack: ScriptedSlack;
  /** As its users know it: the tables of the fraud system, and nothing of ours. */
  readonly frauddb: Database;
  readonly env: Readonly<Record<string, string>>;
  /** Puts a record into a topic past Debezium. */
  send(topic: string, value: string): Promise<void>;
  stop(): Promise<void>;
}

/** About half a minute: start it once per file, in `beforeAll`. */
export async function startWorld(): Promise<World> {
  const [kafka, postgres, lake, api, slack] = await Promise.all([
    startKafka(),
    startTestPostgres(),
    startLake('minio'),
    startFraudService(),
    startScriptedSlack(() => 'ok'),
  ]);
  const [connect, frauddb] = await Promise.all([startConnect(kafka.address), makeTables(postgres)]);
  const { host, port, user, password } = postgres.settings();
  return {
    kafka,
    postgres,
    connect,
    lake,
    api,
    slack,
    frauddb,
    env: {
      ...lake.env,
      KAFKA_BROKERS: kafka.address,
      POSTGRES_HOST: host,
      POSTGRES_PORT: String(port),
      POSTGRES_USER: user,
      POSTGRES_PASSWORD: password,
      POSTGRES_DB: 'frauddb',
      CONNECT_URL: connect.url,
      FRAUD_API_URL: api.url,
      BRONZE_PATH: lake.at('bronze/transactions'),
      BRONZE_CHECKPOINT: lake.at('checkpoints/bronze'),
      ALERT_CHECKPOINT: lake.at('checkpoints/realtime-prediction'),
      SLACK_WEBHOOK_URL: slack.url,
      SLACK_ALLOW_LOOPBACK: '1',
    },
    send: async (topic, value) => {
      const filler = await openFiller(kafka.address);
      await filler.send(topic, [value]).finally(filler.close);
    },
    stop: async () => {
      await frauddb.close();
      await Promise.all([connect.stop(), api.stop(), slack.close(), lake.server.stop()]);
      await Promise.all([kafka.stop(), postgres.stop()]);
    },
  };
}

async function makeTables(postgres: TestPostgres): Promise<Database> {
  const server = openDatabase(postgres.settings('postgres'));
  await server.query('CREATE DATABASE frauddb');
  await server.close();
  const frauddb = openDatabase(postgres.settings('frauddb'));
  await frauddb.query(await readFile(path.join(MIGRATIONS_FOLDER, 'frauddb', '001_transactions.sql'), 'utf8'));
  return frauddb;
}
