/** Lag histories to the points of one chart. Pure. */
import type { LagView } from '../../console/contract.ts';
import type { Point } from '../components/chart-points.ts';

type History = LagView['history'];

/** Both queries on one time axis, to the second; a second that only one of them knows is a gap of the other. */
export function mergeLag(bronze: History, alert: History): readonly Point[] {
  const points = new Map<number, [number | null, number | null]>();
  const put = (history: History, place: 0 | 1) => {
    for (const { at, lag } of history) {
      const second = Math.round(at / 1_000) * 1_000;
      const values = points.get(second) ?? [null, null];
      values[place] = lag;
      points.set(second, values);
    }
  };
  put(bronze, 0);
  put(alert, 1);
  return [...points].sort(([a], [b]) => a - b).map(([at, values]) => ({ at, values }));
}
