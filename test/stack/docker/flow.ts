/** The whole flow on a compose stack, as tests and benches ask for it: a row in at PostgreSQL, a message out at Slack. */
import path from 'node:path';
import { openDatabase, type Database } from '../../../src/pipeline/sql.ts';
import { testTransaction, type TestKind } from '../../../src/stack/producer/test-transaction.ts';
import { insertTransactions } from '../../../src/stack/producer/transaction.ts';
import type { Snapshot } from '../../../src/console/contract.ts';
import { readDelta, type DeltaFacts } from '../../support/deltalake.ts';
import type { ComposeStack } from './compose.ts';
import type { Engine } from './engine.ts';

/** Laid over the compose file: a receiver of alerts. */
export const SLACK_FILE = path.join(import.meta.dirname, 'slack.yml');
/** Lines for `.env` that make the flow quick, and send its alerts to the receiver. */
export const FLOW_ENV = {
  SLACK_WEBHOOK_URL: 'http://127.0.0.1:9999/services/T0/B0/stand-in',
  BRONZE_TRIGGER: '1s',
  PRODUCER_MODE: 'idle',
};

export interface Flow {
  readonly frauddb: Database;
  /** Inserts one transaction as another program would. */
  insert(kind: TestKind): Promise<{ readonly transNum: string; readonly at: number }>;
  /** Every message that the receiver took, the oldest first. */
  messages(): Promise<readonly { readonly at: number; readonly body: string }[]>;
  /** What the console in the container shows. */
  snapshot(): Promise<Snapshot>;
  /** The Bronze table, as an independent reader finds it. */
  table(): Promise<DeltaFacts>;
  close(): Promise<void>;
}

export function openFlow(engine: Engine, stack: ComposeStack): Flow {
  const { dotenv } = stack;
  const frauddb = openDatabase({
    host: '127.0.0.1',
    port: Number(dotenv['POSTGRES_PORT']),
    user: 'postgres',
    password: dotenv['POSTGRES_PASSWORD'] ?? '',
    database: 'frauddb',
  });
  return {
    frauddb,
    insert: async (kind) => {
      const transaction = testTransaction(kind, Date.now());
      await insertTransactions(frauddb, [transaction]);
      return { transNum: transaction.trans_num ?? '', at: Date.now() };
    },
    messages: async () => {
      const lines = (await engine.docker(['logs', await stack.container('slack')])).split('\n');
      return lines.filter((line) => line.startsWith('{')).map((line) => JSON.parse(line));
    },
    snapshot: async () => JSON.parse(await stack.compose(['exec', '-T', 'headless', 'sluice', 'status', '--json'])),
    table: () => readDelta('s3://lakehouse/bronze/transactions', lakeEnv(stack)),
    close: () => frauddb.close(),
  };
}

/** How a program of this machine reaches the lakehouse. */
export function lakeEnv({ dotenv }: ComposeStack): Record<string, string> {
  const endpoint = `http://127.0.0.1:${dotenv['MINIO_PORT']}`;
  return {
    AWS_ENDPOINT_URL_S3: endpoint,
    AWS_ENDPOINT_URL: endpoint,
    AWS_ALLOW_HTTP: 'true',
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: dotenv['MINIO_ROOT_USER'] ?? '',
    AWS_SECRET_ACCESS_KEY: dotenv['MINIO_ROOT_PASSWORD'] ?? '',
  };
}

/** How `sluice run bronze` on this machine reaches the same topic, table and checkpoint. */
export function bronzeEnv(stack: ComposeStack): Record<string, string> {
  return {
    ...lakeEnv(stack),
    KAFKA_BROKERS: `127.0.0.1:${stack.dotenv['KAFKA_PORT']}`,
    BRONZE_PATH: 's3a://lakehouse/bronze/transactions',
    BRONZE_CHECKPOINT: 's3a://lakehouse/checkpoints/bronze',
  };
}

/** How a whole console on this machine reaches all of the stack. */
export function consoleEnv(stack: ComposeStack, home: string): Record<string, string> {
  const at = (name: string): string => `http://127.0.0.1:${stack.dotenv[`${name}_PORT`]}`;
  return {
    ...bronzeEnv(stack),
    SLUICE_HOME: home,
    ALERT_CHECKPOINT: 's3a://lakehouse/checkpoints/realtime-prediction',
    POSTGRES_PORT: stack.dotenv['POSTGRES_PORT'] ?? '',
    POSTGRES_PASSWORD: stack.dotenv['POSTGRES_PASSWORD'] ?? '',
    CONNECT_URL: at('CONNECT'),
    CONNECT_POSTGRES_HOST: 'postgres',
    CONNECT_POSTGRES_PORT: '5432',
    FRAUD_API_URL: at('FRAUD_API'),
    SLACK_WEBHOOK_URL: '',
  };
}

/** What a console on this machine needs for `--stack docker`: the engine, and what `.env` says. */
export function dockerConsoleEnv(engine: Engine, stack: ComposeStack, home: string): Record<string, string> {
  return {
    ...engine.env,
    ...stack.dotenv,
    AWS_ACCESS_KEY_ID: stack.dotenv['MINIO_ROOT_USER'] ?? '',
    AWS_SECRET_ACCESS_KEY: stack.dotenv['MINIO_ROOT_PASSWORD'] ?? '',
    SLUICE_HOME: home,
    SLACK_ALLOW_LOOPBACK: '1',
  };
}

/** What Kafka's own tool tells of a group: partition -> where it is, where the end is, and the lag. */
export async function describeGroup(stack: ComposeStack, group: string) {
  const tool = ['/opt/kafka/bin/kafka-consumer-groups.sh', '--bootstrap-server', 'localhost:9092'];
  const said = await stack.compose(['exec', '-T', 'kafka', ...tool, '--group', group, '--describe']);
  const rows = said.split('\n').flatMap((line) => {
    const match = /^\S+\s+postgres\.public\.transactions\s+(\d+)\s+(\d+)\s+(\d+)\s+(\d+)/.exec(line);
    return match ? [match.slice(1).map(Number)] : [];
  });
  return rows.map(([partition = -1, current = -1, end = -1, lag = -1]) => ({ partition, current, end, lag }));
}
