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
import { toAlertTable } from '../support/alert-table.ts';
import { openResults } from '../support/results.ts';
import { KILLS, runCase, type Case, type Outcome } from '../../test/support/alert/case.ts';
import { ALERT_FAILPOINTS } from '../../test/support/alert/failpoints.ts';

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
console.log(
  toAlertTable(
    results.lines.map(({ kill, fired, ...each }) => ({ ...each, way: kill, fired: Number(fired) })),
    KILLS,
  ),
);
process.exitCode = results.lines.every(({ fired, verdict }) => fired && isSound(verdict)) ? 0 : 1;

function* cases(): Iterable<Case> {
  for (const failpoint of ALERT_FAILPOINTS.filter((name) => !only || only.includes(name)))
    for (const kill of KILLS)
      for (let seed = 1; seed <= Number(options.seeds); seed += 1) yield { failpoint, kill, seed };
}
