/** From the settings of a run by hand to what its query is told. Reads the certificates that they name. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { SluiceError } from '../pipeline/errors.ts';
import type { JobSettings } from '../pipeline/job-settings.ts';
import {
  parseAddressMap,
  parseBrokers,
  type KafkaSasl,
  type KafkaSettings,
  type KafkaTls,
} from '../pipeline/source/kafka-settings.ts';
import { parseStartingOffsets } from '../pipeline/source/start.ts';
import { parseLocation, splitLocation, within, type S3Access, type StoreLocation } from '../pipeline/store/location.ts';
import { HAND_SETTINGS, type HandSettings } from './hand-settings.ts';

export interface HandJobParts {
  readonly resolved: HandSettings;
  readonly cwd: string;
  readonly runs: JobSettings['runs'];
  readonly owner: JobSettings['owner'];
}

type Name = keyof HandSettings['settings'];

export function buildHandJob({ resolved, cwd, runs, owner }: HandJobParts): JobSettings {
  const { settings, where } = resolved;
  const table = toLocation(resolved, 'table', cwd);
  return {
    query: 'bronze',
    checkpoint: toLocation(resolved, 'checkpoint', cwd),
    table,
    quarantine:
      settings.quarantine === null
        ? within(splitLocation(table).parent, 'quarantine')
        : toLocation(resolved, 'quarantine', cwd),
    source: toKafka(resolved, cwd),
    startingOffsets: parseStartingOffsets(settings.startingOffsets, settings.topic, where('startingOffsets')),
    runs,
    // What is available now is read without a pause, as Spark does it.
    triggerMs: runs === 'available-now' ? 0 : settings.trigger,
    maxOffsetsPerTrigger: settings.maxOffsetsPerTrigger,
    failOnDataLoss: settings.failOnDataLoss,
    alert: null,
    owner,
  };
}

function toLocation(resolved: HandSettings, name: 'table' | 'checkpoint' | 'quarantine', cwd: string): StoreLocation {
  return parseLocation(needed(resolved, name), toAccess(resolved), cwd, resolved.where(name));
}

function toAccess(resolved: HandSettings): S3Access {
  const { accessKeyId, endpoint, region, forcePathStyle, sessionToken } = resolved.settings;
  const credentials =
    accessKeyId === null ? null : { accessKeyId, secretAccessKey: needed(resolved, 'secretAccessKey'), sessionToken };
  if (endpoint !== null && !/^https?:\/\/[^/]/.test(endpoint)) {
    throw invalid(resolved.where('endpoint'), JSON.stringify(endpoint), 'an address such as http://127.0.0.1:9000');
  }
  // A server of one's own seldom has a host name for each bucket.
  return { endpoint, region, forcePathStyle: forcePathStyle ?? endpoint !== null, credentials };
}

function toKafka(resolved: HandSettings, cwd: string): KafkaSettings {
  const { settings, where } = resolved;
  return {
    kind: 'kafka',
    brokers: parseBrokers(needed(resolved, 'brokers'), where('brokers')),
    topic: settings.topic,
    addressMap: parseAddressMap(settings.brokerMap, where('brokerMap')),
    isolation: settings.isolation,
    sasl: settings.securityProtocol.startsWith('SASL') ? toSasl(resolved) : null,
    tls: settings.securityProtocol.endsWith('SSL') ? toTls(resolved, cwd) : null,
  };
}

function toSasl(resolved: HandSettings): KafkaSasl {
  const mechanisms = { PLAIN: 'plain', 'SCRAM-SHA-256': 'scram-sha-256', 'SCRAM-SHA-512': 'scram-sha-512' } as const;
  return {
    mechanism: mechanisms[resolved.settings.saslMechanism],
    username: needed(resolved, 'saslUsername'),
    password: needed(resolved, 'saslPassword'),
  };
}

function toTls(resolved: HandSettings, cwd: string): KafkaTls {
  const pem = (name: 'sslCa' | 'sslCertificate' | 'sslKey'): string | null => {
    const value = resolved.settings[name];
    return value === null || value.includes('-----BEGIN') ? value : readPem(value, cwd, resolved.where(name));
  };
  return { ca: pem('sslCa'), certificate: pem('sslCertificate'), key: pem('sslKey') };
}

function readPem(file: string, cwd: string, origin: string): string {
  try {
    return readFileSync(path.resolve(cwd, file), 'utf8');
  } catch (error) {
    throw invalid(origin, (error as Error).message, 'the text of a PEM file, or the path of one that can be read');
  }
}

/** The value of a setting that this run cannot do without. */
function needed(resolved: HandSettings, name: Name): string {
  const value = resolved.settings[name];
  if (typeof value === 'string') return value;
  const [variable = name] = HAND_SETTINGS[name].env;
  throw invalid(variable, 'it is not set', EXPECTED[name] ?? 'a value');
}

const EXPECTED: Partial<Record<Name, string>> = {
  brokers: 'the addresses of the brokers, such as localhost:9092',
  table: 'where the Delta table is, such as s3a://lakehouse/bronze/transactions or a local path',
  checkpoint: 'where the streaming checkpoint is, such as s3a://lakehouse/checkpoints/bronze or a local path',
  secretAccessKey: 'the secret that belongs to AWS_ACCESS_KEY_ID',
  saslUsername: 'the user name that KAFKA_SECURITY_PROTOCOL asks for',
  saslPassword: 'the password that KAFKA_SECURITY_PROTOCOL asks for',
};

function invalid(origin: string, seen: string, expected: string): SluiceError {
  const action = `Set ${origin.split(' ')[0] ?? origin} in the environment, or in a file .env here.`;
  return new SluiceError('SETTINGS_INVALID', { tried: `Reading ${origin}`, seen, expected, action });
}
