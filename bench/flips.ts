/**
 * Flips and cuts random bytes of checkpoints and Delta logs, and starts on them: `npm run bench -- flips [--runs 200] [--fresh]`.
 * One JSON line a start in `test-results/bench/flips.jsonl`; goes on where it was stopped. Exit code 1 when a start went
 * on wrongly, or stopped without a code that says why.
 */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { damageOnce, type DamageResult } from '../test/pipeline/support/damage.ts';
import { openResults, toTable } from './support/results.ts';

const { values: options } = parseArgs({
  options: { runs: { type: 'string', default: '200' }, fresh: { type: 'boolean', default: false } },
});
const results = openResults<DamageResult>('flips', options.fresh);
const scratch = mkdtempSync(path.join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'sluice-flips-'));
const done = new Set(results.lines.map(({ seed }) => seed));

try {
  for (let seed = 1; seed <= Number(options.runs); seed += 1)
    if (!done.has(seed)) results.add(await damageOnce(seed, scratch));
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
console.log(toTable(summary()));
const bad = results.lines.filter(({ outcome }) => outcome === 'wrong' || outcome === 'nameless');
bad.forEach((each) => console.log(JSON.stringify(each)));
process.exitCode = bad.length === 0 ? 0 : 1;

function summary(): (string | number)[][] {
  const outcomes = ['went on', 'named', 'told', 'nameless', 'wrong'] as const;
  const kinds = [...new Set(results.lines.map(kindOf))].sort();
  const count = (kind: string, outcome: string): number =>
    results.lines.filter((each) => kindOf(each) === kind && each.outcome === outcome).length;
  return [['file', ...outcomes], ...kinds.map((kind) => [kind, ...outcomes.map((outcome) => count(kind, outcome))])];
}

function kindOf({ file, state }: DamageResult): string {
  const kind = file.replace(/\d{20}/, 'N').replace(/\/\d+$/, '/N');
  return `${state === 'spark' ? 'Spark' : 'Sluice'} ${kind}`;
}
