import { expect, it } from 'vitest';
import { addSample, growthOf, KEPT_SAMPLES, type SlotSample } from '../../../src/stack/connector/growth.ts';
import type { SlotView } from '../../../src/stack/connector/slot.ts';

const MIB = 1024 * 1024;
const slot: SlotView = {
  name: 'debezium',
  active: false,
  wal: 'reserved',
  retainedBytes: 0,
  unconfirmedBytes: 0,
  safeBytes: 100 * MIB,
  limitBytes: 200 * MIB,
  confirmedLsn: null,
  currentLsn: '0/0',
};
const every = (seconds: number, ...sizes: number[]): SlotSample[] =>
  sizes.map((size, index) => ({ at: index * seconds * 1_000, retainedBytes: size * MIB }));

it('tells the pace and when the limit is reached', () => {
  expect(growthOf(every(30, 0, 5, 10), slot)).toEqual({ perMinute: 10 * MIB, lostInMs: 600_000 });
});

it('takes the pace of the last five minutes alone', () => {
  const rest = Array.from({ length: 60 }, (_, index) => ({ at: (index - 60) * 60_000, retainedBytes: 0 }));
  expect(growthOf([...rest, ...every(60, 0, 0, 0, 0, 0, 50)], slot).perMinute).toBe(10 * MIB);
});

it('never says when a slot is lost that shrinks, stands still, or has no limit', () => {
  expect(growthOf(every(30, 10, 5, 0), slot)).toEqual({ perMinute: -10 * MIB, lostInMs: null });
  expect(growthOf(every(30, 5, 5), slot)).toEqual({ perMinute: 0, lostInMs: null });
  expect(growthOf(every(30, 0, 5), { ...slot, safeBytes: null })).toEqual({ perMinute: 10 * MIB, lostInMs: null });
});

it('knows no pace before there are ten seconds of samples', () => {
  expect(growthOf([], slot)).toEqual({ perMinute: null, lostInMs: null });
  expect(growthOf(every(5, 0, 100), slot)).toEqual({ perMinute: null, lostInMs: null });
});

it('keeps half an hour of samples, the newest', () => {
  let samples: readonly SlotSample[] = [];
  for (let at = 0; at < KEPT_SAMPLES + 5; at += 1) samples = addSample(samples, { at, retainedBytes: 0 });
  expect(samples).toHaveLength(KEPT_SAMPLES);
  expect(samples.at(-1)?.at).toBe(KEPT_SAMPLES + 4);
});
