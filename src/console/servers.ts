/** From the settings of the servers to how each is reached. Reads the certificates that they name. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { SluiceError } from '../pipeline/errors.ts';
import type { QueryName } from '../pipeline/events.ts';
import type { PostgresSettings, PostgresTls } from '../pipeline/job-settings.ts';
import {
  parseAddressMap,
  parseBrokers,
  type KafkaSasl,
  type KafkaSettings,
  type KafkaTls,
} from '../pipeline/source/kafka-settings.ts';
import { parseLocation, splitLocation, within, type S3Access, type StoreLocation } from '../pipeline/store/location.ts';
import type { ConnectSettings, Servers } from '../stack/servers.ts';
import { parseUrl } from '../pipeline/url.ts';
import { SERVER_SETTINGS, type ServerSettingName, type ServerSettings } from './server-settings.ts';

/**
 * All servers of a stack. Throws `SETTINGS_INVALID` that names what is missing or wrong.
 * @param cwd where paths begin
 */
export function toServers(resolved: ServerSettings, cwd: string): Servers {
  return {
    kafka: toKafka(resolved, cwd),
    connect: toConnect(resolved),
    captured: toCaptured(resolved, cwd),
    lakehouse: {
      table: toTable(resolved, cwd),
      checkpoint: {
        bronze: toCheckpoint(resolved, 'bronze', cwd),
        alert: toCheckpoint(resolved, 'alert', cwd),
      },
      quarantine: {
        bronze: toQuarantine(resolved, 'bronze', cwd),
        alert: toQuarantine(resolved, 'alert', cwd),
      },
    },
    fraudApiUrl: toAddress(resolved, 'fraudApi.url'),
  };
}

/** The topic and how its cluster is reached. */
export function toKafka(resolved: ServerSettings, cwd: string): KafkaSettings {
  const { settings, where } = resolved;
  const protocol = settings['kafka.securityProtocol'];
  return {
    kind: 'kafka',
    brokers: parseBrokers(needed(resolved, 'kafka.brokers'), where('kafka.brokers')),
    topic: settings['kafka.topic'],
    addressMap: parseAddressMap(settings['kafka.brokerMap'], where('kafka.brokerMap')),
    isolation: settings['kafka.isolation'],
    sasl: protocol.startsWith('SASL') ? toSasl(resolved) : null,
    tls: protocol.endsWith('SSL') ? toTls(resolved, cwd) : null,
  };
}

/** The captured database, frauddb. */
export function toCaptured(resolved: ServerSettings, cwd: string): PostgresSettings {
  const { settings } = resolved;
  const tls = toPostgresTls(resolved, cwd);
  return {
    host: settings['postgres.host'],
    port: settings['postgres.port'],
    user: settings['postgres.user'],
    password: needed(resolved, 'postgres.password'),
    database: settings['postgres.database'],
    ...(tls && { tls }),
  };
}

/** Null when no address is set: the capture is somebody else's business then. */
export function toConnect(resolved: ServerSettings): ConnectSettings | null {
  const { settings } = resolved;
  if (settings['connect.url'] === null) return null;
  return {
    url: toAddress(resolved, 'connect.url'),
    connector: settings['connect.connector'],
    database: {
      host: settings['connect.postgresHost'] ?? settings['postgres.host'],
      port: settings['connect.postgresPort'] ?? settings['postgres.port'],
    },
    slot: settings['connect.slot'],
    publication: settings['connect.publication'],
  };
}

export function toTable(resolved: ServerSettings, cwd: string): StoreLocation {
  return toLocation(resolved, 'bronze.table', cwd);
}

export function toCheckpoint(resolved: ServerSettings, query: QueryName, cwd: string): StoreLocation {
  return toLocation(resolved, `${query}.checkpoint`, cwd);
}

/** Where nothing is set: `quarantine` beside the table for Bronze, `alert/quarantine` beside its folder for Alert. */
export function toQuarantine(resolved: ServerSettings, query: QueryName, cwd: string): StoreLocation {
  const name = `${query}.quarantine` as const;
  if (resolved.settings[name] !== null) return toLocation(resolved, name, cwd);
  const { parent } = splitLocation(toTable(resolved, cwd));
  return query === 'bronze' ? within(parent, 'quarantine') : within(splitLocation(parent).parent, 'alert/quarantine');
}

/** The value of a setting that cannot be done without. */
export function needed(resolved: ServerSettings, name: ServerSettingName): string {
  const value = resolved.settings[name];
  if (typeof value === 'string') return value;
  const [variable = name] = SERVER_SETTINGS[name].env;
  throw invalid(variable, 'it is not set', EXPECTED[name] ?? 'a value');
}

/** How the S3 server is reached. */
export function toAccess(resolved: ServerSettings): S3Access {
  const { settings } = resolved;
  const accessKeyId = settings['s3.accessKeyId'];
  const endpoint = settings['s3.endpoint'] === null ? null : toAddress(resolved, 's3.endpoint');
  const credentials =
    accessKeyId === null
      ? null
      : {
          accessKeyId,
          secretAccessKey: needed(resolved, 's3.secretAccessKey'),
          sessionToken: settings['s3.sessionToken'],
        };
  // A server of one's own seldom has a host name for each bucket.
  const forcePathStyle = settings['s3.forcePathStyle'] ?? endpoint !== null;
  return { endpoint, region: settings['s3.region'], forcePathStyle, credentials };
}

type PlaceName = 'bronze.table' | `${QueryName}.${'checkpoint' | 'quarantine'}`;

function toLocation(resolved: ServerSettings, name: PlaceName, cwd: string): StoreLocation {
  return parseLocation(needed(resolved, name), toAccess(resolved), cwd, resolved.where(name));
}

function toAddress(resolved: ServerSettings, name: 's3.endpoint' | 'connect.url' | 'fraudApi.url'): string {
  const address = needed(resolved, name);
  if (/^https?:\/\/[^/]/.test(address) && parseUrl(address)) return address;
  throw invalid(resolved.where(name), JSON.stringify(address), `an address such as ${EXAMPLES[name]}`);
}

const EXAMPLES = {
  's3.endpoint': 'http://127.0.0.1:9000',
  'connect.url': 'http://127.0.0.1:8083',
  'fraudApi.url': 'http://127.0.0.1:8000',
};

function toSasl(resolved: ServerSettings): KafkaSasl {
  const mechanisms = { PLAIN: 'plain', 'SCRAM-SHA-256': 'scram-sha-256', 'SCRAM-SHA-512': 'scram-sha-512' } as const;
  return {
    mechanism: mechanisms[resolved.settings['kafka.saslMechanism']],
    username: needed(resolved, 'kafka.saslUsername'),
    password: needed(resolved, 'kafka.saslPassword'),
  };
}

function toTls(resolved: ServerSettings, cwd: string): KafkaTls {
  return {
    ca: readPem(resolved, 'kafka.sslCa', cwd),
    certificate: readPem(resolved, 'kafka.sslCertificate', cwd),
    key: readPem(resolved, 'kafka.sslKey', cwd),
  };
}

/** An authority that is named is also asked, as libpq does it. */
function toPostgresTls(resolved: ServerSettings, cwd: string): PostgresTls | null {
  const asked = resolved.settings['postgres.sslMode'];
  if (asked === 'disable') return null;
  const mode = TLS_MODES.find((each) => each === asked);
  if (!mode) {
    throw invalid(resolved.where('postgres.sslMode'), JSON.stringify(asked), `disable, ${TLS_MODES.join(', ')}`);
  }
  const ca = readPem(resolved, 'postgres.sslCa', cwd);
  return { mode: mode === 'require' && ca !== null ? 'verify-ca' : mode, ca };
}

const TLS_MODES = ['require', 'verify-ca', 'verify-full'] as const;

type PemName = `kafka.${'sslCa' | 'sslCertificate' | 'sslKey'}` | 'postgres.sslCa';

/** The setting is the text itself, or the path of its file. */
function readPem(resolved: ServerSettings, name: PemName, cwd: string): string | null {
  const value = resolved.settings[name];
  if (value === null || value.includes('-----BEGIN')) return value;
  try {
    return readFileSync(path.resolve(cwd, value), 'utf8');
  } catch (error) {
    const expected = 'the text of a PEM file, or the path of one that can be read';
    throw invalid(resolved.where(name), (error as Error).message, expected);
  }
}

const EXPECTED: Partial<Record<ServerSettingName, string>> = {
  'kafka.brokers': 'the addresses of the brokers, such as localhost:9092',
  'bronze.table': 'where the Delta table is, such as s3a://lakehouse/bronze/transactions or a local path',
  'bronze.checkpoint': 'where the streaming checkpoint is, such as s3a://lakehouse/checkpoints/bronze or a local path',
  'alert.checkpoint':
    'where the streaming checkpoint is, such as s3a://lakehouse/checkpoints/realtime-prediction or a local path',
  's3.secretAccessKey': 'the secret that belongs to AWS_ACCESS_KEY_ID',
  'kafka.saslUsername': 'the user name that KAFKA_SECURITY_PROTOCOL asks for',
  'kafka.saslPassword': 'the password that KAFKA_SECURITY_PROTOCOL asks for',
  'postgres.password': 'the password of POSTGRES_USER',
  'fraudApi.url': 'the address of the fraud API, such as http://127.0.0.1:8000',
};

function invalid(origin: string, seen: string, expected: string): SluiceError {
  const action = `Set ${origin.split(' ')[0] ?? origin} in the environment, or in a file .env here.`;
  return new SluiceError('SETTINGS_INVALID', { tried: `Reading ${origin}`, seen, expected, action });
}
