/**
 * Whether the tests notice: applies each patch of `test/mutants/` to a copy of the sources and runs the tests that must
 * fail. `npm run bench -- mutants [--only rename-for-link,...] [--fresh]`;
 * goes on where it was stopped. Exit code 1 when a mutant lives or no longer applies.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { APPLY, listMutants, ROOT, type Mutant } from '../test/support/mutants.ts';
import { openResults, toTable } from './support/results.ts';

interface Outcome {
  readonly mutant: string;
  readonly outcome: 'caught' | 'lives' | 'does not apply' | 'tests do not run' | 'tests fail anyway';
  /** Tests that failed. */
  readonly failed: number;
  readonly seconds: number;
}

/** All that tests of the pipeline need. */
const COPIED = [
  'src',
  'test',
  'scripts',
  'bench',
  'package.json',
  'tsconfig.json',
  'vite.config.ts',
  'vitest.config.ts',
];

const { values: options } = parseArgs({
  options: { only: { type: 'string' }, fresh: { type: 'boolean', default: false } },
});
const only = options.only?.split(',');
const results = openResults<Outcome>('mutants', options.fresh);
const copy = mkdtempSync(path.join(tmpdir(), 'sluice-mutants-'));
const done = new Set(results.lines.map(({ mutant }) => mutant));
const mutants = listMutants().filter(({ name }) => !done.has(name) && (only?.includes(name) ?? true));
try {
  for (const name of COPIED) cpSync(path.join(ROOT, name), path.join(copy, name), { recursive: true });
  symlinkSync(path.join(ROOT, 'node_modules'), path.join(copy, 'node_modules'));
  for (const mutant of mutants) {
    const outcome = tryMutant(mutant);
    results.add(outcome);
    console.log(JSON.stringify(outcome));
  }
} finally {
  rmSync(copy, { recursive: true, force: true });
}
console.log(
  toTable([
    ['mutant', 'outcome', 'failed tests', 's'],
    ...results.lines.map(({ mutant, outcome, failed, seconds }) => [mutant, outcome, failed, seconds]),
  ]),
);
process.exitCode = results.lines.every(({ outcome }) => outcome === 'caught') ? 0 : 1;

function tryMutant({ name, file, tests }: Mutant): Outcome {
  const begun = Date.now();
  const before = runTests(tests).outcome;
  // A test that fails anyway catches nothing.
  if (before !== 'lives') {
    const outcome = before === 'caught' ? 'tests fail anyway' : before;
    return { mutant: name, outcome, failed: 0, seconds: Math.round((Date.now() - begun) / 1_000) };
  }
  const applied = apply(file);
  const { outcome, names } = applied ? runTests(tests) : { outcome: 'does not apply' as const, names: [] };
  if (applied && !apply(file, '--reverse')) throw new Error(`${name} cannot be taken back`);
  return { mutant: name, outcome, failed: names.length, seconds: Math.round((Date.now() - begun) / 1_000) };
}

/** Outside of a repository, which the copy is, git takes the paths as they are. */
function apply(file: string, ...more: string[]): boolean {
  return spawnSync('git', [...APPLY, ...more, file], { cwd: copy }).status === 0;
}

interface Report {
  readonly numTotalTests: number;
  readonly testResults: readonly {
    readonly assertionResults: readonly { readonly status: string; readonly fullName: string }[];
  }[];
}

/** With the names of the tests that failed. */
function runTests(tests: readonly string[]): { outcome: Outcome['outcome']; names: readonly string[] } {
  const report = path.join(copy, 'report.json');
  rmSync(report, { force: true });
  const vitest = ['node_modules/vitest/vitest.mjs', 'run', '--project', 'unit', '--reporter=json'];
  spawnSync(process.execPath, [...vitest, `--outputFile=${report}`, ...tests], { cwd: copy });
  try {
    const { numTotalTests, testResults } = JSON.parse(readFileSync(report, 'utf8')) as Report;
    const failed = testResults.flatMap((file) => file.assertionResults.filter(({ status }) => status === 'failed'));
    if (numTotalTests === 0) return { outcome: 'tests do not run', names: [] };
    return { outcome: failed.length > 0 ? 'caught' : 'lives', names: failed.map(({ fullName }) => fullName) };
  } catch {
    return { outcome: 'tests do not run', names: [] };
  }
}
