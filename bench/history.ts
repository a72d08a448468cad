/**
 * How long the history of cards takes on a big table. `npm run bench -- history [--rows 1000000] [--batches 11]`
 * One JSON line for each size of batch in `test-results/bench/history.jsonl`: the first, which knows no
 * card yet, the median and the longest, in ms.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { chmod } from 'node:fs/promises';
import { loadavg, tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import type { ScorableRow } from '../src/pipeline/alert/features.ts';
import { makeHistories } from '../src/pipeline/alert/history.ts';
import { openDatabase, type Database } from '../src/pipeline/sql.ts';
import { clusterFolder } from '../src/stack/embedded/cluster.ts';
import { CAPTURED_DATABASE, migrateAll } from '../src/stack/embedded/migrations.ts';
import { startPostgres } from '../src/stack/embedded/postgres.ts';
import { createGenerator } from '../src/stack/producer/generator.ts';
import { insertTransactions } from '../src/stack/producer/transaction.ts';
import { ROOT } from './support/host.ts';
import { openResults } from './support/results.ts';

const { values: options } = parseArgs({
  options: { rows: { type: 'string', default: '1000000' }, batches: { type: 'string', default: '11' } },
});
const BATCH_SIZES = [1, 25, 1_000, 10_000];
const ROWS_PER_INSERT = 5_000;

const results = openResults<Record<string, unknown>>('history', false);
const home = mkdtempSync(path.join(tmpdir(), 'sluice-history-'));
await chmod(home, 0o755);
const server = await startPostgres({ home, appRoot: ROOT });
try {
  await migrateAll(server.settings, path.join(ROOT, 'src/stack/embedded/migrations'));
  const frauddb = openDatabase(server.settings(CAPTURED_DATABASE), { statementTimeoutMs: 0 });
  await load(frauddb, Number(options.rows));
  for (const size of BATCH_SIZES) tell(await measure(frauddb, size));
  await frauddb.close();
} finally {
  await server.stop();
  [clusterFolder(home), home].forEach((folder) => rmSync(folder, { recursive: true, force: true }));
}

async function load(frauddb: Database, rows: number): Promise<void> {
  const generator = createGenerator(42).rows(0);
  for (let sent = 0; sent < rows; sent += ROWS_PER_INSERT) {
    const some = Array.from({ length: Math.min(ROWS_PER_INSERT, rows - sent) }, () => generator.next().value);
    await insertTransactions(frauddb, some);
  }
  await frauddb.query('VACUUM ANALYZE transactions');
}

/** The newest rows in the order of their time, batch by batch, as a stream brings them. */
async function measure(frauddb: Database, size: number): Promise<Record<string, unknown>> {
  const batches = Number(options.batches);
  const found = await frauddb.query<{ cc_num: string }>(
    `SELECT trans_num, cc_num, category, (extract(epoch FROM trans_date_trans_time) * 1000000)::bigint::text AS trans_date_trans_time
     FROM transactions ORDER BY trans_date_trans_time DESC, trans_num DESC LIMIT $1`,
    [size * batches],
  );
  const rows = found.reverse().map((row) => ({ ...row, cc_num: BigInt(row.cc_num) }) as unknown as ScorableRow);
  const histories = makeHistories(frauddb, { now: Date.now });
  const times: number[] = [];
  for (let batch = 0; batch < batches; batch += 1) {
    const begun = performance.now();
    await histories.read(rows.slice(batch * size, (batch + 1) * size));
    times.push(performance.now() - begun);
  }
  const firstMs = Math.round(times[0] ?? 0);
  const sorted = times.sort((a, b) => a - b).map((ms) => Math.round(ms * 10) / 10);
  const load1 = Math.round((loadavg()[0] ?? 0) * 10) / 10;
  return {
    rows: Number(options.rows),
    size,
    firstMs,
    medianMs: sorted[sorted.length >> 1],
    longestMs: sorted.at(-1),
    load1,
  };
}

function tell(line: Record<string, unknown>): void {
  results.add(line);
  console.log(JSON.stringify(line));
}
