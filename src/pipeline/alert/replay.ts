/**
 * Letters that can be scored by now go the way of every other record: known? score, store, tell. Predictions and alerts
 * are keyed by trans_num, so a second try adds nothing.
 */
import type { Becomes } from '../events.ts';
import { failpoint } from '../failpoints.ts';
import type { AlertSettings } from '../job-settings.ts';
import type { Clock } from '../ports.ts';
import type { Letter } from '../quarantine/letters.ts';
import type { Database, Sql } from '../sql.ts';
import { factsOf } from './facts.ts';
import type { FraudApi } from './fraud-api.ts';
import { makeHistories } from './history.ts';
import { toCandidate, type Candidate } from './intake.ts';
import { firstLedgerTime, settleLetters } from './ledger.ts';
import { findKnown, insertPredictions, type Origin } from './predictions.ts';
import { scoreCandidates, type Scored } from './scoring.ts';
import { whySuppressed } from './suppress.ts';
import { insertMissing, lockPresent } from './transactions.ts';

export interface AlertReplayParts {
  readonly settings: AlertSettings;
  readonly db: Database;
  readonly api: FraudApi;
  readonly clock: Clock;
}

/** What each letter would become now. Asks the API, which stores nothing; writes nothing. */
export async function becomesInAlert(
  parts: AlertReplayParts,
  letters: readonly Letter[],
): Promise<Map<Letter, Becomes>> {
  const { becomes, candidates, repeats } = await sort(parts, letters);
  const present = await readPresent(parts, [...candidates.values()]);
  const { scored, rest } = await scoreAll(parts, new Map([...candidates].filter(([, each]) => present(each))));
  for (const [letter, { row }] of candidates) becomes.set(letter, { kind: 'gone', transNum: row.trans_num });
  for (const [letter, each] of rest) becomes.set(letter, each);
  const rules = { settings: parts.settings, firstStart: await readFirstStart(parts) };
  for (const [letter, each] of scored) becomes.set(letter, toScored(each, rules));
  return followRepeats(becomes, repeats);
}

/** Stores what can be scored, in one SQL transaction. Letters that still cannot stay as they are. */
export async function replayInAlert(
  parts: AlertReplayParts,
  letters: readonly Letter[],
): Promise<Map<Letter, Becomes>> {
  const { settings, db, clock } = parts;
  const { becomes, candidates, repeats } = await sort(parts, letters);
  for (const [letter, each] of await insertWhereMissing(parts, candidates)) {
    becomes.set(letter, each);
    candidates.delete(letter);
  }
  const { scored, rest } = await scoreAll(parts, candidates);
  for (const [letter, each] of rest) becomes.set(letter, each);
  const firstStart = await readFirstStart(parts);
  const rules = { settings, firstStart, now: clock.now() };
  await db.transaction(async (sql) => {
    const transNums = [...scored.values()].map(({ candidate }) => candidate.row.trans_num).sort();
    const present = await lockPresent(sql, transNums);
    const rows = [...scored].map(([letter, each]) => ({ letter, ...each, origin: originOf(letter) }));
    const there = rows.filter(({ candidate }) => present.has(candidate.row.trans_num)).sort(byTransNum);
    const stored = new Set((await insertPredictions(sql, there, rules)).map(({ candidate }) => candidate));
    const fresh = there.filter(({ candidate }) => stored.has(candidate));
    await failpoint('a14');
    await settleLetters(
      sql,
      fresh.map(({ origin, score }) => ({ ...origin, fraud: score.isFraud })),
    );
    for (const { letter, candidate, ...each } of rows) {
      const transNum = candidate.row.trans_num;
      if (!present.has(transNum)) becomes.set(letter, { kind: 'gone', transNum });
      else if (stored.has(candidate)) becomes.set(letter, toScored({ candidate, ...each }, rules));
      else becomes.set(letter, { kind: 'known', transNum });
    }
  });
  return followRepeats(becomes, repeats);
}

/** Whether the letter needs no further replay. */
export const isSettled = ({ kind }: Becomes): boolean => kind === 'scored' || kind === 'known' || kind === 'gone';

interface Sorted {
  readonly becomes: Map<Letter, Becomes>;
  /** The first letter of each trans_num. */
  readonly candidates: Map<Letter, Candidate>;
  /** Further letters of a trans_num, with the first. */
  readonly repeats: ReadonlyMap<Letter, Letter>;
}

async function sort({ db }: AlertReplayParts, letters: readonly Letter[]): Promise<Sorted> {
  const becomes = new Map<Letter, Becomes>();
  const candidates = new Map<Letter, Candidate>();
  const repeats = new Map<Letter, Letter>();
  const firsts = new Map<string, Letter>();
  for (const letter of letters) {
    const candidate = toCandidate(letter.record);
    if ('code' in candidate) {
      becomes.set(letter, { kind: 'dead', code: candidate.code, reason: candidate.reason });
      continue;
    }
    const first = firsts.get(candidate.row.trans_num);
    if (first) repeats.set(letter, first);
    else {
      firsts.set(candidate.row.trans_num, letter);
      candidates.set(letter, candidate);
    }
  }
  const known = await findKnown(db, [...candidates.values()]);
  for (const [letter, { row }] of candidates) {
    if (!known.has(row.trans_num)) continue;
    becomes.set(letter, { kind: 'known', transNum: row.trans_num });
    candidates.delete(letter);
  }
  return { becomes, candidates, repeats };
}

/** A transaction that another letter has brought is known then; else it has the fate of that letter. */
function followRepeats(becomes: Map<Letter, Becomes>, repeats: ReadonlyMap<Letter, Letter>): Map<Letter, Becomes> {
  for (const [letter, first] of repeats) {
    const fate = becomes.get(first) as Becomes;
    becomes.set(letter, fate.kind === 'scored' ? { kind: 'known', transNum: fate.transNum } : fate);
  }
  return becomes;
}

/** In a database of its own a missing transaction is inserted first; those that it refuses stay dead letters. */
async function insertWhereMissing(
  { db, settings }: AlertReplayParts,
  candidates: ReadonlyMap<Letter, Candidate>,
): Promise<[Letter, Becomes][]> {
  if (settings.servingDatabase !== 'separate') return [];
  const refused = await insertMissing(db, [...candidates.values()]);
  return refused.flatMap(({ record, code, reason }) => {
    const letter = [...candidates].find(([, each]) => each.record === record)?.[0];
    return letter ? [[letter, { kind: 'dead', code, reason }]] : [];
  });
}

async function scoreAll({ db, api, clock }: AlertReplayParts, candidates: ReadonlyMap<Letter, Candidate>) {
  const outcome = await scoreCandidates(makeHistories(db, clock), api, [...candidates.values()]);
  const letterOf = new Map([...candidates].map(([letter, { record }]) => [record, letter] as const));
  const scored = new Map(outcome.scored.map((each) => [letterOf.get(each.candidate.record) as Letter, each] as const));
  const rest = new Map<Letter, Becomes>();
  for (const { candidate, reason } of outcome.waiting) {
    rest.set(letterOf.get(candidate.record) as Letter, { kind: 'waits', reason });
  }
  for (const { record, code, reason } of outcome.refused) {
    rest.set(letterOf.get(record) as Letter, { kind: 'dead', code, reason });
  }
  return { scored, rest };
}

function toScored(
  { candidate, score }: Scored,
  { settings, firstStart }: { readonly settings: AlertSettings; readonly firstStart: number },
): Becomes {
  const facts = score.isFraud ? factsOf(candidate.row, score) : null;
  const times = { recordAt: candidate.record.timestamp, firstStart, transactionAt: facts?.transactionAt ?? null };
  return {
    kind: 'scored',
    transNum: candidate.row.trans_num,
    probability: score.probability,
    level: score.level,
    fraud: score.isFraud,
    suppressed: facts && whySuppressed(settings, times),
  };
}

/** Whether a transaction is there to be scored; in a database of its own a missing one is inserted first. */
async function readPresent(
  { db, settings }: AlertReplayParts,
  candidates: readonly Candidate[],
): Promise<(candidate: Candidate) => boolean> {
  if (settings.servingDatabase === 'separate') return () => true;
  const rows = await db.query<{ trans_num: string }>(
    'SELECT trans_num FROM transactions WHERE trans_num = ANY($1::text[])',
    [candidates.map(({ row }) => row.trans_num)],
  );
  const names = new Set(rows.map(({ trans_num }) => trans_num));
  return ({ row }) => names.has(row.trans_num);
}

async function readFirstStart({ db, clock }: { readonly db: Sql; readonly clock: Clock }): Promise<number> {
  return (await firstLedgerTime(db)) ?? clock.now();
}

const originOf = ({ cluster, topic, queryId, batchId }: Letter): Origin => ({
  clusterId: cluster,
  topic,
  queryId,
  batchId,
});

function byTransNum(a: Scored, b: Scored): number {
  return a.candidate.row.trans_num < b.candidate.row.trans_num ? -1 : 1;
}
