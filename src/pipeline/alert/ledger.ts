/** The ledger of the Alert query: what became of every record of every batch. The first truth about a batch stays. */
import { SluiceError } from '../errors.ts';
import { toOffsetMap } from '../offsets.ts';
import type { Batch } from '../ports.ts';
import type { Sql } from '../sql.ts';

/** records = new + existing + dead letters + declared skips + deleted skips; new = predictions + pending. */
export interface LedgerRow {
  readonly records: number;
  readonly newTransactions: number;
  readonly existing: number;
  readonly predictions: number;
  readonly pending: number;
  readonly frauds: number;
  readonly deadLetters: number;
  readonly declaredSkips: number;
  /** Rows that are no longer in `transactions`. */
  readonly deletedSkips: number;
}

const COLUMNS = {
  records: 'records',
  newTransactions: 'new_transactions',
  existing: 'existing_transactions',
  predictions: 'predictions',
  pending: 'pending',
  frauds: 'frauds',
  deadLetters: 'dead_letters',
  declaredSkips: 'declared_skips',
  deletedSkips: 'deleted_skips',
} as const;
const NAMES = Object.keys(COLUMNS) as (keyof LedgerRow)[];

export const FIRST_LEDGER_TIME =
  'SELECT floor(extract(epoch FROM min(committed_at)) * 1000)::text AS at FROM sluice.alert_batches';
export const FIND_LEDGER_ROW = `
  SELECT ${Object.values(COLUMNS).join(', ')}, start_offsets = $3::jsonb AND end_offsets = $4::jsonb AS same_range
  FROM sluice.alert_batches WHERE query_id = $1 AND batch_id = $2`;
export const INSERT_LEDGER_ROW = `
  INSERT INTO sluice.alert_batches (query_id, batch_id, start_offsets, end_offsets,
    ${Object.values(COLUMNS).join(', ')})
  VALUES ($1, $2, $3::jsonb, $4::jsonb, ${NAMES.map((_, index) => `$${index + 5}`).join(', ')})`;

/** Newest batch of the query in the ledger, -1 for none. */
export async function lastLedgerBatch(sql: Sql, queryId: string): Promise<number> {
  const [row] = await sql.query<{ last: string | null }>(
    'SELECT max(batch_id) AS last FROM sluice.alert_batches WHERE query_id = $1',
    [queryId],
  );
  return row?.last == null ? -1 : Number(row.last);
}

/** When the first batch of all was stored, ms since 1970; null before it. */
export async function firstLedgerTime(sql: Sql): Promise<number | null> {
  const [row] = await sql.query<{ at: string | null }>(FIRST_LEDGER_TIME);
  return row?.at == null ? null : Number(row.at);
}

/** What the ledger knows of this batch, or null. Throws when it knows it with other offsets. */
export async function findLedgerRow(sql: Sql, batch: Batch): Promise<LedgerRow | null> {
  const [row] = await sql.query(FIND_LEDGER_ROW, [batch.queryId, batch.id, ...rangeOf(batch)]);
  if (!row) return null;
  if (row['same_range'] !== true) throw otherRange(batch);
  return Object.fromEntries(NAMES.map((name) => [name, Number(row[COLUMNS[name]])])) as unknown as LedgerRow;
}

export async function insertLedgerRow(sql: Sql, batch: Batch, ledger: LedgerRow): Promise<void> {
  const counts = NAMES.map((name) => ledger[name]);
  await sql.query(INSERT_LEDGER_ROW, [batch.queryId, batch.id, ...rangeOf(batch), ...counts]);
}

/** Adds what was found out later about transactions that had been left pending by their batch. */
export async function amendLedger(
  sql: Sql,
  column: 'dead_letters' | 'deleted_skips',
  batches: readonly { readonly queryId: string; readonly batchId: number }[],
): Promise<void> {
  await sql.query(
    `UPDATE sluice.alert_batches AS ledger SET ${column} = ledger.${column} + late.count
     FROM (SELECT query_id, batch_id, count(*) AS count FROM unnest($1::uuid[], $2::bigint[]) AS each (query_id, batch_id)
           GROUP BY query_id, batch_id) AS late
     WHERE ledger.query_id = late.query_id AND ledger.batch_id = late.batch_id`,
    [batches.map(({ queryId }) => queryId), batches.map(({ batchId }) => batchId)],
  );
}

/** Counts dead letters that a replay has scored as the predictions that they are now. */
export async function settleLetters(
  sql: Sql,
  letters: readonly { readonly queryId: string; readonly batchId: number; readonly fraud: boolean }[],
): Promise<void> {
  await sql.query(
    `UPDATE sluice.alert_batches AS ledger SET dead_letters = ledger.dead_letters - late.count,
       new_transactions = ledger.new_transactions + late.count, predictions = ledger.predictions + late.count,
       frauds = ledger.frauds + late.frauds
     FROM (SELECT query_id, batch_id, count(*) AS count, count(*) FILTER (WHERE fraud) AS frauds
           FROM unnest($1::uuid[], $2::bigint[], $3::boolean[]) AS each (query_id, batch_id, fraud)
           GROUP BY query_id, batch_id) AS late
     WHERE ledger.query_id = late.query_id AND ledger.batch_id = late.batch_id`,
    [letters.map(({ queryId }) => queryId), letters.map(({ batchId }) => batchId), letters.map(({ fraud }) => fraud)],
  );
}

function rangeOf(batch: Batch): [start: string, end: string] {
  return [JSON.stringify(toOffsetMap(batch.range.start)), JSON.stringify(toOffsetMap(batch.range.end))];
}

function otherRange(batch: Batch): SluiceError {
  return new SluiceError('CHECKPOINT_CORRUPT', {
    tried: `Adding batch ${batch.id} of the Alert query`,
    seen: 'the ledger in PostgreSQL holds this batch with other offsets',
    expected: 'the range that offsets/N promised when the batch was first run',
    action: 'The checkpoint was changed after the batch was stored: restore it, or clear it and continue.',
  });
}
