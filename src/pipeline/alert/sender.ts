/** Empties the outbox into Slack: one message at a time, at Slack's pace, and never twice without saying so. */
import { toErrorView, SluiceError } from '../errors.ts';
import type { Clock, Log } from '../ports.ts';
import type { Database } from '../sql.ts';
import type { Next } from './loop.ts';
import { buildMessage, buildPlainMessage, DIGEST_SIZE, type SlackMessage } from './message.ts';
import * as outbox from './outbox.ts';
import type { Claimed } from './outbox.ts';
import { advance, spend, startPace, waitFor, type Pace } from './pace.ts';
import type { Slack, SlackOutcome } from './slack.ts';
import { oneLine } from './text.ts';

export interface SenderParts {
  readonly db: Database;
  readonly slack: Slack;
  readonly log: Log;
  readonly clock: Clock;
  /** Of the lease: claims of earlier epochs are claims of runs that are gone. */
  readonly epoch: number;
  /** Called with the number of alerts that Slack has just accepted. */
  onDelivered(sent: number): void;
  /** Asked right before each write to Slack. */
  stillOwner(): Promise<boolean>;
}

const IDLE_MS = 1_000;
/** More than this many waiting: they go as digests. */
const DIGEST_ABOVE = 10;
const PACE_WINDOW_MS = 60_000;
const FIRST_HOLD_MS = 1_000;
const LONGEST_HOLD_MS = 60_000;
const ID_WIDTH = 100;

/** What became of claimed alerts; `unowned`: this run no longer owns the query, and nothing was sent. */
type Result = SlackOutcome | { readonly kind: 'unowned' };

/** Returns the step of the sending loop. Nothing is asked of the database before its first call. */
export function makeSender(parts: SenderParts): (signal: AbortSignal) => Promise<Next> {
  const { db, clock, epoch } = parts;
  let pace: Pace | null = null;
  let holdUntil = 0;
  let failures = 0;
  // Kept until it is in the database, so that a send whose outcome is known never becomes ambiguous.
  let unsettled: { readonly claimed: readonly Claimed[]; readonly result: Result } | null = null;

  return async (signal) => {
    if (unsettled) return settleLast();
    if (pace === null && !(await parts.stillOwner())) return tellUnowned();
    pace = advance(pace ?? (await begin(parts)), clock.now());
    const wait = Math.max(waitFor(pace), Math.min(holdUntil - clock.now(), LONGEST_HOLD_MS));
    if (wait > 0) return wait;
    const queue = await outbox.readQueue(db, clock.now());
    if (queue.due === 0) return queue.nextAt === null ? IDLE_MS : Math.min(IDLE_MS, queue.nextAt - clock.now());
    const claimed = await outbox.claim(db, epoch, clock.now(), queue.due > DIGEST_ABOVE ? DIGEST_SIZE : 1);
    if (claimed.length === 0) return IDLE_MS;
    unsettled = { claimed, result: await deliver(claimed, signal) };
    return settleLast();
  };

  async function deliver(claimed: readonly Claimed[], signal: AbortSignal): Promise<Result> {
    const result = await sendOnce(buildMessage(claimed));
    if (result.kind !== 'invalid') return result;
    await clock.sleep(waitFor(advance(pace as Pace, clock.now())), signal);
    return sendOnce(buildPlainMessage(claimed));
  }

  async function sendOnce(message: SlackMessage): Promise<Result> {
    const owns = await parts.stillOwner().catch(() => null);
    if (owns === null) return { kind: 'not-sent', reason: 'Who owns this query cannot be checked now.' };
    if (!owns) return { kind: 'unowned' };
    pace = spend(advance(pace as Pace, clock.now()));
    return parts.slack.send(message, clock.now());
  }

  async function settleLast(): Promise<Next> {
    if (!unsettled) return 0;
    const next = await settle(unsettled.claimed, unsettled.result);
    unsettled = null;
    return next;
  }

  async function settle(claimed: readonly Claimed[], result: Result): Promise<Next> {
    const ids = idsOf(claimed);
    const now = clock.now();
    switch (result.kind) {
      case 'accepted':
        failures = 0;
        await outbox.markSent(db, epoch, ids, now);
        return tellSent(parts, claimed);
      case 'wait':
        holdUntil = now + result.ms;
        return holdBack(ids, holdUntil, `Slack asks to wait ${Math.ceil(result.ms / 1000)} s.`);
      case 'not-sent':
        holdUntil = now + rise();
        return holdBack(ids, holdUntil, result.reason);
      case 'refused':
        await holdBack(ids, now, result.reason);
        parts.log('error', pausedMessage(result.reason));
        return 'pause';
      case 'invalid':
        await outbox.markDead(db, epoch, ids, result.reason);
        parts.log('error', `Slack does not take the alert about ${namesOf(claimed)}: ${result.reason}`);
        return 0;
      case 'ambiguous':
        holdUntil = now + rise();
        await outbox.markAmbiguous(db, epoch, ids, now + backoff(claimed), result.reason);
        parts.log(
          'warn',
          `The alert about ${namesOf(claimed)} may have arrived; it goes again, marked. ${result.reason}`,
        );
        return 0;
      case 'unowned':
        await outbox.release(db, epoch, ids, now, null);
        return tellUnowned();
    }
  }

  function tellUnowned(): Next {
    parts.log('warn', 'Another console owns this query now: nothing more is sent from here');
    return 'pause';
  }

  async function holdBack(ids: readonly string[], until: number, reason: string): Promise<Next> {
    await outbox.release(db, epoch, ids, until, reason);
    await outbox.holdAll(db, until, reason);
    parts.log('warn', `Alerts wait: ${reason}`);
    return 0;
  }

  function rise(): number {
    return Math.min(LONGEST_HOLD_MS, FIRST_HOLD_MS * 2 ** failures++);
  }
}

/** Settles what an earlier run left behind, and takes over its pace. */
async function begin({ db, clock, log }: SenderParts): Promise<Pace> {
  const adopted = await outbox.adoptClaims(db, clock.now());
  if (adopted > 0)
    log(
      'warn',
      `${adopted} alerts were being sent when the console stopped; they go again, marked as possible repeats`,
    );
  return startPace(clock.now(), await outbox.readRecentSends(db, clock.now() - PACE_WINDOW_MS));
}

function tellSent({ log, onDelivered }: SenderParts, claimed: readonly Claimed[]): Next {
  for (const { transNum, facts } of claimed) {
    log('info', `🚨 ALERT sent for ${oneLine(transNum, ID_WIDTH)} (${facts.level} risk)`);
  }
  log('info', `Slack alerts sent: ${claimed.length}`);
  onDelivered(claimed.length);
  return 0;
}

function pausedMessage(reason: string): string {
  const error = new SluiceError('ALERTS_PAUSED', {
    tried: 'Sending alerts to Slack',
    seen: reason,
    expected: 'a webhook that takes messages',
    action: 'Set a webhook URL that works and start Alert again; everything that waits is kept.',
  });
  const view = toErrorView(error);
  return `${view.code}: ${view.message} ${view.action}`;
}

/** Each further try of one alert waits twice as long: what may arrive twice should not arrive ten times. */
function backoff(claimed: readonly Claimed[]): number {
  const attempts = Math.max(...claimed.map((each) => each.attempts));
  return Math.min(10 * LONGEST_HOLD_MS, 5 * FIRST_HOLD_MS * 2 ** (attempts - 1));
}

function idsOf(claimed: readonly Claimed[]): string[] {
  return claimed.map(({ transNum }) => transNum);
}

function namesOf(claimed: readonly Claimed[]): string {
  return claimed.map(({ transNum }) => oneLine(transNum, ID_WIDTH)).join(', ');
}
