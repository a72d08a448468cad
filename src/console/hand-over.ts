/** How a query of this stack is handed over to a Spark cluster: what stands against it, and what to run there. Pure. */
import type { JobSettings, PostgresSettings } from '../pipeline/job-settings.ts';
import { describeLocation, type StoreLocation } from '../pipeline/store/location.ts';
import { parseUrl } from '../pipeline/url.ts';
import type { HandOverPlan } from './contract.ts';
import { title } from './words.ts';

export interface HandOverParts {
  readonly job: JobSettings;
  /** Of the docker stack, whose cluster is two containers; null elsewhere. */
  readonly composeFile: string | null;
  /** True while this console runs the query itself. */
  readonly runsHere: boolean;
  /** True where Alert can be left to Spark by a command. */
  readonly leaves: boolean;
}

export function planHandOver(parts: HandOverParts): HandOverPlan {
  const { job, runsHere } = parts;
  const obstacle = obstacleOf(job);
  const plan = { query: job.query, runsHere, obstacle, leaves: parts.leaves && obstacle === null };
  if (obstacle !== null) return { ...plan, commands: [], secrets: [], notes: [] };
  const { commands, secrets, notes } = parts.composeFile === null ? onCluster(job) : inDocker(job, parts.composeFile);
  return { ...plan, commands, secrets, notes: [...notes, ...afterwards(job, parts.leaves)] };
}

type Told = Pick<HandOverPlan, 'commands' | 'secrets' | 'notes'>;

/** Spark, Delta, and the Hadoop that each release is built with. */
const RELEASES = [
  { spark: '3.5', kafka: '2.12:3.5.7', delta: 'delta-spark_2.12:3.3.2', hadoop: '3.3.4' },
  { spark: '4.0', kafka: '2.13:4.0.0', delta: 'delta-spark_2.13:4.0.0', hadoop: '3.4.1' },
  { spark: '3.4', kafka: '2.12:3.4.4', delta: 'delta-core_2.12:2.4.0', hadoop: '3.3.4' },
] as const;

function obstacleOf({ query, source, alert }: JobSettings): string | null {
  if (source.kind === 'embedded')
    return 'The topic of the embedded stack is a table of its own PostgreSQL, which Spark cannot read. A query can be handed over on the docker stack and on servers of your own.';
  if (source.sasl !== null || source.tls !== null)
    return 'This console reaches Kafka with SASL or TLS, and the programs in spark/ read it in plain text only.';
  if (query === 'alert' && alert?.servingDatabase === 'separate')
    return 'Alert serves a database of its own (alert.servingDatabase), and the program for Spark serves the captured one: Alert stays here.';
  return null;
}

function inDocker({ query }: JobSettings, composeFile: string): Told {
  const compose = `docker compose -f ${quote(composeFile)} --profile spark`;
  const text = `${compose} build spark-bronze\n${compose} up -d --wait spark-${query}`;
  return {
    commands: [{ title: 'Docker', text }],
    secrets: [],
    notes: [`The first build takes some minutes. It is ended again by: docker compose stop spark-${query}`],
  };
}

function onCluster(job: JobSettings): Told {
  const { assigned, secrets } = environment(job);
  const options = optionsOf(job).map(([flag, value]) => `${flag} ${quote(value)}`);
  const commands = RELEASES.map((release) => {
    const submit = `spark-submit --packages ${packages(release, job)}`;
    const lines = [...assigned, submit, ...confs(job), `spark/${job.query}.py`, ...options];
    return { title: `Spark ${release.spark}`, text: lines.join(' \\\n  ') };
  });
  return { commands, secrets, notes: placeNotes(job) };
}

function packages({ kafka, delta, hadoop }: (typeof RELEASES)[number], job: JobSettings): string {
  return [
    ...(job.query === 'bronze' ? [`io.delta:${delta}`] : []),
    `org.apache.spark:spark-sql-kafka-0-10_${kafka}`,
    ...(places(job).some(isS3) ? [`org.apache.hadoop:hadoop-aws:${hadoop}`] : []),
  ].join(',');
}

/** Of Hadoop, which writes checkpoint and table; the lease is written by boto3, which reads the environment. */
function confs(job: JobSettings): string[] {
  const s3 = places(job).find(isS3);
  if (!s3) return [];
  const endpoint = s3.endpoint === null ? [] : [`endpoint=${s3.endpoint}`];
  const style = s3.forcePathStyle ? ['path.style.access=true'] : [];
  return [...endpoint, ...style].map((each) => `--conf ${quote(`spark.hadoop.fs.s3a.${each}`)}`);
}

function optionsOf({ query, source, checkpoint, table, alert, triggerMs, maxOffsetsPerTrigger }: JobSettings) {
  const url = alert?.fraudApiUrl ?? '';
  const olderThan = alert?.suppressOlderThanMs ?? null;
  const alone: [string, string][] = [
    ...(hidesSecret(url) ? [] : [['--fraud-api', url] as [string, string]]),
    ...(olderThan === null ? [] : [['--suppress-older-than-hours', String(olderThan / 3_600_000)] as [string, string]]),
  ];
  const pairs: [string, string][] = [
    ['--brokers', source.kind === 'kafka' ? source.brokers.join(',') : ''],
    ['--topic', source.topic],
    ['--checkpoint', describeLocation(checkpoint)],
    ...(query === 'bronze' ? [['--table', describeLocation(table)] as [string, string]] : alone),
    ['--trigger', `${triggerMs / 1_000} seconds`],
  ];
  if (maxOffsetsPerTrigger !== null) pairs.push(['--max-offsets-per-trigger', String(maxOffsetsPerTrigger)]);
  return pairs;
}

/** What the programs read from the environment: addresses are written out, secrets only named. */
function environment(job: JobSettings): { readonly assigned: string[]; readonly secrets: string[] } {
  const assigned: [string, string][] = [];
  const secrets: string[] = [];
  const s3 = places(job).find(isS3);
  if (s3) {
    if (s3.endpoint !== null) assigned.push(['AWS_ENDPOINT_URL_S3', s3.endpoint]);
    assigned.push(['AWS_REGION', s3.region]);
    if (s3.credentials) secrets.push('AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY');
    if (s3.credentials?.sessionToken) secrets.push('AWS_SESSION_TOKEN');
  }
  if (job.query === 'alert' && job.alert) {
    assigned.push(...database(job.alert.serving));
    secrets.push('POSTGRES_PASSWORD');
    if (hidesSecret(job.alert.fraudApiUrl)) secrets.push('FRAUD_API_URL');
    // Empty means off, for Spark as here: its frauds are recorded as suppressed.
    if (job.alert.slack.kind === 'off') assigned.push(['SLACK_WEBHOOK_URL', '']);
  }
  return { assigned: assigned.map(([name, value]) => `${name}=${value === '' ? '' : quote(value)}`), secrets };
}

function database({ host, port, user, database: name, tls }: PostgresSettings): [string, string][] {
  return [
    ['POSTGRES_HOST', host],
    ['POSTGRES_PORT', String(port)],
    ['POSTGRES_DB', name],
    ['POSTGRES_USER', user],
    ...(tls ? [['PGSSLMODE', tls.mode] as [string, string]] : []),
  ];
}

function placeNotes(job: JobSettings): string[] {
  const notes: string[] = [];
  if (!places(job).every(isS3))
    notes.push('The checkpoint lies in a folder of this machine: Spark must find it there under the same path.');
  if (addresses(job).some((each) => /^(localhost|127\.|\[?::1)/.test(each)))
    notes.push('localhost is this machine. From another one, use the names by which it reaches these servers.');
  if (job.source.kind === 'kafka' && Object.keys(job.source.addressMap).length > 0)
    notes.push('KAFKA_BROKER_MAP counts here only: Spark must reach the brokers under the names that they advertise.');
  return notes;
}

function afterwards({ query, alert }: JobSettings, leaves: boolean): string[] {
  const name = title(query);
  const watched = `It prints RUNNING and the id that ${name} has here. Checkpoint and lag go on to be shown in this window.`;
  const back = `Back: end the program (SIGTERM or Ctrl-C), then take ${name} over here. Nothing is converted either way.`;
  if (query === 'bronze' || leaves) return [watched, back];
  const sender =
    alert?.engine === 'spark'
      ? 'This console is set to send the alerts that Spark stores (alert.engine: spark).'
      : 'Then say spark where ALERT_ENGINE is set, and start this console again: it scores what waits and sends the alerts that Spark stores. Until then they wait.';
  return [watched, sender, back];
}

const places = ({ query, checkpoint, table }: JobSettings): StoreLocation[] =>
  query === 'bronze' ? [checkpoint, table] : [checkpoint];

const isS3 = (place: StoreLocation): place is Extract<StoreLocation, { kind: 's3' }> => place.kind === 's3';

function addresses({ query, source, alert }: JobSettings): string[] {
  const brokers = source.kind === 'kafka' ? source.brokers : [];
  return query === 'alert' && alert ? [...brokers, alert.serving.host] : [...brokers];
}

function hidesSecret(url: string): boolean {
  const parsed = parseUrl(url);
  return parsed !== null && parsed !== undefined && (parsed.password !== '' || parsed.search !== '');
}

/** For a POSIX shell. */
const quote = (text: string): string => (/^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`);
