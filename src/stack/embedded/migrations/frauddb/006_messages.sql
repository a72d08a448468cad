-- What was written to Slack, message by message, so that a delivery can be proven: which alerts it told, what became of it.

CREATE TABLE sluice.messages (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  begun_at timestamptz NOT NULL,
  body jsonb NOT NULL,
  outcome text CHECK (outcome IN ('accepted', 'wait', 'refused', 'invalid', 'ambiguous', 'not-sent', 'unowned')),
  reason text,
  settled_at timestamptz,
  -- Until when Slack asked to be left alone.
  hold_until timestamptz
);
CREATE INDEX messages_begun ON sluice.messages (begun_at DESC);

CREATE TABLE sluice.message_alerts (
  message_id bigint NOT NULL REFERENCES sluice.messages (id) ON DELETE CASCADE,
  trans_num text NOT NULL,
  PRIMARY KEY (message_id, trans_num)
);
CREATE INDEX message_alerts_alert ON sluice.message_alerts (trans_num);

-- `held`: its outcome is unknown and a person decides. `discarded`: a person decided that it is not sent.
ALTER TABLE sluice.outbox DROP CONSTRAINT outbox_state_check;
ALTER TABLE sluice.outbox ADD CONSTRAINT outbox_state_check
  CHECK (state IN ('pending', 'sending', 'sent', 'ambiguous', 'held', 'dead', 'discarded', 'suppressed'));
-- True for an alert whose digest Slack did not take: it goes by itself, so that one bad alert spoils no other.
ALTER TABLE sluice.outbox ADD COLUMN alone boolean NOT NULL DEFAULT false;
CREATE INDEX outbox_sent ON sluice.outbox (alert_sent_at) WHERE alert_sent_at IS NOT NULL;
