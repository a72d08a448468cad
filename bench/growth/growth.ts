/**
 * How cost grows with age: many batches, many rows, a long log, many partitions fed out of order.
 * `npm run bench -- growth [batches|rows|log|partitions] [--batches 10000] [--rows 10000000] [--commits 100000] [--days 400]`;
 * all by default.
 * Each is one JSON line in `test-results/bench/growth.jsonl`. Exit code 1 when a goal is missed.
 * As in the product a query has a thread of its own, with the product's limits.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { isMainThread, Worker } from 'node:worker_threads';
import { THREAD_LIMITS } from '../../src/console/thread.ts';
import { openResults } from '../support/results.ts';
import { manyBatches } from './batches.ts';
import { longLog } from './log.ts';
import { manyPartitions } from './partitions.ts';
import { manyRows } from './rows.ts';

if (isMainThread) {
  const thread = new Worker(import.meta.filename, { argv: process.argv.slice(2), resourceLimits: THREAD_LIMITS });
  thread.once('exit', (code) => (process.exitCode = code));
} else await main();

async function main(): Promise<never> {
  const { values: options, positionals } = parseArgs({
    options: {
      batches: { type: 'string', default: '10000' },
      rows: { type: 'string', default: '10000000' },
      commits: { type: 'string', default: '100000' },
      days: { type: 'string', default: '400' },
    },
    allowPositionals: true,
  });
  const results = openResults<object>('growth', false);
  const PARTS = {
    batches: (root: string) => manyBatches(root, Number(options.batches)),
    rows: (root: string) => manyRows(root, Number(options.rows)),
    log: (root: string) => longLog(root, Number(options.commits)),
    partitions: (root: string) => manyPartitions(root, Number(options.days)),
  };
  const names = positionals.length > 0 ? positionals : Object.keys(PARTS);

  for (const name of names) {
    const part = PARTS[name as keyof typeof PARTS];
    if (!part) throw new Error(`there is no part ${name}: choose from ${Object.keys(PARTS).join(', ')}`);
    const root = mkdtempSync(path.join(tmpdir(), 'sluice-growth-'));
    try {
      const outcome = await part(root);
      const line = { at: new Date().toISOString(), part: name, ...outcome };
      results.add(line);
      console.log(JSON.stringify(line));
      if (!outcome.met) process.exitCode = 1;
    } finally {
      rmSync(root, { recursive: true, force: true });
    }
  }
  process.exit();
}
