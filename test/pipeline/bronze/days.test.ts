import fc from 'fast-check';
import { expect, it } from 'vitest';
import { groupByDay, NO_DAY } from '../../../src/pipeline/bronze/days.ts';

/** Days apart by whole powers of two share a slot. */
const day = fc.oneof(fc.integer({ min: -3, max: 3 }), fc.constantFrom(4_096, -4_096, 4_097, 2 ** 31 - 1, NO_DAY));

it('groups rows by their days in the order in which the days came', () => {
  fc.assert(
    fc.property(fc.array(day, { maxLength: 60 }), (days) => {
      const order = [...new Set(days)];
      expect(groupByDay(Int32Array.from(days)).map(({ day, rows }) => ({ day, rows: [...rows] }))).toEqual(
        order.map((each) => ({
          day: each === NO_DAY ? null : each,
          rows: [...days.keys()].filter((row) => days[row] === each),
        })),
      );
    }),
  );
});
