/** Which frauds are shown. Pure. */
import { RISK_LEVELS, type FraudView, type RiskLevel } from '../../pipeline/events.ts';

export interface FraudFilter {
  readonly levels: readonly RiskLevel[];
  /** Empty = all. */
  readonly categories: readonly string[];
  /** Empty = all. */
  readonly states: readonly string[];
  readonly text: string;
}

/** From what follows `#feed` in the address: `level/HIGH`. */
export function toFilter(rest: readonly string[]): FraudFilter {
  const level = rest[0] === 'level' ? RISK_LEVELS.find((each) => each === rest[1]) : undefined;
  return { levels: level ? [level] : RISK_LEVELS, categories: [], states: [], text: '' };
}

export function filterFrauds(frauds: readonly FraudView[], filter: FraudFilter): readonly FraudView[] {
  const text = filter.text.trim().toLowerCase();
  return frauds.filter(
    (fraud) =>
      filter.levels.includes(fraud.level) &&
      allows(filter.categories, fraud.category) &&
      allows(filter.states, fraud.state ?? '') &&
      matches(fraud, text),
  );
}

const allows = (chosen: readonly string[], value: string): boolean => chosen.length === 0 || chosen.includes(value);

function matches({ transNum, merchant, card, amount, city }: FraudView, text: string): boolean {
  return (
    text === '' || [transNum, merchant, card, amount, city ?? ''].some((field) => field.toLowerCase().includes(text))
  );
}

/** Each value with how often it occurs, most frequent first. */
export function facet(
  frauds: readonly FraudView[],
  value: (fraud: FraudView) => string | null,
): readonly (readonly [string, number])[] {
  const counts = new Map<string, number>();
  for (const fraud of frauds) {
    const key = value(fraud);
    if (key !== null) counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return [...counts].sort(([a, left], [b, right]) => right - left || a.localeCompare(b));
}

/** Adds it, or takes it away. */
export const toggle = <T>(list: readonly T[], value: T): readonly T[] =>
  list.includes(value) ? list.filter((each) => each !== value) : [...list, value];
