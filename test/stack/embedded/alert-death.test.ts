/** A sample of the matrix on real processes; all of it is `npm run bench -- alert-matrix`. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { runCase, type Case } from '../../support/alert/case.ts';
import { isSound } from '../../support/alert/oracle.ts';
import { openWorld, type World } from '../../support/alert/world.ts';

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world.close());

test.each<Case>([
  { failpoint: 'a6', kill: 'kill', seed: 1 },
  { failpoint: 'a10', kill: 'terminate', seed: 1 },
])('$kill at $failpoint loses no record and repeats no alert without a mark', async (each) => {
  const { fired, verdict } = await runCase(world, each);
  expect(fired).toBe(true);
  expect(verdict).toMatchObject({ untold: 0, unaccounted: 0, wrongVerdicts: 0, unmarkedRepeats: 0, ledgerFaults: [] });
  expect(isSound(verdict)).toBe(true);
  if (each.failpoint === 'a10') expect(verdict.extraSends).toBe(1);
});
