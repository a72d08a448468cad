/** Follows one transaction through everything that Sluice and its stack have stored of it. */
import { displayMerchant, initialsOf, maskCard } from '../alert/facts.ts';
import { sendsOf, toMs } from '../alert/read.ts';
import { oneLine } from '../alert/text.ts';
import type { Table } from '../delta/snapshot.ts';
import type { DeliveryState, RiskLevel, SendView } from '../events.ts';
import type { ObjectStore, Source } from '../ports.ts';
import type { Database } from '../sql.ts';
import { readEvent } from './change-event.ts';
import { findRows } from './find-rows.ts';
import type { DeliveryStep, PredictionStep, StoredStep, TransactionTrace, WaitingStep } from './view.ts';

export interface TraceParts {
  /** The serving database. */
  readonly db: Database;
  readonly source: () => Promise<Source>;
  readonly store: ObjectStore;
  readonly table: Table;
}

const TEXT_WIDTH = 300;

/** What is known of the transaction, step by step; a number that nobody has seen gives a trace without steps. */
export async function traceTransaction(parts: TraceParts, transNum: string): Promise<TransactionTrace> {
  const [row] = await parts.db.query<TraceRow>(TRACE, [transNum]);
  const place = row?.partition == null || row.offset === null ? null : { partition: row.partition, offset: row.offset };
  const event = place && (await readEvent(parts.source, place));
  const bronze = await findRows(parts.store, await parts.table.refresh(), {
    transNum,
    transactionTime: event?.transactionTime ?? row?.paid_micros ?? null,
    event: place && row?.topic != null ? { ...place, topic: row.topic, offset: BigInt(place.offset) } : null,
    since: event?.step.recordedAt ?? null,
  });
  return {
    transNum: oneLine(transNum, TEXT_WIDTH),
    event: event?.step ?? null,
    stored: row ? toStored(row) : null,
    bronze,
    prediction: row ? toPrediction(row) : null,
    waiting: row ? toWaiting(row) : null,
    delivery: row ? toDelivery(row) : null,
  };
}

/** One row for the asked number, whatever of it there is. */
interface TraceRow extends Record<string, unknown> {
  readonly stored: boolean;
  readonly paid_micros: string | null;
  readonly amt: string | null;
  readonly merchant: string | null;
  readonly category: string | null;
  readonly first: string | null;
  readonly last: string | null;
  readonly cc_num: string | null;
  readonly score: string | null;
  readonly is_fraud: number | null;
  readonly model_version: string | null;
  readonly predicted_at: string | null;
  readonly level: RiskLevel | null;
  readonly topic: string | null;
  readonly partition: number | null;
  readonly offset: string | null;
  readonly batch_id: string | null;
  readonly attempts: number | null;
  readonly next_at: string | null;
  readonly last_error: string | null;
  readonly state: DeliveryState | null;
  readonly sent_at: string | null;
  readonly sends: readonly SendView[] | null;
}

function toStored(row: TraceRow): StoredStep | null {
  if (!row.stored) return null;
  return {
    at: row.paid_micros === null ? null : Math.floor(Number(row.paid_micros) / 1_000),
    amount: row.amt ?? '',
    merchant: oneLine(displayMerchant(row.merchant), TEXT_WIDTH),
    category: oneLine(row.category ?? '', TEXT_WIDTH),
    initials: initialsOf(row.first, row.last),
    card: maskCard(row.cc_num),
  };
}

function toPrediction(row: TraceRow): PredictionStep | null {
  if (row.score === null || row.level === null) return null;
  return {
    probability: Number(row.score),
    isFraud: row.is_fraud === 1,
    level: row.level,
    modelVersion: oneLine(row.model_version ?? '', TEXT_WIDTH),
    at: Number(row.predicted_at),
    batchId: row.batch_id === null ? null : Number(row.batch_id),
  };
}

function toWaiting({ attempts, next_at: nextAt, last_error: lastError }: TraceRow): WaitingStep | null {
  if (attempts === null) return null;
  return { attempts, nextAt: toTime(nextAt), lastError };
}

function toDelivery({ state, sent_at: sentAt, sends }: TraceRow): DeliveryStep | null {
  return state && { state, sentAt: toTime(sentAt), sends: sends ?? [] };
}

/** PostgreSQL's infinity is no time that a person can be shown. */
function toTime(ms: string | null): number | null {
  return ms !== null && Number.isFinite(Number(ms)) ? Number(ms) : null;
}

const TRACE = `
  SELECT t.trans_num IS NOT NULL AS stored,
    floor(extract(epoch FROM t.trans_date_trans_time) * 1000000)::bigint::text AS paid_micros,
    t.amt, t.merchant, t.category, t.first, t.last, t.cc_num,
    p.prediction_score AS score, p.is_fraud_predicted AS is_fraud, p.model_version,
    ${toMs('coalesce(d.scored_at, p.prediction_time::timestamptz)')} AS predicted_at,
    coalesce(d.risk_level, CASE WHEN p.prediction_score > 0.7 THEN 'HIGH' WHEN p.prediction_score > 0.4 THEN 'MEDIUM'
      ELSE 'LOW' END) AS level,
    coalesce(d.topic, w.topic) AS topic, coalesce(d.partition, w.partition) AS partition,
    coalesce(d."offset", w."offset") AS offset, coalesce(d.batch_id, w.batch_id) AS batch_id,
    w.attempts, ${toMs('w.next_at')} AS next_at, w.last_error,
    o.state, ${toMs('o.alert_sent_at')} AS sent_at, sends.list AS sends
  FROM (SELECT $1::text AS trans_num) asked
  LEFT JOIN transactions t USING (trans_num)
  LEFT JOIN fraud_predictions p USING (trans_num)
  LEFT JOIN sluice.prediction_details d USING (trans_num)
  LEFT JOIN sluice.pending w USING (trans_num)
  LEFT JOIN sluice.outbox o USING (trans_num)
  LEFT JOIN LATERAL (${sendsOf('asked.trans_num')}) AS sends ON true`;
