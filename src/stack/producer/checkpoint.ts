/** Where the producer goes on after a restart: the one row of `producer_checkpoint`. */
import type { Sql } from '../../pipeline/sql.ts';

/** How much of `source` is in the table: lines of a file, or rows of a generator. 0 when another source was used last. */
export async function readCheckpoint(sql: Sql, source: string): Promise<number> {
  const [row] = await sql.query<{ last_line_processed: string }>(
    'SELECT last_line_processed FROM producer_checkpoint WHERE id = 1 AND source = $1',
    [source],
  );
  return row ? Number(row.last_line_processed) : 0;
}

/** Runs in the transaction that inserts the rows, so a crash neither repeats nor skips one. */
export async function writeCheckpoint(sql: Sql, source: string, line: number, transNum: string | null): Promise<void> {
  await sql.query(
    `INSERT INTO producer_checkpoint (id, source, last_line_processed, last_trans_num) VALUES (1, $1, $2, $3)
     ON CONFLICT (id) DO UPDATE SET source = $1, last_line_processed = $2,
       last_trans_num = coalesce($3, producer_checkpoint.last_trans_num), updated_at = now()`,
    [source, line, transNum],
  );
}
