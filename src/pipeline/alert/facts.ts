/** What an alert tells: the masked facts of one fraud, made where the whole row is known and stored in the outbox. */
import type { RiskLevel } from '../events.ts';
import type { Score } from './answer.ts';
import { transactionTime, type ScorableRow } from './features.ts';

/** Nothing here names a person or a whole card: initials and the last four digits, no street, no date of birth. */
export interface AlertFacts {
  readonly transNum: string;
  readonly level: RiskLevel;
  /** 0 to 1 with 4 decimals. */
  readonly probability: number;
  /** Two decimals, no currency. */
  readonly amount: string;
  readonly initials: string;
  /** `•••• 4184` */
  readonly card: string;
  readonly merchant: string;
  readonly category: string;
  readonly city: string | null;
  readonly state: string | null;
  /** At most three lines. */
  readonly why: readonly string[];
  /** ms since 1970, UTC; null when the event has none. */
  readonly transactionAt: number | null;
  readonly modelVersion: string;
  /** True when the score came from rules and not from a model. */
  readonly ruleBased: boolean;
}

const WHY_LINES = 3;

export function factsOf(row: ScorableRow, score: Score): AlertFacts {
  return {
    transNum: row.trans_num,
    level: score.level,
    probability: score.probability,
    amount: row.amt.toFixed(2),
    initials: initialsOf(row.first, row.last),
    card: maskCard(row.cc_num),
    merchant: displayMerchant(row.merchant),
    category: row.category ?? '',
    city: row.city,
    state: row.state,
    why: score.explanation.slice(0, WHY_LINES),
    transactionAt: transactionTime(row),
    modelVersion: score.modelVersion,
    ruleBased: score.ruleBased,
  };
}

/** `J. Y.`, or `?` for a name that is not there. */
export function initialsOf(first: string | null, last: string | null): string {
  const letters = [first, last].map((name) => /\p{L}/u.exec(name ?? '')?.[0].toUpperCase());
  const known = letters.filter((letter) => letter !== undefined);
  return known.length > 0 ? known.map((letter) => `${letter}.`).join(' ') : '?';
}

/** The last four of the exact digits: `•••• 4184`. A number too short to hide anything shows nothing. */
export function maskCard(card: bigint | string | null): string {
  const digits = card === null ? '' : String(card).replace(/\D/g, '');
  return digits.length > 8 ? `•••• ${digits.slice(-4)}` : '••••';
}

/** The data set puts `fraud_` before every merchant, which says nothing about it. */
export function displayMerchant(merchant: string | null): string {
  return (merchant ?? '').replace(/^fraud_/, '');
}
