/**
 * Frauds per minute and level since the window was opened, from the totals that the console reads from SQL. The list of
 * frauds cannot tell this: it is bounded, and a busy minute brings more than it holds. Pure.
 */
import type { AlertTotals, RiskLevel } from '../pipeline/events.ts';

type Counts = Readonly<Record<RiskLevel, number>>;

export interface FraudMinute {
  /** Start of the minute, ms. */
  readonly at: number;
  /** What the totals were when the minute began for us, and what they are at its newest sample. */
  readonly from: Counts;
  readonly to: Counts;
}

const MINUTE = 60_000;
const MOST_MINUTES = 31;

/** Takes a sample; oldest minute first. */
export function countMinutes(
  minutes: readonly FraudMinute[],
  totals: AlertTotals,
  now: number,
): readonly FraudMinute[] {
  const at = Math.floor(now / MINUTE) * MINUTE;
  const last = minutes.at(-1);
  const to = allTime(totals);
  if (last?.at === at) return [...minutes.slice(0, -1), { ...last, to }];
  return [...minutes, { at, from: last?.to ?? to, to }].slice(-MOST_MINUTES);
}

const allTime = ({ byLevel }: AlertTotals): Counts => ({
  HIGH: byLevel.HIGH.all,
  MEDIUM: byLevel.MEDIUM.all,
  LOW: byLevel.LOW.all,
});
