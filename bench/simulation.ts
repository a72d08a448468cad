/**
 * Every failpoint of Bronze in every mode of the simulation, with many seeds: `npm run bench -- simulation [--seeds 20] [--fresh]`.
 * One JSON line a case in `test-results/bench/simulation.jsonl`; goes on where it was stopped. Exit code 1 when a row was
 * lost, doubled or bent.
 */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { isSound } from '../test/pipeline/support/oracle.ts';
import { BRONZE_FAILPOINTS, MODES, simulate, type Case, type Outcome } from '../test/pipeline/support/simulation.ts';
import { openResults, toTable } from './support/results.ts';

const { values: options } = parseArgs({
  options: { seeds: { type: 'string', default: '20' }, fresh: { type: 'boolean', default: false } },
});
const results = openResults<Outcome>('simulation', options.fresh);
const scratch = mkdtempSync(path.join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'sluice-simulation-'));
const keyOf = ({ failpoint, mode, seed }: Case): string => `${failpoint} ${mode} ${seed}`;
const done = new Set(results.lines.map(keyOf));

try {
  for (const each of cases()) if (!done.has(keyOf(each))) results.add(await simulate(each, scratch));
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
console.log(toTable(summary()));
process.exitCode = results.lines.every(({ verdict, fired }) => isSound(verdict) && fired > 0) ? 0 : 1;

function* cases(): Iterable<Case> {
  for (const failpoint of BRONZE_FAILPOINTS)
    for (const mode of MODES)
      for (let seed = 1; seed <= Number(options.seeds); seed += 1) yield { failpoint, mode, seed };
}

function summary(): (string | number)[][] {
  const head = [
    'failpoint',
    'mode',
    'cases',
    'shots',
    'starts',
    'rows',
    'dead letters',
    'lost',
    'doubled',
    'bent',
    'broken',
  ];
  const cells = BRONZE_FAILPOINTS.flatMap((failpoint) => MODES.map((mode) => ({ failpoint, mode })));
  return [
    head,
    ...cells.map(({ failpoint, mode }) => {
      const some = results.lines.filter((each) => each.failpoint === failpoint && each.mode === mode);
      const sum = (of: (each: Outcome) => number): number => some.reduce((total, each) => total + of(each), 0);
      return [
        failpoint,
        mode,
        some.length,
        sum(({ fired }) => fired),
        sum(({ lives }) => lives),
        sum(({ verdict }) => verdict.rows),
        sum(({ verdict }) => verdict.deadLetters),
        sum(({ verdict }) => verdict.lost),
        sum(({ verdict }) => verdict.doubled),
        sum(({ verdict }) => verdict.bent + verdict.foreign),
        sum(({ verdict }) => verdict.broken.length),
      ];
    }),
  ];
}
