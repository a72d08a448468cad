import { describe, expect, test } from 'vitest';
import { addSample, EMPTY_LAG } from '../../src/console/lag.ts';
import { isFreed, runnerOf, type RunnerParts } from '../../src/console/runner.ts';
import type { RunView } from '../../src/console/supervisor.ts';
import { judge } from '../../src/console/verdict.ts';
import type { CheckpointView, LeaseView } from '../../src/pipeline/events.ts';

const self = { host: 'here', pid: 1 };
const spark: LeaseView = { runId: 's', host: 'etl-1', pid: 7, epoch: 3, since: 5, renewedAt: 9, engine: 'spark' };
const sluice: LeaseView = { runId: 'o', host: 'desk', pid: 9, epoch: 4, since: 5, renewedAt: 9 };
const fenced = {
  code: 'FENCED',
  message: 'Taking the lease: it belongs to Spark',
  tried: '',
  seen: '',
  expected: '',
  action: 'Stop that one.',
  retryable: false,
} as const;

const run = (change: Partial<RunView> = {}): RunView => ({
  name: 'bronze',
  state: 'STOPPED',
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

const checkpoint = (owner: LeaseView | null): CheckpointView => ({
  path: '/c',
  exists: true,
  queryId: 'q',
  lastOffsets: 12,
  lastCommit: 11,
  inDoubt: true,
  objects: 4,
  bytes: 9,
  newestAt: 100,
  offsetsText: null,
  offsetsName: null,
  owner,
});

const parts = (owner: LeaseView | null, change: Partial<RunView> = {}, drains = false): RunnerParts => ({
  run: run(change),
  checkpoint: checkpoint(owner),
  table: { path: '/t', version: 20, rows: 0, files: 0, bytes: 0, lastCommitAt: 90 },
  drains,
  self,
});

const still = addSample(EMPTY_LAG, {
  at: 0,
  partitions: [{ partition: 0, logStart: '0', current: '9', end: '9', lag: 0, oldestUnreadAt: null }],
}).view;
const judged = (given: RunnerParts) =>
  judge(given.run, 0, still, 0, { runner: runnerOf(given), freed: isFreed(given, 60_000) });

describe('who runs a query', () => {
  test('Spark, by its lease: with what checkpoint and table tell, and why a start is refused', () => {
    expect(runnerOf(parts(spark, { state: 'FAILED', error: fenced }))).toEqual({
      engine: 'spark',
      owner: spark,
      lastBatch: 11,
      writtenAt: 100,
      table: { version: 20, at: 90 },
      drains: false,
      refusal: 'Spark holds the lease of the checkpoint. Stop its program first, then take over.',
    });
  });

  test('this console, while it does or its own lease still stands there', () => {
    expect(runnerOf(parts(spark, { state: 'RUNNING' }))).toBeNull();
    expect(runnerOf(parts(spark, { state: 'STARTING' }))).toBeNull();
    expect(runnerOf(parts({ ...spark, ...self }))).toBeNull();
    expect(runnerOf(parts(null))).toBeNull();
  });

  test('another console is named as one, and nothing of Spark is said', () => {
    const runner = runnerOf(parts(sluice));
    expect(runner).toMatchObject({ engine: 'sluice', refusal: expect.stringContaining('Stop Bronze there') as string });
  });

  test('Alert that is left to Spark may be started here, unless a console runs it', () => {
    const drained = { name: 'alert', state: 'RUNNING' } as const;
    expect(runnerOf(parts(spark, drained, true))).toMatchObject({ engine: 'spark', drains: true, refusal: null });
    expect(runnerOf(parts(null, drained, true))).toMatchObject({ engine: 'spark', owner: null, refusal: null });
    expect(runnerOf(parts(sluice, drained, true))).toMatchObject({ engine: 'sluice', drains: true });
    const left = runnerOf(parts(spark, { name: 'alert' }));
    expect(left?.refusal).toContain('ALERT_ENGINE=spark');
  });
});

describe('the verdict on it', () => {
  test('follows the lag, which the checkpoint tells, and not the failure to get the lease', () => {
    expect(judged(parts(spark, { state: 'FAILED', error: fenced }))).toEqual({
      verdict: 'OK',
      headline: 'Spark runs Bronze.',
      detail: 'Bronze keeps up. Nothing waits.',
    });
  });

  test('of Alert says who sends', () => {
    const drained = { name: 'alert', state: 'RUNNING' } as const;
    expect(judged(parts(spark, drained, true)).detail).toContain('alerts are sent from here');
    expect(judged(parts(null, drained, true))).toMatchObject({
      verdict: 'STOPPED',
      headline: 'Nobody runs Alert: it is left to Spark.',
    });
    expect(judged(parts(spark, { name: 'alert' }))).toMatchObject({
      verdict: 'WARN',
      headline: 'Spark runs Alert; its alerts are not sent from here.',
    });
    expect(judged(parts(spark, { name: 'alert', state: 'STOPPED' }, true)).headline).toContain('not sent from here');
  });

  test('of a failure that has nothing to do with the owner is the failure', () => {
    const error = { ...fenced, code: 'DATA_LOSS' } as const;
    expect(judged(parts(spark, { state: 'FAILED', error })).headline).toBe('Bronze failed: DATA_LOSS.');
    expect(judged(parts(sluice, { state: 'FAILED', error: fenced })).headline).toBe('Another console runs Bronze.');
  });

  test('is that the query is free once its owner has gone, not before it was looked at again', () => {
    const freed = parts(null, { state: 'FAILED', error: fenced });
    expect(isFreed(freed, 9_000)).toBe(false);
    expect(isFreed({ ...freed, checkpoint: null }, 60_000)).toBe(false);
    expect(judged(freed)).toMatchObject({ verdict: 'STOPPED', headline: 'Bronze is free again.' });
  });
});
