import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { findLosses, planRange, standingAt, type Bounds } from '../../src/pipeline/offsets.ts';
import type { Gap, Offsets } from '../../src/pipeline/ports.ts';

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
  const standing = (position: Offsets, bounds: Bounds): Gap[] => findLosses(standingAt(position, bounds), bounds);
  const gap = (partition: number, from: number, to: number): Gap => ({ partition, from: BigInt(from), to: BigInt(to) });

  it.each([
    ['retention passed the position', at(5, 5), { start: at(6, 0), end: at(9, 9) }, [gap(0, 5, 6)]],
    ['it passed everything', at(5, 5), { start: at(9, 5), end: at(9, 9) }, [gap(0, 5, 9)]],
    ['a new partition has lost its beginning', at(5), { start: at(0, 2), end: at(5, 4) }, [gap(1, 0, 2)]],
    ['all is there', at(5, 5), { start: at(5, 0), end: at(5, 9) }, []],
  ])('is what was removed before it was read, when %s', (_name, position, bounds, gaps) => {
    expect(standing(position, bounds)).toEqual(gaps);
  });

  it.each([
    ['a part', at(4), [gap(0, 2, 4)]],
    ['all, and more behind it', at(9), [gap(0, 2, 5)]],
  ])('of a promised range is within it, when %s is gone', (_name, start, gaps) => {
    expect(findLosses({ start: at(2), end: at(5) }, { start, end: at(9) })).toEqual(gaps);
  });

  it.each([
    ['the topic ends before the position', at(5, 5), { start: at(0, 0), end: at(4, 9) }, 'ends at 4'],
    ['a partition is gone', at(5, 5), { start: at(0), end: at(5) }, 'partition 1 is gone'],
  ])('is none when %s: the topic is another one', (_name, position, bounds, seen) => {
    expect(() => standing(position, bounds)).toThrow(
      expect.objectContaining({ code: 'SOURCE_CHANGED', seen: expect.stringContaining(seen) }),
    );
  });
});
