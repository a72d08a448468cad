/** Predictions, waiting transactions and outbox rows in SQL. Everything is keyed by trans_num: storing again stores nothing. */
import type { AlertSettings } from '../job-settings.ts';
import type { Sql } from '../sql.ts';
import { factsOf } from './facts.ts';
import type { Candidate } from './intake.ts';
import { chunksOf } from './limited.ts';
import type { Scored, Waiting } from './scoring.ts';
import { whySuppressed } from './suppress.ts';

/** Where a row came from, beside its record. */
export interface Origin {
  readonly clusterId: string;
  readonly topic: string;
  readonly queryId: string;
  readonly batchId: number;
}

/** What decides about alerts at the time of storing. */
export interface AlertRules {
  readonly settings: Pick<AlertSettings, 'slack' | 'suppressOlderThanMs'>;
  readonly firstStart: number;
  /** ms since 1970. */
  readonly now: number;
}

const ROWS_PER_STATEMENT = 500;

/** Which of the transactions are known: they have a prediction, or wait for one. */
export async function findKnown(sql: Sql, candidates: readonly Candidate[]): Promise<ReadonlySet<string>> {
  const known = new Set<string>();
  for (const chunk of chunksOf(candidates, ROWS_PER_STATEMENT * 10)) {
    const rows = await sql.query<{ trans_num: string }>(FIND_KNOWN, [chunk.map(({ row }) => row.trans_num)]);
    rows.forEach((row) => known.add(row.trans_num));
  }
  return known;
}

/** Stores predictions with their details and, for frauds, the outbox row. Returns what was not there before. */
export async function insertPredictions(
  sql: Sql,
  rows: readonly (Scored & { readonly origin: Origin })[],
  rules: AlertRules,
): Promise<readonly Scored[]> {
  const stored = new Set<string>();
  for (const chunk of chunksOf(rows, ROWS_PER_STATEMENT)) {
    const json = JSON.stringify(chunk.map((row) => toJson(row, rules)));
    const inserted = await sql.query<{ trans_num: string }>(INSERT_PREDICTIONS, [json, rules.now]);
    inserted.forEach((row) => stored.add(row.trans_num));
  }
  return rows.filter(({ candidate }) => stored.has(candidate.row.trans_num));
}

/** Stores transactions that wait for the fraud API. Returns how many were not there before. */
export async function insertPending(
  sql: Sql,
  origin: Origin,
  rows: readonly Waiting[],
  nextAt: number,
): Promise<number> {
  let inserted = 0;
  for (const chunk of chunksOf(rows, ROWS_PER_STATEMENT)) {
    const json = JSON.stringify(chunk.map((row) => ({ ...origin, ...recordJson(row.candidate), reason: row.reason })));
    inserted += (await sql.query(INSERT_PENDING, [json, nextAt])).length;
  }
  return inserted;
}

function toJson(
  { candidate, features, score, origin }: Scored & { readonly origin: Origin },
  rules: AlertRules,
): unknown {
  const facts = score.isFraud ? factsOf(candidate.row, score) : null;
  const times = { recordAt: candidate.record.timestamp, firstStart: rules.firstStart };
  const suppressed = facts && whySuppressed(rules.settings, { ...times, transactionAt: facts.transactionAt });
  return {
    ...origin,
    ...recordJson(candidate),
    score,
    features: { ...features, defaultsUsed: [...new Set([...features.defaultsUsed, ...score.defaultsUsed])] },
    facts,
    state: suppressed === null ? 'pending' : 'suppressed',
    reason: suppressed,
  };
}

function recordJson({ row, record }: Candidate): Record<string, unknown> {
  return {
    transNum: row.trans_num,
    partition: record.partition,
    offset: record.offset.toString(),
    recordAt: record.timestamp,
    key: record.key?.toString('base64') ?? null,
    event: record.value?.toString('base64') ?? null,
  };
}

export const FIND_KNOWN = `
  SELECT trans_num FROM fraud_predictions WHERE trans_num = ANY($1::text[])
  UNION SELECT trans_num FROM sluice.pending WHERE trans_num = ANY($1::text[])`;

export const INSERT_PREDICTIONS = `
  WITH input AS (
    SELECT each.*, score.*, features.*
    FROM json_to_recordset($1::json) AS each ("transNum" text, topic text, partition integer, "offset" bigint,
           "queryId" uuid, "batchId" bigint, score json, features json, facts jsonb, state text, reason text),
         json_to_record(each.score) AS score (probability numeric, "isFraud" boolean, level text, "modelVersion" text,
           "ruleBased" boolean, explanation text[], shape text, contributions jsonb),
         json_to_record(each.features) AS features (request jsonb, "defaultsUsed" text[])
  ), stored AS (
    INSERT INTO fraud_predictions (trans_num, prediction_score, is_fraud_predicted, model_version)
    SELECT "transNum", probability, "isFraud"::int, "modelVersion" FROM input ORDER BY "transNum"
    ON CONFLICT (trans_num) DO NOTHING RETURNING trans_num
  ), details AS (
    INSERT INTO sluice.prediction_details (trans_num, risk_level, rule_based, request, explanation, defaults_used,
      topic, partition, "offset", query_id, batch_id, shape, contributions)
    SELECT trans_num, level, "ruleBased", request, explanation, "defaultsUsed", topic, partition, "offset", "queryId",
      "batchId", shape, contributions
    FROM input JOIN stored ON trans_num = "transNum" ORDER BY trans_num
    ON CONFLICT (trans_num) DO NOTHING
  ), outbox AS (
    INSERT INTO sluice.outbox (trans_num, payload, state, last_error, next_at)
    SELECT trans_num, facts, state, reason, to_timestamp($2::double precision / 1000)
    FROM input JOIN stored ON trans_num = "transNum" WHERE "isFraud" ORDER BY trans_num
    ON CONFLICT (trans_num) DO NOTHING
  )
  SELECT trans_num FROM stored`;

export const INSERT_PENDING = `
  INSERT INTO sluice.pending (trans_num, cluster_id, topic, partition, "offset", key, event, record_at, query_id,
    batch_id, next_at, last_error)
  SELECT "transNum", "clusterId", topic, partition, "offset", decode(key, 'base64'), decode(event, 'base64'),
    to_timestamp("recordAt" / 1000), "queryId", "batchId", to_timestamp($2::double precision / 1000), reason
  FROM json_to_recordset($1::json) AS each ("transNum" text, "clusterId" text, topic text, partition integer,
    "offset" bigint, key text, event text, "recordAt" double precision, "queryId" uuid, "batchId" bigint, reason text)
  ORDER BY "transNum"
  ON CONFLICT (trans_num) DO NOTHING RETURNING trans_num`;
