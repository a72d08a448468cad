"""The SQL of the Alert query. Made by `node scripts/spark-sql.mjs` from src/pipeline/alert/; edit it there."""

FIND_KNOWN = """
  SELECT trans_num FROM fraud_predictions WHERE trans_num = ANY($1::text[])
  UNION SELECT trans_num FROM sluice.pending WHERE trans_num = ANY($1::text[])"""

HISTORY = """
  WITH known AS (
    SELECT card, CASE WHEN until = '-infinity' THEN '-infinity' ELSE timestamp '1970-01-01' + until * interval '1 millisecond' END AS since, rows, total, squares
    FROM unnest($1::bigint[], $2::float8[], $3::bigint[], $4::numeric[], $5::numeric[]) AS known (card, until, rows, total, squares)
  ), asked AS (
    SELECT trans_num, card, category, bought, timestamp '1970-01-01' + (time || ' microseconds')::interval AS at
    FROM unnest($6::text[], $7::bigint[], $8::text[], $9::text[], $10::boolean[])
      AS row (trans_num, card, time, category, bought)
  ), batch AS (
    SELECT asked.*, since, coalesce(lag(at) OVER own, since) AS last_at, coalesce(lag(trans_num) OVER own, '') AS last_num,
      rows AS known_rows, total AS known_total, squares AS known_squares
    FROM asked JOIN known USING (card) WINDOW own AS (PARTITION BY card ORDER BY at, trans_num COLLATE "C")
  ), past AS (
    SELECT batch.*, known_rows + sum(gained.rows) OVER own AS rows, known_total + sum(gained.total) OVER own AS total,
      known_squares + sum(gained.squares) OVER own AS squares
    FROM batch CROSS JOIN LATERAL (
      SELECT count(*) AS rows, coalesce(sum(amt), 0) AS total, coalesce(sum(amt * amt), 0) AS squares
      FROM transactions t
      WHERE t.cc_num = batch.card AND (t.trans_date_trans_time, t.trans_num COLLATE "C") < (batch.at, batch.trans_num)
        AND (t.trans_date_trans_time, t.trans_num COLLATE "C") >= (batch.last_at, batch.last_num)
    ) AS gained
    WINDOW own AS (PARTITION BY card ORDER BY at, trans_num COLLATE "C")
  )
  SELECT past.trans_num, extract(epoch FROM past.at - previous.at)::float8 AS seconds_since_last,
    (total / nullif(rows, 0))::float8 AS mean_amt,
    (sqrt(greatest(rows * squares - total * total, 0)) / nullif(rows, 0))::float8 AS spread_amt,
    count_1h, sum_1h::float8, count_24h, sum_24h::float8,
    (NOT bought AND NOT EXISTS (
      SELECT FROM transactions t
      WHERE t.cc_num = past.card AND t.category = past.category AND t.trans_date_trans_time >= past.since
        AND (t.trans_date_trans_time, t.trans_num COLLATE "C") < (past.at, past.trans_num)
    ))::int AS new_category
  FROM past CROSS JOIN LATERAL (
    SELECT count(*)::int AS count_24h, coalesce(sum(amt), 0) AS sum_24h,
      count(*) FILTER (WHERE t.trans_date_trans_time >= past.at - interval '1 hour')::int AS count_1h,
      coalesce(sum(amt) FILTER (WHERE t.trans_date_trans_time >= past.at - interval '1 hour'), 0) AS sum_1h
    FROM transactions t
    WHERE t.cc_num = past.card AND t.trans_date_trans_time >= past.at - interval '24 hours' AND (t.trans_date_trans_time, t.trans_num COLLATE "C") < (past.at, past.trans_num)
  ) AS recent LEFT JOIN LATERAL (
    SELECT t.trans_date_trans_time AS at FROM transactions t WHERE t.cc_num = past.card AND (t.trans_date_trans_time, t.trans_num COLLATE "C") < (past.at, past.trans_num)
    ORDER BY t.trans_date_trans_time DESC, t.trans_num COLLATE "C" DESC LIMIT 1
  ) AS previous ON true"""

LOCK_PRESENT = """SELECT trans_num FROM transactions WHERE trans_num = ANY($1::text[]) ORDER BY trans_num FOR KEY SHARE"""

INSERT_PREDICTIONS = """
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
  SELECT trans_num FROM stored"""

INSERT_PENDING = """
  INSERT INTO sluice.pending (trans_num, cluster_id, topic, partition, "offset", key, event, record_at, query_id,
    batch_id, next_at, last_error)
  SELECT "transNum", "clusterId", topic, partition, "offset", decode(key, 'base64'), decode(event, 'base64'),
    to_timestamp("recordAt" / 1000), "queryId", "batchId", to_timestamp($2::double precision / 1000), reason
  FROM json_to_recordset($1::json) AS each ("transNum" text, "clusterId" text, topic text, partition integer,
    "offset" bigint, key text, event text, "recordAt" double precision, "queryId" uuid, "batchId" bigint, reason text)
  ORDER BY "transNum"
  ON CONFLICT (trans_num) DO NOTHING RETURNING trans_num"""

FIRST_LEDGER_TIME = """SELECT floor(extract(epoch FROM min(committed_at)) * 1000)::text AS at FROM sluice.alert_batches"""

FIND_LEDGER_ROW = """
  SELECT records, new_transactions, existing_transactions, predictions, pending, frauds, dead_letters, declared_skips, deleted_skips, start_offsets = $3::jsonb AND end_offsets = $4::jsonb AS same_range
  FROM sluice.alert_batches WHERE query_id = $1 AND batch_id = $2"""

INSERT_LEDGER_ROW = """
  INSERT INTO sluice.alert_batches (query_id, batch_id, start_offsets, end_offsets,
    records, new_transactions, existing_transactions, predictions, pending, frauds, dead_letters, declared_skips, deleted_skips)
  VALUES ($1, $2, $3::jsonb, $4::jsonb, $5, $6, $7, $8, $9, $10, $11, $12, $13)"""
