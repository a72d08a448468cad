/** When the next row may be sent. Pure: the clock is asked by the caller. */
import type { ProducerSettings } from '../stack.ts';
import type { Transaction } from './transaction.ts';

/** How many milliseconds after the start of the run a row is due; rows of mode bulk are due at once. */
export type Pace = (transaction: Transaction) => number;

/**
 * `rate` rows a second, or the file's own time divided by `timeScale`. The file's time never runs backwards: a row
 * that is older than the one before it is due with it.
 */
export function paceOf({ mode, csv, rate, timeScale }: ProducerSettings): Pace {
  if (mode === 'bulk') return () => 0;
  if (csv === null || timeScale === null) {
    let sent = 0;
    return () => (sent++ * 1_000) / rate;
  }
  let first: number | null = null;
  let due = 0;
  return ({ trans_date_trans_time }) => {
    const time = Date.parse(`${(trans_date_trans_time ?? '').replace(' ', 'T')}Z`);
    first ??= time;
    due = Math.max(due, (time - first) / timeScale);
    return due;
  };
}
