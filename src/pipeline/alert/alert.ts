/** The Alert job: a sink for the micro-batch loop, and two loops beside it that score what waits and send what is due. */
import { SluiceError, type ErrorView } from '../errors.ts';
import type { AlertSettings } from '../job-settings.ts';
import type { Clock, Log, Sink } from '../ports.ts';
import type { Quarantine } from '../quarantine/dead-letter.ts';
import { openDatabase, type Database } from '../sql.ts';
import { openFraudApi } from './fraud-api.ts';
import { makeHistories } from './history.ts';
import { makeLoop, type Loop } from './loop.ts';
import { rescore } from './rescore.ts';
import { makeSender } from './sender.ts';
import { makeAlertSink } from './sink.ts';
import { openSlack } from './slack.ts';
import { openTurn } from './turn.ts';

export interface AlertOptions {
  readonly settings: AlertSettings;
  readonly quarantine: Quarantine;
  readonly log: Log;
  readonly clock: Clock;
  /** Of the lease; it rises with every run. */
  readonly epoch: number;
  /** Called with the number of alerts that Slack has just accepted. */
  onDelivered(sent: number): void;
  /** Called when Slack refuses for good, and with null when alerts flow again. */
  onPaused(error: ErrorView | null): void;
  /** Whether this run still holds the lease; asked right before each write to Slack. */
  stillOwner(): Promise<boolean>;
  /** False where a Spark cluster runs the query: then this console only scores what waits, and sends. */
  readonly ownsQuery: boolean;
}

export interface AlertJob {
  readonly sink: Sink;
  /** Begins to score what waits and to send what is due. Called when the query is RUNNING. */
  start(): void;
  /** Sends again what waits because Slack had refused. */
  resume(): void;
  /** Resolves when Slack has accepted a test message. Rejects with the reason. */
  test(): Promise<void>;
  /** Finishes the message in flight. The sink works on until it is closed. */
  stop(): Promise<void>;
}

/** Connects to nothing yet. Throws `SETTINGS_INVALID` for an address that may not be used. */
export function openAlert(options: AlertOptions): AlertJob {
  const { settings, quarantine, log, clock } = options;
  const slack = settings.slack.kind === 'off' ? null : openSlack(settings.slack);
  const api = openFraudApi(settings.fraudApiUrl, log, clock);
  const db = openDatabase(settings.serving, { applicationName: 'sluice-alert' });
  const histories = makeHistories(db, clock);

  const turn = openTurn(settings.serving);
  const mayEvict = options.ownsQuery;
  const sender = slack && makeSender({ ...options, slack, db, rules: settings.delivery, turn, mayEvict });
  const sending = sender && makeLoop('Sending alerts', sender.step, clock, log);
  const onStored = (): void => sending?.wake();
  const scoring = makeLoop(
    'Scoring what waits',
    () => rescore({ settings, db, api, histories, quarantine, log, clock, onStored }),
    clock,
    log,
  );
  const loops = sending ? [scoring, sending] : [scoring];
  // Whoever sends next need not wait until the sink is closed as well.
  const stop = once(() => Promise.all(loops.map((loop) => loop.stop())).then(turn.close));
  const close = once(() => stop().then(() => closeAll(api.close, db)));
  return {
    sink: makeAlertSink({ settings, db, api, histories, quarantine, log, clock, onStored, close }),
    start: () => loops.forEach((loop: Loop) => loop.start()),
    resume: () => {
      sender?.resume();
      sending?.wake();
    },
    test: () => {
      if (!sender) return Promise.reject(alertsAreOff(settings));
      const taken = sender.test();
      sending?.wake();
      return taken;
    },
    stop,
  };
}

function closeAll(closeApi: () => void, db: Database): Promise<void> {
  closeApi();
  return db.close();
}

function once(work: () => Promise<void>): () => Promise<void> {
  let done: Promise<void> | null = null;
  return () => (done ??= work());
}

function alertsAreOff({ slack }: AlertSettings): SluiceError {
  return new SluiceError('NOT_ALLOWED_NOW', {
    tried: 'Sending a test message',
    seen: `alerts are off: ${slack.kind === 'off' ? slack.reason : 'there is no receiver'}`,
    expected: 'a receiver of alerts',
    action: 'Set SLACK_WEBHOOK_URL, and start Sluice again.',
  });
}
