import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { AlertFacts } from '../../../src/pipeline/alert/facts.ts';
import { makeSender, type Sender } from '../../../src/pipeline/alert/sender.ts';
import { openSlack } from '../../../src/pipeline/alert/slack.ts';
import { openTurn, type Turn } from '../../../src/pipeline/alert/turn.ts';
import type { PostgresSettings } from '../../../src/pipeline/job-settings.ts';
import { openDatabase, type Database } from '../../../src/pipeline/sql.ts';
import { startTestPostgres, type TestPostgres } from '../../support/postgres.ts';
import { memoryLog, NOW, PLAIN_DELIVERY, slackOk, startServer, virtualClock, type TestServer } from './support.ts';

let postgres: TestPostgres;
let settings: PostgresSettings;
let db: Database;
let open: Turn[] = [];

beforeAll(async () => {
  postgres = await startTestPostgres();
  settings = (await postgres.createFraudDatabases()).frauddb;
  db = openDatabase(settings);
}, 60_000);
afterAll(async () => {
  await db.close();
  await postgres.stop();
});
afterEach(async () => {
  await Promise.all(open.splice(0).map((turn) => turn.close()));
});

function turnOf(): Turn {
  const turn = openTurn(settings);
  open.push(turn);
  return turn;
}

/** As a crash of its owner, or of the network, does. */
async function breakSessions(): Promise<void> {
  await db.query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'sluice-sender'`);
  const left = () => db.query(`SELECT 1 FROM pg_stat_activity WHERE application_name = 'sluice-sender'`);
  await expect.poll(left).toEqual([]);
}

describe('the turn to send', () => {
  it('belongs to one at a time, and to the next when it is given back', async () => {
    const [one, other] = [turnOf(), turnOf()];
    expect(await one.take()).toBe('fresh');
    expect(await one.take()).toBe('held');
    expect(await other.take()).toBe('other');
    expect([await one.isMine(), await other.isMine()]).toEqual([true, false]);
    await one.close();
    open = [other];
    await expect.poll(() => other.take()).toBe('fresh');
    expect(await other.isMine()).toBe(true);
  });

  it('is lost with its session, and whoever takes it again cannot know who had it meanwhile', async () => {
    const [one, other] = [turnOf(), turnOf()];
    await one.take();
    await breakSessions();
    expect(await one.isMine().catch(() => false)).toBe(false);
    expect(await other.take()).toBe('fresh');
    expect(await one.take()).toBe('other');
    await other.evict();
    expect(await other.isMine()).toBe(true);
  });

  it('can be taken from one that holds it without a right to it', async () => {
    const [one, other] = [turnOf(), turnOf()];
    await one.take();
    await other.evict();
    await expect.poll(() => other.take()).toBe('fresh');
    expect(await one.isMine().catch(() => false)).toBe(false);
  });
});

describe('two senders of one outbox', () => {
  let server: TestServer;
  let clock: ReturnType<typeof virtualClock>;
  const { signal } = new AbortController();

  beforeEach(async () => {
    await db.query('TRUNCATE sluice.outbox, sluice.messages, sluice.message_alerts');
    clock = virtualClock();
    server = await startServer(slackOk, clock);
    for (const at of Array.from({ length: 12 }, (_, index) => index)) await enqueue(`t${at}`);
  });
  afterEach(() => server.close());

  const enqueue = (transNum: string) =>
    db.query(
      `INSERT INTO sluice.outbox (trans_num, payload, next_at) VALUES ($1, $2::jsonb, to_timestamp($3::double precision / 1000))`,
      [transNum, JSON.stringify(factsOf(transNum)), NOW],
    );
  const factsOf = (transNum: string): AlertFacts => ({
    transNum,
    level: 'HIGH',
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
  });
  const sent = async () =>
    Number((await db.query<{ n: string }>(`SELECT count(*) AS n FROM sluice.outbox WHERE state = 'sent'`))[0]?.n);
  const told = () =>
    server.requests.flatMap(({ body }) => [...body.matchAll(/Transaction (t\d+)/g)].map(([, id]) => id));

  function senderOf(turn: Turn, epoch: number, mayEvict: boolean): Sender & { lines: string[] } {
    const { log, lines } = memoryLog();
    const slack = openSlack({ kind: 'preview', url: `${server.url}/services/secret` });
    const quiet = { onDelivered: () => undefined, onPaused: () => undefined, stillOwner: async () => true };
    const parts = { db, slack, log, clock, epoch, rules: PLAIN_DELIVERY, turn, mayEvict, ...quiet };
    return { ...makeSender(parts), lines };
  }

  it('tell of each fraud once, though both try all the time', async () => {
    const senders = [senderOf(turnOf(), -1, false), senderOf(turnOf(), -2, false)];
    while ((await sent()) < 12) {
      const waits = await Promise.all(senders.map(({ step }) => step(signal)));
      clock.pass(Math.max(1, Math.min(...waits.map(Number))));
    }
    expect(told().sort()).toEqual(Array.from({ length: 12 }, (_, index) => `t${index}`).sort());
    expect(senders.filter(({ lines }) => lines.some((line) => line.includes('waiting for it')))).toHaveLength(1);
  });

  it('let the owner of the query go on when the other one holds its turn and does nothing', async () => {
    const frozen = turnOf();
    await frozen.take();
    const [owner, drain] = [senderOf(turnOf(), 7, true), senderOf(turnOf(), -7, false)];
    for (let second = 0; second < 16; second += 1) {
      await drain.step(signal);
      clock.pass(Number(await owner.step(signal)));
    }
    expect(server.requests).toHaveLength(0);
    await expect.poll(() => frozen.isMine().catch(() => false)).toBe(false);
    while ((await sent()) < 12) clock.pass(Math.max(1, Number(await owner.step(signal))));
    expect(new Set(told()).size).toBe(12);
  });
});
