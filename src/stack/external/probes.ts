/** Asks each server whether it is well. Clients stay connected between the questions. */
import { SluiceError } from '../../pipeline/errors.ts';
import type { Log, Source } from '../../pipeline/ports.ts';
import { openKafkaSource } from '../../pipeline/source/kafka.ts';
import { KAFKA_LIMITS, type KafkaLimits, type KafkaSettings } from '../../pipeline/source/kafka-settings.ts';
import { openDatabase } from '../../pipeline/sql.ts';
import { describeLocation, type StoreLocation } from '../../pipeline/store/location.ts';
import { openStore, type OpenStore } from '../../pipeline/store/open.ts';
import { openConnector } from '../connector/connector.ts';
import { readSlot } from '../connector/slot.ts';
import type { ConnectSettings, Servers } from '../servers.ts';
import type { ServiceName } from '../stack.ts';
import { apiFinding, connectFinding, postgresFinding, topicFinding, type Finding } from './findings.ts';

export interface Probe {
  readonly name: ServiceName;
  readonly title: string;
  readonly address: string;
  /** What to look at when it does not answer: which settings say where it is. */
  readonly settings: string;
  /** Rejects when the server does not answer as it should. */
  look(): Promise<Finding>;
  close(): Promise<void>;
}

/** One question should not hold up the others: the next look comes soon. */
export const PROBE_LIMITS: KafkaLimits = {
  ...KAFKA_LIMITS,
  connectMs: 3_000,
  requestMs: 5_000,
  retry: { tries: 2, totalMs: 5_000, baseMs: 100, maxWaitMs: 500 },
};
const quiet: Log = () => undefined;

/** @param lake how the service is called that keeps the lakehouse */
export function openProbes(servers: Servers, lake: 'lakehouse' | 'minio'): Probe[] {
  const { connect } = servers;
  return [
    probePostgres(servers),
    probeKafka(servers.kafka),
    ...(connect ? [probeConnect(connect)] : []),
    probeLake(servers.lakehouse.table, lake),
    probeApi(servers.fraudApiUrl),
  ];
}

function probePostgres({ captured, connect }: Servers): Probe {
  const database = openDatabase(captured, { max: 1, statementTimeoutMs: 5_000, applicationName: 'sluice probe' });
  return {
    name: 'postgres',
    title: 'PostgreSQL',
    address: `${captured.host}:${captured.port}`,
    settings: 'POSTGRES_HOST, POSTGRES_PORT, POSTGRES_DB, POSTGRES_USER and POSTGRES_PASSWORD',
    look: async () => {
      const [row] = await database.query<{ version: string; level: string }>(
        "SELECT current_setting('server_version') AS version, current_setting('wal_level') AS level",
      );
      const slot = connect && (await readSlot(database, connect.slot));
      return postgresFinding(row?.version ?? '', row?.level ?? '', slot);
    },
    close: () => database.close(),
  };
}

function probeKafka(settings: KafkaSettings): Probe {
  let source: Source | null = null;
  return {
    name: 'kafka',
    title: 'Kafka',
    address: settings.brokers.join(', '),
    settings: 'KAFKA_BROKERS, and KAFKA_BROKER_MAP when the brokers advertise names that this machine does not know',
    look: async () => {
      source ??= openKafkaSource(settings, quiet, PROBE_LIMITS);
      const { start, end } = await source.bounds();
      return topicFinding(
        settings.topic,
        [...end].map(([partition, to]) => to - (start.get(partition) ?? 0n)),
      );
    },
    close: async () => source?.close(),
  };
}

function probeConnect({ url, connector: name }: ConnectSettings): Probe {
  const connector = openConnector({ url, name });
  return {
    name: 'debezium-connect',
    title: 'Debezium Connect',
    address: new URL(url).host,
    settings: 'CONNECT_URL and CONNECTOR_NAME',
    look: async () => connectFinding(await connector.view()),
    close: async () => undefined,
  };
}

/** Reads one object of the table, which need not be there. */
function probeLake(table: StoreLocation, name: 'lakehouse' | 'minio'): Probe {
  let store: OpenStore | null = null;
  const place = describeLocation(table);
  return {
    name,
    title: name === 'minio' ? 'MinIO' : 'Lakehouse',
    address: table.kind === 's3' && table.endpoint !== null ? new URL(table.endpoint).host : place,
    settings: 'BRONZE_PATH, AWS_ENDPOINT_URL_S3, AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY',
    look: async () => {
      store ??= await openStore(table, quiet);
      await store.get('_delta_log/_last_checkpoint');
      return { state: 'OK', detail: place };
    },
    close: async () => store?.close(),
  };
}

const API_MS = 4_000;

function probeApi(url: string): Probe {
  return {
    name: 'fraud-api',
    title: 'Fraud API',
    address: new URL(url).host,
    settings: 'FRAUD_API_URL',
    look: async () => {
      const response = await fetch(new URL('/health', url), {
        signal: AbortSignal.timeout(API_MS),
        redirect: 'manual',
      });
      const text = await response.text();
      if (response.ok) return apiFinding(text);
      throw new SluiceError('API_UNAVAILABLE', {
        tried: 'Asking the fraud API how it is',
        seen: `it answered ${response.status}`,
        expected: '200 from /health',
        action: 'Look at the fraud API.',
        retryable: true,
      });
    },
    close: async () => undefined,
  };
}
