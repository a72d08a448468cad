/** What became of every record of the Alert query, judged from what was fed, what is stored and what Slack accepted. */
import { readParquet } from '../../../src/pipeline/delta/parquet-read.ts';
import type { Database } from '../../../src/pipeline/sql.ts';
import { openLocalStore } from '../../../src/pipeline/store/local.ts';
import type { Accepted } from './receivers.ts';
import type { Fed } from './workload.ts';

export interface Verdict {
  readonly records: number;
  readonly predictions: number;
  readonly pending: number;
  readonly deadLetters: number;
  readonly declaredSkips: number;
  /** Records that are none of these, or something else than they should be. */
  readonly unaccounted: number;
  /** Sums of the ledger that do not add up, or ranges that do not tile the topic. */
  readonly ledgerFaults: readonly string[];
  /** Rows whose stored verdict is not the truth of whoever made them. */
  readonly wrongVerdicts: number;
  readonly frauds: number;
  /** Frauds without an accepted message. */
  readonly untold: number;
  /** Accepted messages beyond the first of a fraud, and those of them without the mark. */
  readonly extraSends: number;
  readonly unmarkedRepeats: number;
  /** Sends that were counted as ambiguous: never fewer than the extra ones. */
  readonly ambiguousSends: number;
}

export const isSound = (verdict: Verdict): boolean =>
  verdict.unaccounted +
    verdict.wrongVerdicts +
    verdict.untold +
    verdict.unmarkedRepeats +
    verdict.pending +
    verdict.ledgerFaults.length ===
    0 && verdict.extraSends <= verdict.ambiguousSends;

/** @param letters keys of the records that are dead letters */
export async function judge(
  db: Database,
  fed: readonly Fed[],
  accepted: readonly Accepted[],
  letters: ReadonlySet<string>,
): Promise<Verdict> {
  const predictions = await keysOf(
    db,
    'SELECT trans_num AS key, is_fraud_predicted = 1 AS fraud FROM fraud_predictions',
  );
  const pending = await keysOf(db, 'SELECT trans_num AS key, false AS fraud FROM sluice.pending');
  const frauds = new Set(fed.filter(({ fraud }) => fraud).map(({ transNum }) => transNum));
  const told = tell(accepted);
  const sends = (transNum: string): readonly Accepted[] => told.get(transNum) ?? [];
  const extra = [...frauds].flatMap((transNum) =>
    sends(transNum)
      .slice(1)
      .map((message) => ({ transNum, message })),
  );
  return {
    records: fed.length,
    predictions: predictions.size,
    pending: pending.size,
    deadLetters: letters.size,
    declaredSkips: fed.filter(isSkip).length,
    unaccounted: fed.filter((each) => !isAccounted(each, predictions, pending, letters)).length,
    ledgerFaults: await ledgerFaults(db, fed.length),
    wrongVerdicts: [...predictions].filter(([transNum, fraud]) => fraud !== frauds.has(transNum)).length,
    frauds: frauds.size,
    untold: [...frauds].filter((transNum) => sends(transNum).length === 0).length,
    extraSends: extra.length,
    unmarkedRepeats: extra.filter(({ message }) => !message.body.includes('may be a repeat')).length,
    ambiguousSends: await ambiguousIn(db),
  };
}

const isSkip = ({ kind }: Fed): boolean => kind === 'tombstone' || kind === 'delete';

function isAccounted(
  { kind, transNum }: Fed,
  predictions: ReadonlyMap<string, boolean>,
  pending: ReadonlyMap<string, boolean>,
  letters: ReadonlySet<string>,
): boolean {
  if (kind === 'row' || kind === 'repeat') return predictions.has(transNum) || pending.has(transNum);
  const dead = letters.has(transNum);
  return kind === 'tombstone' || kind === 'delete' ? !dead : dead !== pending.has(transNum);
}

async function keysOf(db: Database, text: string): Promise<Map<string, boolean>> {
  const rows = await db.query<{ key: string; fraud: boolean }>(text);
  return new Map(rows.map(({ key, fraud }) => [key, fraud]));
}

/** Every dead letter in a folder, by the key of its record; the same letter in two files is one. */
export async function lettersIn(folder: string): Promise<ReadonlySet<string>> {
  const store = openLocalStore(folder);
  const keys = new Set<string>();
  for (const { key } of await store.list('dead-letters/')) {
    const bytes = await store.get(key);
    for (const row of bytes ? await readParquet(bytes) : []) {
      const record = JSON.parse(Buffer.from(row['key'] as Uint8Array).toString('utf8')) as { trans_num: string };
      keys.add(record.trans_num);
    }
  }
  return keys;
}

function tell(accepted: readonly Accepted[]): Map<string, Accepted[]> {
  const told = new Map<string, Accepted[]>();
  for (const message of accepted)
    for (const transNum of message.transNums) told.set(transNum, [...(told.get(transNum) ?? []), message]);
  return told;
}

async function ledgerFaults(db: Database, records: number): Promise<string[]> {
  const [sums] = await db.query<Record<string, string>>(
    `SELECT coalesce(sum(records), 0) AS records,
       coalesce(sum(records - new_transactions - existing_transactions - dead_letters - declared_skips - deleted_skips), 0) AS open,
       (SELECT count(*) FROM fraud_predictions) + (SELECT count(*) FROM sluice.pending) AS known,
       coalesce(sum(new_transactions), 0) AS new, coalesce(sum(predictions + pending), 0) AS scored
     FROM sluice.alert_batches`,
  );
  const gaps = await db.query(
    `SELECT batch_id FROM (SELECT batch_id, start_offsets, lag(end_offsets) OVER (PARTITION BY query_id ORDER BY batch_id) AS before
       FROM sluice.alert_batches) AS each WHERE before IS NOT NULL AND NOT start_offsets @> before`,
  );
  const number = (name: string): number => Number(sums?.[name] ?? 0);
  return [
    ...(number('records') === records ? [] : [`${number('records')} records in the ledger, ${records} were fed`]),
    // A pending row that is refused later becomes a dead letter and stays in `new`, so it counts twice.
    ...(number('open') === number('known') - number('new') ? [] : [`${number('open')} records are nothing`]),
    ...(number('new') === number('scored') ? [] : [`new ${number('new')}, predicted and pending ${number('scored')}`]),
    ...(gaps.length === 0 ? [] : [`${gaps.length} batches do not begin where the one before ended`]),
  ];
}

async function ambiguousIn(db: Database): Promise<number> {
  const [row] = await db.query<{ n: string }>('SELECT coalesce(sum(ambiguous_sends), 0) AS n FROM sluice.outbox');
  return Number(row?.n ?? 0);
}
