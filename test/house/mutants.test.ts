import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { APPLY, listMutants, ROOT } from '../support/mutants.ts';

const mutants = listMutants();

/** That each is caught costs minutes: `npm run bench -- mutants`. */
describe('the mutants', () => {
  it('are at least twelve', () => {
    expect(mutants.length).toBeGreaterThanOrEqual(12);
  });

  it.each(mutants)('$name still applies, and names tests that are there', async ({ file, fault, tests }) => {
    await promisify(execFile)('git', [...APPLY, '--check', file], { cwd: ROOT });
    expect(fault).toMatch(/^[A-Z].*\.$/);
    const places = tests.filter((each) => each.startsWith('test/'));
    expect(places.length).toBeGreaterThan(0);
    expect(places.filter((place) => !existsSync(path.join(ROOT, place)))).toEqual([]);
  });
});
