/** What the window shows of predictions and deliveries: read from SQL, masked here, before it leaves the thread. */
import {
  DELIVERY_STATES,
  SENDS_SHOWN,
  type AlertTotals,
  type Contributions,
  type DeliveryState,
  type DeliveryView,
  type FraudMinute,
  type FraudView,
  type ModelShape,
  type RiskLevel,
  type SendView,
} from '../events.ts';
import type { Database } from '../sql.ts';
import { displayMerchant, initialsOf, maskCard, type AlertFacts } from './facts.ts';
import { buildMessage, toPreview, type SlackMessage } from './message.ts';
import { oneLine } from './text.ts';

const TEXT_WIDTH = 300;

/** Stored frauds, newest first. */
export async function readFrauds(db: Database, limit: number): Promise<FraudView[]> {
  return (await db.query<FraudRow>(FRAUDS, [limit])).map(toFraudView);
}

/** Rows of the outbox, newest first: the newest `limit`, and of the older ones those that wait for a person. */
export async function readDeliveries(
  db: Database,
  limit: number,
  linkBase: string | null = null,
): Promise<DeliveryView[]> {
  return (await db.query<DeliveryRow>(DELIVERIES, [limit])).map((row) => toDeliveryView(row, linkBase));
}

/** Counts for the overview. `byLevel` counts frauds, by the time they were stored. */
export async function readTotals(db: Database): Promise<AlertTotals> {
  const [[counts], levels, states, minutes] = await Promise.all([
    db.query<Record<string, string>>(COUNTS),
    db.query<{ level: RiskLevel; hour: string; day: string; total: string }>(LEVELS),
    db.query<{ state: DeliveryState; total: string }>(
      'SELECT state, count(*) AS total FROM sluice.outbox GROUP BY state',
    ),
    db.query<MinuteRow>(MINUTES),
  ]);
  const level = (name: RiskLevel): AlertTotals['byLevel'][RiskLevel] => {
    const row = levels.find((each) => each.level === name);
    return { hour: Number(row?.hour ?? 0), day: Number(row?.day ?? 0), all: Number(row?.total ?? 0) };
  };
  const state = (name: DeliveryState): number => Number(states.find((each) => each.state === name)?.total ?? 0);
  return {
    predictions: Number(counts?.['predictions']),
    frauds: Number(counts?.['frauds']),
    pendingRows: Number(counts?.['pending']),
    predictionsHour: Number(counts?.['hour']),
    predictionsDay: Number(counts?.['day']),
    byLevel: { HIGH: level('HIGH'), MEDIUM: level('MEDIUM'), LOW: level('LOW') },
    deliveries: Object.fromEntries(DELIVERY_STATES.map((name) => [name, state(name)])) as AlertTotals['deliveries'],
    minutes: minutes.map(toMinute),
  };
}

interface MinuteRow extends Record<string, unknown> {
  readonly at: string;
  readonly high: string;
  readonly medium: string;
  readonly low: string;
}

const toMinute = ({ at, high, medium, low }: MinuteRow): FraudMinute => {
  return { at: Number(at), HIGH: Number(high), MEDIUM: Number(medium), LOW: Number(low) };
};

/** Predictions of other tools have no details: such a row shows what `fraud_predictions` itself knows. */
interface FraudRow extends Record<string, unknown> {
  readonly trans_num: string;
  readonly predicted_at: string;
  readonly transaction_at: string | null;
  readonly score: string | null;
  readonly level: RiskLevel;
  readonly amt: string | null;
  readonly merchant: string | null;
  readonly category: string | null;
  readonly first: string | null;
  readonly last: string | null;
  readonly cc_num: string | null;
  readonly city: string | null;
  readonly state: string | null;
  readonly distance_km: string | null;
  readonly model_version: string | null;
  readonly rule_based: boolean;
  readonly shape: ModelShape | null;
  readonly contributions: Contributions | null;
  readonly explanation: string[] | null;
  readonly defaults_used: string[] | null;
  readonly partition: number | null;
  readonly offset: string | null;
  readonly batch_id: string | null;
  readonly delivery: DeliveryState | null;
}

function toFraudView(row: FraudRow): FraudView {
  const defaultsUsed = row.defaults_used ?? [];
  return {
    transNum: oneLine(row.trans_num, TEXT_WIDTH),
    predictedAt: Number(row.predicted_at),
    transactionAt: toTime(row.transaction_at),
    probability: Number(row.score ?? 0),
    level: row.level,
    amount: row.amt ?? '',
    merchant: oneLine(displayMerchant(row.merchant), TEXT_WIDTH),
    category: oneLine(row.category ?? '', TEXT_WIDTH),
    initials: initialsOf(row.first, row.last),
    card: maskCard(row.cc_num),
    city: row.city && oneLine(row.city, TEXT_WIDTH),
    state: row.state && oneLine(row.state, TEXT_WIDTH),
    distanceKm: row.distance_km === null || defaultsUsed.includes('distance_km') ? null : Number(row.distance_km),
    modelVersion: row.model_version ?? '',
    ruleBased: row.rule_based,
    shape: row.shape,
    contributions: row.contributions,
    explanation: (row.explanation ?? []).map((line) => oneLine(line, TEXT_WIDTH)),
    defaultsUsed,
    partition: row.partition,
    offset: row.offset,
    batchId: row.batch_id === null ? null : Number(row.batch_id),
    delivery: row.delivery,
  };
}

interface DeliveryRow extends Record<string, unknown> {
  readonly payload: AlertFacts;
  readonly state: DeliveryState;
  readonly attempts: number;
  readonly ambiguous_sends: number;
  readonly created_at: string;
  readonly sent_at: string | null;
  readonly next_at: string | null;
  readonly last_error: string | null;
  /** The newest message that told of it or tried to; null before the first. */
  readonly body: SlackMessage | null;
  readonly sends: readonly SendView[];
}

function toDeliveryView(row: DeliveryRow, linkBase: string | null): DeliveryView {
  const { payload: facts } = row;
  const waits = row.state === 'pending' || row.state === 'ambiguous';
  return {
    transNum: oneLine(facts.transNum, TEXT_WIDTH),
    state: row.state,
    level: facts.level,
    amount: facts.amount,
    merchant: oneLine(facts.merchant, TEXT_WIDTH),
    initials: facts.initials,
    card: facts.card,
    attempts: row.attempts,
    ambiguousSends: row.ambiguous_sends,
    createdAt: Number(row.created_at),
    sentAt: toTime(row.sent_at),
    nextAt: waits ? toTime(row.next_at) : null,
    lastError: row.last_error,
    preview: toPreview(row.body ?? buildMessage([{ facts, repeat: row.ambiguous_sends > 0 }], linkBase)),
    sends: row.sends,
  };
}

/** PostgreSQL's infinity is no time that a window can show. */
function toTime(ms: string | null): number | null {
  return ms !== null && Number.isFinite(Number(ms)) ? Number(ms) : null;
}

const FRAUDS = `
  SELECT p.trans_num, p.prediction_score AS score, p.model_version, t.amt, t.merchant, t.category, t.first, t.last,
    t.cc_num, t.city, t.state, ${toMs('coalesce(d.scored_at, p.prediction_time::timestamptz)')} AS predicted_at,
    ${toMs('t.trans_date_trans_time')} AS transaction_at, d.request->>'distance_km' AS distance_km, d.explanation,
    d.shape, d.contributions,
    d.defaults_used, d.partition, d."offset", d.batch_id, o.state AS delivery,
    coalesce(d.rule_based, p.model_version LIKE 'rule\\_based%', false) AS rule_based,
    coalesce(d.risk_level, CASE WHEN p.prediction_score > 0.7 THEN 'HIGH' WHEN p.prediction_score > 0.4 THEN 'MEDIUM'
      ELSE 'LOW' END) AS level
  FROM fraud_predictions p
  JOIN transactions t USING (trans_num)
  LEFT JOIN sluice.prediction_details d USING (trans_num)
  LEFT JOIN sluice.outbox o USING (trans_num)
  WHERE p.is_fraud_predicted = 1
  ORDER BY p.prediction_time DESC, p.id DESC LIMIT $1`;

const DELIVERIES = `
  WITH shown AS (
    (SELECT * FROM sluice.outbox ORDER BY created_at DESC, trans_num LIMIT $1)
    UNION
    (SELECT * FROM sluice.outbox WHERE state IN ('held', 'dead') ORDER BY created_at DESC, trans_num LIMIT $1)
  )
  SELECT payload, state, attempts, ambiguous_sends, last_error, ${toMs('created_at')} AS created_at,
    ${toMs('alert_sent_at')} AS sent_at, ${toMs('next_at')} AS next_at, newest.body, coalesce(sends.list, '[]') AS sends
  FROM shown
  LEFT JOIN LATERAL (
    SELECT body FROM sluice.messages JOIN sluice.message_alerts ON message_id = id
    WHERE message_alerts.trans_num = shown.trans_num ORDER BY id DESC LIMIT 1) AS newest ON true
  LEFT JOIN LATERAL (${sendsOf('shown.trans_num')}) AS sends ON true
  ORDER BY created_at DESC, trans_num`;

const COUNTS = `
  SELECT (SELECT count(*) FROM fraud_predictions) AS predictions,
    (SELECT count(*) FROM sluice.outbox) AS frauds,
    (SELECT count(*) FROM sluice.pending) AS pending,
    (SELECT count(*) FROM fraud_predictions WHERE prediction_time > localtimestamp - interval '1 hour') AS hour,
    (SELECT count(*) FROM fraud_predictions WHERE prediction_time > localtimestamp - interval '24 hours') AS day`;

const LEVELS = `
  SELECT payload->>'level' AS level, count(*) AS total,
    count(*) FILTER (WHERE created_at > now() - interval '1 hour') AS hour,
    count(*) FILTER (WHERE created_at > now() - interval '24 hours') AS day
  FROM sluice.outbox GROUP BY 1`;

const MINUTES = `
  SELECT ${toMs("date_trunc('minute', created_at)")} AS at,
    count(*) FILTER (WHERE payload->>'level' = 'HIGH') AS high,
    count(*) FILTER (WHERE payload->>'level' = 'MEDIUM') AS medium,
    count(*) FILTER (WHERE payload->>'level' = 'LOW') AS low
  FROM sluice.outbox WHERE created_at > now() - interval '31 minutes' GROUP BY 1 ORDER BY 1`;

/** A time as whole milliseconds since 1970, in SQL. */
export function toMs(column: string): string {
  return `floor(extract(epoch FROM ${column}) * 1000)::text`;
}

/** The newest messages that told of a transaction or tried to, as {@link SendView}s in one column `list`. */
export function sendsOf(transNum: string): string {
  return `
    SELECT json_agg(send) AS list FROM (
      SELECT id::text AS "messageId", floor(extract(epoch FROM begun_at) * 1000) AS at,
        floor(extract(epoch FROM settled_at) * 1000) AS "settledAt", outcome, reason,
        (SELECT count(*) FROM sluice.message_alerts all_of WHERE all_of.message_id = id) AS alerts
      FROM sluice.messages JOIN sluice.message_alerts ON message_id = id
      WHERE message_alerts.trans_num = ${transNum} ORDER BY id DESC LIMIT ${SENDS_SHOWN}) AS send`;
}
