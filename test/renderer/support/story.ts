/** One day at a lakehouse, told in the types of the contract: what the window is shown in tests. Made up, but it adds up. */
import type { AlertFacts } from '../../../src/pipeline/alert/facts.ts';
import { buildMessage, toPreview } from '../../../src/pipeline/alert/message.ts';
import type { ErrorView, LagView, LogEntry, QueryView, Snapshot } from '../../../src/console/contract.ts';
import {
  DEAD_LETTER_CODES,
  type CheckpointView,
  type ClearPreview,
  type DeadLetterCode,
  type DeadLetterView,
  type DeliveryState,
  type DeliveryView,
  type FraudMinute,
  type FraudView,
  type LetterBytesView,
  type LossView,
  type NoteView,
  type QuarantineView,
  type QueryName,
  type QueryProgress,
  type ReplayView,
  type RiskLevel,
} from '../../../src/pipeline/events.ts';

const LETTERS = [
  { code: 'NOT_JSON', partition: 0, offset: '12044', reason: 'the value is not JSON from position 412 on', ago: 7 },
  { code: 'NOT_JSON', partition: 0, offset: '12045', reason: 'the value is not JSON from position 0 on', ago: 7 },
  { code: 'NOT_JSON', partition: 1, offset: '30118', reason: 'the value is not JSON from position 803 on', ago: 6.9 },
  { code: 'NOT_UTF8', partition: 3, offset: '44902', reason: 'the value is not UTF-8 text', ago: 6.8 },
  { code: 'NO_AFTER', partition: 0, offset: '60377', reason: 'op is c, but after is no object', ago: 0.93 },
  { code: 'UNKNOWN_OP', partition: 1, offset: '80402', reason: 'op is "i"', ago: 0.004 },
  { code: 'UNKNOWN_OP', partition: 2, offset: '80711', reason: 'op is "i"', ago: 0.0018 },
  { code: 'UNKNOWN_OP', partition: 3, offset: '80771', reason: 'op is "i"', ago: 0.0004 },
  { code: 'NO_KEY', partition: 2, offset: '70014', reason: 'the row has no trans_num', ago: 0.048 },
  { code: 'NO_KEY', partition: 3, offset: '70551', reason: 'the row has no trans_num', ago: 0.047 },
  { code: 'REFUSED_BY_API', partition: 1, offset: '79960', reason: 'HTTP 422: dob after trans_date', ago: 0.014 },
  {
    code: 'TOO_LARGE',
    partition: 2,
    offset: '61090',
    reason: 'the value has 20971520 bytes, at most 16777216 are read',
    ago: 0.92,
  },
] as const satisfies readonly {
  code: DeadLetterCode;
  partition: number;
  offset: string;
  reason: string;
  ago: number;
}[];

export const NOW = Date.UTC(2026, 10, 22, 14, 32, 7, 400);
const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOME = '/home/ada/.local/share/sluice';
const TOPIC = 'postgres.public.transactions';

/** Deterministic noise between 0 and 1. */
const noise = (index: number, salt = 1): number => {
  const value = Math.sin(index * 12.9898 + salt * 78.233) * 43758.5453;
  return value - Math.floor(value);
};

export function full(): Snapshot {
  return {
    console: consoleView(),
    services: services(),
    producer: {
      mode: 'stream',
      running: true,
      sent: 324_504,
      rowsPerSecond: 12.1,
      badLines: 0,
      source: 'generated, seed 7',
    },
    queries: { bronze: bronze(), alert: alert() },
    lag: { bronze: lag('bronze'), alert: lag('alert') },
    checkpoints: { bronze: checkpoint('bronze'), alert: checkpoint('alert') },
    table: {
      path: `${HOME}/lakehouse/bronze/transactions`,
      version: 435,
      rows: 324_408,
      files: 1_318,
      bytes: 19_318_400,
      lastCommitAt: NOW - 6 * SECOND,
    },
    quarantine: quarantine(),
    totals: {
      predictions: 324_066,
      frauds: 1_914,
      pendingRows: 0,
      byLevel: {
        HIGH: { hour: 171, day: 409, all: 1_288 },
        MEDIUM: { hour: 81, day: 201, all: 623 },
        LOW: { hour: 0, day: 1, all: 3 },
      },
      predictionsHour: 43_448,
      predictionsDay: 103_559,
      deliveries: {
        pending: 4,
        sending: 1,
        sent: 1_899,
        ambiguous: 2,
        held: 1,
        dead: 1,
        discarded: 1,
        suppressed: 5,
      },
      minutes: Array.from({ length: 30 }, (_, index) => minute(29 - index)),
    },
    frauds: frauds(200),
    deliveries: deliveries(200),
    notices: [],
  };
}

/** Just started: everything is up and nothing has happened yet. */
export function empty(): Snapshot {
  const base = full();
  const idle = (query: QueryView): QueryView => ({
    ...query,
    verdict: 'WAITING',
    headline: `${query.name === 'bronze' ? 'Bronze' : 'Alert'} waits for its first records.`,
    detail: 'The topic is empty. The first transaction appears as soon as the producer has sent one.',
    since: NOW - 4 * SECOND,
    startedAt: NOW - 4 * SECOND,
    totals: { rows: 0, batches: 0, deadLetters: 0, notes: 0 },
    batches: [],
  });
  return {
    ...base,
    producer: base.producer && { ...base.producer, running: false, sent: 0, rowsPerSecond: 0 },
    queries: { bronze: idle(base.queries.bronze), alert: idle(base.queries.alert) },
    lag: { bronze: null, alert: null },
    checkpoints: { bronze: { ...nothing('bronze') }, alert: { ...nothing('alert') } },
    table: base.table && { ...base.table, version: null, rows: 0, files: 0, bytes: 0, lastCommitAt: null },
    quarantine: base.quarantine && { ...nothingQuarantined(base.quarantine) },
    totals: base.totals && {
      ...base.totals,
      predictions: 0,
      frauds: 0,
      predictionsHour: 0,
      predictionsDay: 0,
      byLevel: { HIGH: none(), MEDIUM: none(), LOW: none() },
      deliveries: {
        pending: 0,
        sending: 0,
        sent: 0,
        ambiguous: 0,
        held: 0,
        dead: 0,
        discarded: 0,
        suppressed: 0,
      },
      minutes: [],
    },
    frauds: [],
    deliveries: [],
  };
}

/** What the console answers about dead letters. Only masked text, as in the app. */
export function deadLetters(): DeadLetterScript {
  const letters = LETTERS.map(letterOf);
  return {
    letters,
    notes: [
      { column: 'zip', raw: '28654.9', offset: '80433' },
      { column: 'zip', raw: 'K1A 0B1', offset: '79120' },
      { column: 'city_pop', raw: '12x', offset: '70002' },
    ].map((note, index) => ({
      ...note,
      topic: TOPIC,
      partition: index,
      at: NOW - index * MINUTE,
      batchId: 420 - index,
    })),
    bytes: bytesOf(letters[7] as DeadLetterView),
    dryRun: {
      at: NOW - 2 * SECOND,
      rows: [5, 6, 7, 10].map((index, row) => {
        const { id, partition, offset } = letters[index] as DeadLetterView;
        const scored = { transNum: `t${row}`, level: row === 2 ? 'HIGH' : 'LOW', suppressed: null } as const;
        const probability = [0.0114, 0.0902, 0.9466][row] ?? 0;
        const alert =
          row === 3
            ? ({ kind: 'dead', code: 'REFUSED_BY_API', reason: 'HTTP 422: dob after trans_date' } as const)
            : ({ kind: 'scored', probability, fraud: row === 2, ...scored } as const);
        const bronze = {
          kind: 'row',
          transNum: `t${row}`,
          amount: [27.19, 566.12, 981.12][row] ?? null,
          notes: 0,
        } as const;
        return { id, partition, offset, ...(row < 3 && { bronze }), alert };
      }),
      records: 4,
      pass: 3,
      bronzeRows: 3,
      predictions: 3,
      alerts: 1,
      deltaVersions: [],
    },
  };
}

export interface DeadLetterScript {
  readonly letters: readonly DeadLetterView[];
  readonly notes: readonly NoteView[];
  readonly bytes: LetterBytesView;
  readonly dryRun: ReplayView;
}

function letterOf({ code, partition, offset, reason, ago }: (typeof LETTERS)[number], index: number): DeadLetterView {
  const alone = code === 'NO_KEY' || code === 'REFUSED_BY_API' ? (['alert'] as const) : null;
  const found = alone ?? (code === 'TOO_LARGE' ? (['bronze'] as const) : (['bronze', 'alert'] as const));
  return {
    id: `p${partition}-${offset}-1f0c9a2b`,
    topic: TOPIC,
    partition,
    offset,
    at: NOW - ago * 24 * 60 * MINUTE,
    code,
    reason,
    size: code === 'TOO_LARGE' ? 20_971_520 : 1_196,
    found: found.map((query) => ({
      query,
      batchId: query === 'bronze' ? 418 - index : 411 - index,
      replayed: index === 5 ? { at: NOW - MINUTE, deltaVersion: query === 'bronze' ? 434 : null } : null,
    })),
  };
}

function bytesOf(letter: DeadLetterView): LetterBytesView {
  const text =
    '{"before":null,"op":"i","after":{"trans_date_trans_time":1592781246000000,"cc_num":••••••••••••5530,"merchant":"fraud_Kirlin and Sons","category":"personal_care","amt":981.12,"first":"Ana","last":"Ruiz"}}';
  const characters = [...text];
  const rows = Array.from({ length: Math.ceil(characters.length / 16) }, (_, row) => {
    const some = characters.slice(row * 16, row * 16 + 16);
    const hex = some.map((each) => (each === '•' ? '••' : each.charCodeAt(0).toString(16).padStart(2, '0')));
    return { at: row * 16, hex, text: some.join('') };
  });
  return {
    letter: { ...letter, size: characters.length },
    key: '{"trans_num":"e70b41…5fa2"}',
    from: 0,
    rows,
    text,
    faultAt: 20,
    masked: true,
  };
}

function quarantine(): QuarantineView {
  const reasons = LETTERS.reduce<Record<string, number>>((counts, { code }) => {
    return { ...counts, [code]: (counts[code] ?? 0) + 1 };
  }, {});
  return {
    records: 12,
    waiting: 11,
    both: 8,
    bronzeOnly: 1,
    alertOnly: 3,
    reasons: DEAD_LETTER_CODES.filter((code) => reasons[code]).map((code) => {
      const records = reasons[code] ?? 0;
      return { code, records, waiting: code === 'UNKNOWN_OP' ? records - 1 : records };
    }),
    notes: [
      { column: 'zip', notes: 2 },
      { column: 'city_pop', notes: 1 },
    ],
    files: 9,
    bytes: 18_240,
    capBytes: 1024 ** 3,
    unreadFiles: 0,
  };
}

const nothingQuarantined = (view: QuarantineView): QuarantineView => {
  const zero = { records: 0, waiting: 0, both: 0, bronzeOnly: 0, alertOnly: 0, files: 0, bytes: 0 };
  return { ...view, ...zero, reasons: [], notes: [] };
};

const none = () => ({ hour: 0, day: 0, all: 0 });

/** Minute by minute, 171 HIGH and 81 MEDIUM an hour would be about 3 and 1. */
function minute(ago: number): FraudMinute {
  const at = Math.floor(NOW / 60_000) * 60_000 - ago * 60_000;
  return { at, HIGH: 2 + (ago % 3), MEDIUM: ago % 4 === 0 ? 3 : 1, LOW: ago === 17 ? 1 : 0 };
}

/** Bronze has stopped on lost records, the fraud API is away, and one banner is open. */
export function failing(): Snapshot {
  const base = full();
  return {
    ...base,
    console: { ...base.console, fallback: true },
    services: base.services.map((service) =>
      service.name === 'fraud-api' ? { ...service, state: 'FAILED', detail: 'no answer for 40 s' } : service,
    ),
    queries: {
      bronze: {
        ...base.queries.bronze,
        state: 'FAILED',
        verdict: 'FAILED',
        headline: '1,320 records left the topic before Bronze could read them.',
        detail: 'The table and the checkpoint are as they were: version 435, batch 421.',
        since: NOW - 12 * SECOND,
        error: dataLoss(),
      },
      alert: {
        ...base.queries.alert,
        verdict: 'STALLED',
        headline: 'Alert stands still: the fraud API does not answer.',
        detail: '422 records wait, the oldest for 41 s. No alert is lost; scoring goes on when the API answers.',
        attempts: 2,
        nextAttemptAt: NOW + 8 * SECOND,
        alertsPaused: {
          code: 'ALERTS_PAUSED',
          message: 'Sending alerts to Slack: Slack answered 404 no_service',
          tried: 'Sending alerts to Slack',
          seen: 'Slack answered 404 no_service',
          expected: 'a webhook that takes messages',
          action: 'Repair the webhook in Slack and resume.',
          retryable: false,
        },
      },
    },
    checkpoints: {
      bronze: { ...checkpoint('bronze'), inDoubt: true, lastOffsets: 422, owner: null },
      alert: checkpoint('alert'),
    },
    lag: {
      bronze: lag('bronze', true),
      alert: { ...lag('alert'), consumed: 0, drainSeconds: null },
    },
    notices: [
      {
        id: 'settings-put-aside',
        level: 'warn',
        text: 'settings.json could not be read and was put aside as settings.json.bad-2026-11-22; defaults are used.',
      },
    ],
  };
}

/** The embedded stack on its way up. */
export function starting(): Snapshot {
  const base = empty();
  const states = ['OK', 'STARTING', 'STOPPED', 'STOPPED', 'STOPPED', 'STOPPED', 'STOPPED'] as const;
  const details = ['18.4, database frauddb', 'creating the slot', '', '', '', '', ''];
  const stopped = (query: QueryView): QueryView => ({
    ...query,
    state: 'STOPPED',
    verdict: 'WAITING',
    headline: 'Starts after the stack.',
    detail: '',
    runId: null,
    startedAt: null,
  });
  return {
    ...base,
    console: { ...base.console, stack: 'STARTING', step: 'Starting change capture', startedAt: NOW - 9 * SECOND },
    services: base.services.map((service, index) => ({
      ...service,
      state: states[index] ?? 'STOPPED',
      detail: details[index] ?? '',
      address: index === 0 ? service.address : null,
    })),
    producer: null,
    queries: { bronze: stopped(base.queries.bronze), alert: stopped(base.queries.alert) },
    checkpoints: { bronze: null, alert: null },
    table: null,
    quarantine: null,
    totals: null,
  };
}

/** The stack could not come up. */
export function down(): Snapshot {
  const base = starting();
  return {
    ...base,
    console: { ...base.console, stack: 'FAILED', step: null, error: portTaken() },
    services: base.services.map((service, index) =>
      index === 1 ? { ...service, state: 'FAILED', detail: 'port 54213 is taken' } : service,
    ),
  };
}

/** Restarting and stopping, for the words of a change under way. */
export function changing(): Snapshot {
  const base = full();
  return {
    ...base,
    queries: {
      bronze: {
        ...base.queries.bronze,
        state: 'STOPPING',
        headline: 'Bronze finishes its batch and stops.',
        since: NOW - 2 * SECOND,
      },
      alert: {
        ...base.queries.alert,
        state: 'RESTARTING',
        headline: 'Alert finishes its batch and starts again.',
        since: NOW - 3 * SECOND,
      },
    },
  };
}

export function portTaken(): ErrorView {
  return {
    code: 'PORT_TAKEN',
    message: 'Starting PostgreSQL: port 54213 is taken',
    tried: 'Starting PostgreSQL on 127.0.0.1:54213',
    seen: 'another program listens on that port',
    expected: 'a free port',
    action: 'End the other program, or remove stack.port from settings.json; then start Sluice again',
    retryable: true,
  };
}

export function ownedByOther(): ErrorView {
  return {
    code: 'OWNED_BY_OTHER',
    message: 'Opening the data folder: another console owns it',
    tried: `Opening ${HOME}`,
    seen: 'process 4711 on this machine owns this data folder since 14:02',
    expected: 'a data folder that no other console uses',
    action: 'Use the other window, quit it, or set SLUICE_HOME to another folder',
    retryable: false,
  };
}

export function dataLoss(): ErrorView {
  return {
    code: 'DATA_LOSS',
    message: 'Planning batch 422 of Bronze: 1,320 records are gone',
    tried: 'Planning batch 422 of Bronze, which starts at 81,321 on p0',
    seen: '1,320 records left the topic before Bronze could read them; the topic now starts at 81,655 on p0',
    expected: 'every record since offset 81,321 on p0, where batch 421 ended',
    action: 'Put the records back from a copy of the topic, then start Bronze again; nothing is skipped in silence',
    retryable: false,
  };
}

export function loss(): LossView {
  return {
    query: 'bronze',
    queryId: 'c5bf0e66-abe1-4b98-948d-161b3155fbbd',
    gaps: [
      { partition: 0, from: '81200', to: '81533' },
      { partition: 2, from: '79000', to: '79987' },
    ],
    total: 1_320,
    sentences: [
      'The topic has removed 1,320 offsets before they were read.',
      'Partition 0: offsets 81200 to 81532 (333) are gone.',
      'Accepting gives up exactly these: the query goes on behind them, and the gap is written down beside the checkpoint and in the table.',
      'Nothing that is in the table already changes. It cannot be taken back.',
    ],
  };
}

export function preview(): ClearPreview {
  const ends = [81_321, 81_034, 81_188, 80_876];
  return {
    query: 'bronze',
    from: 'table',
    sameSource: true,
    skipped: 0,
    queryId: '7d0f5c1e-2b8a-4f64-9a53-1c6de0b7a942',
    partitions: ends.map((end, partition) => ({
      partition,
      checkpoint: String(end),
      startsAt: String(end),
      readAgain: 0,
      waiting: partition === 2 ? 211 : 212,
    })),
    readAgain: 0,
    rowsDoubled: 0,
    alertsAgain: 0,
    startsFrom: 'Delta version 435',
    moves: [
      { path: 'checkpoints/bronze/metadata', objects: 1, bytes: 45 },
      { path: 'checkpoints/bronze/sources/0/0', objects: 1, bytes: 77 },
      { path: 'checkpoints/bronze/offsets', objects: 100, bytes: 95_642 },
      { path: 'checkpoints/bronze/commits', objects: 100, bytes: 2_867 },
    ],
    trash: 'checkpoints/_trash/2026-11-22T14-33-10Z-bronze/',
    sentences: [
      'No row is read again and none is doubled: Bronze goes on where Delta version 435 ended.',
      'Bronze sends no alerts, and the Alert checkpoint is not touched.',
      'A new query id is made, because Delta would skip the batches of the old one without a word.',
    ],
  };
}

/** The log of the last minutes, oldest first. */
export function logs(): LogEntry[] {
  const lines: LogEntry[] = [];
  const add = (at: number, source: LogEntry['source'], message: string, more: Partial<LogEntry> = {}) =>
    lines.push({ id: lines.length + 1, at, level: 'info', source, message, ...more });
  for (let batchId = 392; batchId <= 421; batchId++) {
    const at = NOW - (421 - batchId) * 10 * SECOND - 7.4 * SECOND;
    const alertBatch = batchId - 10;
    const rows = 118 + Math.round(noise(batchId) * 5);
    add(at, 'bronze', `Batch ${batchId}: Writing to Bronze layer... ✅ ${rows} rows, version ${batchId + 14}`, {
      batchId,
    });
    add(at + 40, 'bronze', `Batch ${batchId}: commits/${batchId} written`, { batchId });
    add(at + 210, 'alert', `Batch ${alertBatch}: Processing ${rows} transactions`, { batchId: alertBatch });
    add(at + 340, 'alert', `Batch ${alertBatch}: Inserted ${rows} NEW transactions`, { batchId: alertBatch });
    if (noise(batchId, 3) > 0.5) {
      add(at + 900, 'alert', 'Fraud detected: 1', { batchId: alertBatch });
      add(at + 1_400, 'alert', '🚨 ALERT sent for c81a4e0f1d2b4c6a9e0f5b7ab912 (HIGH risk)', { batchId: alertBatch });
    }
    if (batchId === 410)
      add(at + 60, 'bronze', 'Batch 410: dead letter p3 80,771: the value is not JSON', { level: 'error', batchId });
    if (batchId === 416)
      add(at + 90, 'fraud-api', '/predict/raw takes 97 ms (p95), 41 ms an hour ago', { level: 'warn' });
    if (batchId % 7 === 0) add(at + 500, 'capture', 'Confirmed WAL up to 0/1A4F6B10');
  }
  return lines;
}

function consoleView(): Snapshot['console'] {
  return {
    version: '0.1.0',
    pid: 4711,
    runtime: 'Electron 45.4.1',
    fallback: false,
    home: HOME,
    profile: 'embedded',
    startedAt: NOW - 192 * MINUTE,
    stack: 'UP',
    step: null,
    work: null,
    error: null,
    slack: 'preview',
  };
}

function services(): Snapshot['services'] {
  const rows = [
    ['postgres', 'PostgreSQL', '18 MB of WAL held', 5101, '127.0.0.1:54213'],
    ['capture', 'Change capture', 'slot sluice, 0.1 s behind', null, null],
    ['topic', 'Topic', '4 partitions, 324,504 records', null, TOPIC],
    ['lakehouse', 'Lakehouse', 'version 435', null, `${HOME}/lakehouse`],
    ['fraud-api', 'Fraud API', '2 models; 324,066 scored', null, '127.0.0.1:54218'],
    ['slack-preview', 'Slack preview', '1,901 messages', null, '127.0.0.1:54219'],
    ['producer', 'Producer', 'generated, seed 7', null, null],
  ] as const;
  return rows.map(([name, title, detail, pid, address]) => ({ name, title, state: 'OK', detail, pid, address }));
}

function bronze(): QueryView {
  return {
    name: 'bronze',
    state: 'RUNNING',
    verdict: 'OK',
    headline: 'Bronze keeps up.',
    detail:
      '85 records wait, the oldest for 7 s. Each batch of the last hour took at most 1.4 s of its 10 s. Nothing is in doubt: batch 421 is Delta version 435.',
    queryId: '7d0f5c1e-2b8a-4f64-9a53-1c6de0b7a942',
    runId: 'e41b07c9-5a1f-4a9e-8c77-09b1a2f3d4e5',
    since: NOW - 192 * MINUTE,
    startedAt: NOW - 192 * MINUTE,
    triggerMs: 10_000,
    error: null,
    attempts: 0,
    nextAttemptAt: null,
    totals: { rows: 324_408, batches: 422, deadLetters: 11, notes: 3 },
    batches: Array.from({ length: 60 }, (_, index) => batch('bronze', 421 - index)),
    alertsPaused: null,
    runner: null,
  };
}

function alert(): QueryView {
  return {
    ...bronze(),
    name: 'alert',
    verdict: 'WARN',
    headline: 'Alert is falling behind: scoring takes longer than its trigger.',
    detail:
      'Lag grew from 61 to 422 records since 14:29, because the fraud API answers in 98 ms (41 ms before). No alert is lost; they come 38 s after the payment.',
    queryId: 'b92e61fd-0c47-4d3e-8a10-5f3c27d9ee08',
    runId: '3f9d7c21-77aa-4b0e-9c11-54e2d1c0b9a8',
    totals: { rows: 324_066, batches: 412, deadLetters: 12, notes: 3 },
    batches: Array.from({ length: 60 }, (_, index) => batch('alert', 411 - index)),
    alertsPaused: null,
    runner: null,
  };
}

function batch(name: QueryName, batchId: number): QueryProgress {
  const rows = 118 + Math.round(noise(batchId) * 5);
  const slow = name === 'alert' && batchId > 396 ? 11_000 : name === 'alert' ? 4_600 : 1_080;
  const addBatch = Math.round(slow * (0.9 + noise(batchId, 2) * 0.2));
  const durations = { latestOffset: 40, walCommit: 54, getBatch: 62, addBatch, commitOffsets: 41 };
  const whole = Object.values(durations).reduce((sum, ms) => sum + ms, 0);
  const ends = [81_321, 81_034, 81_188, 80_876].map((end) => end - (421 - batchId) * 30);
  const map = (shift: number) => Object.fromEntries(ends.map((end, index) => [String(index), String(end - shift)]));
  const dead = batchId === 410 ? 1 : 0;
  return {
    id: name === 'bronze' ? '7d0f5c1e-2b8a-4f64-9a53-1c6de0b7a942' : 'b92e61fd-0c47-4d3e-8a10-5f3c27d9ee08',
    runId: 'e41b07c9-5a1f-4a9e-8c77-09b1a2f3d4e5',
    name,
    timestamp: new Date(NOW - 7_396 - (421 - batchId) * 10_000).toISOString(),
    batchId,
    batchDuration: whole,
    numInputRows: rows,
    inputRowsPerSecond: rows / 10,
    processedRowsPerSecond: (rows * 1_000) / whole,
    durationMs: { ...durations, triggerExecution: whole },
    sources: [
      {
        description: TOPIC,
        startOffset: map(30),
        endOffset: map(0),
        latestOffset: map(-20),
        numInputRows: rows,
        metrics: { minOffsetsBehindLatest: '20', maxOffsetsBehindLatest: '20', avgOffsetsBehindLatest: '20.0' },
      },
    ],
    sink: { description: name, numOutputRows: rows - dead },
    x: {
      recovered: batchId === 402,
      deadLetters: dead,
      coercionNotes: 0,
      skips: batchId % 19 === 0 ? 2 : 0,
      ...(name === 'bronze'
        ? { deltaVersion: batchId + 14, files: 3 + (batchId % 3 === 0 ? 1 : 0), bytes: 42_700 }
        : {
            newTransactions: rows,
            existingTransactions: 0,
            predictions: rows,
            pending: 0,
            frauds: batchId % 4 === 0 ? 2 : 0,
          }),
    },
  };
}

function lag(name: QueryName, lost = false): LagView {
  const behind = name === 'bronze' ? [21, 22, 21, 21] : [106, 105, 106, 105];
  const ends = [81_342, 81_056, 81_209, 80_897];
  const oldest = name === 'bronze' ? 7_000 : 35_000;
  return {
    at: NOW - 400,
    partitions: ends.map((end, partition) => ({
      partition,
      logStart: lost && partition === 0 ? '81655' : '12044',
      current: String(end - (behind[partition] ?? 0)),
      end: String(end),
      lag: behind[partition] ?? 0,
      oldestUnreadAt: NOW - oldest,
    })),
    total: behind.reduce((sum, each) => sum + each, 0),
    oldestMs: oldest,
    produced: 12.1,
    consumed: name === 'bronze' ? 12 : 10.2,
    drainSeconds: name === 'bronze' ? 3 : null,
    history: Array.from({ length: 180 }, (_, index) => {
      const late = Math.max(0, index - 160);
      const gap = index >= 60 && index < 66;
      const saw = 20 + ((index * 37) % 100);
      return {
        at: NOW - (180 - index) * 10 * SECOND,
        lag: gap ? null : name === 'bronze' ? saw : 60 + saw * 0.5 + late * 17,
        produced: gap ? null : 12 + noise(index) * 1.4 - 0.7,
        consumed: gap
          ? null
          : name === 'bronze' || late === 0
            ? 12 + noise(index, 5) * 3 - 1.5
            : 10.2 + noise(index, 5) - 0.5,
      };
    }),
  };
}

function checkpoint(name: QueryName): CheckpointView {
  const last = name === 'bronze' ? 421 : 412;
  const offsets = name === 'bronze' ? [81321, 81034, 81188, 80876] : [81236, 80951, 81103, 80792];
  const metadata = {
    batchWatermarkMs: 0,
    batchTimestampMs: NOW - 7_396,
    conf: Object.fromEntries([...'abcdefghi'].map((key) => [`spark.sql.${key}`, 'x'])),
  };
  return {
    path: `${HOME}/lakehouse/checkpoints/${name === 'bronze' ? 'bronze' : 'realtime-prediction'}`,
    exists: true,
    queryId: name === 'bronze' ? '7d0f5c1e-2b8a-4f64-9a53-1c6de0b7a942' : 'b92e61fd-0c47-4d3e-8a10-5f3c27d9ee08',
    lastOffsets: last,
    lastCommit: name === 'bronze' ? last : last - 1,
    inDoubt: name === 'alert',
    objects: 202,
    bytes: 98_631,
    newestAt: NOW - 7 * SECOND,
    offsetsName: `offsets/${last}`,
    offsetsText: [
      'v1',
      JSON.stringify(metadata),
      JSON.stringify({ [TOPIC]: Object.fromEntries(offsets.map((value, index) => [index, value])) }),
    ].join('\n'),
    owner: {
      runId: 'e41b07c9-5a1f-4a9e-8c77-09b1a2f3d4e5',
      host: 'workstation',
      pid: 4711,
      epoch: 12,
      since: NOW - 192 * MINUTE,
      renewedAt: NOW - 2 * SECOND,
    },
  };
}

function nothing(name: QueryName): CheckpointView {
  return {
    ...checkpoint(name),
    exists: false,
    queryId: null,
    lastOffsets: null,
    lastCommit: null,
    inDoubt: false,
    objects: 0,
    bytes: 0,
    newestAt: null,
    offsetsText: null,
    offsetsName: null,
    owner: null,
  };
}

const MERCHANTS = [
  'Kozey-Boehm',
  'Rau and Sons',
  'Boyer-Reichert',
  'Gottlieb, Considine and Schultz',
  'Mosciski, Ziemann and Farrell',
  'Gleason-Macejkovic',
  'Romaguera, Cruickshank and Greenholt',
  'Vandervort-Funk',
  'Bauch-Raynor',
  'Kuhic LLC',
];
const CATEGORIES = [
  'shopping_net',
  'grocery_pos',
  'shopping_net',
  'misc_net',
  'shopping_pos',
  'gas_transport',
  'misc_pos',
];
const STATES = ['IL', 'PA', 'NY', 'TX', 'OH', 'FL', 'AL', 'CA', 'MI', 'MO', 'VA'];
const DELIVERY: readonly DeliveryState[] = [
  'sending',
  'pending',
  'sent',
  'sent',
  'ambiguous',
  'sent',
  'sent',
  'dead',
  'held',
  'suppressed',
];

const pick = <T>(list: readonly T[], index: number): T => list[index % list.length] as T;

const BY_RULES = {
  modelVersion: 'rule_based_fallback',
  ruleBased: true,
  shape: 'rules',
  contributions: null,
  explanation: ['High amount: $1,106.82', 'Distance from home: 104 km', 'Late hour: 23 h', 'Weekend'],
} as const;
const BY_MODEL = {
  modelVersion: 'trees-history-2026-01-15-381710b84466',
  ruleBased: false,
  shape: 'history',
  contributions: {
    base: -9.71,
    inputs: [
      { feature: 'amt_above_mean', value: 6.4, contribution: 4.12 },
      { feature: 'sum_24h', value: 2_911.4, contribution: 3.51 },
      { feature: 'category', value: 5, contribution: 2.24 },
      { feature: 'hour', value: 23, contribution: 1.93 },
      { feature: 'amt', value: 1_106.82, contribution: 1.02 },
      { feature: 'seconds_since_last', value: 610, contribution: 0.74 },
      { feature: 'amt_to_mean', value: 14.1, contribution: -0.41 },
      { feature: 'count_24h', value: 4, contribution: 0.33 },
      { feature: 'new_category', value: 0, contribution: -0.22 },
      { feature: 'age', value: 51, contribution: -0.12 },
      { feature: 'count_1h', value: 1, contribution: 0.08 },
      { feature: 'sum_1h', value: 840, contribution: 0.05 },
      { feature: 'is_female', value: 1, contribution: -0.02 },
      { feature: 'day_of_week', value: 6, contribution: 0.01 },
    ],
  },
  explanation: [
    "6.4 spreads above the card's mean amount (+4.12)",
    '$2,911.40 spent with the card within 24 h (+3.51)',
  ],
} as const;

/** One fraud; the higher its number, the older it is. Negative numbers are newer than the first of the story. */
export function fraud(index: number): FraudView {
  const place = Math.abs(index);
  const level: RiskLevel = place === 23 ? 'LOW' : place % 3 === 1 ? 'MEDIUM' : 'HIGH';
  const probability =
    level === 'HIGH' ? 0.72 + noise(place) * 0.27 : level === 'MEDIUM' ? 0.42 + noise(place) * 0.27 : 0.3841;
  return {
    transNum: `${(0xc81a4e0f + index * 7919).toString(16)}1d2b4c6a9e0f5b7a${(0xb912 - index).toString(16)}`,
    predictedAt: NOW - 3_000 - index * 12_400,
    transactionAt: Date.UTC(2020, 5, 21, 23, 14, 7) - index * 60_000,
    probability: Number(probability.toFixed(4)),
    level,
    amount: (level === 'HIGH' ? 300 + noise(place, 2) * 1_000 : 9 + noise(place, 2) * 400).toFixed(2),
    merchant: pick(MERCHANTS, place),
    category: pick(CATEGORIES, place),
    initials: 'J. B.',
    card: `•••• ${String(1000 + ((place * 4184) % 9000))}`,
    city: 'Urbana',
    state: pick(STATES, place),
    distanceKm: 20 + noise(place, 4) * 90,
    ...(place % 6 === 2 ? BY_RULES : BY_MODEL),
    defaultsUsed: place % 5 === 0 ? ['age'] : [],
    partition: place % 4,
    offset: String(81_084 - place * 3),
    batchId: 411 - Math.floor(place / 2),
    delivery: pick(DELIVERY, place),
  };
}

const frauds = (many: number): FraudView[] => Array.from({ length: many }, (_, index) => fraud(index));

function deliveries(many: number): DeliveryView[] {
  return frauds(many).map((each, index) => delivery(each, pick(DELIVERY, index)));
}

/** The ambiguous ones went in a digest, which shows how one looks. */
function messageOf(each: FraudView, state: DeliveryState): DeliveryView['preview'] {
  const others = state === 'ambiguous' ? [1, 2, 3].map((step) => fraud(step)) : [];
  return toPreview(
    buildMessage(
      [each, ...others].map((one) => ({ facts: factsOf(one), repeat: state === 'ambiguous' && one === each })),
      'https://sluice.example/feed/',
    ),
  );
}

function factsOf(each: FraudView): AlertFacts {
  return {
    ...each,
    merchant: each.merchant,
    why: each.explanation.slice(0, 3).map((line) => line.replace(/^- /, '')),
    transactionAt: each.transactionAt,
  };
}

function sendsOf(each: FraudView, state: DeliveryState): DeliveryView['sends'] {
  const at = each.predictedAt + 700;
  const send = { messageId: '4127', at, settledAt: at + 180, alerts: 1, outcome: 'accepted', reason: null } as const;
  if (state === 'sent') return [send];
  if (state === 'ambiguous' || state === 'held') {
    const reason = 'Slack gave no answer: no answer within 10000 ms.';
    return [{ ...send, settledAt: at + 10_000, alerts: state === 'held' ? 1 : 4, outcome: 'ambiguous', reason }];
  }
  if (state !== 'dead') return [];
  const invalid = { ...send, outcome: 'invalid', reason: 'Slack answered 400 invalid_blocks.' } as const;
  return [{ ...invalid, messageId: '4128', at: at + 1_000, settledAt: at + 1_190 }, invalid];
}

function delivery(each: FraudView, state: DeliveryState): DeliveryView {
  return {
    transNum: each.transNum,
    state,
    level: each.level,
    amount: each.amount,
    merchant: each.merchant,
    initials: each.initials,
    card: each.card,
    attempts: state === 'pending' || state === 'suppressed' ? 0 : state === 'dead' ? 2 : 1,
    ambiguousSends: state === 'ambiguous' || state === 'held' ? 1 : 0,
    createdAt: each.predictedAt,
    sentAt: state === 'sent' ? each.predictedAt + 2_300 : null,
    nextAt: state === 'pending' ? NOW + 2_000 : null,
    lastError:
      state === 'dead'
        ? 'Slack answered 400 invalid_blocks.'
        : state === 'ambiguous' || state === 'held'
          ? 'no answer within 10 s'
          : null,
    preview: messageOf(each, state),
    sends: sendsOf(each, state),
  };
}
