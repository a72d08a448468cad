/** What the services look like to people. Pure. */
import type { ServiceName, ServiceState, ServiceView } from '../stack.ts';
import type { EmbeddedPostgres } from './postgres.ts';
import type { ServicesAddress, ServicesStatus } from './protocol.ts';

/** All that is known about the stack at one moment. */
export interface StackFacts {
  readonly postgresState: ServiceState;
  readonly postgres: EmbeddedPostgres | null;
  readonly servicesState: ServiceState;
  readonly address: ServicesAddress | null;
  readonly status: ServicesStatus | null;
  readonly lakehouse: string;
  /** One sentence while something is wrong. */
  readonly trouble: string | null;
}

const TITLES = {
  postgres: 'PostgreSQL',
  capture: 'Change capture',
  topic: 'Topic',
  lakehouse: 'Lakehouse',
  'fraud-api': 'Fraud API',
  'slack-preview': 'Slack preview',
  producer: 'Data producer',
} as const satisfies Partial<Record<ServiceName, string>>;
type EmbeddedService = keyof typeof TITLES;
/** Above this much held log something does not read: a person should look. */
const WAL_WARNING = 2n * 1024n ** 3n;
const DELAY_WARNING_MS = 10_000;

export function serviceViews(facts: StackFacts): ServiceView[] {
  const { address, status, servicesState } = facts;
  const pid = servicesState === 'OK' ? process.pid : null;
  const view = (name: EmbeddedService, state: ServiceState, detail: string, at: string | null): ServiceView => ({
    name,
    title: TITLES[name],
    state,
    detail: state === 'FAILED' && facts.trouble ? facts.trouble : detail,
    pid: name === 'postgres' ? (facts.postgres?.pid ?? null) : name === 'lakehouse' || name === 'topic' ? null : pid,
    address: at,
  });
  return [
    view('postgres', postgresState(facts), postgresDetail(facts), facts.postgres && `127.0.0.1:${facts.postgres.port}`),
    view('capture', captureState(facts), captureDetail(status), null),
    view('topic', servicesState, topicDetail(status), null),
    view('lakehouse', 'OK', 'a folder of this computer', facts.lakehouse),
    view('fraud-api', apiState(facts), apiDetail(status), hostOf(address?.fraudApiPort)),
    view(
      'slack-preview',
      servicesState,
      `stands in for Slack; ${status?.previewMessages ?? 0} messages`,
      hostOf(address?.slackPreviewPort),
    ),
    view('producer', servicesState, producerDetail(status), null),
  ];
}

function postgresState({ postgresState: state, status }: StackFacts): ServiceState {
  const held = status?.walHeld;
  return state === 'OK' && held && BigInt(held) > WAL_WARNING ? 'WARN' : state;
}

function postgresDetail({ postgres, status }: StackFacts): string {
  if (!postgres) return 'not running';
  const held = status?.walHeld ? `; ${megabytes(status.walHeld)} of WAL held` : '';
  return `PostgreSQL ${postgres.version}${postgres.adopted ? ', kept from the last run' : ''}${held}`;
}

function captureState({ servicesState, status }: StackFacts): ServiceState {
  if (servicesState !== 'OK' || !status) return servicesState;
  if (status.capture.phase !== 'STREAMING') return status.capture.lastError ? 'WARN' : 'STARTING';
  return (status.capture.delayMs ?? 0) > DELAY_WARNING_MS ? 'WARN' : 'OK';
}

function captureDetail(status: ServicesStatus | null): string {
  if (!status) return 'not running';
  const { phase, events, delayMs, lastError } = status.capture;
  if (lastError) return lastError;
  if (phase === 'SNAPSHOT') return 'reading the table for the first time';
  return `${events} events${delayMs === null ? '' : `, ${delayMs} ms behind the commit`}`;
}

/** Rules instead of a model is a state that somebody should look at. */
function apiState({ servicesState, status }: StackFacts): ServiceState {
  return servicesState === 'OK' && status?.models.length === 0 ? 'WARN' : servicesState;
}

function apiDetail(status: ServicesStatus | null): string {
  if (!status) return 'not running';
  const { models, scored } = status;
  const by =
    models.length === 0 ? 'five rules, no model' : models.length === 1 ? 'one model' : `${models.length} models`;
  return `${by}; ${scored} scored`;
}

function topicDetail(status: ServicesStatus | null): string {
  return status?.topic ? `${status.topic.partitions} partitions, ${status.topic.records} records` : 'not readable now';
}

function producerDetail(status: ServicesStatus | null): string {
  if (!status) return 'not running';
  const { running, rowsPerSecond, sent, mode } = status.producer;
  return running ? `${mode}, ${rowsPerSecond} rows/s, ${sent} sent` : `idle, ${sent} sent`;
}

function hostOf(port: number | undefined): string | null {
  return port === undefined ? null : `127.0.0.1:${port}`;
}

function megabytes(bytes: string): string {
  return `${(Number(bytes) / 1024 ** 2).toFixed(0)} MB`;
}
