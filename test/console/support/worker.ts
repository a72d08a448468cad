/** A thread that speaks the engine's protocol and does what its job's topic says: a word of {@link BEHAVIOURS}. */
import { parentPort } from 'node:worker_threads';
import type { WorkerEvent } from '../../../src/pipeline/events.ts';
import type { JobSettings, WorkerRequest } from '../../../src/pipeline/job-settings.ts';

if (parentPort === null) throw new Error('started without a host');
const port = parentPort;
const send = (event: WorkerEvent): void => port.postMessage(event);
let job: JobSettings | undefined;

port.on('message', (request: WorkerRequest) => {
  if (request.type === 'run') return run(request.job);
  if (request.type === 'stop') return stop();
  return answer(request);
});

function run(given: JobSettings): void {
  job = given;
  const behaviour = given.source.topic;
  if (behaviour === 'die') throw new Error('out of luck');
  if (behaviour === 'exit') process.exit(7);
  if (behaviour === 'away') return fail('SOURCE_UNAVAILABLE', true);
  if (behaviour === 'fenced' || behaviour === 'spark') return fail('FENCED', false);
  if (behaviour === 'noisy') console.log(`card 4\u001b[31m and ${JSON.stringify(Object.keys(process.env))}`);
  state('RUNNING');
  send({
    type: 'log',
    line: { at: Date.now(), level: 'info', source: given.query, message: `Batch 0: run ${given.owner.runId}` },
  });
}

function stop(): void {
  if (job?.source.topic === 'hang') return;
  state('STOPPED');
  port.close();
}

function state(to: 'RUNNING' | 'STOPPED'): void {
  send({ type: 'state', state: to, queryId: 'query-1', runId: job?.owner.runId ?? '' });
}

function fail(code: 'SOURCE_UNAVAILABLE' | 'FENCED', retryable: boolean): void {
  const facts = { tried: 'Reading', seen: 'nobody answers', expected: 'an answer', action: 'Wait.' };
  send({ type: 'failed', error: { code, message: 'Reading: nobody answers', retryable, ...facts } });
  port.close();
}

function answer(request: Exclude<WorkerRequest, { type: 'run' | 'stop' }>): void {
  if (!('job' in request)) return control(request.seq, request.type);
  const { seq, type } = request;
  const { topic } = request.job.source;
  if (topic === 'inspect-hang') return;
  if (topic === 'inspect-die') throw new Error('inspector down');
  const refusal = {
    tried: 'Asking',
    seen: 'no',
    expected: 'yes',
    action: 'Wait.',
    message: 'Asking: no',
    retryable: false,
  };
  if (topic === 'inspect-refuse') return send({ type: 'refused', seq, error: { code: 'NOT_ALLOWED_NOW', ...refusal } });
  if (request.type === 'quarantine') return send({ type: 'reply', seq, value: LETTERS[request.question.about] });
  if (type === 'preview-take-over') givenBack = true;
  const owned = topic === 'spark' && type === 'inspect' && !givenBack;
  send({ type: 'reply', seq, value: owned ? { ...(VALUES.inspect as object), owner: SPARK } : VALUES[type] });
}

/** Slack takes nothing before alerts were resumed. */
function control(seq: number, type: 'resume-alerts' | 'test-alert'): void {
  const facts = { tried: 'Sending', seen: 'Slack answered 404', expected: 'a webhook', action: 'Resume.' };
  const error = { code: 'ALERTS_PAUSED', message: 'Sending: Slack answered 404', retryable: false, ...facts } as const;
  if (type === 'resume-alerts') resumed = true;
  else if (!resumed) {
    send({ type: 'alerts-paused', error });
    return send({ type: 'refused', seq, error });
  }
  send({ type: 'alerts-paused', error: null });
  send({ type: 'reply', seq, value: null });
}

let resumed = false;

const state0 = { pending: 0, sending: 0, sent: 3, ambiguous: 0, held: 0, dead: 0, discarded: 0, suppressed: 0 };
const level0 = { hour: 0, day: 0, all: 0 };
const letter = {
  id: 'p3-80771-0a1b2c3d',
  topic: 'transactions',
  partition: 3,
  offset: '80771',
  at: 1_735_000_000_000,
  code: 'NOT_JSON',
  reason: 'the value is not JSON from position 2 on',
  size: 5,
  found: [{ query: 'bronze', batchId: 4, replayed: null }],
};
const replayed = {
  at: 1,
  rows: [
    { id: letter.id, partition: 3, offset: '80771', bronze: { kind: 'row', transNum: 'a', amount: 9.5, notes: 0 } },
  ],
  records: 1,
  pass: 1,
  bronzeRows: 1,
  predictions: 0,
  alerts: 0,
  deltaVersions: [],
};
const LETTERS: Record<string, unknown> = {
  count: {
    records: 1,
    waiting: 1,
    both: 0,
    bronzeOnly: 1,
    alertOnly: 0,
    reasons: [{ code: 'NOT_JSON', records: 1, waiting: 1 }],
    notes: [],
    files: 1,
    bytes: 900,
    capBytes: 1_000,
    unreadFiles: 0,
  },
  list: { rows: [letter], total: 1 },
  show: {
    letter,
    key: null,
    from: 0,
    rows: [{ at: 0, hex: ['7b', '••'], text: '{•' }],
    text: '{•',
    faultAt: 2,
    masked: true,
  },
  waiting: ['bronze'],
  'dry-run': replayed,
  replay: { ...replayed, deltaVersions: [7] },
  export: { letters: 1, total: 1 },
};

/** Spark stops when somebody looks at what taking over would do. */
let givenBack = false;
const SPARK = { runId: 's', host: 'etl-1', pid: 7, epoch: 3, since: 1, renewedAt: 2, engine: 'spark' };
const GAPS = [{ partition: 0, from: '2', to: '5' }];
const VALUES: Record<string, unknown> = {
  explain: {
    transNum: 't2',
    stored: { probability: 0.011, modelVersion: 'trees' },
    category: 'misc_net',
    probability: 0.012,
    isFraud: false,
    level: 'LOW',
    modelVersion: 'trees-2',
    ruleBased: false,
    shape: 'stateless',
    contributions: { base: -7.1, inputs: [{ feature: 'amt', value: 12.345, contribution: 2.5 }] },
    explanation: ['Amount $12.35 (+2.50)'],
    defaultsUsed: ['age'],
  },
  trace: {
    transNum: 't1',
    event: {
      partition: 2,
      offset: '17',
      recordedAt: 1,
      op: 'c',
      committedAt: 1_735_000_000_000,
      lsn: '0/1A9C4410',
      unread: null,
    },
    stored: { at: 1, amount: '900.00', merchant: 'Kozey', category: 'misc_net', initials: 'A. B.', card: '•••• 4184' },
    bronze: {
      batch: { id: 3, version: 4, at: 1 },
      rows: [{ file: 'year=2020/part-0.parquet', ingestedAt: 1, version: 4, operation: 'WRITE' }],
      files: 1,
      filesSearched: 1,
    },
    prediction: {
      probability: 0.9,
      isFraud: true,
      level: 'HIGH',
      modelVersion: 'trees',
      at: 1_735_000_000_500,
      batchId: 5,
    },
    waiting: null,
    delivery: {
      state: 'sent',
      sentAt: 1_735_000_001_000,
      sends: [{ messageId: '9', at: 1, settledAt: 2, outcome: 'accepted', reason: null, alerts: 1 }],
    },
  },
  lag: [{ partition: 0, logStart: '0', current: '12', end: '12', lag: 0, oldestUnreadAt: null }],
  inspect: { path: '/checkpoint', exists: true, lastCommit: 4 },
  table: { path: '/table', version: 4, rows: 12, files: 1, bytes: 100, lastCommitAt: 1 },
  'preview-clear': { query: 'bronze', sentences: ['Nothing is read again.'] },
  'preview-take-over': {
    query: 'bronze',
    checkpoint: { path: '/checkpoint', exists: true, lastCommit: 4 },
    writer: { verdict: 'gone', why: 'The lease was given back.' },
    decision: { do: 'resume', drop: null, confirm: [], rerun: null, next: 5 },
    next: { batch: 5, again: false, start: {}, end: null },
    readAgain: null,
    findings: [],
  },
  'preview-loss': { query: 'bronze', queryId: 'query-1', gaps: GAPS, total: 3, sentences: ['3 offsets are gone.'] },
  'accept-loss': { query: 'bronze', queryId: 'query-1', gaps: GAPS, total: 3, sentences: ['3 offsets are given up.'] },
  clear: { query: 'bronze', oldQueryId: 'query-1', newQueryId: 'query-2', trash: '/trash' },
  frauds: [],
  deliveries: [],
  'resend-alerts': 2,
  'discard-alerts': 1,
  totals: {
    predictions: 12,
    frauds: 3,
    pendingRows: 0,
    byLevel: { HIGH: level0, MEDIUM: level0, LOW: level0 },
    predictionsHour: 0,
    predictionsDay: 0,
    deliveries: state0,
    minutes: [],
  },
};
