/** The configuration of the Debezium connector: what it should be, how one differs from it, and what is wrong with it. Pure. */

/** As Kafka Connect stores it: every value is text. */
export type ConnectorConfig = Readonly<Record<string, string>>;

/** What the connector has to know of the captured database. */
export interface CaptureTarget {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly database: string;
  readonly slot: string;
  readonly publication: string;
}

/** One setting that differs. `null` = absent. Secrets are shown as dots. */
export interface ConfigChange {
  readonly name: string;
  readonly from: string | null;
  readonly to: string | null;
}

/** One setting that will hurt, in words. */
export interface ConfigFinding {
  readonly name: string;
  readonly seen: string;
  readonly expected: string;
  readonly why: string;
  /** `error`: records are lost or unreadable; `warn`: it goes well until something else happens. */
  readonly severity: 'error' | 'warn';
}

/** The name that the guide and its scripts use. */
export const CONNECTOR_NAME = 'postgres-connector';
export const CONNECTOR_CLASS = 'io.debezium.connector.postgresql.PostgresConnector';
export const CAPTURED_TABLE = 'public.transactions';
export const TOPIC_PREFIX = 'postgres';

const JSON_CONVERTER = 'org.apache.kafka.connect.json.JsonConverter';
const SECRET = /password|secret|credential|token|api[._-]?key/i;
const HIDDEN = '••••••';

export function wantedConfig(target: CaptureTarget): ConnectorConfig {
  return {
    'connector.class': CONNECTOR_CLASS,
    'tasks.max': '1',
    'plugin.name': 'pgoutput',
    'database.hostname': target.host,
    'database.port': String(target.port),
    'database.user': target.user,
    'database.password': target.password,
    'database.dbname': target.database,
    'topic.prefix': TOPIC_PREFIX,
    'table.include.list': CAPTURED_TABLE,
    'slot.name': target.slot,
    'publication.name': target.publication,
    'publication.autocreate.mode': 'filtered',
    'decimal.handling.mode': 'double',
    'key.converter': JSON_CONVERTER,
    'key.converter.schemas.enable': 'false',
    'value.converter': JSON_CONVERTER,
    'value.converter.schemas.enable': 'false',
  };
}

/** What `to` would change of `from`. Settings that only `from` has are kept: somebody may need them. */
export function diffConfig(from: ConnectorConfig, to: ConnectorConfig): ConfigChange[] {
  return Object.entries(to)
    .filter(([name, value]) => from[name] !== value)
    .map(([name, value]) => ({ name, from: hide(name, from[name] ?? null), to: hide(name, value) }));
}

/** The configuration for people. */
export function maskConfig(config: ConnectorConfig): ConnectorConfig {
  return Object.fromEntries(Object.entries(config).map(([name, value]) => [name, hide(name, value) ?? '']));
}

/** What is known to go wrong later, and in silence. */
export function lintConfig(config: ConnectorConfig): ConfigFinding[] {
  const rules = [...RULES, ...transformRules(config)];
  return rules.flatMap(({ name, fallback, accepts, expected, why, severity = 'error' }) => {
    const value = config[name] ?? fallback;
    const seen = config[name] ?? `absent, which means ${fallback}`;
    return accepts(value) ? [] : [{ name, seen, expected, why, severity }];
  });
}

/** A transform that takes the envelope away leaves nothing to tell an insert from a delete by. */
function transformRules(config: ConnectorConfig): Rule[] {
  const types = Object.keys(config).filter((name) => /^transforms\..+\.type$/.test(name));
  return types.map((name) => ({
    name,
    fallback: '',
    accepts: (value) => !/ExtractNewRecordState|ByLogicalTableRouter|RegexRouter/.test(value),
    expected: 'no transform of envelope or topic',
    why: 'The queries read Debezium’s whole envelope from the one topic; a transform of it makes every record a dead letter.',
  }));
}

interface Rule {
  readonly name: string;
  /** What Debezium or Connect takes when the setting is absent. */
  readonly fallback: string;
  readonly accepts: (value: string) => boolean;
  readonly expected: string;
  readonly why: string;
  readonly severity?: ConfigFinding['severity'];
}

const lists = (value: string, wanted: string): boolean => value.split(',').some((part) => part.trim() === wanted);

const RULES: readonly Rule[] = [
  {
    name: 'decimal.handling.mode',
    fallback: 'precise',
    accepts: (value) => value === 'double' || value === 'string',
    expected: 'double',
    why: 'With precise, amt arrives as base64 text: other readers of the topic turn it into null, and a NaN makes the task fail.',
  },
  {
    name: 'plugin.name',
    fallback: 'decoderbufs',
    accepts: (value) => value === 'pgoutput',
    expected: 'pgoutput',
    why: 'Only pgoutput comes with PostgreSQL itself; the others have to be installed on the server.',
  },
  {
    name: 'topic.prefix',
    fallback: '',
    accepts: (value) => value === TOPIC_PREFIX,
    expected: TOPIC_PREFIX,
    why: `The queries read the topic ${TOPIC_PREFIX}.${CAPTURED_TABLE}; with another prefix it stays empty.`,
  },
  {
    name: 'table.include.list',
    fallback: '',
    accepts: (value) => lists(value, CAPTURED_TABLE),
    expected: CAPTURED_TABLE,
    why: 'The table of the transactions is not captured, or all tables are, Sluice’s own included.',
  },
  {
    name: 'publication.autocreate.mode',
    fallback: 'all_tables',
    accepts: (value) => value !== 'all_tables',
    expected: 'filtered',
    why: 'A publication of all tables wants a superuser, and sends the tables of the alerts as well.',
  },
  {
    name: 'tombstones.on.delete',
    fallback: 'true',
    accepts: (value) => value === 'true',
    expected: 'true',
    why: 'Without tombstones a compacted topic keeps deleted transactions for ever.',
    severity: 'warn',
  },
  {
    name: 'value.converter',
    fallback: JSON_CONVERTER,
    accepts: (value) => value === JSON_CONVERTER,
    expected: JSON_CONVERTER,
    why: 'The queries read JSON; with another converter every record is a dead letter.',
  },
  {
    name: 'slot.drop.on.stop',
    fallback: 'false',
    accepts: (value) => value !== 'true',
    expected: 'false',
    why: 'The slot goes with each stop, and with it every change that happens until the next start.',
  },
  {
    name: 'tasks.max',
    fallback: '1',
    accepts: (value) => Number(value) >= 1,
    expected: '1',
    why: 'Without a task nothing is read.',
  },
];

function hide(name: string, value: string | null): string | null {
  return value !== null && value !== '' && SECRET.test(name) ? HIDDEN : value;
}
