import { useRef } from 'react';

export interface Held<Row> {
  /** What to show: the newest rows, or those from when the list was last free. */
  readonly rows: readonly Row[];
  /** What came since. */
  readonly fresh: readonly Row[];
}

/** A live list that can be held still: while it is held, what is new is only counted. */
export function useHeld<Row>(rows: readonly Row[], keyOf: (row: Row) => string, hold: boolean): Held<Row> {
  const kept = useRef(rows);
  // An empty list has nothing that could move.
  if (!hold || kept.current.length === 0) kept.current = rows;
  const known = new Set(kept.current.map(keyOf));
  return { rows: kept.current, fresh: rows.filter((row) => !known.has(keyOf(row))) };
}
