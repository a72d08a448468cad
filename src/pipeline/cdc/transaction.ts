/** The columns of `transactions` as a change event carries them, and what a record of the topic can turn out to be. */
import type { DeadLetterCode } from '../events.ts';

/** One row of the table with the values that the reference Spark job gives it; null where Spark gives null. */
export interface TransactionRow {
  /** Microseconds since 1970 as text, as in the change event. */
  readonly trans_date_trans_time: string | null;
  readonly cc_num: bigint | null;
  readonly merchant: string | null;
  readonly category: string | null;
  readonly amt: number | null;
  readonly first: string | null;
  readonly last: string | null;
  readonly gender: string | null;
  readonly street: string | null;
  readonly city: string | null;
  readonly state: string | null;
  readonly zip: number | null;
  readonly lat: number | null;
  readonly long: number | null;
  readonly city_pop: bigint | null;
  readonly job: string | null;
  /** Days since 1970 as text. */
  readonly dob: string | null;
  readonly trans_num: string | null;
  readonly unix_time: bigint | null;
  readonly merch_lat: number | null;
  readonly merch_long: number | null;
  readonly is_fraud: number | null;
}

/** A value that was bent as Spark bends it; the row is written all the same. */
export interface CoercionNote {
  readonly column: keyof TransactionRow;
  /** The text of the value as it stood in the message, cut to 200 characters; card numbers are masked. */
  readonly raw: string;
}

/** What one record is. */
export type Change =
  | {
      readonly kind: 'row';
      readonly op: 'c' | 'u' | 'r';
      readonly row: TransactionRow;
      readonly notes: readonly CoercionNote[];
    }
  /** d, tombstone, t, m: declared, counted, not rows. */
  | { readonly kind: 'skip'; readonly op: 'd' | 'tombstone' | 't' | 'm' }
  | { readonly kind: 'dead'; readonly code: DeadLetterCode; readonly reason: string };

export type { DeadLetterCode };
