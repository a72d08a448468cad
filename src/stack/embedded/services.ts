/** Everything of the embedded stack but PostgreSQL itself: capture, topic, fraud API, Slack preview and producer. */
import { toErrorView } from '../../pipeline/errors.ts';
import type { LogLevel, LogSource } from '../../pipeline/events.ts';
import { openDatabase, type Database } from '../../pipeline/sql.ts';
import { createProducer, type Producer } from '../producer/producer.ts';
import { CAPTURE_DEFAULTS } from './capture-settings.ts';
import { startCapture } from './capture.ts';
import { startFraudApi, type FraudApiServer } from './fraud-api.ts';
import type { ServicesAddress, ServicesConfig, ServicesStatus } from './protocol.ts';
import { startSlackPreview } from './slack-preview.ts';
import { applyRetention, readBounds, TOPIC } from './topic.ts';

export interface Services {
  readonly address: ServicesAddress;
  readonly producer: Producer;
  status(): Promise<ServicesStatus>;
  /** The producer first, the receiver of alerts last. */
  stop(): Promise<void>;
}

export type ServicesLog = (source: LogSource, level: LogLevel, message: string) => void;

const RETENTION_EVERY_MS = 60_000;

/** Starts all of them and resolves once changes are streaming. What has been started is taken down when one fails. */
export async function startServices(config: ServicesConfig, log: ServicesLog): Promise<Services> {
  const frauddb = openDatabase(config.frauddb, { max: 4, statementTimeoutMs: 60_000, applicationName: 'sluice stack' });
  const topics = openDatabase(config.topics, { max: 2, statementTimeoutMs: 0, applicationName: 'sluice stack' });
  const stops: (() => Promise<unknown>)[] = [() => frauddb.close(), () => topics.close()];
  const stop = async (): Promise<void> => {
    for (const each of stops.splice(0).reverse()) await each();
  };
  try {
    const preview = await startSlackPreview(config.slackPreviewPort, config.slackPreviewToken, frauddb);
    stops.push(preview.close);
    const api = await startFraudApi(config.fraudApiPort, config.modelFolders);
    stops.push(api.close);
    tellModels(api, log);
    const capture = startCapture(captureSettings(config), (level, message) => log('capture', level, message));
    stops.push(capture.stop);
    const producer = createProducer(frauddb, (level, message) => log('producer', level, message));
    stops.push(producer.pause);
    await capture.streaming;
    stops.push(keepRetention(topics, config, log));
    return {
      address: {
        fraudApiUrl: api.url,
        fraudApiPort: api.port,
        slackPreviewUrl: preview.webhookUrl,
        slackPreviewPort: preview.port,
      },
      producer,
      status: async () => ({
        ...(await readStores(frauddb, topics)),
        capture: capture.status(),
        scored: api.scored(),
        models: api.models(),
        previewMessages: preview.received(),
        producer: producer.view(),
      }),
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

function tellModels(api: FraudApiServer, log: ServicesLog): void {
  for (const problem of api.problems) log('fraud-api', 'warn', `A model cannot be loaded: ${problem}`);
  const models = api.models();
  if (models.length > 0) log('fraud-api', 'info', `Answers on ${api.url} from ${models.join(' and ')}`);
  else log('fraud-api', 'warn', `Answers on ${api.url} from the five rules, because no model can be loaded`);
}

function captureSettings({ frauddb, topics, version }: ServicesConfig): Parameters<typeof startCapture>[0] {
  return { captured: frauddb, topics, topic: TOPIC, version, ...CAPTURE_DEFAULTS };
}

/** null where the database does not answer: the status itself must always come. */
async function readStores(frauddb: Database, topics: Database): Promise<Pick<ServicesStatus, 'topic' | 'walHeld'>> {
  const [topic, walHeld] = await Promise.all([
    readBounds(topics, TOPIC).then(
      (bounds) => ({
        partitions: bounds.length,
        records: bounds.reduce((sum, { logStart, logEnd }) => sum + logEnd - logStart, 0n).toString(),
      }),
      () => null,
    ),
    frauddb
      .query<{ held: string | null }>(
        'SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), restart_lsn)::bigint AS held FROM pg_replication_slots WHERE slot_name = $1',
        [CAPTURE_DEFAULTS.slot],
      )
      .then(
        ([row]) => row?.held ?? null,
        () => null,
      ),
  ]);
  return { topic, walHeld };
}

/** Returns what ends it. */
function keepRetention(topics: Database, { retention }: ServicesConfig, log: ServicesLog): () => Promise<void> {
  let running: Promise<void> = Promise.resolve();
  const clean = async (): Promise<void> => {
    const removed = await applyRetention(topics, TOPIC, retention, Date.now());
    if (removed > 0) log('capture', 'info', `Retention removed ${removed} records from ${TOPIC}`);
  };
  const timer = setInterval(() => {
    running = clean().catch((error: unknown) => log('capture', 'warn', `Retention: ${toErrorView(error).message}`));
  }, RETENTION_EVERY_MS);
  return () => {
    clearInterval(timer);
    return running;
  };
}
