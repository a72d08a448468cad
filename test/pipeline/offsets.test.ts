import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkPosition, planRange } from '../../src/pipeline/offsets.ts';
import type { Offsets } from '../../src/pipeline/ports.ts';

const at = (...offsets: number[]): Offsets => new Map(offsets.map((offset, partition) => [partition, BigInt(offset)]));

describe('the range of a batch', () => {
  it('is cut as Spark cut it: 60 over 56, 79 and 77 gives 15, 22 and 21', () => {
    expect(planRange(at(0, 0, 0), at(56, 79, 77), 60)?.end).toEqual(at(15, 22, 21));
  });

  it('lets no partition starve', () => {
    expect(planRange(at(0, 0), at(1, 1_000_000), 10)?.end).toEqual(at(1, 9));
  });

  it('is none when nothing is new', () => {
    expect(planRange(at(5, 7), at(5, 7), 10)).toBeNull();
    expect(planRange(at(5, 7), at(5, 7), null)).toBeNull();
  });

  it('begins at 0 in a partition that is new', () => {
    expect(planRange(at(5), at(5, 3), null)).toEqual({ start: at(5, 0), end: at(5, 3) });
  });

  it('always goes on, never passes the end and comes to it at last', () => {
    const sizes = fc.array(fc.nat(1000), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(sizes, fc.integer({ min: 1, max: 300 }), (ends, limit) => {
        const end = at(...ends);
        let position: Offsets = at(...ends.map(() => 0));
        for (let range = planRange(position, end, limit); range; range = planRange(position, end, limit)) {
          const read = [...range.end].reduce((sum, [each, until]) => sum + until - (position.get(each) ?? 0n), 0n);
          expect(read > 0n && read <= BigInt(limit + ends.length)).toBe(true);
          position = range.end;
        }
        expect(position).toEqual(end);
      }),
    );
  });
});

describe('loss', () => {
  it.each([
    ['retention passed the position', at(5, 5), { start: at(6, 0), end: at(9, 9) }, '1 offsets are lost'],
    ['the topic ends before the position', at(5, 5), { start: at(0, 0), end: at(4, 9) }, 'ends at 4'],
    ['a partition is gone', at(5, 5), { start: at(0), end: at(5) }, 'partition 1 is gone'],
    ['a new partition has lost its beginning', at(5), { start: at(0, 2), end: at(5, 4) }, 'partition 1 begins at 2'],
  ])('is seen when %s', (_name, position, bounds, seen) => {
    expect(() => checkPosition(position, bounds)).toThrow(
      expect.objectContaining({ code: 'DATA_LOSS', seen: expect.stringContaining(seen) }),
    );
  });

  it('is not seen where all is there', () => {
    expect(() => checkPosition(at(5, 5), { start: at(5, 0), end: at(5, 9) })).not.toThrow();
  });
});
