import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { AlertFacts } from '../../../src/pipeline/alert/facts.ts';
import { buildMessage } from '../../../src/pipeline/alert/message.ts';
import { discardAlerts, resendAlerts } from '../../../src/pipeline/alert/decide.ts';
import { readDeliveries } from '../../../src/pipeline/alert/read.ts';
import { claim } from '../../../src/pipeline/alert/outbox.ts';
import { makeSender, type Sender } from '../../../src/pipeline/alert/sender.ts';
import { openSlack } from '../../../src/pipeline/alert/slack.ts';
import type { RiskLevel } from '../../../src/pipeline/events.ts';
import type { DeliverySettings } from '../../../src/pipeline/job-settings.ts';
import type { Database } from '../../../src/pipeline/sql.ts';
import { useFrauddb } from '../../support/frauddb.ts';
import {
  aloneAtTurn,
  drive,
  insertTransaction,
  memoryLog,
  NOW,
  PLAIN_DELIVERY,
  reply,
  slackOk,
  startServer,
  virtualClock,
  type Answer,
  type TestServer,
} from './support.ts';

let db: Database;

useFrauddb((opened) => {
  db = opened;
});

describe('the sender', () => {
  let server: TestServer;
  let clock: ReturnType<typeof virtualClock>;
  let lines: string[];
  let delivered: number;
  let owner: () => Promise<boolean>;
  let pauses: (string | null)[];
  /** A Slack that a busy machine makes slow is no Slack that hangs. */
  let patienceMs: number;

  beforeEach(async () => {
    await db.query('TRUNCATE sluice.outbox, sluice.messages, sluice.message_alerts');
    clock = virtualClock();
    server = await startServer(slackOk, clock);
    lines = [];
    delivered = 0;
    pauses = [];
    patienceMs = 30_000;
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
  const senderOf = (epoch = 1, database: Database = db, rules: Partial<DeliverySettings> = {}): Sender => {
    const { log, lines: own } = memoryLog();
    return makeSender({
      db: database,
      slack: openSlack(
        { kind: 'preview', url: `${server.url}/services/secret` },
        { connectTimeoutMs: patienceMs, totalTimeoutMs: patienceMs },
      ),
      log: (...line) => {
        log(...line);
        lines.push(own.at(-1) ?? '');
      },
      clock,
      epoch,
      onDelivered: (sent) => void (delivered += sent),
      onPaused: (error) => void pauses.push(error?.seen ?? null),
      rules: { ...PLAIN_DELIVERY, ...rules },
      stillOwner: () => owner(),
      turn: aloneAtTurn(),
      mayEvict: true,
    });
  };
  const sender = (epoch?: number, database?: Database) => senderOf(epoch, database).step;
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
      const paused = senderOf();
      await drive(paused.step, clock, () => pauses.length > 0);
      for (let steps = 0; steps < 200; steps++) clock.pass(Number(await paused.step(new AbortController().signal)));
      expect(server.requests).toHaveLength(1);
      expect(pauses).toEqual([`Slack answered ${status} no_service`]);
      expect(await count(`state = 'pending' AND last_error = 'Slack answered ${status} no_service.'`)).toBe(2);
      expect(lines.at(-1)).toMatch(/^error: ALERTS_PAUSED: .*no_service/);
      server.answer = slackOk;
      paused.resume();
      await drive(paused.step, clock, allSent);
      expect([delivered, pauses.at(-1)]).toEqual([2, null]);
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
    patienceMs = 300;
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
      await claim(db, { epoch, now: clock.now(), joinCardMs: 0 }, { limit: 1, levels: 'all' }, buildMessage);
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
    const first = sender(1);
    const second = sender(1);
    const signal = new AbortController().signal;
    // Both have taken over what earlier runs left: from here on they claim side by side.
    for (const step of [first, second]) await step(signal);
    for (let index = 0; index < 8; index++) await enqueue(`t${index}`);
    await Promise.all([first(signal), second(signal)]);
    await drive(first, clock, allSent);
    const sent = server.requests.map(({ body }) => /Transaction (t\d)/.exec(body)?.[1]);
    expect(new Set(sent).size).toBe(sent.length);
    expect(delivered).toBe(8);
  });

  it('keeps what may have arrived for a person, when it is set so, and does what they decide', async () => {
    for (const id of ['t1', 't2']) await enqueue(id);
    server.answer = (_, response) => response.socket?.resetAndDestroy();
    const { step } = senderOf(1, db, { onAmbiguous: 'hold' });
    await drive(step, clock, async () => (await count(`state = 'held'`)) === 2);
    expect(server.requests).toHaveLength(2);
    server.answer = slackOk;
    expect([await discardAlerts(db, ['t1', 'no such']), await resendAlerts(db, ['t2', 't1'], clock.now())]).toEqual([
      1, 1,
    ]);
    await drive(step, clock, async () => (await count(`state = 'sent'`)) === 1);
    expect(await count(`state = 'discarded' AND trans_num = 't1'`)).toBe(1);
    expect(server.requests.at(-1)?.body).toMatch(/Transaction t2.*may be a repeat/);
  });

  it('keeps for a person what an earlier run may have sent, when it is set so', async () => {
    await enqueue('t1');
    await claim(db, { epoch: 1, now: clock.now(), joinCardMs: 0 }, { limit: 1, levels: 'all' }, buildMessage);
    await drive(
      senderOf(2, db, { onAmbiguous: 'hold' }).step,
      clock,
      async () => (await count(`state = 'held'`)) === 1,
    );
    expect(server.requests).toHaveLength(0);
  });

  it('sends a dead alert again when a person says so', async () => {
    await enqueue('t1');
    server.answer = (_, response) => reply(response, 400, 'invalid_payload');
    const step = sender();
    await drive(step, clock, async () => (await count(`state = 'dead'`)) === 1);
    server.answer = slackOk;
    await resendAlerts(db, ['t1'], clock.now());
    await drive(step, clock, allSent);
    expect(server.requests.at(-1)?.body).not.toContain('repeat');
  });

  it('gives up only the alert that spoils a digest', async () => {
    for (let index = 0; index < 12; index++) await enqueue(`t${index}`);
    server.answer = (request, response, socket) =>
      request.body.includes('t7') ? reply(response, 400, 'invalid_blocks') : slackOk(request, response, socket);
    await drive(sender(), clock, async () => (await count(`state IN ('sent', 'dead')`)) === 12);
    expect(await db.query(`SELECT trans_num FROM sluice.outbox WHERE state = 'dead'`)).toEqual([{ trans_num: 't7' }]);
    expect(delivered).toBe(11);
  });

  it('keeps the wait that Slack asked for across a restart, also for alerts that come after it', async () => {
    await enqueue('t1');
    server.answer = failOnce((_, response) => reply(response, 429, '', { 'retry-after': '600' }));
    await drive(sender(), clock, () => server.requests.length === 1 && lines.length > 0);
    await enqueue('t2');
    await drive(sender(2), clock, allSent);
    expect((server.requests[1]?.at ?? 0) - (server.requests[0]?.at ?? 0)).toBeGreaterThanOrEqual(600_000);
  });

  it('notes every message with what became of it', async () => {
    await enqueue('t1');
    server.answer = failOnce((_, response) => reply(response, 500, 'server_error'));
    await drive(sender(), clock, allSent);
    const messages = await db.query(
      `SELECT outcome, reason, body->>'text' AS text, trans_num FROM sluice.messages JOIN sluice.message_alerts ON message_id = id ORDER BY id`,
    );
    expect(messages).toEqual([
      expect.objectContaining({ outcome: 'ambiguous', reason: 'Slack answered 500 server_error.', trans_num: 't1' }),
      expect.objectContaining({ outcome: 'accepted', reason: null, trans_num: 't1' }),
    ]);
    expect(messages[0]?.['text']).toContain('HIGH risk');
    expect((await readDeliveries(db, 10))[0]?.sends.map(({ outcome }) => outcome)).toEqual(['accepted', 'ambiguous']);
  });

  describe('asked for a test message', () => {
    it('says so when it was taken, and lets alerts flow that were paused', async () => {
      await enqueue('t1');
      server.answer = failOnce((_, response) => reply(response, 403, 'action_prohibited'));
      const { step, test } = senderOf();
      await drive(step, clock, () => pauses.length > 0);
      let taken = false;
      const asked = test().then(() => (taken = true));
      await drive(step, clock, () => taken);
      await asked;
      await drive(step, clock, allSent);
      expect(server.requests.map(({ body }) => body.includes('Test message from Sluice'))).toEqual([
        false,
        true,
        false,
      ]);
      expect(pauses.at(-1)).toBe(null);
    });

    it('says why it was not, without the address', async () => {
      server.answer = (_, response) => reply(response, 404, 'no_service');
      const { step, test } = senderOf();
      const asked = test().catch((error: Error) => error);
      let failed: unknown;
      void asked.then((error) => (failed = error));
      await drive(step, clock, () => failed !== undefined);
      expect(failed).toMatchObject({ code: 'ALERTS_PAUSED', seen: 'Slack answered 404 no_service' });
      expect(inspect(failed, { depth: 9 })).not.toMatch(/secret|127\.0\.0\.1/);
    });

    it('does not break the silence that Slack asked for', async () => {
      await enqueue('t1');
      server.answer = (_, response) => reply(response, 429, '', { 'retry-after': '3600' });
      const { step, test } = senderOf();
      await drive(step, clock, () => server.requests.length === 1 && lines.length > 0);
      let failed: unknown;
      void test().catch((error: unknown) => (failed = error));
      await step(new AbortController().signal);
      await new Promise((resolve) => setImmediate(resolve));
      expect(failed).toMatchObject({ code: 'ALERTS_PAUSED' });
      expect(server.requests).toHaveLength(1);
    });
  });

  describe('by its rules', () => {
    async function enqueueFor(card: bigint, transNum: string, level: RiskLevel = 'HIGH'): Promise<void> {
      await insertTransaction(db, transNum, { cc_num: card });
      await enqueue(transNum, level);
      await db.query(
        `UPDATE sluice.outbox SET created_at = to_timestamp($2::double precision / 1000) WHERE trans_num = $1`,
        [transNum, clock.now()],
      );
    }
    const told = () =>
      server.requests.map(({ body }) => [...body.matchAll(/Transaction (t\d+)/g)].map((match) => match[1]).sort());
    beforeEach(() => db.query('TRUNCATE transactions CASCADE').then(() => undefined));

    it('joins later frauds of a card that was told of, and only of that card', async () => {
      const { step } = senderOf(1, db, { joinCardMs: 600_000 });
      await enqueueFor(4992346398065154184n, 't1');
      await drive(step, clock, allSent);
      const first = clock.now();
      for (const id of ['t2', 't3', 't4']) await enqueueFor(4992346398065154184n, id);
      await enqueueFor(4992346398065154185n, 't5');
      await drive(step, clock, allSent);
      expect(told()).toEqual([['t1'], ['t5'], ['t2', 't3', 't4']]);
      expect((server.requests[2]?.at ?? 0) - first).toBeGreaterThanOrEqual(590_000);
      expect(server.requests[2]?.body).toContain('3 frauds on card •••• 4184: 3 HIGH');
    });

    it('gathers what is below HIGH in a storm, and lets HIGH go at once', async () => {
      const { step } = senderOf(1, db, { stormPerMinute: 3 });
      for (const id of ['t1', 't2', 't3', 't4']) await enqueueFor(1n, id, 'MEDIUM');
      await enqueueFor(2n, 't5');
      const begun = clock.now();
      await drive(step, clock, allSent);
      expect(told()).toEqual([['t5'], ['t1', 't2', 't3', 't4']]);
      expect((server.requests[1]?.at ?? 0) - begun).toBeGreaterThanOrEqual(59_000);
    });

    it('sends only HIGH in quiet hours, and the others after them', async () => {
      const hour = (ms: number) => new Date(ms).getHours() * 60;
      const quietHours = { from: hour(clock.now()), to: (hour(clock.now()) + 120) % 1_440 };
      const { step } = senderOf(1, db, { quietHours });
      await enqueueFor(1n, 't1', 'MEDIUM');
      await enqueueFor(2n, 't2');
      await drive(step, clock, async () => (await count(`state = 'sent'`)) === 1);
      expect(told()).toEqual([['t2']]);
      clock.pass(121 * 60_000);
      await drive(step, clock, allSent);
      expect(told()).toEqual([['t2'], ['t1']]);
    });
  });

  it('never names the webhook in a log line or a row', async () => {
    patienceMs = 300;
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
