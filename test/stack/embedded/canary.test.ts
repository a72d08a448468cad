/**
 * A card number, a name and the address of the webhook go through everything that Alert does, well and ill. Whatever
 * leaves the thread (log lines, events, answers, errors with their causes) and whatever reaches Slack is searched for them.
 */
import { mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { inspect } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openInspector } from '../../../src/pipeline/inspector.ts';
import type { WorkerEvent } from '../../../src/pipeline/events.ts';
import { runJob, type JobControls } from '../../../src/pipeline/jobs.ts';
import type { JobSettings } from '../../../src/pipeline/job-settings.ts';
import { toErrorView } from '../../../src/pipeline/errors.ts';
import { localFolder } from '../../../src/pipeline/store/location.ts';
import {
  eventRow,
  reply,
  startServer,
  toJson,
  wellApi,
  type Answer,
  type TestServer,
} from '../../pipeline/alert/support.ts';
import { begin } from '../../support/alert/process.ts';
import { NODE } from '../../support/alert/runtime.ts';
import { openWorld, type Scene, type World } from '../../support/alert/world.ts';
import type { Fed } from '../../support/alert/workload.ts';
import { until } from './support.ts';

const CARD = '4929123456789012345';
const NAMES = ['Zebediah', 'Quillfeather'];
const STREET = '77 Marmalade Row';
const TOKEN = 'canarytoken0123456789';
const SPACED = CARD.replace(/(.{4})/g, '$1 ').trim();
const FORMS = {
  plain: CARD,
  spaced: SPACED,
  base64: Buffer.from(CARD).toString('base64').slice(0, 20),
  hex: Buffer.from(CARD).toString('hex'),
};

let world: World;
let scene: Scene;
let api: TestServer;
let slack: TestServer;
const events: WorkerEvent[] = [];
const errors: unknown[] = [];
const answers: unknown[] = [];
/** What a process that crashed has left: its output, its report and its files. */
let remains = '';

beforeAll(async () => {
  world = await openWorld();
  scene = await world.openScene('canary');
  api = await startServer(badApi);
  slack = await startServer(badSlack);
});
afterAll(async () => {
  await Promise.all([api.close(), slack.close()]);
  scene.close();
  await world.close();
});

/** The API and Slack repeat in their errors what they were sent, and where. */
const badApi: Answer = (request, response, socket) => {
  if (request.body.includes('"refused'))
    return reply(response, 422, { detail: [{ msg: CARD, loc: [...NAMES, CARD] }] });
  if (request.body.includes('"crash')) return reply(response, 500, `${CARD} ${NAMES.join(' ')}`);
  wellApi(request, response, socket);
};
const SLACK: readonly Answer[] = [
  (_, response) => reply(response, 500, `/services/T0/B0/${TOKEN} ${CARD}`),
  (_, response) => void response.socket?.resetAndDestroy(),
  (_, response) => reply(response, 400, `invalid ${CARD}`),
  (_, response) => reply(response, 429, TOKEN, { 'retry-after': '1' }),
  (_, response) => reply(response, 404, `/services/T0/B0/${TOKEN}`),
];
const badSlack: Answer = (request, response, socket) =>
  (SLACK[request.index] ?? ((_, last) => reply(last, 200, 'ok')))(request, response, socket);

function sent(transNum: string, changes: Record<string, unknown> = {}): Fed {
  const [first, last] = NAMES;
  const after = eventRow(transNum, { cc_num: BigInt(CARD), first, last, street: STREET, amt: 900, ...changes });
  return poison(transNum, toJson({ before: null, after, op: 'c', source: {} }));
}

function poison(transNum: string, value: string): Fed {
  const key = Buffer.from(JSON.stringify({ trans_num: transNum }));
  return { kind: 'row', transNum, fraud: false, event: { key, value: Buffer.from(value), headers: {} } };
}

const FED: readonly Fed[] = [
  ...['t1', 't2', 't3'].map((transNum) => sent(transNum)),
  sent('refused1'),
  sent('crash1'),
  sent('wide', { merchant: `${CARD} `.repeat(20) }),
  sent('nul', { city: `\u0000${CARD}` }),
  sent('noamount', { amt: null }),
  sent('nocard', { cc_num: null, lat: null }),
  ...Object.entries(FORMS).map(([form, text]) =>
    poison(`poison-${form}`, `{"after": {"cc_num": ${text} ${NAMES.join(' ')}`),
  ),
];

async function runThrough(): Promise<void> {
  const url = `${slack.url}/services/T0/B0/${TOKEN}`;
  const job: JobSettings = scene.job({ fraudApiUrl: api.url, slack: { kind: 'preview', url } });
  await scene.send(FED);
  const stopping = new AbortController();
  let controls: JobControls | undefined;
  const running = runJob(
    job,
    (event) => events.push(event),
    stopping.signal,
    (opened) => (controls = opened),
  );
  const paused = () => events.some((event) => event.type === 'alerts-paused' && event.error !== null);
  await until(async () => paused(), 60_000);
  await controls?.testAlert().catch((error: unknown) => errors.push(error));
  controls?.resumeAlerts();
  await until(async () => events.filter((event) => event.type === 'delivered').length > 0, 60_000);
  stopping.abort();
  await running;
  const inspector = openInspector(() => undefined);
  for (const question of [
    { type: 'frauds', seq: 1, job, limit: 100 },
    { type: 'deliveries', seq: 2, job, limit: 100 },
    { type: 'totals', seq: 3, job },
    { type: 'lag', seq: 4, job },
    { type: 'inspect', seq: 5, job },
    { type: 'trace', seq: 6, job, transNum: 't1' },
  ] as const)
    answers.push(await inspector.answer(question));
  await inspector.close();
  await failing(job, url);
  await crash(job);
}

/**
 * A process that dies of an abort in the middle of its work, with Node's own crash report on. Beside its output and files
 * (the quarantine keeps records as they came, for their owner alone) stands that report.
 */
async function crash(job: JobSettings): Promise<void> {
  const folder = path.join(scene.folder, 'crashed');
  const log = path.join(folder, 'output.log');
  const reports = path.join(folder, 'reports');
  mkdirSync(reports, { recursive: true });
  const NODE_OPTIONS = `--report-on-signal --report-signal=SIGUSR2 --report-directory=${reports}`;
  const runtime = { ...NODE, env: { ...NODE.env, NODE_OPTIONS } };
  const checkpoint = localFolder(path.join(folder, 'checkpoint'));
  await world.frauddb.query(
    'TRUNCATE sluice.outbox, sluice.messages, sluice.message_alerts, fraud_predictions CASCADE',
  );
  const before = slack.requests.length;
  const life = begin({ job: { ...job, checkpoint }, folder, log, runtime });
  await until(async () => slack.requests.length > before, 60_000);
  process.kill(life.pid, 'SIGUSR2');
  await until(() => readdirSync(reports).some((name) => isWhole(path.join(reports, name))), 60_000);
  process.kill(life.pid, 'SIGABRT');
  await life.ended;
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((name) => path.join(folder, name));
  remains = files
    .filter((file) => statSync(file).isFile())
    .map((file) => readFileSync(file, 'latin1'))
    .join('\n');
}

/** A report appears before it is written to its end. */
function isWhole(report: string): boolean {
  try {
    return JSON.parse(readFileSync(report, 'utf8')) !== null;
  } catch {
    return false;
  }
}

/** Errors of every part, as they are thrown, with their causes. */
async function failing(job: JobSettings, url: string): Promise<void> {
  const alert = job.alert as NonNullable<JobSettings['alert']>;
  const wrong: JobSettings[] = [
    { ...job, alert: { ...alert, slack: { kind: 'webhook', url } } },
    { ...job, alert: { ...alert, slack: { kind: 'preview', url: `nonsense ${url}` } } },
    { ...job, alert: { ...alert, fraudApiUrl: `http://user:${TOKEN}@127.0.0.1:1` } },
  ];
  for (const each of wrong)
    await runJob(each, (event) => events.push(event), new AbortController().signal).catch((error: unknown) =>
      errors.push(error, toErrorView(error)),
    );
  await world.frauddb
    .query('INSERT INTO transactions (trans_num, cc_num, merchant) VALUES ($1, $2::bigint, $3)', [
      'x',
      CARD,
      NAMES.join(' '),
    ])
    .catch((error: unknown) => errors.push(error));
  await world.frauddb.query('SELECT $1::integer', [CARD]).catch((error: unknown) => errors.push(error));
}

describe('a card number, a name and an address', () => {
  beforeAll(runThrough, 240_000);

  const searched = (): readonly (readonly [string, string])[] => [
    [
      'log lines and events',
      inspect(events, { depth: 20, maxArrayLength: null, maxStringLength: null, breakLength: 200 }),
    ],
    ['answers to the window', inspect(answers, { depth: 20, maxArrayLength: null, maxStringLength: null })],
    ['errors and their causes', errors.map((error) => inspect(error, { depth: 20, showHidden: true })).join('\n')],
    ['what a crash leaves', remains],
    ['Slack bodies', slack.requests.map(({ body }) => body).join('\n')],
  ];

  it('were there, so that finding nothing means something', () => {
    expect(slack.requests.length).toBeGreaterThanOrEqual(SLACK.length + 1);
    expect(api.requests.some(({ body }) => body.includes('t1'))).toBe(true);
    expect(errors.length).toBeGreaterThanOrEqual(8);
    expect(events.some((event) => event.type === 'progress')).toBe(true);
    expect(JSON.stringify(answers)).toContain('•••• 2345');
    expect(remains).toContain('"javascriptStack"');
    expect(remains).toContain('Processing');
  });

  it.each(Object.entries(FORMS))('are nowhere: the card, %s', (_, form) => {
    for (const [where, text] of searched()) expect([where, text.includes(form)]).toEqual([where, false]);
  });

  it.each([...NAMES, STREET])('are nowhere: %s', (word) => {
    for (const [where, text] of searched()) expect([where, text.includes(word)]).toEqual([where, false]);
  });

  it('are nowhere: the token of the webhook, and its host and port', () => {
    const port = new URL(slack.url).port;
    for (const [where, text] of searched())
      expect([where, text.includes(TOKEN), text.includes(`:${port}`)]).toEqual([where, false, false]);
  });

  it('are in Slack as the last four digits and the initials', () => {
    expect(slack.requests[0]?.body).toMatch(/Z\. Q\. •••• 2345/);
  });
});
