/** Rows by the day that their files are for. Pure. */

/** Rows of one day, at their places in the columns. */
export interface DayRows {
  /** Days since 1970; null for rows without a time. */
  readonly day: number | null;
  readonly rows: Int32Array;
}

/** Stands for null among the days. */
export const NO_DAY = -(2 ** 31);

/** The rows in the order in which their days came. */
export function groupByDay(days: Int32Array): DayRows[] {
  const counts = new Map<number, number>();
  for (const day of days) counts.set(day, (counts.get(day) ?? 0) + 1);
  const groups = new Map<number, Int32Array>();
  for (const [day, count] of counts) groups.set(day, new Int32Array(count));
  const filled = new Map<number, number>();
  days.forEach((day, row) => {
    const at = filled.get(day) ?? 0;
    (groups.get(day) as Int32Array)[at] = row;
    filled.set(day, at + 1);
  });
  return [...groups].map(([day, rows]) => ({ day: day === NO_DAY ? null : day, rows }));
}
