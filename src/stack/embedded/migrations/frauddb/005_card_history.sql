-- What a card did before a transaction is read from this index alone. Ties of the time are ordered byte by byte.
CREATE INDEX transactions_card_history
  ON transactions (cc_num, trans_date_trans_time, trans_num COLLATE "C") INCLUDE (amt, category);

-- Which model answered, and what each of its inputs added to the score; null for answers of an API that does not tell.
ALTER TABLE sluice.prediction_details
  ADD COLUMN shape text,
  ADD COLUMN contributions jsonb;
