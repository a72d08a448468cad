/**
 * Where the servers of a stack that is not ours are: Kafka, PostgreSQL, Kafka Connect, S3, the fraud API. The docker and
 * the external stack read them, and a run by hand. Null stands for "not set".
 */
import { z } from 'zod';
import { orNone, trimmed, whole, yesNo } from './setting-schemas.ts';
import { secretSetting, setting, type Resolved } from './setting-table.ts';

const optional = z.union([z.null(), z.literal('').transform(() => null), z.string()]);
const port = whole(1, 65_535);
const choice = <const V extends readonly [string, ...string[]]>(values: V) =>
  z.preprocess(
    (value) => (typeof value === 'string' ? values.find((each) => each.toLowerCase() === value.toLowerCase()) : value),
    z.enum(values, `${values.slice(0, -1).join(', ')} or ${values.at(-1)}`),
  );

/** Every setting of the servers under its name in `settings.json`, with its names in the environment. */
export const SERVER_SETTINGS = {
  /** The compose project of the docker stack. */
  'docker.project': setting(
    z.string().regex(/^[a-z0-9][a-z0-9_-]*$/, 'a name of lower-case letters, digits, - and _'),
    'sluice',
    'COMPOSE_PROJECT_NAME',
  ),
  'kafka.brokers': setting(optional, null, 'KAFKA_BROKERS', 'KAFKA_BROKER'),
  'kafka.brokerMap': setting(z.string(), '', 'KAFKA_BROKER_MAP'),
  'kafka.topic': setting(trimmed, 'postgres.public.transactions', 'KAFKA_TOPIC'),
  'kafka.partitions': setting(whole(1, 1_000), 4, 'KAFKA_PARTITIONS'),
  'kafka.isolation': setting(
    choice(['read_uncommitted', 'read_committed']),
    'read_uncommitted',
    'KAFKA_ISOLATION_LEVEL',
  ),
  'kafka.securityProtocol': setting(
    choice(['PLAINTEXT', 'SSL', 'SASL_PLAINTEXT', 'SASL_SSL']),
    'PLAINTEXT',
    'KAFKA_SECURITY_PROTOCOL',
  ),
  'kafka.saslMechanism': setting(choice(['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512']), 'PLAIN', 'KAFKA_SASL_MECHANISM'),
  'kafka.saslUsername': setting(optional, null, 'KAFKA_SASL_USERNAME'),
  'kafka.saslPassword': secretSetting(optional, null, 'KAFKA_SASL_PASSWORD'),
  'kafka.sslCa': setting(optional, null, 'KAFKA_SSL_CA'),
  'kafka.sslCertificate': setting(optional, null, 'KAFKA_SSL_CERTIFICATE'),
  'kafka.sslKey': secretSetting(optional, null, 'KAFKA_SSL_KEY'),
  'postgres.host': setting(trimmed, '127.0.0.1', 'POSTGRES_HOST', 'PGHOST'),
  'postgres.port': setting(port, 5_432, 'POSTGRES_PORT', 'PGPORT'),
  'postgres.database': setting(trimmed, 'frauddb', 'POSTGRES_DB', 'PGDATABASE'),
  'postgres.user': setting(trimmed, 'postgres', 'POSTGRES_USER', 'PGUSER'),
  'postgres.password': secretSetting(optional, null, 'POSTGRES_PASSWORD', 'PGPASSWORD'),
  /** Looked at when it is used: PGSSLMODE may be there for other programs, in words that are not ours. */
  'postgres.sslMode': setting(trimmed, 'disable', 'POSTGRES_SSLMODE', 'PGSSLMODE'),
  'postgres.sslCa': setting(optional, null, 'POSTGRES_SSL_CA', 'PGSSLROOTCERT'),
  'connect.url': setting(optional, null, 'CONNECT_URL'),
  'connect.connector': setting(trimmed, 'postgres-connector', 'CONNECTOR_NAME'),
  /** How the workers of Kafka Connect reach the database; by default as we do. */
  'connect.postgresHost': setting(optional, null, 'CONNECT_POSTGRES_HOST'),
  'connect.postgresPort': setting(orNone(port), null, 'CONNECT_POSTGRES_PORT'),
  'connect.slot': setting(trimmed, 'debezium', 'CONNECTOR_SLOT'),
  'connect.publication': setting(trimmed, 'dbz_publication', 'CONNECTOR_PUBLICATION'),
  'fraudApi.url': setting(optional, null, 'FRAUD_API_URL'),
  's3.accessKeyId': setting(optional, null, 'AWS_ACCESS_KEY_ID'),
  's3.secretAccessKey': secretSetting(optional, null, 'AWS_SECRET_ACCESS_KEY'),
  's3.sessionToken': secretSetting(optional, null, 'AWS_SESSION_TOKEN'),
  's3.region': setting(trimmed, 'us-east-1', 'AWS_REGION', 'AWS_DEFAULT_REGION'),
  's3.endpoint': setting(optional, null, 'AWS_ENDPOINT_URL_S3', 'AWS_ENDPOINT_URL'),
  's3.forcePathStyle': setting(orNone(yesNo), null, 'S3_FORCE_PATH_STYLE'),
  'bronze.table': setting(optional, null, 'BRONZE_PATH'),
  'bronze.checkpoint': setting(optional, null, 'BRONZE_CHECKPOINT'),
  'bronze.quarantine': setting(optional, null, 'BRONZE_QUARANTINE'),
  'alert.checkpoint': setting(optional, null, 'ALERT_CHECKPOINT'),
  'alert.quarantine': setting(optional, null, 'ALERT_QUARANTINE'),
} as const;

export type ServerSettingName = keyof typeof SERVER_SETTINGS;
export type ServerSettings = Resolved<typeof SERVER_SETTINGS>;
