/** The settings of a run by hand: where Kafka, the table and the checkpoint are. Only the environment and `.env` say them. */
import path from 'node:path';
import { z } from 'zod';
import { level, orNone, trigger, whole, yesNo } from './setting-schemas.ts';
import { resolveTable, secretSetting, setting, tableEnvLayer, type Resolved } from './setting-table.ts';
import { readDotenv } from './settings.ts';

const text = z.string().trim().min(1, 'a text that is not empty');
const optional = z.union([z.null(), z.literal('').transform(() => null), z.string()]);
const choice = <const V extends readonly [string, ...string[]]>(values: V) =>
  z.preprocess(
    (value) => (typeof value === 'string' ? values.find((each) => each.toLowerCase() === value.toLowerCase()) : value),
    z.enum(values, `${values.slice(0, -1).join(', ')} or ${values.at(-1)}`),
  );

/** Every setting of a run by hand, with its names in the environment. Null stands for "not set". */
export const HAND_SETTINGS = {
  brokers: setting(optional, null, 'KAFKA_BROKERS', 'KAFKA_BROKER'),
  brokerMap: setting(z.string(), '', 'KAFKA_BROKER_MAP'),
  topic: setting(text, 'postgres.public.transactions', 'KAFKA_TOPIC'),
  isolation: setting(choice(['read_uncommitted', 'read_committed']), 'read_uncommitted', 'KAFKA_ISOLATION_LEVEL'),
  securityProtocol: setting(
    choice(['PLAINTEXT', 'SSL', 'SASL_PLAINTEXT', 'SASL_SSL']),
    'PLAINTEXT',
    'KAFKA_SECURITY_PROTOCOL',
  ),
  saslMechanism: setting(choice(['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512']), 'PLAIN', 'KAFKA_SASL_MECHANISM'),
  saslUsername: setting(optional, null, 'KAFKA_SASL_USERNAME'),
  saslPassword: secretSetting(optional, null, 'KAFKA_SASL_PASSWORD'),
  sslCa: setting(optional, null, 'KAFKA_SSL_CA'),
  sslCertificate: setting(optional, null, 'KAFKA_SSL_CERTIFICATE'),
  sslKey: secretSetting(optional, null, 'KAFKA_SSL_KEY'),
  table: setting(optional, null, 'BRONZE_PATH'),
  checkpoint: setting(optional, null, 'BRONZE_CHECKPOINT'),
  quarantine: setting(optional, null, 'BRONZE_QUARANTINE'),
  accessKeyId: setting(optional, null, 'AWS_ACCESS_KEY_ID'),
  secretAccessKey: secretSetting(optional, null, 'AWS_SECRET_ACCESS_KEY'),
  sessionToken: secretSetting(optional, null, 'AWS_SESSION_TOKEN'),
  region: setting(text, 'us-east-1', 'AWS_REGION', 'AWS_DEFAULT_REGION'),
  endpoint: setting(optional, null, 'AWS_ENDPOINT_URL_S3', 'AWS_ENDPOINT_URL'),
  forcePathStyle: setting(orNone(yesNo), null, 'S3_FORCE_PATH_STYLE'),
  trigger: setting(trigger, 10_000, 'BRONZE_TRIGGER', 'TRIGGER_INTERVAL'),
  startingOffsets: setting(text, 'earliest', 'BRONZE_STARTING_OFFSETS', 'STARTING_OFFSETS'),
  maxOffsetsPerTrigger: setting(
    orNone(whole(1, 1e9)),
    50_000,
    'BRONZE_MAX_OFFSETS_PER_TRIGGER',
    'MAX_OFFSETS_PER_TRIGGER',
  ),
  failOnDataLoss: setting(yesNo, true, 'FAIL_ON_DATA_LOSS'),
  logLevel: setting(level, 'info', 'LOG_LEVEL'),
} as const;

export type HandSettings = Resolved<typeof HAND_SETTINGS>;

/** @param cwd where a `.env` file is looked for */
export function readHandSettings(env: Readonly<Record<string, string | undefined>>, cwd: string): HandSettings {
  const file = path.join(path.resolve(cwd), '.env');
  return resolveTable(HAND_SETTINGS, [
    tableEnvLayer(HAND_SETTINGS, env, 'environment'),
    tableEnvLayer(HAND_SETTINGS, readDotenv(cwd), '.env', file),
  ]);
}
