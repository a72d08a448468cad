/** What many deaths of Alert came to, one line for each failpoint and way to die. */
import { ALERT_FAILPOINTS } from '../../test/support/alert/failpoints.ts';
import type { Verdict } from '../../test/support/alert/oracle.ts';
import { toTable } from './results.ts';

export interface Died {
  readonly failpoint: string;
  /** How it died. */
  readonly way: string;
  /** How often the failpoint was met. */
  readonly fired: number;
  readonly verdict: Verdict;
}

const SUMS: Readonly<Record<string, (died: Died) => number>> = {
  cases: () => 1,
  fired: ({ fired }) => fired,
  frauds: ({ verdict }) => verdict.frauds,
  untold: ({ verdict }) => verdict.untold,
  extra: ({ verdict }) => verdict.extraSends,
  ambiguous: ({ verdict }) => verdict.ambiguousSends,
  unmarked: ({ verdict }) => verdict.unmarkedRepeats,
  unaccounted: ({ verdict }) => verdict.unaccounted + verdict.wrongVerdicts + verdict.ledgerFaults.length,
};

export function toAlertTable(all: readonly Died[], ways: readonly string[]): string {
  const rows = ALERT_FAILPOINTS.flatMap((failpoint) =>
    ways.map((way) => {
      const some = all.filter((each) => each.failpoint === failpoint && each.way === way);
      return [failpoint, way, ...Object.values(SUMS).map((of) => some.reduce((sum, each) => sum + of(each), 0))];
    }),
  );
  return toTable([['failpoint', 'way', ...Object.keys(SUMS)], ...rows]);
}
