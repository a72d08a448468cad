/** Why a transaction got its score: the fraud API is asked once more, with exactly what it was asked then. */
import { SluiceError } from '../errors.ts';
import type { ScoreExplanation } from '../events.ts';
import type { Sql } from '../sql.ts';
import type { ScoreRequest } from './features.ts';
import type { FraudApi } from './fraud-api.ts';
import { oneLine } from './text.ts';

const TEXT_WIDTH = 300;

/**
 * Stores nothing. Throws `NOT_ALLOWED_NOW` for a transaction that this query has not scored, and `API_UNAVAILABLE` or
 * `API_REFUSED` when the API gives no answer.
 */
export async function explainScore(sql: Sql, api: FraudApi, transNum: string): Promise<ScoreExplanation> {
  const [row] = await sql.query<{ request: ScoreRequest; score: string | null; model_version: string | null }>(
    `SELECT d.request, p.prediction_score AS score, p.model_version
     FROM sluice.prediction_details d JOIN fraud_predictions p USING (trans_num) WHERE d.trans_num = $1`,
    [transNum],
  );
  if (!row) throw notScored(transNum);
  const { probability, isFraud, level, modelVersion, ruleBased, shape, explanation, contributions, defaultsUsed } =
    await api.explain(row.request);
  return {
    transNum: oneLine(transNum, TEXT_WIDTH),
    stored: { probability: Number(row.score ?? 0), modelVersion: row.model_version ?? '' },
    category: oneLine(row.request.category ?? '', TEXT_WIDTH),
    probability,
    isFraud,
    level,
    modelVersion,
    ruleBased,
    shape,
    contributions,
    explanation: explanation.map((line) => oneLine(line, TEXT_WIDTH)),
    defaultsUsed,
  };
}

function notScored(transNum: string): SluiceError {
  return new SluiceError('NOT_ALLOWED_NOW', {
    tried: `Explaining the score of ${oneLine(transNum, TEXT_WIDTH)}`,
    seen: 'Alert has stored no score of this transaction',
    expected: 'a transaction that Alert has scored',
    action: 'Follow the transaction to see whether it waits for its score, or was scored by another program.',
  });
}
