import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { PostgresSettings } from '../../../src/pipeline/job-settings.ts';
import { startTestPostgres, type TestPostgres } from '../../support/postgres.ts';
import { isSound } from '../../support/alert/oracle.ts';
import { runOutage } from '../../support/alert/outage.ts';
import { ALERT_FAILPOINTS } from '../../support/alert/failpoints.ts';
import { simulate } from '../../support/alert/simulation.ts';

let postgres: TestPostgres;
let settings: PostgresSettings;

beforeAll(async () => {
  postgres = await startTestPostgres();
  settings = (await postgres.createFraudDatabases()).frauddb;
}, 60_000);
afterAll(() => postgres.stop());

/** A sample; all modes and twenty seeds are `npm run bench -- alert-simulation`. */
describe('a death of Alert', () => {
  it.each(ALERT_FAILPOINTS)(
    'at %s loses nothing, and repeats nothing without a mark',
    async (failpoint) => {
      const mode = failpoint === 'a6' || failpoint === 'a9' ? 'twice' : 'kill';
      const { fired, verdict } = await simulate(settings, { failpoint, mode, seed: 1 });
      expect(fired).toBeGreaterThan(0);
      expect(verdict).toMatchObject({
        untold: 0,
        unaccounted: 0,
        wrongVerdicts: 0,
        unmarkedRepeats: 0,
        ledgerFaults: [],
      });
      expect(isSound(verdict)).toBe(true);
      if (failpoint === 'a10') expect(verdict).toMatchObject({ extraSends: 1, ambiguousSends: 1 });
      if (failpoint === 'a8') expect(verdict).toMatchObject({ extraSends: 0, ambiguousSends: 1 });
      if (['a1', 'a2', 'a3', 'a5', 'a6'].includes(failpoint)) expect(verdict.extraSends).toBe(0);
    },
    60_000,
  );
});

/** A sample; half an hour at 50 a second is `npm run bench -- alert-outage`. */
describe('a fraud API that is away for minutes', () => {
  it('holds no batch up, loses no transaction, and is asked seldom', async () => {
    const outcome = await runOutage(settings, { rate: 1, minutes: 4 });
    expect(isSound(outcome.verdict)).toBe(true);
    expect(outcome.backlog).toBe(242);
    expect(outcome.verdict).toMatchObject({ predictions: 240, pending: 0, untold: 0 });
    expect(outcome.slowestBatchVirtualMs).toBeLessThanOrEqual(10_000);
    // One probe every five seconds at most, beside the first tries.
    expect(outcome.requestsWhileAway).toBeLessThanOrEqual((4 * 60) / 5 + 10);
  }, 120_000);
});
