/** The fraud API, Slack, clocks and passwords. */
import type { Source } from '../../../pipeline/ports.ts';
import { byHand, byUs, failed, passed, warned, type Check } from '../check.ts';
import type { Instruments } from '../instruments.ts';
import type { Patient, PatientServers, SlackForm } from '../patient.ts';
import type { Finding } from '../report.ts';
import { span } from '../words.ts';

const NOT_RUNNING = 'the embedded stack does not run';

export function serviceChecks(patient: Patient): Check[] {
  const { servers, slack, profile } = patient;
  const skip = servers ? null : NOT_RUNNING;
  return [
    {
      id: 'fraud-api',
      group: 'services',
      title: 'Model is loaded',
      looked: servers ? new URL('/health', servers.fraudApiUrl).href : 'the fraud API',
      needs: [],
      skip,
      look: (tools) => lookAtApi(tools, needed(servers).fraudApiUrl),
      repair: async (tools) =>
        void (await tools.http(new URL('/model/reload', needed(servers).fraudApiUrl).href, 'POST')),
    },
    {
      id: 'slack-url',
      group: 'services',
      title: 'Alerts have a way out',
      looked: 'the form of SLACK_WEBHOOK_URL, which is not shown',
      needs: [],
      skip: null,
      look: async () => judgeSlack(slack, profile),
    },
    {
      id: 'clocks',
      group: 'services',
      title: 'Clocks agree',
      looked: 'the time of PostgreSQL, of the servers that answer by HTTP, and of the newest record',
      needs: [],
      skip,
      look: (tools) => lookAtClocks(tools, patient),
    },
    {
      id: 'passwords',
      group: 'services',
      title: 'No password that everybody knows',
      looked: 'the passwords of PostgreSQL and of the S3 server, which are not shown',
      needs: [],
      skip: profile === 'embedded' ? 'the embedded stack makes up its own' : null,
      look: async () => judgePasswords(patient),
    },
  ];
}

async function lookAtApi(tools: Instruments, url: string): Promise<Finding> {
  const expected = 'an API that answers with a model';
  const { status, json } = await tools.http(new URL('/health', url).href);
  if (status !== 200) {
    const fix = byHand('Look at its log, then restart it. Until then transactions wait and none is lost.');
    return failed(`GET /health answers ${status}`, expected, fix);
  }
  const { model_loaded: isLoaded, model_versions: versions } = (json ?? {}) as Health;
  const named = Array.isArray(versions) && versions.length > 0 ? `, ${versions.join(', ')}` : '';
  if (isLoaded === true) return passed(`model_loaded = true${named}`, expected);
  const text =
    'It answers from five rules, and says so with each score. Put a model where it looks for one, then load it.';
  const will = [`POST ${new URL('/model/reload', url).href}`];
  return warned(
    'model_loaded = false',
    expected,
    byUs(text, 'Load model', will, `curl -X POST ${new URL('/model/reload', url).href}`),
  );
}

interface Health {
  readonly model_loaded?: unknown;
  readonly model_versions?: unknown;
}

export function judgeSlack(slack: SlackForm, profile: Patient['profile']): Finding {
  const expected = 'an https address of Slack’s, or empty for no alerts';
  switch (slack.kind) {
    case 'webhook':
      return passed('an address of Slack’s', expected);
    case 'preview':
      return passed('not set: alerts go to the local preview', expected);
    case 'empty':
      return passed('empty: alerts are off, and each is recorded as suppressed', expected);
    case 'unset': {
      if (profile === 'embedded') return passed('not set: alerts go to the local preview', expected);
      return warned(
        'not set: alerts are off',
        expected,
        byHand('Set SLACK_WEBHOOK_URL in .env, or set it to empty if that is meant.'),
      );
    }
    case 'wrong':
      return failed(
        slack.why,
        expected,
        byHand('Copy the address from Slack again, or set it to empty to turn alerts off.'),
      );
  }
}

/** Leases and retention live with this; a certificate or a signature may not. */
const FAR_MS = 5_000;
const TOO_FAR_MS = 60_000;
/** HTTP tells whole seconds. */
const HTTP_STEP_MS = 1_000;

async function lookAtClocks(tools: Instruments, patient: Patient): Promise<Finding> {
  const servers = needed(patient.servers);
  const looks: Promise<Apart | null>[] = [
    lookAtPostgres(tools, servers),
    byHttp(tools, 'the fraud API', new URL('/health', servers.fraudApiUrl).href),
  ];
  if (servers.connect) looks.push(byHttp(tools, 'Kafka Connect', servers.connect.url));
  if (patient.table.kind === 's3' && patient.table.endpoint)
    looks.push(byHttp(tools, 'the S3 server', patient.table.endpoint));
  const answers = await Promise.all(looks.map((look) => look.catch(() => null)));
  const source = tools.source(servers.source);
  const early = await source.then((opened) => hasEarlyRecord(opened, tools.now())).catch(() => false);
  return judgeClocks(
    answers.filter((each) => each !== null),
    early,
  );
}

export interface Apart {
  readonly name: string;
  /** Its time less ours, as little as it can be, ms. */
  readonly ms: number;
}

export function judgeClocks(found: readonly Apart[], isEarly: boolean): Finding {
  const expected = `less than ${span(FAR_MS)} apart`;
  const [worst] = [...found].sort((a, b) => Math.abs(b.ms) - Math.abs(a.ms));
  if (!worst) return failed('no server told its time', expected, byHand('Make them answer first.'));
  const apart = Math.abs(worst.ms);
  const fix = byHand(
    'Let both machines keep their time by NTP. S3 refuses requests that are 15 min off.',
    'timedatectl status',
  );
  const seen = `${worst.name} is ${span(apart)} ${worst.ms > 0 ? 'ahead' : 'behind'}`;
  if (apart > TOO_FAR_MS) return failed(seen, expected, fix);
  if (apart > FAR_MS) return warned(seen, expected, fix);
  if (isEarly) return warned('the topic holds a record that is younger than now', expected, fix);
  return passed(`${span(apart)} apart at most, ${found.length} ${found.length === 1 ? 'server' : 'servers'}`, expected);
}

async function lookAtPostgres(tools: Instruments, { captured }: PatientServers): Promise<Apart> {
  const sql = tools.sql(captured);
  // The first question may have to connect.
  await sql.query('SELECT 1');
  const before = tools.now();
  const [row] = await sql.query<{ ms: string }>(
    `SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint::text AS ms`,
  );
  return { name: 'PostgreSQL', ms: leastApart(Number(row?.ms), before, tools.now(), 0) };
}

async function byHttp(tools: Instruments, name: string, url: string): Promise<Apart | null> {
  const before = tools.now();
  const { at } = await tools.http(url);
  return at === null ? null : { name, ms: leastApart(at, before, tools.now(), HTTP_STEP_MS) };
}

/** How far the clocks are apart at least, when its time was taken between two of ours and is known to a step. */
export function leastApart(theirs: number, before: number, after: number, step: number): number {
  if (theirs > after) return theirs - after;
  return theirs + step < before ? theirs + step - before : 0;
}

/** Whether a record is from a time that has not come yet. */
export async function hasEarlyRecord(source: Pick<Source, 'bounds' | 'offsetsAt'>, now: number): Promise<boolean> {
  // The end first: records that come in between must not look as if they were early.
  const { end } = await source.bounds();
  const found = await source.offsetsAt(now + TOO_FAR_MS);
  return [...found].some(([partition, offset]) => offset < (end.get(partition) ?? offset));
}

const KNOWN = ['postgres', 'password', 'minio123', 'minioadmin', 'admin', '123456'];

function judgePasswords({ servers, table }: Patient): Finding {
  const expected = 'passwords of your own';
  const secret = table.kind === 's3' ? table.credentials?.secretAccessKey : undefined;
  const weak = [
    ...(servers && KNOWN.includes(servers.captured.password) ? ['PostgreSQL'] : []),
    ...(secret !== undefined && KNOWN.includes(secret) ? ['the S3 server'] : []),
  ];
  if (weak.length === 0) return passed('none of those that images bring', expected);
  const text = 'Set passwords of your own where the servers and Sluice read them.';
  return warned(`${weak.join(' and ')}: a password that everybody knows`, expected, byHand(text, 'npm run stack:init'));
}

function needed(servers: PatientServers | null): PatientServers {
  if (servers === null) throw new Error('a service was looked at without its address');
  return servers;
}
