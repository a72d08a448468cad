-- A waiting transaction keeps all of its record, so that it can still become a dead letter that is complete.

ALTER TABLE sluice.pending
  ADD COLUMN cluster_id text NOT NULL,
  ADD COLUMN key bytea,
  ADD COLUMN record_at timestamptz NOT NULL;
