import { describe, expect, test } from 'vitest';
import * as format from '../../src/renderer/format.ts';
import { filterFrauds, toFilter } from '../../src/renderer/feed/filter.ts';
import { joinLogs, MOST_LOG_LINES } from '../../src/renderer/store.ts';
import { mergeLag } from '../../src/renderer/lag/points.ts';
import { readableOffsets } from '../../src/renderer/checkpoints/readable.ts';
import { splitHits, toPattern } from '../../src/renderer/logs/filter.ts';
import { toFraudPoints, toRates } from '../../src/renderer/overview/points.ts';
import { parseRoute } from '../../src/renderer/route.ts';
import { fraud, logs } from './support/story.ts';

describe('numbers and times', () => {
  test('an offset of 19 digits keeps every digit', () => {
    expect(format.offset('9223372036854775807')).toBe('9,223,372,036,854,775,807');
    expect(format.offset('7')).toBe('7');
  });

  test.each([
    [0, '0 ms'],
    [340, '340 ms'],
    [1_204, '1.20 s'],
    [35_400, '35 s'],
    [192_000, '3 min 12 s'],
    [11_520_000, '3 h 12 min'],
    [410_400_000, '4 d 18 h'],
  ])('%d ms is %s', (ms, text) => expect(format.span(ms)).toBe(text));

  test('a day never has an hour 24', () => {
    expect(format.clock(Date.UTC(2026, 0, 1, 0, 15, 0), 'UTC')).toBe('00:15:00');
  });

  test('a moment of another day carries its date', () => {
    const now = Date.UTC(2026, 10, 22, 14, 32, 7);
    expect(format.moment(now - 1_000, now, 'UTC')).toBe('14:32:06');
    expect(format.moment(now - 86_400_000, now, 'UTC')).toBe('21 Nov 14:32:07');
  });

  test('money, sizes and shares', () => {
    expect(format.money('1106.82')).toBe('$1,106.82');
    expect(format.money('unknown')).toBe('unknown');
    expect(format.bytes(98_631)).toBe('96.3 KB');
    expect(format.percent(58, 10_000)).toBe('0.58%');
    expect(format.percent(2_334, 10_000)).toBe('23.3%');
    expect(format.percent(0, 0)).toBe('–');
  });

  test.each([
    [0, 'KB'],
    [1_000, 'KB'],
    [700 * 1024, 'KB'],
    [18 * 1024 ** 2, 'MB'],
    [3 * 1024 ** 3, 'GB'],
  ])('a chart of up to %d bytes is drawn in %s', (largest, name) => expect(format.sizeUnit(largest).name).toBe(name));

  test('no two steps of an axis are written alike, however fine they are', () => {
    expect([0, 0.35, 0.7, 1.05].map(format.step)).toEqual(['0', '0.35', '0.7', '1.05']);
    expect([0, 340, 9_000, 12_000].map(format.step)).toEqual(['0', '340', '9,000', '12k']);
  });
});

describe('charts', () => {
  const sample = (at: number, produced: number | null) => ({ at, lag: null, produced, consumed: produced });

  test('a rate is the mean of the half minute before it, and what is not known stays a gap', () => {
    const points = toRates([sample(0, 100), sample(20_000, 10), sample(25_000, null), sample(40_000, 30)]);
    expect(points.map(({ values }) => values[0])).toEqual([100, 55, null, 20]);
  });

  test('two lag histories share one time axis; a second that only one knows is a gap of the other', () => {
    const at = (time: number, lag: number | null) => ({ at: time, lag, produced: null, consumed: null });
    expect(mergeLag([at(1_020, 5), at(2_010, null)], [at(980, 7), at(3_000, 1)])).toEqual([
      { at: 1_000, values: [5, 7] },
      { at: 2_000, values: [null, null] },
      { at: 3_000, values: [null, 1] },
    ]);
  });

  test('a minute in which no fraud was stored is a zero, and an older one is left out', () => {
    const stored = [
      { at: 0, HIGH: 9, MEDIUM: 9, LOW: 9 },
      { at: 120_000, HIGH: 3, MEDIUM: 0, LOW: 1 },
    ];
    expect(toFraudPoints(stored, 200_000, 3)).toEqual([
      { at: 60_000, values: [0, 0, 0] },
      { at: 120_000, values: [3, 0, 1] },
      { at: 180_000, values: [0, 0, 0] },
    ]);
  });
});

describe('lists', () => {
  test('log lines are joined once each, in order and bounded', () => {
    const lines = logs();
    expect(joinLogs(lines.slice(0, 10), lines.slice(5, 20))).toEqual(lines.slice(0, 20));
    expect(joinLogs(lines, lines)).toBe(lines);
    const many = Array.from({ length: MOST_LOG_LINES + 5 }, (_, id) => ({ ...lines[0]!, id }));
    expect(joinLogs([], many)).toHaveLength(MOST_LOG_LINES);
  });

  test('what was searched for is marked, and a pattern that matches nothing is harmless', () => {
    expect(splitHits('Batch 7: NEW', toPattern('batch|new'))).toEqual([
      { text: 'Batch', hit: true },
      { text: ' 7: ', hit: false },
      { text: 'NEW', hit: true },
    ]);
    expect(splitHits('abc', toPattern('x*'))).toEqual([{ text: 'abc', hit: false }]);
    expect(toPattern('(')?.test('a (b')).toBe(true);
  });

  test('a fraud is found by its card ending, its id and its merchant', () => {
    const frauds = [fraud(0), fraud(1), fraud(2)];
    for (const text of [frauds[1]!.card.slice(-4), frauds[1]!.transNum, frauds[1]!.merchant.toUpperCase()]) {
      expect(filterFrauds(frauds, { ...toFilter([]), text })).toEqual([frauds[1]]);
    }
  });

  test('an address that makes no sense leads to the overview', () => {
    expect(parseRoute('#queries/bronze/418')).toEqual({ screen: 'queries', rest: ['bronze', '418'] });
    expect(parseRoute('#nowhere/1')).toEqual({ screen: 'overview', rest: [] });
  });
});

describe('an offsets file', () => {
  const text = (content: string) => readableOffsets(content).map((line) => line.map((piece) => piece.text).join(''));

  test('is readable: keys marked, settings folded, the time in words', () => {
    const content =
      'v1\n{"batchWatermarkMs":0,"batchTimestampMs":1795357920004,"conf":{"a":"1","b":"2"}}\n{"t":{"0":81321}}';
    expect(text(content)).toEqual([
      'v1',
      '{ "batchWatermarkMs": 0,',
      '  "batchTimestampMs": 1795357920004   22 Nov 2026 14:32:00 UTC,',
      '  "conf": { 2 keys } }',
      '{ "t": \n    { "0": 81321 } }',
    ]);
  });

  test('offsets beyond 2^53 and damaged lines are shown as they are', () => {
    expect(text('v1\n{"t":{"0":9223372036854775807}}\n{"broken')).toEqual([
      'v1',
      '{"t":{"0":9223372036854775807}}',
      '{"broken',
    ]);
  });
});
