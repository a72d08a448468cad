/** Scores what had to wait for the fraud API, in the background, so that the stream never waits for it. */
import { failpoint } from '../failpoints.ts';
import type { AlertSettings } from '../job-settings.ts';
import type { Clock, Log } from '../ports.ts';
import type { DeadLetter, Quarantine } from '../quarantine/dead-letter.ts';
import type { Database, Sql } from '../sql.ts';
import type { FraudApi } from './fraud-api.ts';
import type { Histories } from './history.ts';
import { toCandidate } from './intake.ts';
import { amendLedger, firstLedgerTime } from './ledger.ts';
import type { Next } from './loop.ts';
import { deletePending, lockPending, postponePending, readDue, type PendingRow } from './pending.ts';
import { insertPredictions, type AlertRules } from './predictions.ts';
import { scoreCandidates, type Outcome } from './scoring.ts';
import { lockPresent } from './transactions.ts';

export interface RescoreParts {
  readonly settings: AlertSettings;
  readonly db: Database;
  readonly api: FraudApi;
  readonly histories: Histories;
  readonly quarantine: Quarantine;
  readonly log: Log;
  readonly clock: Clock;
  onStored(): void;
}

const ROWS_PER_STEP = 200;
/** How often to look when nothing is due, and how long to leave an API alone that scored nothing. */
const IDLE_MS = 5_000;
const FIRST_WAIT_MS = 5_000;
const LONGEST_WAIT_MS = 60_000;

/** One step: takes what is due, asks, stores. */
export async function rescore(parts: RescoreParts): Promise<Next> {
  const due = await readDue(parts.db, parts.clock.now(), ROWS_PER_STEP);
  if (due.length === 0) return IDLE_MS;
  const outcome = await scoreAgain(parts, due);
  const byRecord = new Map(due.map((row) => [row.record, row]));
  for (const letter of outcome.refused)
    await quarantineLate(parts.quarantine, letter, byRecord.get(letter.record) as PendingRow);
  await failpoint('a14');
  const settled = await settle(parts, outcome, byRecord);
  tell(parts.log, settled);
  if (settled.frauds > 0) parts.onStored();
  if (outcome.waiting.length > 0) return afterWaiting(outcome.waiting.length === due.length);
  return 0;
}

/** When the next try of each is in the database. */
async function afterWaiting(all: boolean): Promise<Next> {
  await failpoint('a13');
  return all ? IDLE_MS : 0;
}

async function scoreAgain({ histories, api }: RescoreParts, due: readonly PendingRow[]): Promise<Outcome> {
  const rows = due.map(({ record }) => toCandidate(record));
  const outcome = await scoreCandidates(
    histories,
    api,
    rows.filter((row) => 'row' in row),
  );
  return { ...outcome, refused: [...outcome.refused, ...rows.filter((row) => 'code' in row)] };
}

interface Settled {
  readonly scored: number;
  readonly frauds: number;
  readonly refused: number;
  readonly deleted: number;
}

/** One SQL transaction: each row leaves `pending` together with what it became, or is put off. */
async function settle(
  parts: RescoreParts,
  outcome: Outcome,
  byRecord: ReadonlyMap<unknown, PendingRow>,
): Promise<Settled> {
  const now = parts.clock.now();
  const rows = [...byRecord.values()];
  return parts.db.transaction(async (sql) => {
    const present = await lockPresent(
      sql,
      rows.map(({ transNum }) => transNum),
    );
    const waiting = await lockPending(
      sql,
      rows.map(({ transNum }) => transNum),
    );
    const refused = outcome.refused
      .map(({ record }) => byRecord.get(record) as PendingRow)
      .filter(({ transNum }) => waiting.has(transNum));
    const deleted = rows.filter(
      (row) => waiting.has(row.transNum) && !present.has(row.transNum) && !refused.includes(row),
    );
    const scored = outcome.scored
      .map((each) => ({ ...each, ...(byRecord.get(each.candidate.record) as PendingRow) }))
      .filter(({ transNum }) => waiting.has(transNum) && present.has(transNum));
    const rules = await rulesFor(sql, parts.settings, now);
    const stored = await insertPredictions(sql, scored, rules);
    await amendLedger(
      sql,
      'deleted_skips',
      deleted.map(({ origin }) => origin),
    );
    await amendLedger(
      sql,
      'dead_letters',
      refused.map(({ origin }) => origin),
    );
    await deletePending(
      sql,
      [...deleted, ...refused, ...scored].map(({ transNum }) => transNum),
    );
    await postponePending(
      sql,
      outcome.waiting.map((each) => putOff(each.reason, byRecord.get(each.candidate.record) as PendingRow, now)),
    );
    const frauds = stored.filter(({ score }) => score.isFraud).length;
    return { scored: stored.length, frauds, refused: refused.length, deleted: deleted.length };
  });
}

async function rulesFor(sql: Sql, settings: AlertSettings, now: number): Promise<AlertRules> {
  return { settings, firstStart: (await firstLedgerTime(sql)) ?? now, now };
}

/** The wait doubles with each attempt; its second half is random, so that a backlog does not come back all at once. */
function putOff(
  reason: string,
  { transNum, attempts }: PendingRow,
  now: number,
): { transNum: string; nextAt: number; reason: string } {
  const wait = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** attempts);
  return { transNum, nextAt: now + wait * (0.5 + Math.random() / 2), reason };
}

/** The batch is committed, so the letter gets an object of its own, named by its offset. */
async function quarantineLate(quarantine: Quarantine, letter: DeadLetter, { origin }: PendingRow): Promise<void> {
  const part = `p${letter.record.partition}-o${letter.record.offset}`;
  await quarantine.put({ ...origin, part, deadLetters: [letter], notes: [] });
}

function tell(log: Log, { scored, frauds, refused, deleted }: Settled): void {
  if (scored > 0) log('info', `Scored ${scored} transactions that had waited for the fraud API`);
  if (deleted > 0) log('warn', `${deleted} waiting transactions were deleted meanwhile, skipping them`);
  if (refused > 0) log('warn', `${refused} waiting transactions refused by the fraud API and quarantined`);
  if (frauds > 0) log('info', `Fraud detected: ${frauds}`);
}
