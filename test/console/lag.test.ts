import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { addSample, EMPTY_LAG, type LagMemory, type LagSample } from '../../src/console/lag.ts';

const sample = (seconds: number, current: number, end: number, oldest: number | null = null): LagSample => ({
  at: seconds * 1_000,
  partitions: [
    {
      partition: 0,
      logStart: '0',
      current: String(current),
      end: String(end),
      lag: end - current,
      oldestUnreadAt: oldest,
    },
  ],
});
const play = (...samples: LagSample[]): LagMemory => samples.reduce(addSample, EMPTY_LAG);

describe('rates', () => {
  test('one sample has none; two give what came in and what was read', () => {
    expect(play(sample(0, 0, 100)).view).toMatchObject({ total: 100, produced: 0, consumed: 0, drainSeconds: null });
    const view = play(sample(0, 0, 100), sample(10, 80, 150)).view;
    expect(view).toMatchObject({ total: 70, produced: 5, consumed: 8, drainSeconds: 24 });
  });

  test('growing lag has no end in sight', () => {
    expect(play(sample(0, 0, 0), sample(10, 50, 100)).view).toMatchObject({
      produced: 10,
      consumed: 5,
      drainSeconds: null,
    });
  });

  test('only the last half minute counts', () => {
    const view = play(sample(0, 0, 0), sample(1, 1000, 1000), sample(40, 1000, 1000), sample(50, 1010, 1010)).view;
    expect(view).toMatchObject({ produced: 1, consumed: 1 });
  });

  test('a position that is set back by clearing is no negative rate', () => {
    const view = play(sample(0, 500, 500), sample(1, 0, 500), sample(2, 0, 500)).view;
    expect(view?.history.map(({ consumed }) => consumed)).toEqual([null, null, 0]);
  });
});

test('the oldest record is the oldest of the partitions that have one', () => {
  const [first] = sample(10, 0, 5, 3_000).partitions!;
  const other = { ...first!, partition: 1, oldestUnreadAt: 1_000 };
  const empty = { ...first!, partition: 2, lag: 0, oldestUnreadAt: 1 };
  const { view } = play({ at: 10_000, partitions: [first!, other, empty] });
  expect(view?.oldestMs).toBe(9_000);
});

test('a partition that was never read stands at its first record', () => {
  const { view } = play({
    at: 0,
    partitions: [{ partition: 0, logStart: '7', current: null, end: '9', lag: 2, oldestUnreadAt: 0 }],
  });
  expect(view).toMatchObject({ total: 2, consumed: 0 });
});

test('an unknown sample leaves one gap, keeps the view, and rates begin anew after it', () => {
  const unknown = (seconds: number): LagSample => ({ at: seconds * 1_000, partitions: null });
  const memory = play(sample(0, 0, 10), unknown(1), unknown(2), sample(3, 0, 40));
  expect(memory.view?.history.map(({ lag }) => lag)).toEqual([10, null, 40]);
  expect(memory.view?.history.at(-1)).toMatchObject({ produced: null, consumed: null });
});

test('whatever comes, the history is bounded and no rate is negative', () => {
  const any = fc.record({ current: fc.nat(1_000), more: fc.nat(1_000), known: fc.boolean() });
  fc.assert(
    fc.property(fc.array(any, { maxLength: 400, size: 'max' }), (steps) => {
      const { view } = play(
        ...steps.map(({ current, more, known }, at) =>
          known ? sample(at, current, current + more) : { at, partitions: null },
        ),
      );
      expect(view?.history.length ?? 0).toBeLessThanOrEqual(300);
      for (const { produced, consumed } of view?.history ?? [])
        expect(Math.min(produced ?? 0, consumed ?? 0)).toBeGreaterThanOrEqual(0);
    }),
    { numRuns: 30 },
  );
});
