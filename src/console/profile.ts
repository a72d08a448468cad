/** What a profile means for settings: its defaults, and the names that the compose file's own `.env` has for them. Pure. */
import type { Profile } from '../stack/stack.ts';
import type { ServerSettingName } from './server-settings.ts';
import type { TableLayer } from './setting-table.ts';
import type { SettingName } from './settings.ts';

type Names = Readonly<Record<string, string | undefined>>;

/** Those of the compose file in this repository, as a program of this machine reaches its services. */
function ofCompose(names: Names): Readonly<Partial<Record<ServerSettingName, unknown>>> {
  const at = (name: string, usual: number): string => `127.0.0.1:${names[name] || usual}`;
  return {
    'kafka.brokers': at('KAFKA_PORT', 9_700),
    'connect.url': `http://${at('CONNECT_PORT', 8_083)}`,
    // The workers of Kafka Connect stand in the network of the containers.
    'connect.postgresHost': 'postgres',
    'connect.postgresPort': 5_432,
    'fraudApi.url': `http://${at('FRAUD_API_PORT', 8_000)}`,
    's3.endpoint': `http://${at('MINIO_PORT', 9_000)}`,
    'bronze.table': 's3a://lakehouse/bronze/transactions',
    'bronze.checkpoint': 's3a://lakehouse/checkpoints/bronze',
    'alert.checkpoint': 's3a://lakehouse/checkpoints/realtime-prediction',
  };
}

/** What a new query of Alert reads on servers that are in use: from now on. */
const IN_USE: Readonly<Partial<Record<SettingName, unknown>>> = { 'alert.startingOffsets': 'latest' };

export const profileDefaults = (profile: Profile): TableLayer<SettingName> =>
  defaults(profile === 'embedded' ? {} : IN_USE);

/** @param names the environment of the compose file: its ports can be moved there */
export const serverDefaults = (profile: Profile, names: Names): TableLayer<ServerSettingName> =>
  defaults(profile === 'docker' ? ofCompose(names) : {});

/**
 * The account of MinIO, as compose names it. It goes before AWS_ACCESS_KEY_ID and its secret: those of a person who works
 * with Amazon too are in every shell of theirs, and no account of this MinIO.
 */
export function minioAccount(profile: Profile, names: Names): TableLayer<ServerSettingName> {
  const { MINIO_ROOT_USER: user, MINIO_ROOT_PASSWORD: password } = profile === 'docker' ? names : {};
  return {
    origin: '.env',
    values: password ? { 's3.accessKeyId': user || 'minio', 's3.secretAccessKey': password } : {},
    where: () => 'MINIO_ROOT_USER and MINIO_ROOT_PASSWORD',
  };
}

function defaults<N extends string>(values: Readonly<Partial<Record<N, unknown>>>): TableLayer<N> {
  return { origin: 'default', values, where: (name) => `the default of ${name}` };
}
