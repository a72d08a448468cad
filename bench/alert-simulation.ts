/**
 * Every failpoint of Alert in simulation, killed, thrown and killed twice: `npm run bench -- alert-simulation [--seeds 20] [--fresh]`.
 * One JSON line a case in `test-results/bench/alert-simulation.jsonl`; goes on where it was stopped. Exit code 1 when a
 * record is unaccounted, a fraud untold, or a repeat unmarked.
 */
import { parseArgs } from 'node:util';
import { isSound } from '../test/support/alert/oracle.ts';
import {
  ALERT_FAILPOINTS,
  MODES,
  simulate,
  type SimulatedCase,
  type SimulatedOutcome,
} from '../test/support/alert/simulation.ts';
import { startTestPostgres } from '../test/support/postgres.ts';
import { openResults, toTable } from './support/results.ts';

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
console.log(toTable(summary()));
process.exitCode = results.lines.every(({ verdict }) => isSound(verdict)) ? 0 : 1;

function* cases(): Iterable<SimulatedCase> {
  for (let seed = 1; seed <= Number(options.seeds); seed += 1)
    for (const failpoint of ALERT_FAILPOINTS) for (const mode of MODES) yield { failpoint, mode, seed };
}

function summary(): (string | number)[][] {
  const head = [
    'failpoint',
    'mode',
    'cases',
    'fired',
    'frauds',
    'untold',
    'extra',
    'ambiguous',
    'unmarked',
    'unaccounted',
  ];
  const cells = ALERT_FAILPOINTS.flatMap((failpoint) => MODES.map((mode) => ({ failpoint, mode })));
  return [
    head,
    ...cells.map(({ failpoint, mode }) => {
      const some = results.lines.filter((each) => each.failpoint === failpoint && each.mode === mode);
      const sum = (of: (each: SimulatedOutcome) => number): number => some.reduce((total, each) => total + of(each), 0);
      return [
        failpoint,
        mode,
        some.length,
        sum(({ fired }) => fired),
        sum(({ verdict }) => verdict.frauds),
        sum(({ verdict }) => verdict.untold),
        sum(({ verdict }) => verdict.extraSends),
        sum(({ verdict }) => verdict.ambiguousSends),
        sum(({ verdict }) => verdict.unmarkedRepeats),
        sum(({ verdict }) => verdict.unaccounted + verdict.wrongVerdicts + verdict.ledgerFaults.length),
      ];
    }),
  ];
}
