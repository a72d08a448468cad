import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { isSound } from './support/oracle.ts';
import { BRONZE_FAILPOINTS, MODES, simulate } from './support/simulation.ts';

/** `npm run bench -- simulation` runs 20. */
const SEEDS = 1;

const cells = BRONZE_FAILPOINTS.flatMap((failpoint) => MODES.map((mode) => ({ failpoint, mode })));
const scratch = mkdtempSync(path.join(tmpdir(), 'sluice-simulation-'));

afterAll(() => rmSync(scratch, { recursive: true, force: true }));

describe('a query that meets trouble', () => {
  it.each(cells)(
    'at $failpoint ($mode) keeps every row once',
    async (cell) => {
      // A hundred batches lie behind a purge.
      const seeds = cell.failpoint === 'b12' ? 1 : SEEDS;
      for (let seed = 1; seed <= seeds; seed += 1) {
        const outcome = await simulate({ ...cell, seed }, scratch);
        expect(outcome.fired).toBeGreaterThan(0);
        expect(isSound(outcome.verdict), JSON.stringify(outcome)).toBe(true);
        expect(outcome.verdict.rows).toBeGreaterThan(20);
      }
    },
    60_000,
  );
});
