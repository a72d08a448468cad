/**
 * Every failpoint of Alert in simulation, killed, thrown and killed twice: `npm run bench -- alert-simulation [--seeds 20] [--fresh]`.
 * One JSON line a case in `test-results/bench/alert-simulation.jsonl`; goes on where it was stopped. Exit code 1 when a
 * record is unaccounted, a fraud untold, or a repeat unmarked.
 */
import { parseArgs } from 'node:util';
import { isSound } from '../test/support/alert/oracle.ts';
import { ALERT_FAILPOINTS } from '../test/support/alert/failpoints.ts';
import { MODES, simulate, type SimulatedCase, type SimulatedOutcome } from '../test/support/alert/simulation.ts';
import { startTestPostgres } from '../test/support/postgres.ts';
import { toAlertTable } from './support/alert-table.ts';
import { openResults } from './support/results.ts';

const { values: options } = parseArgs({
  options: { seeds: { type: 'string', default: '20' }, fresh: { type: 'boolean', default: false } },
});
const results = openResults<SimulatedOutcome>('alert-simulation', options.fresh);
const keyOf = ({ failpoint, mode, seed }: SimulatedCase): string => `${failpoint} ${mode} ${seed}`;
const done = new Set(results.lines.map(keyOf));
const postgres = await startTestPostgres();
try {
  const { frauddb } = await postgres.createFraudDatabases();
  for (const each of cases()) if (!done.has(keyOf(each))) results.add(await simulate(frauddb, each));
} finally {
  await postgres.stop();
}
console.log(
  toAlertTable(
    results.lines.map(({ mode, ...each }) => ({ ...each, way: mode })),
    MODES,
  ),
);
process.exitCode = results.lines.every(({ verdict }) => isSound(verdict)) ? 0 : 1;

function* cases(): Iterable<SimulatedCase> {
  for (let seed = 1; seed <= Number(options.seeds); seed += 1)
    for (const failpoint of ALERT_FAILPOINTS) for (const mode of MODES) yield { failpoint, mode, seed };
}
