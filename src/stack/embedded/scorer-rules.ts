/**
 * The five rules from which the fraud API answers while it has no model. Pure. Points are hundredths, so that sums are
 * exact: 0.30 + 0.20 is not above 0.5.
 */
import type { RiskLevel } from '../../pipeline/events.ts';

/** What is known about one transaction; absent inputs take {@link SCORE_DEFAULTS}. Monday is day 0. */
export interface ScoreInput {
  readonly amt: number;
  readonly hour?: number | null | undefined;
  readonly day_of_week?: number | null | undefined;
  readonly distance_km?: number | null | undefined;
}

export interface RuleScore {
  /** 0 to 1 with two decimals. */
  readonly probability: number;
  readonly isFraud: boolean;
  readonly level: RiskLevel;
  /** One line per reason, each begins with `- `. */
  readonly explanation: readonly string[];
}

export const RULES_VERSION = 'rule_based_v1';
export const SCORE_DEFAULTS = { hour: 12, day_of_week: 0, distance_km: 10 };

interface Facts {
  readonly amt: number;
  readonly hour: number;
  readonly day: number;
  readonly km: number;
}

interface Rule {
  readonly points: number;
  readonly holds: (facts: Facts) => boolean;
  /** null: another rule says it already. */
  readonly reason: (facts: Facts) => string | null;
}

/** A distance above 100 km counts twice: both of its rules hold. */
const RULES: readonly Rule[] = [
  { points: 30, holds: ({ amt }) => amt > 500, reason: highAmount },
  { points: 25, holds: ({ km }) => km > 100, reason: () => null },
  {
    points: 20,
    holds: ({ km }) => km > 50,
    reason: ({ km }) => `Distance: ${Math.round(km)} km between home and merchant`,
  },
  { points: 15, holds: isLateNight, reason: ({ hour }) => `Late hour: ${String(hour).padStart(2, '0')}:00` },
  { points: 10, holds: ({ day }) => day >= 5, reason: () => 'Weekend' },
];

/** Adds the points of the rules that hold and cuts the sum at 1. */
export function scoreByRules(input: ScoreInput): RuleScore {
  const facts = {
    amt: input.amt,
    hour: input.hour ?? SCORE_DEFAULTS.hour,
    day: input.day_of_week ?? SCORE_DEFAULTS.day_of_week,
    km: input.distance_km ?? SCORE_DEFAULTS.distance_km,
  };
  const holding = RULES.filter((rule) => rule.holds(facts));
  const points = Math.min(
    100,
    holding.reduce((sum, rule) => sum + rule.points, 0),
  );
  const reasons = holding.flatMap((rule) => rule.reason(facts) ?? []);
  return {
    probability: points / 100,
    isFraud: points > 50,
    level: points > 70 ? 'HIGH' : points > 40 ? 'MEDIUM' : 'LOW',
    explanation: (reasons.length > 0 ? reasons : ['No rule speaks against it']).map((reason) => `- ${reason}`),
  };
}

function highAmount({ amt }: Facts): string {
  return amt > 1_000 ? `Amount over $1000: $${amt.toFixed(2)}` : `High amount: $${amt.toFixed(2)}`;
}

function isLateNight({ hour }: Facts): boolean {
  return hour < 6 || hour >= 23;
}
