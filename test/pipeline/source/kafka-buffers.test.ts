import { expect, it } from 'vitest';
import { giveBack, lend } from '../../../src/pipeline/source/kafka-buffers.ts';

const LARGE = 3_000_000;

it('lends memory again that was given back, and never twice at a time', () => {
  const first = lend(LARGE);
  expect(lend(LARGE).buffer).not.toBe(first.buffer);
  giveBack(first.subarray(4));
  giveBack(first);
  const again = [lend(LARGE - 1), lend(LARGE - 1)];
  expect(again[0]?.buffer).toBe(first.buffer);
  expect(again[1]?.buffer).not.toBe(first.buffer);
  expect(again.map(({ length }) => length)).toEqual([LARGE - 1, LARGE - 1]);
});

it('leaves alone what is small, or is not its own', () => {
  const others = [lend(10), Buffer.alloc(LARGE)];
  others.forEach(giveBack);
  expect(others.map(({ buffer }) => buffer)).not.toContain(lend(LARGE).buffer);
});

it('keeps only a few that nobody uses', () => {
  const many = Array.from({ length: 10 }, () => lend(LARGE));
  many.forEach(giveBack);
  const known = new Set(many.map(({ buffer }) => buffer));
  expect(Array.from({ length: 10 }, () => lend(LARGE)).filter(({ buffer }) => known.has(buffer))).toHaveLength(3);
});
