/**
 * Every failpoint of Alert, with kill -9 of the process and the sudden end of its thread, on real processes, a real
 * PostgreSQL and scripted receivers: `npm run bench -- alert-matrix [--seeds 3] [--only a6,a9] [--electron] [--fresh]`.
 * One JSON line a case in `test-results/bench/alert-matrix.jsonl`; goes on where it was stopped. Exit code 1 when a
 * record is unaccounted, a fraud untold, or a repeat unmarked.
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { electronRuntime, NODE, ROOT } from '../../test/support/alert/runtime.ts';
import { openWorld } from '../../test/support/alert/world.ts';
import { isSound } from '../../test/support/alert/oracle.ts';
import { openResults, toTable } from '../support/results.ts';
import { ALERT_FAILPOINTS, KILLS, runCase, type Case, type Outcome } from '../../test/support/alert/case.ts';

const { values: options } = parseArgs({
  options: {
    seeds: { type: 'string', default: '3' },
    only: { type: 'string' },
    electron: { type: 'boolean', default: false },
    fresh: { type: 'boolean', default: false },
  },
});
const only = options.only?.split(',');
const results = openResults<Outcome>(options.electron ? 'alert-matrix-electron' : 'alert-matrix', options.fresh);
const keyOf = ({ failpoint, kill, seed }: Case): string => `${failpoint} ${kill} ${seed}`;
const done = new Set(results.lines.map(keyOf));
mkdirSync(path.join(ROOT, 'test-results'), { recursive: true });
// Below the root: the bundles find their packages there.
const bundles = mkdtempSync(path.join(ROOT, 'test-results', 'bundles-'));
const runtime = options.electron ? await electronRuntime(bundles) : NODE;
const world = await openWorld();
try {
  for (const each of cases()) {
    if (done.has(keyOf(each))) continue;
    const outcome = await runCase(world, each, runtime);
    results.add(outcome);
    console.log(JSON.stringify(outcome));
  }
} finally {
  await world.close();
  rmSync(bundles, { recursive: true, force: true });
}
console.log(toTable(summary()));
process.exitCode = results.lines.every(({ fired, verdict }) => fired && isSound(verdict)) ? 0 : 1;

function* cases(): Iterable<Case> {
  for (const failpoint of ALERT_FAILPOINTS.filter((name) => !only || only.includes(name)))
    for (const kill of KILLS)
      for (let seed = 1; seed <= Number(options.seeds); seed += 1) yield { failpoint, kill, seed };
}

function summary(): (string | number)[][] {
  const head = [
    'failpoint',
    'kill',
    'cases',
    'fired',
    'frauds',
    'untold',
    'extra',
    'ambiguous',
    'unmarked',
    'unaccounted',
  ];
  const rows = ALERT_FAILPOINTS.flatMap((failpoint) => KILLS.map((kill) => ({ failpoint, kill })));
  return [
    head,
    ...rows.map(({ failpoint, kill }) => {
      const some = results.lines.filter((each) => each.failpoint === failpoint && each.kill === kill);
      const sum = (of: (verdict: Outcome['verdict']) => number): number =>
        some.reduce((total, each) => total + of(each.verdict), 0);
      return [
        failpoint,
        kill,
        some.length,
        some.filter(({ fired }) => fired).length,
        sum(({ frauds }) => frauds),
        sum(({ untold }) => untold),
        sum(({ extraSends }) => extraSends),
        sum(({ ambiguousSends }) => ambiguousSends),
        sum(({ unmarkedRepeats }) => unmarkedRepeats),
        sum(({ unaccounted, wrongVerdicts, ledgerFaults }) => unaccounted + wrongVerdicts + ledgerFaults.length),
      ];
    }),
  ];
}
