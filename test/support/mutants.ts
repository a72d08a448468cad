/**
 * Mutants: faults that somebody could make, as patches in `test/mutants/`. Each says in its first line what goes wrong
 * then, and in its second which tests must fail.
 */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

export const ROOT = path.resolve(import.meta.dirname, '..', '..');
const FOLDER = path.join(ROOT, 'test', 'mutants');

export interface Mutant {
  readonly name: string;
  readonly file: string;
  readonly fault: string;
  /** Files or folders of tests, and perhaps `-t` with a part of a test's name. */
  readonly tests: readonly string[];
}

export function listMutants(): Mutant[] {
  return readdirSync(FOLDER)
    .filter((name) => name.endsWith('.patch'))
    .sort()
    .map((name) => {
      const file = path.join(FOLDER, name);
      const [fault = '', tests = ''] = readFileSync(file, 'utf8').split('\n');
      const [, list = ''] = /^Tests: (.+)$/.exec(tests) ?? [];
      return { name: name.replace(/\.patch$/, ''), file, fault, tests: list.split(' ').filter(Boolean) };
    });
}

/** How `git apply` is called: lines around a change may have moved a little. */
export const APPLY = ['apply', '-C1', '--recount'] as const;
