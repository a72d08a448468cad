/** Records that gave no row, looked at and replayed. */
import type { RiskLevel } from './alerts.ts';
import type { QueryName } from './query.ts';

/** Codes of {@link DeadLetterView}, in the order in which people are shown them. */
export const DEAD_LETTER_CODES = [
  'NOT_JSON',
  'NOT_UTF8',
  'NO_ENVELOPE',
  'NO_AFTER',
  'UNKNOWN_OP',
  'TOO_LARGE',
  'NO_KEY',
  'REFUSED_BY_API',
  'REFUSED_BY_DATABASE',
] as const;

/** Why a record gives no row. */
export type DeadLetterCode = (typeof DEAD_LETTER_CODES)[number];

/** What lies in quarantine, counted. One record that both queries found counts once. */
export interface QuarantineView {
  readonly records: number;
  /** Records that no query has made a row of by a replay. */
  readonly waiting: number;
  readonly both: number;
  readonly bronzeOnly: number;
  readonly alertOnly: number;
  readonly reasons: readonly { readonly code: DeadLetterCode; readonly records: number; readonly waiting: number }[];
  /** Coercion notes by column: records whose row was written with a bent value. */
  readonly notes: readonly { readonly column: string; readonly notes: number }[];
  readonly files: number;
  readonly bytes: number;
  /** Beyond this many bytes a person should clear up; nothing is dropped by itself. */
  readonly capBytes: number;
  /** Files that are still to be looked at: all other numbers grow until this is 0. */
  readonly unreadFiles: number;
}

/** One record that gave no row, with every query that found it. All text is masked. */
export interface DeadLetterView {
  /** Names the record within both quarantines. */
  readonly id: string;
  readonly topic: string;
  readonly partition: number;
  readonly offset: string;
  /** Time of the record, ms. */
  readonly at: number;
  readonly code: DeadLetterCode;
  readonly reason: string;
  /** Bytes of its value; null for a record without one. */
  readonly size: number | null;
  readonly found: readonly {
    readonly query: QueryName;
    readonly batchId: number;
    /** Set once a replay has made a row of it; the Delta version for Bronze. */
    readonly replayed: { readonly at: number; readonly deltaVersion: number | null } | null;
  }[];
}

/** A value that was bent on its way into its row, which was written all the same. The text is masked. */
export interface NoteView {
  readonly topic: string;
  readonly partition: number;
  readonly offset: string;
  readonly at: number;
  readonly batchId: number;
  readonly column: string;
  readonly raw: string;
}

/** Some of many. `total` counts all that fit the question, also those beyond what is kept at hand. */
export interface PageOf<T> {
  readonly rows: readonly T[];
  readonly total: number;
}

/** Sixteen bytes of a letter: two hex digits or `••` each, and one character each. */
export interface HexRow {
  readonly at: number;
  readonly hex: readonly string[];
  readonly text: string;
}

/** A letter with a part of its bytes, card numbers masked. */
export interface LetterBytesView {
  readonly letter: DeadLetterView;
  /** The key of the record as text; null when it has none. */
  readonly key: string | null;
  /** First byte shown. */
  readonly from: number;
  readonly rows: readonly HexRow[];
  /** The same bytes as text; what is no text is written as `\xff`. */
  readonly text: string;
  /** The byte at which reading ended, null when the reason tells none. */
  readonly faultAt: number | null;
  readonly masked: boolean;
}

/** What a letter would become, or has become, for one query. */
export type Becomes =
  | { readonly kind: 'row'; readonly transNum: string | null; readonly amount: number | null; readonly notes: number }
  | {
      readonly kind: 'scored';
      readonly transNum: string;
      readonly probability: number;
      readonly level: RiskLevel;
      readonly fraud: boolean;
      /** Why its alert is recorded and not sent; null when it is sent, or there is none. */
      readonly suppressed: string | null;
    }
  /** Alert knows the transaction already, by another record. */
  | { readonly kind: 'known'; readonly transNum: string }
  /** The row is no longer in `transactions`. */
  | { readonly kind: 'gone'; readonly transNum: string }
  /** The fraud API gives no score now: the letter stays as it is. */
  | { readonly kind: 'waits'; readonly reason: string }
  | { readonly kind: 'skip'; readonly op: string }
  | { readonly kind: 'dead'; readonly code: DeadLetterCode; readonly reason: string }
  | { readonly kind: 'replayed'; readonly deltaVersion: number | null };

export interface ReplayRow {
  readonly id: string;
  readonly partition: number;
  readonly offset: string;
  /** Absent: that query did not find this record. */
  readonly bronze?: Becomes;
  readonly alert?: Becomes;
}

/** What a replay would do or has done. */
export interface ReplayView {
  readonly at: number;
  /** At most 200; the counts tell of all. */
  readonly rows: readonly ReplayRow[];
  readonly records: number;
  /** Records of which at least one query makes something new. */
  readonly pass: number;
  readonly bronzeRows: number;
  readonly predictions: number;
  readonly alerts: number;
  /** Versions of the table that the replay has written; none in a dry run. */
  readonly deltaVersions: readonly number[];
}
