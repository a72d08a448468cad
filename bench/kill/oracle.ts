/** Did anything get lost, doubled or bent? Asked of the databases and of an independent reader, not of Sluice's own counts. */
import type { Database } from '../../src/pipeline/sql.ts';
import { judgeScores } from '../support/scores.ts';

export interface BronzeVerdict {
  readonly transactions: number;
  readonly bronzeRows: number;
  readonly missing: number;
  readonly doubled: number;
  readonly foreign: number;
  /** Rows whose card number differs in any digit. */
  readonly bentCards: number;
}

export interface AlertVerdict {
  readonly offsets: number;
  readonly predictions: number;
  readonly pending: number;
  readonly deadLetters: number;
  readonly declaredSkips: number;
  /** Offsets that are none of these. */
  readonly unaccounted: number;
  /** Predictions that the independent scorer judges otherwise, or that have no stored inputs to judge. */
  readonly wrongVerdicts: number;
  readonly frauds: number;
  /** Frauds without an accepted message. */
  readonly untold: number;
  /** Messages beyond the first of a fraud, and sends that were counted as ambiguous: the first may not exceed the second. */
  readonly repeats: number;
  readonly ambiguousSends: number;
  /** Repeats that do not carry the mark. */
  readonly unmarkedRepeats: number;
}

/** @param rows `trans_num` and `cc_num` of every row of the table, as the independent reader prints them */
export async function judgeBronze(
  frauddb: Database,
  rows: readonly (readonly [string, string])[],
): Promise<BronzeVerdict> {
  const wanted = await frauddb.query<{ trans_num: string; cc_num: string }>(
    'SELECT trans_num, cc_num FROM transactions',
  );
  const cards = new Map(wanted.map((row) => [row.trans_num, row.cc_num]));
  const seen = new Map<string, number>();
  let bentCards = 0;
  for (const [transNum, card] of rows) {
    seen.set(transNum, (seen.get(transNum) ?? 0) + 1);
    if (cards.has(transNum) && cards.get(transNum) !== card) bentCards += 1;
  }
  return {
    transactions: wanted.length,
    bronzeRows: rows.length,
    missing: wanted.filter((row) => !seen.has(row.trans_num)).length,
    doubled: [...seen.values()].filter((count) => count > 1).length,
    foreign: [...seen.keys()].filter((transNum) => !cards.has(transNum)).length,
    bentCards,
  };
}

/** @param deadLetters offsets that lie in Alert's quarantine */
export async function judgeAlert(frauddb: Database, topics: Database, deadLetters: number): Promise<AlertVerdict> {
  const [records] = await topics.query<{ offsets: string; skips: string }>(
    `SELECT count(*) AS offsets,
            count(*) FILTER (WHERE value IS NULL OR convert_from(value, 'UTF8')::json ->> 'op' NOT IN ('c', 'u', 'r')) AS skips
       FROM records`,
  );
  const changed = await topics.query<{ trans_num: string }>(
    `SELECT convert_from(value, 'UTF8')::json -> 'after' ->> 'trans_num' AS trans_num FROM records
      WHERE value IS NOT NULL AND convert_from(value, 'UTF8')::json ->> 'op' IN ('c', 'u', 'r')`,
  );
  const stored = new Set((await frauddb.query<{ trans_num: string }>(KNOWN)).map((row) => row.trans_num));
  const [counts] = await frauddb.query<Record<string, string>>(COUNTS);
  const scores = await judgeScores(frauddb);
  const offsets = Number(records?.offsets ?? 0);
  const declaredSkips = Number(records?.skips ?? 0);
  const number = (name: string): number => Number(counts?.[name] ?? 0);
  return {
    offsets,
    predictions: number('predictions'),
    pending: number('pending'),
    deadLetters,
    declaredSkips,
    unaccounted: changed.filter((row) => !stored.has(row.trans_num)).length - deadLetters,
    wrongVerdicts: scores.wrong + number('predictions') - scores.judged,
    frauds: number('frauds'),
    untold: number('untold'),
    repeats: number('repeats'),
    ambiguousSends: number('ambiguous'),
    unmarkedRepeats: number('unmarked'),
  };
}

const KNOWN = 'SELECT trans_num FROM fraud_predictions UNION ALL SELECT trans_num FROM sluice.pending';

/**
 * A message tells of a fraud when its text holds the transaction number; the marks are looked for in the same text.
 */
const COUNTS = `
  WITH told AS (
    SELECT o.trans_num, o.ambiguous_sends,
           (SELECT count(*) FROM sluice.preview_messages m WHERE m.body::text LIKE '%' || o.trans_num || '%') AS messages,
           (SELECT count(*) FROM sluice.preview_messages m
             WHERE m.body::text LIKE '%' || o.trans_num || '%' AND m.body::text ILIKE '%may be a repeat%') AS marked
      FROM sluice.outbox o WHERE o.state <> 'suppressed'
  )
  SELECT (SELECT count(*) FROM fraud_predictions) AS predictions,
         (SELECT count(*) FROM sluice.pending) AS pending,
         (SELECT count(*) FROM fraud_predictions WHERE is_fraud_predicted = 1) AS frauds,
         (SELECT count(*) FROM fraud_predictions p LEFT JOIN told ON told.trans_num = p.trans_num
           WHERE p.is_fraud_predicted = 1 AND coalesce(told.messages, 0) = 0) AS untold,
         (SELECT coalesce(sum(greatest(messages - 1, 0)), 0) FROM told) AS repeats,
         (SELECT coalesce(sum(ambiguous_sends), 0) FROM told) AS ambiguous,
         (SELECT coalesce(sum(greatest(messages - 1 - marked, 0)), 0) FROM told) AS unmarked`;
