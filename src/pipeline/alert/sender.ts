/** Empties the outbox into Slack: one message at a time, at Slack's pace, and never twice without saying so. */
import { toErrorView, type ErrorView } from '../errors.ts';
import { failpoint } from '../failpoints.ts';
import type { DeliverySettings } from '../job-settings.ts';
import type { Clock, Log } from '../ports.ts';
import type { Database } from '../sql.ts';
import { choose } from './delivery-rules.ts';
import type { Next } from './loop.ts';
import { buildMessage, buildPlainMessage, buildTestMessage, type SlackMessage } from './message.ts';
import { beginMessage, readHold, readRecentSends, settleMessage, type Settlement } from './messages.ts';
import * as outbox from './outbox.ts';
import type { Claim, Claimed, Mark } from './outbox.ts';
import { advance, spend, startPace, waitFor, type Pace } from './pace.ts';
import { pausedError, testRefused } from './sender-errors.ts';
import type { Slack, SlackOutcome } from './slack.ts';
import { oneLine } from './text.ts';
import type { Turn } from './turn.ts';

export interface SenderParts {
  readonly db: Database;
  readonly slack: Slack;
  readonly rules: DeliverySettings;
  readonly log: Log;
  readonly clock: Clock;
  /** Of the lease: claims of earlier epochs are claims of runs that are gone. */
  readonly epoch: number;
  /** Called with the number of alerts that Slack has just accepted. */
  onDelivered(sent: number): void;
  /** Called when Slack refuses for good, and with null when alerts flow again. */
  onPaused(error: ErrorView | null): void;
  /** Asked right before each write to Slack. */
  stillOwner(): Promise<boolean>;
  /** Of several senders for one outbox, one sends. */
  readonly turn: Turn;
  /** True for the owner of the query: whoever still has the turn after some seconds has lost its right to it. */
  readonly mayEvict: boolean;
}

export interface Sender {
  /** One step of the sending loop. Nothing is asked of the database before its first call. */
  step(this: void, signal: AbortSignal): Promise<Next>;
  /** Tries again after Slack had refused for good. */
  resume(): void;
  /** Asks for a test message; it goes in one of the next steps. Rejects with `ALERTS_PAUSED` when Slack does not take it. */
  test(): Promise<void>;
}

const IDLE_MS = 1_000;
/** How long another sender may finish its message in peace. */
const EVICT_AFTER_MS = 15_000;
const PACE_WINDOW_MS = 60_000;
const FIRST_HOLD_MS = 1_000;
const LONGEST_HOLD_MS = 60_000;
const ID_WIDTH = 100;

/** What became of a message; `unowned`: this run no longer owns the query, and nothing was sent. */
type Result = SlackOutcome | { readonly kind: 'unowned' };
type Unsettled = Claim & { readonly result: Result };

interface Test {
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

export function makeSender(parts: SenderParts): Sender {
  const { db, clock, epoch, rules } = parts;
  let pace: Pace | null = null;
  let holdUntil = 0;
  let failures = 0;
  let paused = false;
  let tests: Test[] = [];
  // Kept until it is in the database, so that a send whose outcome is known never becomes ambiguous.
  let unsettled: Unsettled | null = null;
  let waitingSince: number | null = null;

  async function step(signal: AbortSignal): Promise<Next> {
    if (unsettled) return settleLast();
    const taken = await parts.turn.take();
    if (taken === 'other') return waitForTurn();
    if (taken === 'fresh') pace = null;
    waitingSince = null;
    if (pace === null && !(await parts.stillOwner())) return tellUnowned();
    pace ??= await begin();
    pace = advance(pace, clock.now());
    const wait = Math.max(waitFor(pace), Math.min(holdUntil - clock.now(), LONGEST_HOLD_MS));
    if (holdUntil - clock.now() > LONGEST_HOLD_MS) rejectTests('Slack asked for silence, and that is not over');
    if (wait > 0) return wait;
    if (tests.length > 0) return sendTest();
    if (paused) return IDLE_MS;
    const { due, nextAt } = await outbox.readQueue(db, clock.now(), rules.joinCardMs);
    const choice = choose(due, rules, clock.now());
    if (choice === null) return nextAt === null ? IDLE_MS : Math.min(IDLE_MS, Math.max(1, nextAt - clock.now()));
    const { joinCardMs } = rules;
    const build = (claimed: readonly Claimed[]): SlackMessage => buildMessage(claimed, rules.linkBase);
    const claim = await outbox.claim(db, { epoch, now: clock.now(), joinCardMs }, choice, build);
    if (claim === null) return IDLE_MS;
    await failpoint('a8');
    unsettled = await deliver(claim, signal);
    await failpoint('a10');
    return settleLast();
  }

  /** The sender before may be in the middle of a message: it is over when the turn is free. */
  async function waitForTurn(): Promise<Next> {
    if (waitingSince === null)
      parts.log('info', 'Another console is sending the alerts of this database: waiting for it');
    waitingSince ??= clock.now();
    if (!parts.mayEvict || clock.now() - waitingSince < EVICT_AFTER_MS) return IDLE_MS;
    parts.log('warn', 'Another console still has the turn to send, and no longer owns the query: ending its session');
    await parts.turn.evict();
    return IDLE_MS;
  }

  /** Settles what an earlier run left behind, and takes over its pace and the wait that Slack asked it for. */
  async function begin(): Promise<Pace> {
    const adopted = await outbox.adoptClaims(db, clock.now(), rules.onAmbiguous);
    if (adopted > 0) parts.log('warn', `${adopted} alerts were being sent when the console stopped; ${fate(rules)}`);
    holdUntil = await readHold(db, clock.now());
    return startPace(clock.now(), await readRecentSends(db, clock.now() - PACE_WINDOW_MS));
  }

  /** A single alert whose blocks Slack does not take is tried once more, as plain text. */
  async function deliver(claim: Claim, signal: AbortSignal): Promise<Unsettled> {
    const result = await sendOnce(claim.message);
    if (result.kind !== 'invalid' || claim.claimed.length > 1) return { ...claim, result };
    await settleMessage(db, claim.messageId, toSettlement(result));
    await clock.sleep(waitFor(advance(pace as Pace, clock.now())), signal);
    const plain = buildPlainMessage(claim.claimed, rules.linkBase);
    const messageId = await beginMessage(db, plain, namesOf(claim.claimed), clock.now());
    return { ...claim, message: plain, messageId, result: await sendOnce(plain) };
  }

  async function sendOnce(message: SlackMessage): Promise<Result> {
    const owns = await parts.stillOwner().catch(() => null);
    if (owns === null) return { kind: 'not-sent', reason: 'Who owns this query cannot be checked now.' };
    if (!owns) return { kind: 'unowned' };
    if (!(await parts.turn.isMine().catch(() => false)))
      return { kind: 'not-sent', reason: 'Whether it is the turn of this console to send is not known.' };
    pace = spend(advance(pace as Pace, clock.now()));
    return parts.slack.send(message, clock.now());
  }

  async function settleLast(): Promise<Next> {
    if (!unsettled) return 0;
    const next = await settle(unsettled);
    unsettled = null;
    return next;
  }

  async function settle(claim: Unsettled): Promise<Next> {
    const { claimed, result } = claim;
    const now = clock.now();
    const marked = (how: Mark, holding?: number): Promise<void> =>
      outbox.mark(db, epoch, claim, how, toSettlement(result, holding));
    switch (result.kind) {
      case 'accepted':
        failures = 0;
        await marked({ kind: 'sent' });
        return tellSent(parts, claimed);
      case 'wait': {
        holdUntil = now + result.ms;
        const reason = `Slack asks to wait ${Math.ceil(result.ms / 1000)} s.`;
        await marked({ kind: 'released', nextAt: holdUntil, reason }, holdUntil);
        return tellHeld(holdUntil, reason);
      }
      case 'not-sent':
        holdUntil = now + rise();
        await marked({ kind: 'released', nextAt: holdUntil, reason: result.reason });
        return tellHeld(holdUntil, result.reason);
      case 'refused':
        await marked({ kind: 'released', nextAt: now, reason: result.reason });
        await outbox.holdAll(db, now, result.reason);
        pause(result.reason);
        return IDLE_MS;
      case 'invalid':
        return settleInvalid(claimed, result.reason, marked);
      case 'ambiguous': {
        holdUntil = now + rise();
        const { reason } = result;
        await marked({ kind: 'unknown', nextAt: now + backoff(claimed), reason, then: rules.onAmbiguous });
        parts.log('warn', `The alert about ${listOf(claimed)} may have arrived; ${fate(rules)}. ${reason}`);
        return 0;
      }
      case 'unowned':
        await marked({ kind: 'released', nextAt: now, reason: null });
        return tellUnowned();
    }
  }

  /** One bad alert must not take its digest along: each goes alone, and only what fails alone is given up. */
  async function settleInvalid(
    claimed: readonly Claimed[],
    reason: string,
    marked: (how: Mark) => Promise<void>,
  ): Promise<Next> {
    if (claimed.length > 1) {
      await marked({ kind: 'released', nextAt: clock.now(), reason, alone: true });
      parts.log('warn', `Slack does not take a digest of ${claimed.length} alerts; each goes alone. ${reason}`);
      return 0;
    }
    await marked({ kind: 'dead', reason });
    parts.log('error', `Slack does not take the alert about ${listOf(claimed)}: ${reason}`);
    return 0;
  }

  /** It obeys the pace, and goes even while alerts are paused: taken, it shows that they can flow again. */
  async function sendTest(): Promise<Next> {
    const [test, ...others] = tests as [Test, ...Test[]];
    tests = others;
    const message = buildTestMessage(clock.now());
    const messageId = await beginMessage(db, message, [], clock.now()).catch((error: Error) => {
      test.reject(error);
      throw error;
    });
    const result = await sendOnce(message);
    const holding = result.kind === 'wait' ? clock.now() + result.ms : undefined;
    holdUntil = Math.max(holdUntil, holding ?? 0);
    await settleMessage(db, messageId, toSettlement(result, holding)).catch((error: Error) =>
      parts.log('warn', error.message),
    );
    if (result.kind === 'unowned') {
      test.reject(testRefused('another console owns the Alert query now'));
      return tellUnowned();
    }
    if (result.kind !== 'accepted') {
      test.reject(testRefused(reasonOf(result) ?? 'no answer'));
      return 0;
    }
    parts.log('info', 'Slack took the test message');
    test.resolve();
    flow();
    return 0;
  }

  function rejectTests(reason: string): void {
    for (const test of tests.splice(0)) test.reject(testRefused(reason));
  }

  function pause(reason: string): void {
    const view = toErrorView(pausedError(reason));
    if (!paused) parts.log('error', `${view.code}: ${view.message}. ${view.action}`);
    paused = true;
    parts.onPaused(view);
  }

  function flow(): void {
    if (!paused) return;
    paused = false;
    parts.log('info', 'Alerts flow again');
    parts.onPaused(null);
  }

  async function tellHeld(until: number, reason: string): Promise<Next> {
    await outbox.holdAll(db, until, reason);
    parts.log('warn', `Alerts wait: ${reason}`);
    return 0;
  }

  function tellUnowned(): Next {
    parts.log('warn', 'Another console owns this query now: nothing more is sent from here');
    return 'pause';
  }

  function rise(): number {
    return Math.min(LONGEST_HOLD_MS, FIRST_HOLD_MS * 2 ** failures++);
  }

  function toSettlement(result: Result, holding?: number): Settlement {
    const hold = holding === undefined ? {} : { holdUntil: holding };
    return { outcome: result.kind, reason: reasonOf(result), now: clock.now(), ...hold };
  }

  return {
    step,
    resume: flow,
    test: () => new Promise((resolve, reject) => tests.push({ resolve, reject })),
  };
}

function reasonOf(result: Result): string | null {
  if (result.kind === 'wait') return `Slack asks to wait ${Math.ceil(result.ms / 1000)} s.`;
  return 'reason' in result ? result.reason : null;
}

function tellSent({ log, onDelivered }: SenderParts, claimed: readonly Claimed[]): Next {
  for (const { transNum, facts } of claimed) {
    log('info', `🚨 ALERT sent for ${oneLine(transNum, ID_WIDTH)} (${facts.level} risk)`);
  }
  log('info', `Slack alerts sent: ${claimed.length}`);
  onDelivered(claimed.length);
  return 0;
}

function fate({ onAmbiguous }: DeliverySettings): string {
  return onAmbiguous === 'hold'
    ? 'held until a person releases or discards them'
    : 'going again, marked as possible repeats';
}

/** Each further try of one alert waits twice as long: what may arrive twice should not arrive ten times. */
function backoff(claimed: readonly Claimed[]): number {
  const attempts = Math.max(...claimed.map((each) => each.attempts));
  return Math.min(10 * LONGEST_HOLD_MS, 5 * FIRST_HOLD_MS * 2 ** (attempts - 1));
}

function namesOf(claimed: readonly Claimed[]): string[] {
  return claimed.map(({ transNum }) => transNum);
}

function listOf(claimed: readonly Claimed[]): string {
  return claimed.map(({ transNum }) => oneLine(transNum, ID_WIDTH)).join(', ');
}
