-- The embedded topic: partitions of key-hashed records with gapless offsets, in the database sluice_topics.

CREATE TABLE cluster (
  only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  id uuid NOT NULL DEFAULT gen_random_uuid()
);
INSERT INTO cluster DEFAULT VALUES;

-- The counter row of a partition is locked by who appends: a sequence would leave gaps.
CREATE TABLE partitions (
  topic text NOT NULL,
  partition integer NOT NULL,
  log_start bigint NOT NULL DEFAULT 0,
  log_end bigint NOT NULL DEFAULT 0,
  PRIMARY KEY (topic, partition)
);

CREATE TABLE records (
  topic text NOT NULL,
  partition integer NOT NULL,
  "offset" bigint NOT NULL,
  recorded_at_ms bigint NOT NULL,
  key bytea,
  value bytea,
  headers jsonb NOT NULL DEFAULT '{}',
  PRIMARY KEY (topic, partition, "offset")
);

-- How far the change capture is: stored in the transaction that appends the records.
CREATE TABLE capture_position (
  slot text PRIMARY KEY,
  commit_lsn pg_lsn NOT NULL,
  index_in_transaction bigint NOT NULL,
  updated_at timestamptz NOT NULL DEFAULT now()
);

-- Progress that queries publish for other tools to see; never read back as truth.
CREATE TABLE group_offsets (
  group_id text NOT NULL,
  topic text NOT NULL,
  partition integer NOT NULL,
  "offset" bigint NOT NULL,
  committed_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (group_id, topic, partition)
);
