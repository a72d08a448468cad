/** Candidates to verdicts: what is scored, what waits, what becomes a dead letter. */
import type { DeadLetter } from '../quarantine/dead-letter.ts';
import type { Score } from './answer.ts';
import { deriveFeatures, type Features } from './features.ts';
import type { FraudApi } from './fraud-api.ts';
import type { Histories } from './history.ts';
import type { Candidate } from './intake.ts';

export interface Scored {
  readonly candidate: Candidate;
  readonly features: Features;
  readonly score: Score;
}

export interface Waiting {
  readonly candidate: Candidate;
  readonly reason: string;
}

/** Each candidate is in exactly one list; each list is ordered by trans_num, the order in which rows are locked. */
export interface Outcome {
  readonly scored: readonly Scored[];
  readonly waiting: readonly Waiting[];
  readonly refused: readonly DeadLetter[];
}

export async function scoreCandidates(
  histories: Histories,
  api: FraudApi,
  candidates: readonly Candidate[],
): Promise<Outcome> {
  const ordered = [...candidates].sort(byTransNum);
  const found = await histories.read(ordered.map(({ row }) => row));
  const features = ordered.map(({ row }) => deriveFeatures(row, found.get(row.trans_num)));
  const verdicts = await api.score(features.map(({ request }) => request));
  const outcome = { scored: [] as Scored[], waiting: [] as Waiting[], refused: [] as DeadLetter[] };
  for (const [index, candidate] of ordered.entries()) {
    const verdict = verdicts[index];
    if (verdict?.kind === 'scored') {
      outcome.scored.push({ candidate, features: features[index] as Features, score: verdict.score });
    } else if (verdict?.kind === 'rejected') {
      outcome.refused.push({ record: candidate.record, code: 'REFUSED_BY_API', reason: verdict.reason });
    } else {
      outcome.waiting.push({ candidate, reason: verdict?.reason ?? 'The fraud API gave no verdict.' });
    }
  }
  return outcome;
}

function byTransNum(a: Candidate, b: Candidate): number {
  return a.row.trans_num < b.row.trans_num ? -1 : 1;
}
