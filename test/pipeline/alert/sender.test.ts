import { inspect } from 'node:util';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { AlertFacts } from '../../../src/pipeline/alert/facts.ts';
import { claim } from '../../../src/pipeline/alert/outbox.ts';
import { makeSender } from '../../../src/pipeline/alert/sender.ts';
import { openSlack } from '../../../src/pipeline/alert/slack.ts';
import type { RiskLevel } from '../../../src/pipeline/events.ts';
import { openDatabase, type Database } from '../../../src/pipeline/sql.ts';
import { startTestPostgres, type TestPostgres } from '../../support/postgres.ts';
import {
  drive,
  memoryLog,
  NOW,
  reply,
  slackOk,
  startServer,
  virtualClock,
  type Answer,
  type TestServer,
} from './support.ts';

let postgres: TestPostgres;
let db: Database;

beforeAll(async () => {
  postgres = await startTestPostgres();
  db = openDatabase((await postgres.createFraudDatabases()).frauddb);
}, 60_000);
afterAll(async () => {
  await db.close();
  await postgres.stop();
});

describe('the sender', () => {
  let server: TestServer;
  let clock: ReturnType<typeof virtualClock>;
  let lines: string[];
  let delivered: number;
  let owner: () => Promise<boolean>;

  beforeEach(async () => {
    await db.query('TRUNCATE sluice.outbox');
    clock = virtualClock();
    server = await startServer(slackOk, clock);
    lines = [];
    delivered = 0;
    owner = async () => true;
  });
  afterEach(() => server.close());

  async function enqueue(transNum: string, level: RiskLevel = 'HIGH'): Promise<void> {
    const facts: AlertFacts = {
      transNum,
      level,
      probability: 0.9,
      amount: '900.00',
      initials: 'J. Y.',
      card: '•••• 4184',
      merchant: 'Kirlin',
      category: 'home',
      city: null,
      state: null,
      why: ['High amount'],
      transactionAt: NOW,
      modelVersion: 'm1',
      ruleBased: false,
    };
    await db.query(
      `INSERT INTO sluice.outbox (trans_num, payload, next_at) VALUES ($1, $2::jsonb, to_timestamp($3::double precision / 1000))`,
      [transNum, JSON.stringify(facts), clock.now()],
    );
  }
  const sender = (epoch = 1, database: Database = db) => {
    const { log, lines: own } = memoryLog();
    return makeSender({
      db: database,
      slack: openSlack(
        { kind: 'preview', url: `${server.url}/services/secret` },
        { connectTimeoutMs: 300, totalTimeoutMs: 300 },
      ),
      log: (...line) => {
        log(...line);
        lines.push(own.at(-1) ?? '');
      },
      clock,
      epoch,
      onDelivered: (sent) => void (delivered += sent),
      stillOwner: () => owner(),
    });
  };
  const count = async (where: string) =>
    Number((await db.query<{ n: string }>(`SELECT count(*) AS n FROM sluice.outbox WHERE ${where}`))[0]?.n);
  const allSent = async () => (await count(`state <> 'sent'`)) === 0;
  const row = async (transNum: string) =>
    (await db.query('SELECT * FROM sluice.outbox WHERE trans_num = $1', [transNum]))[0];
  const failOnce =
    (first: Answer): Answer =>
    (request, response, socket) =>
      request.index === 0 ? first(request, response, socket) : slackOk(request, response, socket);

  it('sends each alert once and says so only after it was accepted', async () => {
    await enqueue('t1');
    expect(await drive(sender(), clock, allSent)).toBe('done');
    expect(lines).toEqual(['🚨 ALERT sent for t1 (HIGH risk)', 'Slack alerts sent: 1']);
    expect(delivered).toBe(1);
    expect(server.requests).toHaveLength(1);
    expect(server.requests[0]?.body).toContain('•••• 4184');
    expect(await row('t1')).toMatchObject({ state: 'sent', attempts: 1, ambiguous_sends: 0, last_error: null });
  });

  it('has the claim in the database before Slack is asked', async () => {
    await enqueue('t1');
    const states: unknown[] = [];
    server.answer = (request, response, socket) =>
      void row('t1').then((each) => {
        states.push(each?.['state'], each?.['claim_epoch']);
        slackOk(request, response, socket);
      });
    await drive(sender(5), clock, allSent);
    expect(states).toEqual(['sending', '5']);
  });

  it('sends HIGH before the others', async () => {
    for (const [id, level] of [
      ['m', 'MEDIUM'],
      ['l', 'LOW'],
      ['h', 'HIGH'],
    ] as const)
      await enqueue(id, level);
    await drive(sender(), clock, allSent);
    expect(lines.filter((line) => line.startsWith('🚨'))[0]).toBe('🚨 ALERT sent for h (HIGH risk)');
    expect(server.requests).toHaveLength(3);
  });

  it('gathers more than ten waiting alerts into digests, keeps the pace, and counts frauds', async () => {
    for (let index = 0; index < 95; index++) await enqueue(`t${index}`, index % 9 === 0 ? 'HIGH' : 'MEDIUM');
    await drive(sender(), clock, allSent);
    expect(server.requests.length).toBeLessThanOrEqual(9 + 10);
    expect(delivered).toBe(95);
    const all = server.requests.map(({ body }) => body).join('\n');
    for (let index = 0; index < 95; index++) expect(all).toMatch(new RegExp(`Transaction t${index}\\b`));
    expect(lines.filter((line) => line.startsWith('🚨'))).toHaveLength(95);
    const times = server.requests.map(({ at }) => at);
    expect((times[7] ?? 0) - (times[0] ?? 0)).toBeGreaterThanOrEqual(3_000);
  });

  it('never sends again what was sent, and finds nothing to do', async () => {
    await enqueue('t1');
    await drive(sender(), clock, allSent);
    const step = sender(2);
    for (let steps = 0; steps < 5; steps++) clock.pass(Number(await step(new AbortController().signal)));
    expect(server.requests).toHaveLength(1);
  });

  it('sends nothing before Retry-After ends, also in the next run, and loses nothing', async () => {
    for (const id of ['t1', 't2']) await enqueue(id);
    server.answer = failOnce((_, response) => reply(response, 429, '', { 'retry-after': '30' }));
    await drive(sender(), clock, () => server.requests.length === 1 && lines.length > 0);
    await drive(sender(2), clock, allSent);
    expect((server.requests[1]?.at ?? 0) - (server.requests[0]?.at ?? 0)).toBeGreaterThanOrEqual(30_000);
    expect(delivered).toBe(2);
    expect(await count('ambiguous_sends > 0')).toBe(0);
  });

  it.each([403, 404, 410])(
    'stops after %i, keeps the queue, and says why in the log and on every row',
    async (status) => {
      for (const id of ['t1', 't2']) await enqueue(id);
      server.answer = (_, response) => reply(response, status, 'no_service');
      expect(await drive(sender(), clock, () => false)).toBe('pause');
      expect(server.requests).toHaveLength(1);
      expect(await count(`state = 'pending' AND last_error = 'Slack answered ${status} no_service.'`)).toBe(2);
      expect(lines.at(-1)).toMatch(/^error: ALERTS_PAUSED: .*no_service/);
      server.answer = slackOk;
      await drive(sender(2), clock, allSent);
      expect(delivered).toBe(2);
    },
  );

  it('tries plain text once when Slack does not take the blocks', async () => {
    await enqueue('t1');
    server.answer = failOnce((_, response) => reply(response, 400, 'invalid_blocks'));
    await drive(sender(), clock, allSent);
    expect(Object.keys(JSON.parse(server.requests[1]?.body ?? '') as object)).toEqual(['text']);
  });

  it('gives an alert up that Slack takes in neither form, and goes on with the next', async () => {
    await enqueue('t1');
    server.answer = (_, response) => reply(response, 400, 'invalid_payload');
    await drive(sender(), clock, async () => (await count(`state = 'dead'`)) === 1);
    expect(server.requests).toHaveLength(2);
    expect(await row('t1')).toMatchObject({ last_error: 'Slack answered 400 invalid_payload.' });
    server.answer = slackOk;
    await enqueue('t2');
    await drive(sender(2), clock, async () => (await count(`state = 'sent'`)) === 1);
  });

  it.each<[string, Answer]>([
    ['the connection breaks after the message', (_, response) => void response.socket?.resetAndDestroy()],
    ['Slack hangs', () => undefined],
    ['Slack answers 500', (_, response) => reply(response, 500, '')],
  ])('sends again, with a mark, when %s', async (_, answer) => {
    await enqueue('t1');
    server.answer = failOnce(answer);
    await drive(sender(), clock, allSent);
    expect(await row('t1')).toMatchObject({ attempts: 2, ambiguous_sends: 1 });
    expect(server.requests.map(({ body }) => body.includes('may be a repeat'))).toEqual([false, true]);
    expect(delivered).toBe(1);
  });

  it('does not mark what certainly was not sent', async () => {
    await enqueue('t1');
    const dead = await startServer(slackOk);
    await dead.close();
    const live = server;
    server = dead;
    const step = sender();
    await drive(step, clock, () => lines.length > 0);
    expect(lines).toEqual(['warn: Alerts wait: Slack gave no answer: ECONNREFUSED.']);
    expect(await row('t1')).toMatchObject({ state: 'pending', ambiguous_sends: 0 });
    server = live;
    await drive(sender(2), clock, allSent);
    expect(server.requests[0]?.body).not.toContain('repeat');
  });

  it('marks what an earlier run claimed and never settled, whatever its epoch was', async () => {
    for (const [id, epoch] of [
      ['t1', 1],
      ['t2', 9],
    ] as const) {
      await enqueue(id);
      await claim(db, epoch, clock.now(), 1);
    }
    await drive(sender(2), clock, allSent);
    expect(server.requests.every(({ body }) => body.includes('may be a repeat'))).toBe(true);
    expect(await count('ambiguous_sends = 1')).toBe(2);
    expect(lines[0]).toContain('2 alerts were being sent when the console stopped');
  });

  it('takes over the pace of the earlier run', async () => {
    for (let index = 0; index < 10; index++) await enqueue(`t${index}`);
    await drive(sender(), clock, async () => (await count(`state = 'sent'`)) === 5);
    const before = clock.now();
    await drive(sender(2), clock, async () => (await count(`state = 'sent'`)) === 6);
    expect((server.requests[5]?.at ?? 0) - before).toBeGreaterThanOrEqual(900);
  });

  it('writes nothing to Slack once another console owns the query, and gives its claims back', async () => {
    await enqueue('t1');
    let asked = 0;
    owner = async () => asked++ === 0;
    expect(await drive(sender(), clock, () => false)).toBe('pause');
    expect(server.requests).toHaveLength(0);
    expect(await row('t1')).toMatchObject({ state: 'pending', ambiguous_sends: 0 });
    expect(lines.at(-1)).toContain('Another console owns this query');
  });

  it('sends nothing while nobody can say who the owner is, and goes on after that', async () => {
    await enqueue('t1');
    let asked = 0;
    owner = () => (asked++ === 1 ? Promise.reject(new Error('store away')) : Promise.resolve(true));
    await drive(sender(), clock, allSent);
    expect(server.requests).toHaveLength(1);
    expect(await row('t1')).toMatchObject({ ambiguous_sends: 0, attempts: 2 });
  });

  it('does not make a known outcome ambiguous when the database is away while it is noted', async () => {
    await enqueue('t1');
    let failures = 2;
    const flaky: Database = {
      ...db,
      query: (text, values) => {
        if (text.includes('alert_sent_at') && failures-- > 0) return Promise.reject(new Error('database away'));
        return db.query(text, values);
      },
    };
    const step = sender(1, flaky);
    await drive((signal) => step(signal).catch(() => 1_000), clock, allSent);
    expect(server.requests).toHaveLength(1);
    expect(await row('t1')).toMatchObject({ attempts: 1, ambiguous_sends: 0 });
    expect(lines.filter((line) => line.startsWith('Slack alerts sent'))).toHaveLength(1);
  });

  it('lets two runs send side by side without sending anything twice', async () => {
    for (let index = 0; index < 8; index++) await enqueue(`t${index}`);
    const first = sender(1);
    const second = sender(1);
    const signal = new AbortController().signal;
    await Promise.all([first(signal), second(signal)]);
    await drive(first, clock, allSent);
    const sent = server.requests.map(({ body }) => /Transaction (t\d)/.exec(body)?.[1]);
    expect(new Set(sent).size).toBe(sent.length);
    expect(delivered).toBe(8);
  });

  it('never names the webhook in a log line or a row', async () => {
    const answers: Answer[] = [(_, response) => reply(response, 404, '/services/secret'), () => undefined];
    for (const [index, answer] of answers.entries()) {
      await enqueue(`t${index}`);
      server.answer = answer;
      const from = server.requests.length;
      await drive(sender(index + 1), clock, () => server.requests.length > from && lines.length > index).catch(
        () => undefined,
      );
    }
    const everything = inspect([lines, await db.query('SELECT * FROM sluice.outbox')], { depth: 9 });
    expect(everything).not.toMatch(/secret|127\.0\.0\.1/);
  });
});
