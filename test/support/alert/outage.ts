/** The fraud API is away for a while under a steady stream, in time that the test owns; then everything is scored. */
import type { PostgresSettings } from '../../../src/pipeline/job-settings.ts';
import { openDatabase } from '../../../src/pipeline/sql.ts';
import { emptyTables, memoryQuarantine, virtualClock } from '../../pipeline/alert/support.ts';
import { judge, type Verdict } from './oracle.ts';
import { startScriptedApi, startScriptedSlack } from './receivers.ts';
import { cut, isQuiet, openLife, toBatch } from './simulation.ts';
import { feed, seeded } from './workload.ts';

export interface Outage {
  /** Transactions a second, and minutes without an API. */
  readonly rate: number;
  readonly minutes: number;
}

export interface OutageOutcome extends Outage {
  readonly verdict: Verdict;
  /** Transactions that waited when the API came back. */
  readonly backlog: number;
  /** The longest time that one batch took while the API was away, ms of real time and of the test's time. */
  readonly slowestBatchMs: number;
  readonly slowestBatchVirtualMs: number;
  /** Of the backlog, by real time. */
  readonly scoredPerSecond: number;
  /** Requests that an API met which was away. */
  readonly requestsWhileAway: number;
}

export async function runOutage(settings: PostgresSettings, outage: Outage): Promise<OutageOutcome> {
  const { rate, minutes } = outage;
  const admin = openDatabase(settings, { statementTimeoutMs: 0 });
  await emptyTables(admin);
  const rows = rate * 60 * minutes;
  const mix = { rows, frauds: Math.ceil(rows / 200), repeats: 0, garbage: 3, refused: 2, skips: 2 };
  const fed = feed(seeded(7), mix, 'outage');
  const clock = virtualClock();
  let away = true;
  let requestsWhileAway = 0;
  const api = await startScriptedApi(() => {
    if (away) requestsWhileAway += 1;
    return away ? 'drop' : 'ok';
  });
  const slack = await startScriptedSlack(() => 'ok');
  const quarantine = memoryQuarantine();
  const life = openLife({ db: admin, clock, quarantine, epoch: 1, apiUrl: api.url, slackUrl: slack.url, settings });
  try {
    const batches = cut(fed, rate * 5);
    let [slowest, slowestVirtual] = [0, 0];
    for (const id of batches.keys()) {
      const [begun, virtual] = [performance.now(), clock.now()];
      await life.sink.addBatch(toBatch(batches, id));
      slowest = Math.max(slowest, performance.now() - begun);
      slowestVirtual = Math.max(slowestVirtual, clock.now() - virtual);
      await life.step();
      clock.pass(Math.max(0, virtual + 5_000 - clock.now()));
    }
    away = false;
    clock.pass(60_000);
    const [waiting] = await admin.query<{ n: string }>('SELECT count(*) AS n FROM sluice.pending');
    const backlog = Number(waiting?.n);
    const begun = performance.now();
    while ((await pending(admin)) > 0) clock.pass(Math.max(1, Number(await life.rescore())));
    const scoredPerSecond = Math.round((backlog * 1_000) / (performance.now() - begun));
    while (!(await isQuiet(admin))) clock.pass(await life.step());
    const letters = new Set(quarantine.letters().map(({ offset }) => fed[offset]?.transNum ?? ''));
    const verdict = await judge(admin, fed, slack.accepted, letters);
    return {
      ...outage,
      verdict,
      backlog,
      slowestBatchMs: Math.round(slowest),
      slowestBatchVirtualMs: Math.round(slowestVirtual),
      scoredPerSecond,
      requestsWhileAway,
    };
  } finally {
    life.close();
    await Promise.all([api.close(), slack.close(), admin.close()]);
  }
}

async function pending(db: ReturnType<typeof openDatabase>): Promise<number> {
  const [row] = await db.query<{ n: string }>(
    'SELECT count(*) AS n FROM (SELECT 1 FROM sluice.pending LIMIT 1) AS one',
  );
  return Number(row?.n);
}
