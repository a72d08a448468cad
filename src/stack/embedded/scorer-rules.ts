/**
 * The five rules from which the fraud API answers when no model can be loaded: the same, in the same words, as those of
 * `services/fraud-api`. Pure. Points are hundredths, so that sums are exact: 0.30 + 0.20 is not above 0.5.
 */
import { dollars } from './scorer/words.ts';

/** One transaction without gaps. Monday is day 0. */
export interface RuleInput {
  readonly amt: number;
  readonly hour: number;
  readonly day_of_week: number;
  readonly distance_km: number;
}

export interface RuleScore {
  /** 0 to 1 with two decimals. */
  readonly probability: number;
  readonly isFraud: boolean;
  /** One sentence for each rule that holds. */
  readonly explanation: readonly string[];
}

export const RULES_VERSION = 'rule_based_fallback';

interface Rule {
  readonly points: number;
  readonly holds: (row: RuleInput) => boolean;
  readonly reason: (row: RuleInput) => string;
}

/** A distance above 100 km counts twice: both of its rules hold. */
const RULES: readonly Rule[] = [
  {
    points: 30,
    holds: ({ amt }) => amt > 500,
    reason: ({ amt }) => `High amount: ${dollars(amt)}${amt > 1_000 ? ' (over $1000)' : ''}`,
  },
  {
    points: 25,
    holds: ({ distance_km: km }) => km > 100,
    reason: ({ distance_km: km }) => `Very far from home: ${km.toFixed(0)} km`,
  },
  {
    points: 20,
    holds: ({ distance_km: km }) => km > 50,
    reason: ({ distance_km: km }) => `Distance from home: ${km.toFixed(0)} km`,
  },
  {
    points: 15,
    holds: ({ hour }) => hour < 6 || hour >= 23,
    reason: ({ hour }) => `Late hour: ${String(hour).padStart(2, '0')} h`,
  },
  { points: 10, holds: ({ day_of_week: day }) => day >= 5, reason: () => 'Weekend' },
];

/** Adds the points of the rules that hold and cuts the sum at 1. */
export function scoreByRules(row: RuleInput): RuleScore {
  const holding = RULES.filter((rule) => rule.holds(row));
  const points = Math.min(
    100,
    holding.reduce((sum, rule) => sum + rule.points, 0),
  );
  return { probability: points / 100, isFraud: points > 50, explanation: holding.map((rule) => rule.reason(row)) };
}
