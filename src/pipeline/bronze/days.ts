/** Rows by the day that their files are for. Pure. */

/** Rows of one day, at their places in the columns. */
export interface DayRows {
  /** Days since 1970; null for rows without a time. */
  readonly day: number | null;
  readonly rows: Int32Array;
}

/** Stands for null among the days. */
export const NO_DAY = -(2 ** 31);

/** Days of eleven years have a slot each; others are looked up. */
const SLOTS = 4_096;

/** The rows in the order in which their days came. */
export function groupByDay(days: Int32Array): DayRows[] {
  const { groups, counts, groupOf } = numberDays(days);
  const order = new Int32Array(days.length);
  const next = new Int32Array(groups.length);
  let at = 0;
  const grouped = groups.map((day, group) => {
    next[group] = at;
    const rows = order.subarray(at, (at += counts[group] as number));
    return { day: day === NO_DAY ? null : day, rows };
  });
  for (let row = 0; row < days.length; row++) {
    const group = groupOf[row] as number;
    const place = next[group] as number;
    order[place] = row;
    next[group] = place + 1;
  }
  return grouped;
}

interface Numbered {
  /** The days, in the order in which they came, and how many rows each has. */
  readonly groups: readonly number[];
  readonly counts: readonly number[];
  /** For each row the place of its day among them. */
  readonly groupOf: Int32Array;
}

function numberDays(days: Int32Array): Numbered {
  const groups: number[] = [];
  const counts: number[] = [];
  const known = new Map<number, number>();
  const slots = new Int32Array(SLOTS);
  const groupOf = new Int32Array(days.length);
  for (let row = 0; row < days.length; row++) {
    const day = days[row] as number;
    let group = (slots[day & (SLOTS - 1)] as number) - 1;
    if (group < 0 || groups[group] !== day) {
      group = known.get(day) ?? groups.length;
      if (group === groups.length) {
        known.set(day, group);
        groups.push(day);
        counts.push(0);
      }
      slots[day & (SLOTS - 1)] = group + 1;
    }
    counts[group] = (counts[group] as number) + 1;
    groupOf[row] = group;
  }
  return { groups, counts, groupOf };
}
