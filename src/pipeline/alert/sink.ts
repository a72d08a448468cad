/** One batch of the Alert query, as a story: read, leave out what is known, score, quarantine, store, tell. */
import { failpoint } from '../failpoints.ts';
import type { AlertSettings } from '../job-settings.ts';
import type { Batch, BatchResult, Clock, Log, Sink } from '../ports.ts';
import type { DeadLetter, Quarantine } from '../quarantine/dead-letter.ts';
import type { Database } from '../sql.ts';
import type { FraudApi } from './fraud-api.ts';
import type { Histories } from './history.ts';
import { readIntake, type Intake } from './intake.ts';
import { findLedgerRow, firstLedgerTime, insertLedgerRow, lastLedgerBatch, type LedgerRow } from './ledger.ts';
import { findKnown, insertPending, insertPredictions, type Origin } from './predictions.ts';
import { scoreCandidates, type Outcome } from './scoring.ts';
import { checkServing } from './serving.ts';
import { insertMissing, lockPresent } from './transactions.ts';

export interface SinkParts {
  readonly settings: AlertSettings;
  readonly db: Database;
  readonly api: FraudApi;
  readonly histories: Histories;
  readonly quarantine: Quarantine;
  readonly log: Log;
  readonly clock: Clock;
  /** Called after a batch is stored: there may be something to send. */
  onStored(): void;
  close(): Promise<void>;
}

/** A transaction that just failed to be scored is tried again after this. */
const FIRST_WAIT_MS = 5_000;

export function makeAlertSink(parts: SinkParts): Sink {
  const { db, settings } = parts;
  let firstStart: number | null = null;
  return {
    description: `AlertSink[${settings.serving.host}:${settings.serving.port}/${settings.serving.database}]`,
    check: () => checkServing(settings, db),
    lastBatch: (queryId) => lastLedgerBatch(db, queryId),
    addBatch: async (batch) => {
      firstStart ??= (await firstLedgerTime(db)) ?? batch.timestamp;
      const intake = await readIntake(batch.records);
      if (intake.rewrites > 0) parts.histories.forget();
      if (countRows(intake) > 0)
        parts.log('info', `Batch ${batch.id}: Processing ${countRows(intake)} transactions`, batch.id);
      await failpoint('a1');
      const ledger = (await findLedgerRow(db, batch)) ?? (await addNew(parts, batch, intake, firstStart));
      await failpoint('a7');
      tell(parts.log, batch, countRows(intake), ledger);
      parts.onStored();
      await failpoint('a11');
      return toResult(ledger, intake.coercionNotes);
    },
    close: parts.close,
  };
}

async function addNew(parts: SinkParts, batch: Batch, intake: Intake, firstStart: number): Promise<LedgerRow> {
  const known = await findKnown(parts.db, intake.candidates);
  const fresh = intake.candidates.filter(({ row }) => !known.has(row.trans_num));
  const separate = parts.settings.servingDatabase === 'separate';
  const unstorable = separate ? await insertMissing(parts.db, fresh) : [];
  await failpoint('a3');
  const gone = new Set(unstorable.map(({ record }) => record));
  const outcome = await scoreCandidates(
    parts.histories,
    parts.api,
    fresh.filter(({ record }) => !gone.has(record)),
  );
  await failpoint('a5');
  const deadLetters = [...intake.deadLetters, ...unstorable, ...outcome.refused];
  await quarantineBatch(parts.quarantine, batch, deadLetters);
  return store(parts, batch, intake, outcome, deadLetters.length, firstStart);
}

/** Predictions, alerts, waiting rows and the ledger in one SQL transaction, which is the commit point of the batch. */
async function store(
  parts: SinkParts,
  batch: Batch,
  intake: Intake,
  { scored, waiting }: Outcome,
  deadLetters: number,
  firstStart: number,
): Promise<LedgerRow> {
  const now = parts.clock.now();
  const origin: Origin = { clusterId: batch.clusterId, topic: batch.topic, queryId: batch.queryId, batchId: batch.id };
  const transNums = [...scored, ...waiting].map(({ candidate }) => candidate.row.trans_num);
  return parts.db.transaction(async (sql) => {
    const present = await lockPresent(sql, transNums);
    const there = (each: { candidate: { row: { trans_num: string } } }): boolean =>
      present.has(each.candidate.row.trans_num);
    const pending = await insertPending(sql, origin, waiting.filter(there), now + FIRST_WAIT_MS);
    const rows = scored.filter(there).map((each) => ({ ...each, origin }));
    const stored = await insertPredictions(sql, rows, { settings: parts.settings, firstStart, now });
    const newTransactions = stored.length + pending;
    const deletedSkips = transNums.length - present.size;
    const ledger: LedgerRow = {
      records: intake.records,
      newTransactions,
      existing: intake.records - newTransactions - deadLetters - intake.skips - deletedSkips,
      predictions: stored.length,
      pending,
      frauds: stored.filter(({ score }) => score.isFraud).length,
      deadLetters,
      declaredSkips: intake.skips,
      deletedSkips,
    };
    await insertLedgerRow(sql, batch, ledger);
    await failpoint('a6');
    return ledger;
  });
}

async function quarantineBatch(
  quarantine: Quarantine,
  batch: Batch,
  deadLetters: readonly DeadLetter[],
): Promise<void> {
  const { queryId, id: batchId, clusterId, topic } = batch;
  await quarantine.put({ queryId, batchId, clusterId, topic, deadLetters, notes: [] });
}

/** The lines that people filter by. */
function tell(log: Log, { id }: Batch, rows: number, ledger: LedgerRow): void {
  const { newTransactions, existing, deadLetters, deletedSkips, pending, frauds } = ledger;
  if (newTransactions > 0) log('info', `Batch ${id}: Inserted ${newTransactions} NEW transactions`, id);
  else if (existing > 0) {
    log('info', `Batch ${id}: All ${rows} transactions already exist, skipping insert`, id);
    log('info', 'New transactions: 0 (all duplicates)', id);
  }
  if (pending > 0) log('warn', `Batch ${id}: ${pending} transactions wait for the fraud API`, id);
  if (deletedSkips > 0)
    log('warn', `Batch ${id}: ${deletedSkips} transactions were deleted meanwhile, skipping them`, id);
  if (deadLetters > 0) log('warn', `Batch ${id}: ${deadLetters} records quarantined`, id);
  if (frauds > 0) log('info', `Fraud detected: ${frauds}`, id);
}

function toResult(ledger: LedgerRow, coercionNotes: number): BatchResult {
  return {
    inputRows: ledger.records,
    outputRows: ledger.newTransactions,
    extras: {
      deadLetters: ledger.deadLetters,
      coercionNotes,
      skips: ledger.declaredSkips + ledger.deletedSkips,
      newTransactions: ledger.newTransactions,
      existingTransactions: ledger.existing,
      predictions: ledger.predictions,
      pending: ledger.pending,
      frauds: ledger.frauds,
    },
  };
}

function countRows({ candidates, repeats }: Intake): number {
  return candidates.length + repeats;
}
