import { describe, expect, test } from 'vitest';
import { addSample, EMPTY_LAG } from '../../src/console/lag.ts';
import type { LagView } from '../../src/console/contract.ts';
import type { RunView } from '../../src/console/supervisor.ts';
import { judge } from '../../src/console/verdict.ts';
import { count, duration, rate } from '../../src/console/words.ts';

const run = (change: Partial<RunView> = {}): RunView => ({
  name: 'bronze',
  state: 'RUNNING',
  since: 0,
  error: null,
  attempts: 0,
  nextAttemptAt: null,
  queryId: 'q',
  runId: 'r',
  startedAt: 0,
  totals: { rows: 0, batches: 0, deadLetters: 0, notes: 0 },
  batches: [],
  alertsPaused: null,
  ...change,
});

/** One sample a second of [position, end]. */
function lagOf(samples: readonly (readonly [number, number])[], oldest: number | null = null): LagView {
  const memory = samples.reduce(
    (all, [position, end], index) =>
      addSample(all, {
        at: index * 1_000,
        partitions: [
          {
            partition: 0,
            logStart: '0',
            current: String(position),
            end: String(end),
            lag: end - position,
            oldestUnreadAt: oldest,
          },
        ],
      }),
    EMPTY_LAG,
  );
  return memory.view!;
}
const seconds = (n: number, at: (second: number) => readonly [number, number]) =>
  Array.from({ length: n }, (_, second) => at(second));
const verdictOf = (lag: LagView, triggerMs = 0) => judge(run(), triggerMs, lag, lag.at).verdict;

describe('lag of a running query', () => {
  test('nothing waits: OK', () => {
    expect(judge(run(), 0, lagOf(seconds(30, () => [9, 9])), 0)).toEqual({
      verdict: 'OK',
      headline: 'Bronze keeps up.',
      detail: 'Nothing waits.',
    });
  });

  test('a saw tooth between triggers is OK, with what waits and for how long', () => {
    const saw = lagOf(
      seconds(200, (second) => [Math.floor(second / 10) * 100, second * 10]),
      190_000,
    );
    const batch = { batchId: 421, batchDuration: 1_200 } as RunView['batches'][number];
    expect(judge(run({ batches: [batch] }), 10_000, saw, saw.at)).toEqual({
      verdict: 'OK',
      headline: 'Bronze keeps up.',
      detail: '90 records wait, the oldest for 9 s. Batch 421 took 1.2 s of its 10 s.',
    });
  });

  test('lag that never shrinks is WARN and says from what to what', () => {
    const judged = judge(run({ name: 'alert' }), 0, lagOf(seconds(40, (second) => [second * 10, second * 12])), 0);
    expect(judged.verdict).toBe('WARN');
    expect(judged.headline).toBe('Alert is falling behind.');
    expect(judged.detail).toBe(
      'Lag grew from 60 to 78 records in 9 s: 12 come in and 10 are read a second. Nothing is lost.',
    );
  });

  test('a saw tooth whose lows rise with every trigger is WARN too', () => {
    expect(verdictOf(lagOf(seconds(200, (second) => [Math.floor(second / 10) * 80, second * 10])), 10_000)).toBe(
      'WARN',
    );
  });

  test('a position that stands still while records wait is STALLED after ten samples, not before', () => {
    const still = (n: number) => lagOf(seconds(n, (second) => [Math.min(second, 5), 100 + second]));
    expect(verdictOf(still(14))).not.toBe('STALLED');
    expect(verdictOf(still(17))).toBe('STALLED');
    expect(verdictOf(still(17), 10_000)).not.toBe('STALLED');
    expect(judge(run(), 0, still(30), 0).detail).toBe('124 records wait. None was read for 24 s.');
  });

  test('a large backlog that falls is OK and says how long it takes', () => {
    const judged = judge(run(), 0, lagOf(seconds(40, (second) => [second * 100, 100_000])), 0);
    expect(judged).toMatchObject({ verdict: 'OK', headline: 'Bronze is catching up.' });
    expect(judged.detail).toContain('About 16 min 1 s to go.');
  });

  test('records that retention took before they were read are told', () => {
    const at = (logStart: string) =>
      addSample(EMPTY_LAG, {
        at: 0,
        partitions: [{ partition: 0, logStart, current: '10', end: '40', lag: 20, oldestUnreadAt: null }],
      }).view!;
    expect(judge(run(), 0, at('22'), 0)).toMatchObject({
      verdict: 'FAILED',
      headline: '12 records of Bronze are gone.',
    });
    expect(judge(run(), 0, at('10'), 0).verdict).toBe('OK');
  });

  test.each([
    ['not known yet', null],
    ['an empty topic', lagOf([[0, 0]])],
  ])('%s: WAITING', (_, lag) => expect(judge(run(), 0, lag, 0).verdict).toBe('WAITING'));
});

const error = {
  code: 'FENCED',
  message: 'Writing offsets/3: process 7 owns it',
  action: 'Stop that one.',
  tried: '',
  seen: '',
  expected: '',
  retryable: false,
} as const;

test.each([
  [{ state: 'STOPPED' }, 'STOPPED', 'Bronze is stopped.'],
  [{ state: 'STARTING' }, 'WAITING', 'Bronze is starting.'],
  [{ state: 'STOPPING' }, 'WAITING', 'Bronze is stopping.'],
  [{ state: 'RESTARTING' }, 'WAITING', 'Bronze is restarting.'],
  [{ state: 'RESTARTING', error, attempts: 2, nextAttemptAt: 5_000 }, 'WARN', 'Bronze starts again in 4 s.'],
  [{ state: 'FAILED', error }, 'WARN', 'Another console runs Bronze.'],
  [{ state: 'FAILED', error: { ...error, code: 'DATA_LOSS' } }, 'FAILED', 'Bronze failed: DATA_LOSS.'],
] as const)('%j is %s: %s', (change, verdict, headline) => {
  expect(judge(run(change), 0, null, 1_000)).toMatchObject({ verdict, headline });
});

test('a failure says what happened and what to do', () => {
  expect(judge(run({ state: 'FAILED', error }), 0, null, 0).detail).toBe(
    'Writing offsets/3: process 7 owns it. Stop that one.',
  );
});

test('numbers as people read them', () => {
  expect([count(1, 'record'), count(12_480, 'record')]).toEqual(['1 record', '12,480 records']);
  expect([400, 7_000, 59_600, 245_000, 11_520_000, 180_000_000].map(duration)).toEqual([
    '0.4 s',
    '7 s',
    '1 min',
    '4 min 5 s',
    '3 h 12 min',
    '2 d 2 h',
  ]);
  expect([12.14, 3, 1_240.4].map(rate)).toEqual(['12.1', '3', '1,240']);
});
