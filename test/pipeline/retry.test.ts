import { describe, expect, it } from 'vitest';
import { SluiceError } from '../../src/pipeline/errors.ts';
import type { Clock } from '../../src/pipeline/ports.ts';
import { retrying } from '../../src/pipeline/retry.ts';

const failure = (retryable: boolean): SluiceError =>
  new SluiceError('SQL_UNAVAILABLE', { tried: 'a', seen: 'b', expected: 'c', action: 'd', retryable });
const POLICY = { tries: 5, totalMs: 10_000, baseMs: 100, maxWaitMs: 1_000 };

describe('retrying', () => {
  it('waits longer and longer, but never longer than the bound', async () => {
    const clock = fakeClock();
    await expect(attempt(clock, () => Promise.reject(failure(true)), { ...POLICY, tries: 30 })).rejects.toThrow();
    clock.waits.forEach((wait, index) => expect(wait).toBeLessThanOrEqual(Math.min(1_000, 100 * 2 ** index)));
    expect(clock.waits.length).toBeGreaterThan(4);
  });

  it('gives up after the last try and throws its error', async () => {
    let tries = 0;
    const error = failure(true);
    const work = (): Promise<never> => {
      tries += 1;
      return Promise.reject(error);
    };
    await expect(attempt(fakeClock(), work)).rejects.toBe(error);
    expect(tries).toBe(5);
  });

  it('gives up when the time is over', async () => {
    const clock = fakeClock();
    const work = (): Promise<never> => {
      clock.time += 6_000;
      return Promise.reject(failure(true));
    };
    await expect(attempt(clock, work)).rejects.toThrow();
    expect(clock.waits).toHaveLength(1);
  });

  it('does not try again what cannot pass', async () => {
    const clock = fakeClock();
    await expect(attempt(clock, () => Promise.reject(failure(false)))).rejects.toThrow();
    await expect(attempt(clock, () => Promise.reject(new Error('bug')))).rejects.toThrow('bug');
    expect(clock.waits).toEqual([]);
  });

  it('ends at a stop', async () => {
    const stop = new AbortController();
    const work = (): Promise<never> => {
      stop.abort();
      return Promise.reject(failure(true));
    };
    const clock = fakeClock();
    await expect(attempt(clock, work, POLICY, stop.signal)).rejects.toThrow();
    expect(clock.waits).toEqual([]);
  });
});

function attempt<T>(
  clock: Clock,
  work: () => Promise<T>,
  policy = POLICY,
  signal = new AbortController().signal,
): Promise<T> {
  return retrying(work, { policy, clock, signal, onRetry: () => undefined });
}

function fakeClock(): Clock & { time: number; waits: number[] } {
  return {
    time: 0,
    waits: [],
    now() {
      return this.time;
    },
    async sleep(ms) {
      this.waits.push(ms);
      this.time += ms;
    },
  };
}
