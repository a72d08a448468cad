/** What a batch brings: the transactions to look at, and what becomes of every other record. */
import { parseChange } from '../cdc/parse.ts';
import type { DeadLetterCode, TransactionRow } from '../cdc/transaction.ts';
import type { TopicRecord } from '../ports.ts';
import type { DeadLetter } from '../quarantine/dead-letter.ts';
import type { ScorableRow } from './features.ts';

/** A transaction with the record it came in. */
export interface Candidate {
  readonly row: ScorableRow;
  readonly record: TopicRecord;
}

/** Every record of the batch is in exactly one of: candidates, repeats, skips, dead letters. */
export interface Intake {
  readonly records: number;
  /** The first row of each trans_num. */
  readonly candidates: readonly Candidate[];
  /** Further rows of a trans_num that is a candidate already. */
  readonly repeats: number;
  /** d, tombstone, t, m. */
  readonly skips: number;
  /** Of all records, those that tell of rows changed, deleted or truncated. */
  readonly rewrites: number;
  readonly deadLetters: readonly DeadLetter[];
  readonly coercionNotes: number;
}

/** Width of trans_num in `fraud_predictions`. */
const KEY_WIDTH = 100;
const REWRITES = ['u', 'd', 't'];
/** Legal in JSON, but in no text of PostgreSQL. */
const NUL = '\0';

export async function readIntake(slices: AsyncIterable<Iterable<TopicRecord>>): Promise<Intake> {
  const candidates = new Map<string, Candidate>();
  const deadLetters: DeadLetter[] = [];
  const counts = { records: 0, repeats: 0, skips: 0, rewrites: 0, coercionNotes: 0 };
  for await (const slice of slices) {
    for (const record of slice) {
      counts.records += 1;
      const change = parseChange(record);
      if ('op' in change && REWRITES.includes(change.op)) counts.rewrites += 1;
      if (change.kind === 'skip') counts.skips += 1;
      else if (change.kind === 'dead') deadLetters.push({ record, code: change.code, reason: change.reason });
      else take(record, change.row, change.notes.length);
    }
  }
  return { ...counts, candidates: [...candidates.values()], deadLetters };

  function take(record: TopicRecord, row: TransactionRow, notes: number): void {
    counts.coercionNotes += notes;
    const fault = findFault(row);
    if (fault) deadLetters.push({ record, ...fault });
    else if (candidates.has(row.trans_num as string)) counts.repeats += 1;
    else candidates.set(row.trans_num as string, { row: row as ScorableRow, record });
  }
}

/** The candidate inside a record that was one before, or the dead letter that it is for this version of the parser. */
export function toCandidate(record: TopicRecord): Candidate | DeadLetter {
  const change = parseChange(record);
  if (change.kind === 'dead') return { record, code: change.code, reason: change.reason };
  if (change.kind === 'skip') return { record, code: 'NO_AFTER', reason: 'the record holds no row' };
  const fault = findFault(change.row);
  return fault ? { record, ...fault } : { row: change.row as ScorableRow, record };
}

/** Why a row can be neither scored nor stored; null when it can. */
function findFault(row: TransactionRow): { readonly code: DeadLetterCode; readonly reason: string } | null {
  if (!row.trans_num) return { code: 'NO_KEY', reason: 'the row has no trans_num' };
  if (row.trans_num.length > KEY_WIDTH)
    return { code: 'REFUSED_BY_DATABASE', reason: `trans_num is longer than ${KEY_WIDTH}` };
  const unstorable = Object.entries(row).find(([, value]) => typeof value === 'string' && value.includes(NUL));
  if (unstorable)
    return {
      code: 'REFUSED_BY_DATABASE',
      reason: `${unstorable[0]} holds a NUL character, which PostgreSQL does not store`,
    };
  if (row.amt === null || !Number.isFinite(row.amt)) {
    return { code: 'REFUSED_BY_API', reason: 'amt is no number, and the fraud API scores nothing without it' };
  }
  return null;
}
