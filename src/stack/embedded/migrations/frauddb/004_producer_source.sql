-- A producer that changes its file or its seed begins that one from the start.
ALTER TABLE producer_checkpoint ADD COLUMN source text;
