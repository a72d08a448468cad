/** What the tests of the Alert job share: events, small HTTP servers that answer as told, and time that tests own. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setImmediate } from 'node:timers/promises';
import type { Turn } from '../../../src/pipeline/alert/turn.ts';
import type { Next } from '../../../src/pipeline/alert/loop.ts';
import type { AlertSettings, DeliverySettings } from '../../../src/pipeline/job-settings.ts';
import type { Batch, Clock, Log, TopicRecord } from '../../../src/pipeline/ports.ts';
import type { Quarantine, QuarantineBatch } from '../../../src/pipeline/quarantine/dead-letter.ts';
import type { Database } from '../../../src/pipeline/sql.ts';

export const QUERY_ID = '3f0c2a52-6f0e-4a50-9f0b-0d6a3b1c2d3e';
export const TOPIC = 'postgres.public.transactions';
/** 2020-06-21 12:14:25 UTC, a Sunday. */
export const EVENT_TIME = Date.UTC(2020, 5, 21, 12, 14, 25);
/** 2026-11-23 08:00:00 UTC. */
export const NOW = Date.UTC(2026, 10, 23, 8);

/** A change event's row; 64-bit numbers stay exact because they are written as text into the JSON. */
export function eventRow(transNum: string, changes: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    trans_date_trans_time: EVENT_TIME * 1000,
    cc_num: 4992346398065154184n,
    merchant: 'fraud_Kirlin and Sons',
    category: 'personal_care',
    amt: 512.3,
    first: 'Jeff',
    last: 'Yang',
    gender: 'M',
    street: '351 Darlene Green',
    city: 'Columbia',
    state: 'SC',
    zip: 29209,
    lat: 33.9659,
    long: -80.9355,
    city_pop: 333497,
    job: 'Mechanical engineer',
    dob: -668,
    trans_num: transNum,
    unix_time: 1371816865,
    merch_lat: 33.986391,
    merch_long: -81.200714,
    is_fraud: 0,
    ...changes,
  };
}

export function toJson(value: unknown): string {
  const bigints: string[] = [];
  const text = JSON.stringify(value, (_, each: unknown) =>
    typeof each === 'bigint' ? `@${bigints.push(`${each}`) - 1}@` : each,
  );
  return text.replace(/"@(\d+)@"/g, (_, index: string) => bigints[Number(index)] ?? '');
}

export function record(offset: number, value: unknown, timestamp = NOW): TopicRecord {
  const bytes = value === null || Buffer.isBuffer(value) ? value : Buffer.from(toJson(value));
  return { partition: 0, offset: BigInt(offset), timestamp, key: Buffer.from('{}'), value: bytes };
}

export function created(
  offset: number,
  transNum: string,
  changes: Record<string, unknown> = {},
  op = 'c',
): TopicRecord {
  return record(offset, { before: null, after: eventRow(transNum, changes), op, source: {} });
}

export function batchOf(id: number, records: readonly TopicRecord[], changes: Partial<Batch> = {}): Batch {
  const offsets = records.map(({ offset }) => offset);
  const first = offsets[0] ?? 0n;
  return {
    id,
    timestamp: NOW,
    queryId: QUERY_ID,
    topic: TOPIC,
    clusterId: 'test-cluster',
    range: { start: new Map([[0, first]]), end: new Map([[0, first + BigInt(offsets.length)]]) },
    gaps: [],
    records: (async function* () {
      yield records;
    })(),
    ...changes,
  };
}

/** Puts the row of an event into the captured table, as its producer did. */
export async function insertTransaction(
  db: Database,
  transNum: string,
  changes: Record<string, unknown> = {},
): Promise<void> {
  const row = eventRow(transNum, changes);
  await db.query(
    `INSERT INTO transactions (trans_date_trans_time, cc_num, merchant, category, amt, first, last, gender, street, city,
       state, lat, long, trans_num, merch_lat, merch_long)
     VALUES (to_timestamp($1::double precision / 1000) AT TIME ZONE 'UTC', $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)`,
    [
      Number(row['trans_date_trans_time']) / 1000,
      ...[
        'cc_num',
        'merchant',
        'category',
        'amt',
        'first',
        'last',
        'gender',
        'street',
        'city',
        'state',
        'lat',
        'long',
      ].map((name) => row[name] as string),
      transNum,
      row['merch_lat'] as number,
      row['merch_long'] as number,
    ],
  );
}

export async function emptyTables(db: Database): Promise<void> {
  await db.query(
    `TRUNCATE transactions, fraud_predictions, sluice.prediction_details, sluice.pending, sluice.outbox, sluice.alert_batches, sluice.messages, sluice.message_alerts`,
  );
}

/** Time that passes only when somebody waits, and then at once. */
export function virtualClock(start = NOW): Clock & { pass(ms: number): void } {
  let now = start;
  return {
    now: () => now,
    pass: (ms) => void (now += ms),
    sleep: async (ms, signal) => {
      await setImmediate();
      if (!signal.aborted) now += Math.max(0, ms);
    },
  };
}

/** Runs steps and passes the time they ask for, until `done` or a pause. */
export async function drive(
  step: (signal: AbortSignal) => Promise<Next>,
  clock: Clock & { pass(ms: number): void },
  done: () => boolean | Promise<boolean>,
): Promise<'done' | 'pause'> {
  const { signal } = new AbortController();
  for (let steps = 0; steps < 2_000; steps++) {
    if (await done()) return 'done';
    const next = await step(signal);
    if (next === 'pause') return 'pause';
    clock.pass(Math.max(next, 1));
  }
  throw new Error('the steps did not come to an end');
}

export interface TestServer {
  readonly url: string;
  /** Bodies and paths of the requests, in order. */
  readonly requests: { path: string; body: string; at: number }[];
  /** Replaces how the next requests are answered. */
  answer: Answer;
  close(): Promise<void>;
}

export type Answer = (
  request: { path: string; body: string; index: number },
  response: ServerResponse,
  socket: IncomingMessage,
) => void;

/** A real HTTP server on loopback. */
export async function startServer(answer: Answer, clock: Pick<Clock, 'now'> = { now: Date.now }): Promise<TestServer> {
  const state = { answer, requests: [] as TestServer['requests'] };
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const seen = { path: request.url ?? '', body: Buffer.concat(chunks).toString('utf8'), at: clock.now() };
      state.requests.push(seen);
      state.answer({ ...seen, index: state.requests.length - 1 }, response, request);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return Object.assign(state, {
    url: `http://127.0.0.1:${port}`,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  });
}

export function reply(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, headers).end(typeof body === 'string' ? body : JSON.stringify(body));
}

interface Asked {
  readonly trans_num: string;
  readonly amt: number;
}

/** A prediction whose probability is told by the amount: 1000 and more is certain. */
export function predict(asked: Asked, changes: Record<string, unknown> = {}): Record<string, unknown> {
  const probability = Math.min(1, asked.amt / 1000);
  return {
    trans_num: asked.trans_num,
    is_fraud_predicted: probability > 0.5 ? 1 : 0,
    fraud_probability: Number(probability.toFixed(4)),
    risk_level: probability > 0.7 ? 'HIGH' : probability > 0.4 ? 'MEDIUM' : 'LOW',
    model_version: 'test_model_1',
    feature_explanation: '- High amount\n- Far from home',
    raw_input: {},
    ...changes,
  };
}

/** A fraud API that is well. */
export const wellApi: Answer = ({ path, body }, response) => {
  const asked = JSON.parse(body) as Asked | Asked[];
  if (path === '/predict/raw') return reply(response, 200, predict(asked as Asked));
  const predictions = (asked as Asked[]).map((each) => predict(each));
  reply(response, 200, { predictions, summary: { total_transactions: predictions.length } });
};

export const slackOk: Answer = (_, response) => reply(response, 200, 'ok');

/** A sender that nobody competes with. */
export function aloneAtTurn(): Turn {
  let taken = false;
  return {
    take: async () => {
      const how = taken ? 'held' : 'fresh';
      taken = true;
      return how;
    },
    isMine: async () => true,
    evict: async () => undefined,
    close: async () => undefined,
  };
}

/** Remembers objects as the real one does: by query, batch and part, a later put replacing an earlier one. */
export function memoryQuarantine(): Quarantine & { letters(): { offset: number; code: string; reason: string }[] } {
  const objects = new Map<string, QuarantineBatch>();
  return {
    put: async (batch) => void objects.set(`${batch.queryId}/${batch.batchId}/${batch.part ?? ''}`, batch),
    letters: () =>
      [...objects.values()]
        .flatMap(({ deadLetters }) => deadLetters)
        .map(({ record: { offset }, code, reason }) => ({ offset: Number(offset), code, reason })),
  };
}

export function memoryLog(): { log: Log; lines: string[] } {
  const lines: string[] = [];
  return { lines, log: (level, message) => void lines.push(level === 'info' ? message : `${level}: ${message}`) };
}

export const PLAIN_DELIVERY: DeliverySettings = {
  onAmbiguous: 'resend',
  joinCardMs: 0,
  stormPerMinute: null,
  quietHours: null,
  linkBase: null,
};

export function settingsFor(db: AlertSettings['serving'], changes: Partial<AlertSettings> = {}): AlertSettings {
  return {
    serving: db,
    servingDatabase: 'captured',
    fraudApiUrl: 'http://127.0.0.1:9',
    slack: { kind: 'preview', url: 'http://127.0.0.1:9/services/T0/B0/secret' },
    suppressOlderThanMs: null,
    delivery: PLAIN_DELIVERY,
    ...changes,
  };
}
