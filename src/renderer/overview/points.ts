/** From what the console tells to the points of a chart. Pure. */
import type { LagView } from '../../console/contract.ts';
import { RISK_LEVELS, type FraudMinute } from '../../pipeline/events.ts';
import type { Point } from '../components/chart-points.ts';

const MINUTE = 60_000;
/** A query reads in bursts, one a trigger; over less than a few triggers a rate would only show those. */
export const AVERAGE_MS = 30_000;

type Sample = LagView['history'][number];

/** What comes in and what is read, as the mean of the time before each sample; an unknown sample stays a gap. */
export function toRates(history: LagView['history']): readonly Point[] {
  return history.map((sample, index) => {
    const window = history.slice(0, index + 1).filter(({ at }) => at > sample.at - AVERAGE_MS);
    const values = [mean(window, sample, 'produced'), mean(window, sample, 'consumed')];
    return { at: sample.at, values };
  });
}

function mean(window: readonly Sample[], sample: Sample, name: 'produced' | 'consumed'): number | null {
  if (sample[name] === null) return null;
  const known = window.map((each) => each[name]).filter((value) => value !== null);
  return known.reduce((sum, value) => sum + value, 0) / known.length;
}

/** The last minutes, the current one last. */
export function toFraudPoints(stored: readonly FraudMinute[], now: number, minutes: number): readonly Point[] {
  const current = Math.floor(now / MINUTE) * MINUTE;
  return Array.from({ length: minutes }, (_, index) => {
    const at = current - (minutes - 1 - index) * MINUTE;
    const minute = stored.find((each) => each.at === at);
    return { at, values: RISK_LEVELS.map((level) => minute?.[level] ?? 0) };
  });
}
