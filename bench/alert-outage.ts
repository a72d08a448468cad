/**
 * The fraud API is away for half an hour at 50 transactions a second, in time that the bench owns, on a real PostgreSQL:
 * `npm run bench -- alert-outage [--rate 50] [--minutes 30]`. One JSON line in `test-results/bench/alert-outage.jsonl`.
 * Exit code 1 when a transaction was lost, a fraud untold, or the backlog was scored less than five times as fast as it came.
 */
import { parseArgs } from 'node:util';
import { isSound } from '../test/support/alert/oracle.ts';
import { runOutage } from '../test/support/alert/outage.ts';
import { startTestPostgres } from '../test/support/postgres.ts';
import { openResults } from './support/results.ts';

const { values: options } = parseArgs({
  options: { rate: { type: 'string', default: '50' }, minutes: { type: 'string', default: '30' } },
});
const postgres = await startTestPostgres();
try {
  const { frauddb } = await postgres.createFraudDatabases();
  const rate = Number(options.rate);
  const outcome = await runOutage(frauddb, { rate, minutes: Number(options.minutes) });
  openResults('alert-outage', false).add(outcome);
  console.log(JSON.stringify(outcome));
  process.exitCode = isSound(outcome.verdict) && outcome.scoredPerSecond >= 5 * rate ? 0 : 1;
} finally {
  await postgres.stop();
}
