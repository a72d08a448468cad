/** The producer as a service: begins, pauses, goes on after a break of the database, and tells how it fares. */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { LogLevel } from '../../pipeline/events.ts';
import { SluiceError, toErrorView } from '../../pipeline/errors.ts';
import type { Database } from '../../pipeline/sql.ts';
import type { ProducerSettings, ProducerView } from '../stack.ts';
import { openFeed, type Feed } from './feed.ts';
import { sendRows, type RunListener } from './run.ts';
import { scenarioRows, type ScenarioName } from './scenario.ts';
import { testTransaction, type TestKind } from './test-transaction.ts';
import { insertTransactions } from './transaction.ts';

export interface Producer {
  view(): ProducerView;
  /** Begins, or goes on where the checkpoint stands; a run under way is ended first. Mode idle only does the latter. */
  start(settings: ProducerSettings): Promise<void>;
  /** Resolves when the rows under way are committed. */
  pause(): Promise<void>;
  /** Inserts one transaction by hand; resolves with its trans_num once it is committed. */
  sendTest(kind: TestKind): Promise<string>;
  /** Inserts all rows of a scenario at once; resolves with the trans_nums of the thefts once they are committed. */
  play(name: ScenarioName): Promise<readonly string[]>;
}

type ProducerLog = (level: LogLevel, message: string) => void;

const RETRY_MS = 1_000;
const RATE_WINDOW_MS = 5_000;
/** Bad lines beyond this number are counted, not listed. */
const LISTED_BAD_LINES = 20;

export function createProducer(frauddb: Database, log: ProducerLog): Producer {
  let view = { mode: 'idle', running: false, sent: 0, badLines: 0, source: 'nothing yet' } as Omit<
    ProducerView,
    'rowsPerSecond'
  >;
  const rate = rateMeter();
  let stopping = new AbortController();
  let running: Promise<void> = Promise.resolve();

  const listener: RunListener = {
    onSent(rows) {
      rate.count(rows);
      view = { ...view, sent: view.sent + rows };
    },
    onBad(line, reason) {
      view = { ...view, badLines: view.badLines + 1 };
      if (view.badLines <= LISTED_BAD_LINES) log('warn', `Line ${line} is no transaction and is skipped: ${reason}`);
      if (view.badLines === LISTED_BAD_LINES) log('warn', 'Further bad lines are counted, not listed');
    },
  };
  const pause = async (): Promise<void> => {
    stopping.abort();
    await running;
  };
  const run = async (feed: Feed, settings: ProducerSettings, signal: AbortSignal): Promise<void> => {
    view = { ...view, running: true };
    log('info', `Sending ${feed.title} (${describe(settings)})`);
    const end = await sendUntilDone(frauddb, feed, settings, signal, listener, log);
    view = { ...view, running: false };
    log('info', `${end} after ${view.sent} rows of this run of Sluice`);
  };
  return {
    view: () => ({ ...view, rowsPerSecond: rate.perSecond() }),
    pause,
    async start(settings) {
      await pause();
      stopping = new AbortController();
      const feed = openFeed(settings);
      view = { ...view, mode: settings.mode, source: feed.title };
      if (settings.mode !== 'idle') running = run(feed, settings, stopping.signal);
    },
    async sendTest(kind) {
      const transaction = testTransaction(kind, Date.now());
      await insertTransactions(frauddb, [transaction]);
      log('info', `Sent the ${kind} test transaction ${transaction.trans_num}`);
      return transaction.trans_num ?? '';
    },
    async play(name) {
      const rows = scenarioRows(name, randomUUID(), Date.now());
      await insertTransactions(frauddb, rows);
      const thefts = rows.filter(({ is_fraud }) => is_fraud === '1').map(({ trans_num }) => trans_num ?? '');
      log(
        'info',
        `Played ${name}: ${thefts.length} thefts after ${rows.length - thefts.length} purchases of the owner`,
      );
      return thefts;
    },
  };
}

/** A run that the database broke begins again at the checkpoint. Returns how it ended, for the log. */
async function sendUntilDone(
  frauddb: Database,
  feed: Feed,
  settings: ProducerSettings,
  signal: AbortSignal,
  listener: RunListener,
  log: ProducerLog,
): Promise<string> {
  while (!signal.aborted) {
    try {
      await sendRows(frauddb, feed, settings, signal, listener);
      return signal.aborted ? 'Paused' : 'Done';
    } catch (error) {
      const { message, action } = toErrorView(error, `Sending ${feed.title}`);
      if (!(error instanceof SluiceError && error.retryable)) {
        log('error', `${message}. ${action}`);
        return 'Stopped by an error';
      }
      log('warn', `${message}; trying again`);
      await sleep(RETRY_MS, undefined, { signal }).catch(() => undefined);
    }
  }
  return 'Paused';
}

function describe({ mode, rate, rows, csv, timeScale }: ProducerSettings): string {
  if (mode === 'bulk') return `up to row ${rows}, as fast as the table takes them`;
  return csv !== null && timeScale !== null ? `${timeScale} times the speed of the file` : `${rate} rows a second`;
}

function rateMeter() {
  let recent: { at: number; rows: number }[] = [];
  return {
    count: (rows: number) => void recent.push({ at: Date.now(), rows }),
    /** Over the last five seconds, one decimal. */
    perSecond(): number {
      const since = Date.now() - RATE_WINDOW_MS;
      recent = recent.filter(({ at }) => at > since);
      const rows = recent.reduce((sum, each) => sum + each.rows, 0);
      return Math.round((rows * 10_000) / RATE_WINDOW_MS) / 10;
    },
  };
}
