/** Empties the outbox into Slack: one message at a time, at Slack's pace, and never twice without saying so. */
import type { ErrorView } from '../errors.ts';
import { failpoint } from '../failpoints.ts';
import type { DeliverySettings } from '../job-settings.ts';
import type { Clock, Log } from '../ports.ts';
import type { Database } from '../sql.ts';
import { choose } from './delivery-rules.ts';
import type { Next } from './loop.ts';
import { buildMessage, buildPlainMessage, buildTestMessage, type SlackMessage } from './message.ts';
import { beginMessage, readHold, readRecentSends, settleMessage } from './messages.ts';
import { adoptClaims, claim, readQueue, type Claim, type Claimed } from './outbox.ts';
import { testRefused } from './sender-errors.ts';
import { fate, reasonOf, settle, tellUnowned, toSettlement, type Result } from './settle.ts';
import type { Slack } from './slack.ts';
import { makeSlackLine } from './slack-line.ts';
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

interface Test {
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

export function makeSender(parts: SenderParts): Sender {
  const { db, clock, epoch, rules, log } = parts;
  const line = makeSlackLine(parts);
  let tests: Test[] = [];
  // Kept until it is in the database, so that a send whose outcome is known never becomes ambiguous.
  let unsettled: { readonly claim: Claim; readonly result: Result } | null = null;
  let waitingSince: number | null = null;

  async function step(signal: AbortSignal): Promise<Next> {
    if (unsettled) return settleLast();
    const taken = await parts.turn.take();
    if (taken === 'other') return waitForTurn();
    if (taken === 'fresh') line.close();
    waitingSince = null;
    if (!line.isOpen() && !(await parts.stillOwner())) return tellUnowned(log);
    if (!line.isOpen()) await begin();
    if (line.isSilent()) rejectTests('Slack asked for silence, and that is not over');
    const wait = line.wait();
    if (wait > 0) return wait;
    if (tests.length > 0) return sendTest();
    if (line.isCut()) return IDLE_MS;
    const { due, nextAt } = await readQueue(db, clock.now(), rules.joinCardMs);
    const choice = choose(due, rules, clock.now());
    if (choice === null) return nextAt === null ? IDLE_MS : Math.min(IDLE_MS, Math.max(1, nextAt - clock.now()));
    const build = (claimed: readonly Claimed[]): SlackMessage => buildMessage(claimed, rules.linkBase);
    const mine = await claim(db, { epoch, now: clock.now(), joinCardMs: rules.joinCardMs }, choice, build);
    if (mine === null) return IDLE_MS;
    await failpoint('a8');
    unsettled = await deliver(mine, signal);
    await failpoint('a10');
    return settleLast();
  }

  /** The sender before may be in the middle of a message: it is over when the turn is free. */
  async function waitForTurn(): Promise<Next> {
    if (waitingSince === null) log('info', 'Another console is sending the alerts of this database: waiting for it');
    waitingSince ??= clock.now();
    if (!parts.mayEvict || clock.now() - waitingSince < EVICT_AFTER_MS) return IDLE_MS;
    log('warn', 'Another console still has the turn to send, and no longer owns the query: ending its session');
    await parts.turn.evict();
    return IDLE_MS;
  }

  /** Settles what an earlier run left behind, and takes over its pace and the wait that Slack asked it for. */
  async function begin(): Promise<void> {
    const adopted = await adoptClaims(db, clock.now(), rules.onAmbiguous);
    if (adopted > 0) log('warn', `${adopted} alerts were being sent when the console stopped; ${fate(rules)}`);
    const holdUntil = await readHold(db, clock.now());
    line.open(await readRecentSends(db, clock.now() - PACE_WINDOW_MS), holdUntil);
  }

  /** A single alert whose blocks Slack does not take is tried once more, as plain text. */
  async function deliver(mine: Claim, signal: AbortSignal): Promise<NonNullable<typeof unsettled>> {
    const result = await sendOnce(mine.message);
    if (result.kind !== 'invalid' || mine.claimed.length > 1) return { claim: mine, result };
    await settleMessage(db, mine.messageId, toSettlement(result, clock.now()));
    await clock.sleep(line.waitForPace(), signal);
    const message = buildPlainMessage(mine.claimed, rules.linkBase);
    const transNums = mine.claimed.map(({ transNum }) => transNum);
    const messageId = await beginMessage(db, message, transNums, clock.now());
    return { claim: { ...mine, message, messageId }, result: await sendOnce(message) };
  }

  async function sendOnce(message: SlackMessage): Promise<Result> {
    const owns = await parts.stillOwner().catch(() => null);
    if (owns === null) return { kind: 'not-sent', reason: 'Who owns this query cannot be checked now.' };
    if (!owns) return { kind: 'unowned' };
    if (!(await parts.turn.isMine().catch(() => false)))
      return { kind: 'not-sent', reason: 'Whether it is the turn of this console to send is not known.' };
    line.spend();
    return parts.slack.send(message, clock.now());
  }

  async function settleLast(): Promise<Next> {
    if (!unsettled) return 0;
    const next = await settle({ ...parts, line }, unsettled.claim, unsettled.result);
    unsettled = null;
    return next;
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
    const holdUntil = result.kind === 'wait' ? clock.now() + result.ms : undefined;
    line.hold(holdUntil ?? 0);
    await settleMessage(db, messageId, toSettlement(result, clock.now(), holdUntil)).catch((error: Error) =>
      log('warn', error.message),
    );
    if (result.kind === 'unowned') {
      test.reject(testRefused('another console owns the Alert query now'));
      return tellUnowned(log);
    }
    if (result.kind !== 'accepted') {
      test.reject(testRefused(reasonOf(result) ?? 'no answer'));
      return 0;
    }
    log('info', 'Slack took the test message');
    test.resolve();
    line.mend();
    return 0;
  }

  function rejectTests(reason: string): void {
    for (const test of tests.splice(0)) test.reject(testRefused(reason));
  }

  return {
    step,
    resume: line.mend,
    test: () => new Promise((resolve, reject) => tests.push({ resolve, reject })),
  };
}
