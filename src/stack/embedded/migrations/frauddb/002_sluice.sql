-- Sluice's own tables, outside of what is captured.

CREATE SCHEMA sluice;

-- What stands behind a prediction: where it came from, what was sent to the API, what it answered.
CREATE TABLE sluice.prediction_details (
  trans_num text PRIMARY KEY,
  risk_level text NOT NULL CHECK (risk_level IN ('HIGH', 'MEDIUM', 'LOW')),
  rule_based boolean NOT NULL,
  request jsonb NOT NULL,
  explanation text[] NOT NULL,
  defaults_used text[] NOT NULL,
  topic text NOT NULL,
  partition integer NOT NULL,
  "offset" bigint NOT NULL,
  query_id uuid NOT NULL,
  batch_id bigint NOT NULL,
  scored_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX prediction_details_offset ON sluice.prediction_details (topic, partition, "offset");

-- Transactions that are known but not scored yet; scoring one deletes it.
CREATE TABLE sluice.pending (
  trans_num text PRIMARY KEY,
  topic text NOT NULL,
  partition integer NOT NULL,
  "offset" bigint NOT NULL,
  event bytea NOT NULL,
  query_id uuid NOT NULL,
  batch_id bigint NOT NULL,
  attempts integer NOT NULL DEFAULT 0,
  next_at timestamptz NOT NULL DEFAULT now(),
  last_error text,
  created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX pending_next ON sluice.pending (next_at);

-- Alerts on their way. A row is inserted in the transaction that stores the prediction, and keyed by it.
CREATE TABLE sluice.outbox (
  trans_num text PRIMARY KEY,
  payload jsonb NOT NULL,
  state text NOT NULL DEFAULT 'pending'
    CHECK (state IN ('pending', 'sending', 'sent', 'ambiguous', 'dead', 'suppressed')),
  attempts integer NOT NULL DEFAULT 0,
  next_at timestamptz NOT NULL DEFAULT now(),
  claim_epoch bigint,
  claimed_at timestamptz,
  alert_sent_at timestamptz,
  ambiguous_sends integer NOT NULL DEFAULT 0,
  last_error text,
  created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX outbox_waiting ON sluice.outbox (next_at) WHERE state IN ('pending', 'sending', 'ambiguous');
CREATE INDEX outbox_created ON sluice.outbox (created_at DESC);

-- The ledger of the Alert query: one row a batch, written in the transaction of the batch, so a re-run leaves it as it was.
CREATE TABLE sluice.alert_batches (
  query_id uuid NOT NULL,
  batch_id bigint NOT NULL,
  start_offsets jsonb NOT NULL,
  end_offsets jsonb NOT NULL,
  records bigint NOT NULL,
  new_transactions bigint NOT NULL,
  existing_transactions bigint NOT NULL,
  predictions bigint NOT NULL,
  pending bigint NOT NULL,
  frauds bigint NOT NULL,
  dead_letters bigint NOT NULL,
  declared_skips bigint NOT NULL,
  deleted_skips bigint NOT NULL,
  committed_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (query_id, batch_id)
);

-- What the local preview receiver has accepted in the place of Slack.
CREATE TABLE sluice.preview_messages (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  received_at timestamptz NOT NULL DEFAULT now(),
  body jsonb NOT NULL
);
