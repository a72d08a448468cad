/** From what the console tells to the points of a chart. Pure. */
import type { LagView } from '../../console/contract.ts';
import { RISK_LEVELS, type FraudView } from '../../pipeline/events.ts';
import type { Point } from '../components/chart.tsx';

const MINUTE = 60_000;

/** What comes in and what is read; an unknown sample stays a gap. */
export const toRates = (history: LagView['history']): readonly Point[] =>
  history.map(({ at, produced, consumed }) => ({ at, values: [produced, consumed] }));

/**
 * Frauds by level for each of the last minutes, the current one last. The list of frauds is bounded: minutes before its
 * oldest entry are not known when it is full, so they are gaps and not zeros.
 */
export function fraudsPerMinute(frauds: readonly FraudView[], now: number, minutes: number): readonly Point[] {
  const current = Math.floor(now / MINUTE);
  const oldest = frauds.length < MOST_FRAUDS ? 0 : Math.floor((frauds.at(-1)?.predictedAt ?? 0) / MINUTE);
  return Array.from({ length: frauds.length === 0 ? 0 : minutes }, (_, index) => {
    const minute = current - minutes + 1 + index;
    const inMinute = frauds.filter(({ predictedAt }) => Math.floor(predictedAt / MINUTE) === minute);
    const number = (level: FraudView['level']) => inMinute.filter((fraud) => fraud.level === level).length;
    return { at: minute * MINUTE, values: RISK_LEVELS.map((level) => (minute < oldest ? null : number(level))) };
  });
}

/** As many as the snapshot carries. */
const MOST_FRAUDS = 200;
