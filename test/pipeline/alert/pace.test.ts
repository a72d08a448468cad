import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { advance, spend, startPace, waitFor } from '../../../src/pipeline/alert/pace.ts';

/** Sends whenever it may, from the given idle times between attempts; returns the times of the sends. */
function sendTimes(gaps: readonly number[], earlier: readonly number[] = []): number[] {
  let now = 1_000_000;
  let pace = startPace(now, earlier);
  return gaps.map((gap) => {
    now += gap;
    pace = advance(pace, now);
    now += waitFor(pace);
    pace = spend(advance(pace, now));
    return now;
  });
}

function mostWithin(times: readonly number[], window: number): number {
  return Math.max(...times.map((start) => times.filter((time) => time >= start && time < start + window).length));
}

describe('pace', () => {
  it('lets a burst of five go at once and then one a second', () => {
    const [first = 0, ...rest] = sendTimes(Array<number>(8).fill(0));
    expect(rest.map((time) => time - first)).toEqual([0, 0, 0, 0, 1000, 2000, 3000]);
  });

  it('never sends above 60 in any 60 seconds, nor above 5 + 1 a second in any shorter time', () => {
    const gaps = fc.array(fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 20_000 })), {
      minLength: 1,
      maxLength: 200,
    });
    fc.assert(
      fc.property(gaps, (each) => {
        const times = sendTimes(each);
        expect(mostWithin(times, 60_000)).toBeLessThanOrEqual(60);
        expect(mostWithin(times, 10_000)).toBeLessThanOrEqual(15);
      }),
    );
  });

  it('does not add the burst to the sixty of a minute', () => {
    expect(mostWithin(sendTimes(Array<number>(200).fill(0)), 60_000)).toBe(60);
  });

  it('does not wait longer than needed: sixty fit into a minute', () => {
    const times = sendTimes(Array<number>(60).fill(0));
    expect((times.at(-1) ?? 0) - (times[0] ?? 0)).toBeLessThan(60_000);
  });

  it('counts what an earlier run has sent', () => {
    const earlier = Array.from({ length: 60 }, (_, index) => 1_000_000 - 59_000 + index);
    const [first = 0] = sendTimes([0], earlier);
    expect(first).toBe(1_000_000 + 1_000);
  });

  it('waits at most a minute after the clock was set back by a day', () => {
    let now = 100_000_000;
    let pace = startPace(now, []);
    for (let sent = 0; sent < 60; sent++) pace = spend(advance(pace, now));
    now -= 86_400_000;
    pace = advance(pace, now);
    expect(waitFor(pace)).toBeLessThanOrEqual(60_000);
    expect(waitFor(advance(pace, now + 60_000))).toBe(0);
  });
});
