/**
 * The parts of the Alert query in one process, on a real PostgreSQL, scripted receivers and time that the test owns:
 * they die at a failpoint, everything of that life stops at once, and the next life goes on from what is stored.
 */
import { makeSender, type Sender } from '../../../src/pipeline/alert/sender.ts';
import { makeAlertSink } from '../../../src/pipeline/alert/sink.ts';
import { openFraudApi, type FraudApi } from '../../../src/pipeline/alert/fraud-api.ts';
import { makeHistories } from '../../../src/pipeline/alert/history.ts';
import type { Next } from '../../../src/pipeline/alert/loop.ts';
import { rescore } from '../../../src/pipeline/alert/rescore.ts';
import { openSlack } from '../../../src/pipeline/alert/slack.ts';
import { armFailpoints, failpoint, type FailpointName, type Shot } from '../../../src/pipeline/failpoints.ts';
import type { PostgresSettings } from '../../../src/pipeline/job-settings.ts';
import type { Batch, Sink, TopicRecord } from '../../../src/pipeline/ports.ts';
import { openDatabase, type Database } from '../../../src/pipeline/sql.ts';
import {
  aloneAtTurn,
  batchOf,
  emptyTables,
  memoryQuarantine,
  PLAIN_DELIVERY,
  settingsFor,
  virtualClock,
} from '../../pipeline/alert/support.ts';
import { ALERT_FAILPOINTS, type AlertFailpoint } from './failpoints.ts';
import { judge, type Verdict } from './oracle.ts';
import { startScriptedApi, startScriptedSlack } from './receivers.ts';
import { feed, seeded, type Fed, type Mix } from './workload.ts';

/** `twice`: killed at the failpoint, and once more at another one while the next life recovers. */
export const MODES = ['kill', 'throw', 'twice'] as const;

export interface SimulatedCase {
  readonly failpoint: AlertFailpoint;
  readonly mode: (typeof MODES)[number];
  readonly seed: number;
}

export interface SimulatedOutcome extends SimulatedCase {
  readonly lives: number;
  readonly fired: number;
  readonly verdict: Verdict;
}

const MIX: Mix = { rows: 24, frauds: 5, repeats: 3, garbage: 2, refused: 2, skips: 2 };
const BATCH = 9;
const MAX_LIVES = 6;
const APPLICATION = 'sluice-simulated';

class Death extends Error {}

export async function simulate(settings: PostgresSettings, each: SimulatedCase): Promise<SimulatedOutcome> {
  const random = seeded(each.seed * 1_000 + ALERT_FAILPOINTS.indexOf(each.failpoint) * 10 + MODES.indexOf(each.mode));
  const admin = openDatabase(settings);
  await emptyTables(admin);
  const fed = feed(random, MIX, `${each.failpoint}-${each.seed}`);
  const clock = virtualClock();
  // Only while the API is away do rows wait.
  const away = clock.now() + (each.failpoint === 'a13' ? 20_000 : each.failpoint === 'a14' ? 3_000 : 0);
  const api = await startScriptedApi(() => (clock.now() < away ? { status: 503 } : 'ok'));
  const slack = await startScriptedSlack(() => 'ok');
  const quarantine = memoryQuarantine();
  const state = { confirmed: 0, batches: cut(fed) };
  const shots = shotsOf(each, random);
  let lives = 0;
  let fired = 0;
  try {
    for (let settled = false; !settled;) {
      if (++lives > MAX_LIVES) throw new Error(`${each.failpoint} ${each.mode} ${each.seed} does not settle`);
      const armed = shots.shift();
      let onDeath: (death: Death) => void = () => undefined;
      const dead = new Promise<Death>((resolve) => (onDeath = resolve));
      const die = (): Promise<never> => {
        onDeath(new Death());
        // What is under way in this life never goes on.
        return new Promise(() => undefined);
      };
      armFailpoints(armed ? { shots: [armed], folder: null, die } : null);
      const db = openDatabase(settings, { applicationName: APPLICATION });
      const parts = { db, clock, quarantine, epoch: lives, apiUrl: api.url, slackUrl: slack.url, settings };
      const life = live(parts, state).catch((error: unknown) => error as Error);
      const end = await Promise.race([life, dead]);
      armFailpoints(null);
      if (end instanceof Error) fired += 1;
      settled = end === 'settled';
      await takeDown(admin, db, end instanceof Death);
    }
    const letters = new Set(quarantine.letters().map(({ offset }) => fed[offset]?.transNum ?? ''));
    return { ...each, lives, fired, verdict: await judge(admin, fed, slack.accepted, letters) };
  } finally {
    armFailpoints(null);
    await Promise.all([api.close(), slack.close(), admin.close()]);
  }
}

export interface LifeParts {
  readonly db: Database;
  readonly clock: ReturnType<typeof virtualClock>;
  readonly quarantine: ReturnType<typeof memoryQuarantine>;
  readonly epoch: number;
  readonly apiUrl: string;
  readonly slackUrl: string;
  readonly settings: PostgresSettings;
}

export interface SimulatedLife {
  readonly sink: Sink;
  /** One step of each loop beside the batches; answers after how many ms one of them wants the next. */
  step(): Promise<number>;
  /** The step that scores what waits, alone. */
  rescore(): Promise<Next>;
  close(): void;
}

/** The parts of the query as `openAlert` puts them together, without threads and timers. */
export function openLife(parts: LifeParts): SimulatedLife {
  const { db, clock, quarantine } = parts;
  const settings = settingsFor(parts.settings, {
    servingDatabase: 'separate',
    fraudApiUrl: parts.apiUrl,
    slack: { kind: 'preview', url: parts.slackUrl },
  });
  const log = (): void => undefined;
  const onStored = (): void => undefined;
  const api: FraudApi = openFraudApi(parts.apiUrl, log, clock);
  const histories = makeHistories(db, clock);
  const close = async (): Promise<void> => undefined;
  const sender: Sender = makeSender({
    db,
    slack: openSlack({ kind: 'preview', url: parts.slackUrl }),
    rules: PLAIN_DELIVERY,
    log,
    clock,
    epoch: parts.epoch,
    onDelivered: () => undefined,
    onPaused: () => undefined,
    stillOwner: async () => true,
    turn: aloneAtTurn(),
    mayEvict: true,
  });
  const { signal } = new AbortController();
  const again = (): Promise<Next> => rescore({ settings, db, api, histories, quarantine, log, clock, onStored });
  const toWait = (next: Next): number => Math.max(1, next === 'pause' ? 1_000 : Math.min(1_000, next));
  return {
    sink: makeAlertSink({ settings, db, api, histories, quarantine, log, clock, onStored, close }),
    step: async () => Math.min(toWait(await sender.step(signal)), toWait(await again())),
    rescore: again,
    close: api.close,
  };
}

/** Batches, with steps of the two loops in between; ends when everything is settled. */
async function live(parts: LifeParts, state: { confirmed: number; readonly batches: readonly Fed[][] }) {
  const life = openLife(parts);
  while (state.confirmed < state.batches.length) {
    await life.sink.addBatch(toBatch(state.batches, state.confirmed));
    await failpoint('a12');
    state.confirmed += 1;
    parts.clock.pass(await life.step());
  }
  while (!(await isQuiet(parts.db))) parts.clock.pass(await life.step());
  life.close();
  return 'settled' as const;
}

export async function isQuiet(db: Database): Promise<boolean> {
  const [row] = await db.query<{ open: string }>(
    `SELECT (SELECT count(*) FROM sluice.pending)
       + (SELECT count(*) FROM sluice.outbox WHERE state IN ('pending', 'sending', 'ambiguous')) AS open`,
  );
  return Number(row?.open) === 0;
}

/** A life that is dead still holds its connections, and with them its locks: the server ends them, as with a dead process. */
async function takeDown(admin: Database, db: Database, isDead: boolean): Promise<void> {
  if (isDead) {
    await admin.query('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = $1', [
      APPLICATION,
    ]);
    void db.close().catch(() => undefined);
    while ((await admin.query('SELECT 1 FROM pg_stat_activity WHERE application_name = $1', [APPLICATION])).length > 0);
  } else await db.close();
}

function shotsOf({ failpoint: name, mode }: SimulatedCase, random: () => number): Shot[] {
  const late = name === 'a13' || name === 'a14';
  const shot = (each: FailpointName, pass: number): Shot => ({
    name: each,
    action: mode === 'throw' ? 'throw' : 'kill',
    ms: 0,
    pass,
  });
  const first = shot(name, late ? 1 : 1 + Math.floor(random() * 2));
  if (mode !== 'twice') return [first];
  const other = ALERT_FAILPOINTS[Math.floor(random() * 12)] ?? 'a1';
  return [first, shot(other, 1)];
}

export function cut(fed: readonly Fed[], size = BATCH): Fed[][] {
  const batches: Fed[][] = [];
  for (let from = 0; from < fed.length; from += size) batches.push(fed.slice(from, from + size));
  return batches;
}

export function toBatch(batches: readonly Fed[][], id: number): Batch {
  const first = batches.slice(0, id).reduce((sum, { length }) => sum + length, 0);
  const records = (batches[id] ?? []).map(({ event }, index): TopicRecord => ({
    partition: 0,
    offset: BigInt(first + index),
    timestamp: 0,
    key: event.key,
    value: event.value,
  }));
  return batchOf(id, records);
}
