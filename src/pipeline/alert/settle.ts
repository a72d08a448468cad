/** What is noted and told once it is known what became of a message. */
import type { DeliverySettings } from '../job-settings.ts';
import type { Clock, Log } from '../ports.ts';
import type { Database } from '../sql.ts';
import type { Next } from './loop.ts';
import type { Settlement } from './messages.ts';
import { holdAll, mark, type Claim, type Claimed, type Mark } from './outbox.ts';
import type { SlackOutcome } from './slack.ts';
import { backoff, type SlackLine } from './slack-line.ts';
import { oneLine } from './text.ts';

export interface SettleParts {
  readonly db: Database;
  readonly rules: DeliverySettings;
  readonly log: Log;
  readonly clock: Clock;
  readonly epoch: number;
  readonly line: SlackLine;
  onDelivered(sent: number): void;
}

/** What became of a message; `unowned`: this run no longer owns the query, and nothing was sent. */
export type Result = SlackOutcome | { readonly kind: 'unowned' };

/** After a message was refused for good there is nothing to do but to look now and then. */
const IDLE_MS = 1_000;
const ID_WIDTH = 100;

export async function settle(parts: SettleParts, claim: Claim, result: Result): Promise<Next> {
  const { line, rules, log } = parts;
  const { claimed } = claim;
  const now = parts.clock.now();
  const marked = (how: Mark, holdUntil?: number): Promise<void> =>
    mark(parts.db, parts.epoch, claim, how, toSettlement(result, now, holdUntil));
  switch (result.kind) {
    case 'accepted':
      line.works();
      await marked({ kind: 'sent' });
      return tellSent(parts, claimed);
    case 'wait': {
      const until = now + result.ms;
      line.hold(until);
      await marked({ kind: 'released', nextAt: until, reason: reasonOf(result) }, until);
      return holdBack(parts, until, reasonOf(result) ?? '');
    }
    case 'not-sent': {
      const until = line.holdLonger();
      await marked({ kind: 'released', nextAt: until, reason: result.reason });
      return holdBack(parts, until, result.reason);
    }
    case 'refused':
      await marked({ kind: 'released', nextAt: now, reason: result.reason });
      await holdAll(parts.db, now, result.reason);
      line.cut(result.reason);
      return IDLE_MS;
    case 'invalid':
      return settleInvalid(parts, claimed, result.reason, marked);
    case 'ambiguous': {
      const { reason } = result;
      line.holdLonger();
      const nextAt = now + backoff(Math.max(...claimed.map(({ attempts }) => attempts)));
      await marked({ kind: 'unknown', nextAt, reason, then: rules.onAmbiguous });
      log('warn', `The alert about ${listOf(claimed)} may have arrived; ${fate(rules)}. ${reason}`);
      return 0;
    }
    case 'unowned':
      await marked({ kind: 'released', nextAt: now, reason: null });
      return tellUnowned(log);
  }
}

/** @param holdUntil until when Slack asked for silence, ms since 1970 */
export function toSettlement(result: Result, now: number, holdUntil?: number): Settlement {
  return { outcome: result.kind, reason: reasonOf(result), now, ...(holdUntil === undefined ? {} : { holdUntil }) };
}

export function reasonOf(result: Result): string | null {
  if (result.kind === 'wait') return `Slack asks to wait ${Math.ceil(result.ms / 1000)} s.`;
  return 'reason' in result ? result.reason : null;
}

export function tellUnowned(log: Log): Next {
  log('warn', 'Another console owns this query now: nothing more is sent from here');
  return 'pause';
}

/** What happens to alerts whose outcome is unknown. */
export function fate({ onAmbiguous }: DeliverySettings): string {
  return onAmbiguous === 'hold'
    ? 'held until a person releases or discards them'
    : 'going again, marked as possible repeats';
}

/** One bad alert must not take its digest along: each goes alone, and only what fails alone is given up. */
async function settleInvalid(
  { clock, log }: SettleParts,
  claimed: readonly Claimed[],
  reason: string,
  marked: (how: Mark) => Promise<void>,
): Promise<Next> {
  if (claimed.length > 1) {
    await marked({ kind: 'released', nextAt: clock.now(), reason, alone: true });
    log('warn', `Slack does not take a digest of ${claimed.length} alerts; each goes alone. ${reason}`);
    return 0;
  }
  await marked({ kind: 'dead', reason });
  log('error', `Slack does not take the alert about ${listOf(claimed)}: ${reason}`);
  return 0;
}

function tellSent({ log, onDelivered }: SettleParts, claimed: readonly Claimed[]): Next {
  for (const { transNum, facts } of claimed) {
    log('info', `🚨 ALERT sent for ${oneLine(transNum, ID_WIDTH)} (${facts.level} risk)`);
  }
  log('info', `Slack alerts sent: ${claimed.length}`);
  onDelivered(claimed.length);
  return 0;
}

async function holdBack({ db, log }: SettleParts, until: number, reason: string): Promise<Next> {
  await holdAll(db, until, reason);
  log('warn', `Alerts wait: ${reason}`);
  return 0;
}

function listOf(claimed: readonly Claimed[]): string {
  return claimed.map(({ transNum }) => oneLine(transNum, ID_WIDTH)).join(', ');
}
