import { describe, expect, it } from 'vitest';
import { choose, isQuiet, type Due } from '../../../src/pipeline/alert/delivery-rules.ts';
import { NOW, PLAIN_DELIVERY } from './support.ts';

const due = (changes: Partial<Due> = {}): Due => ({ high: 0, others: 0, oldestAt: null, lastMinute: 0, ...changes });
const at = (hours: number, minutes = 0) => new Date(2026, 10, 23, hours, minutes).getTime();

describe('what may go now', () => {
  it.each([
    ['nothing', due(), null],
    ['one alert by itself', due({ others: 3 }), { limit: 1, levels: 'all' }],
    ['ten one after the other', due({ high: 4, others: 6 }), { limit: 1, levels: 'all' }],
    ['more than ten as a digest', due({ high: 4, others: 7 }), { limit: 10, levels: 'all' }],
  ])('is %s', (_, waiting, choice) => {
    expect(choose(waiting, PLAIN_DELIVERY, NOW)).toEqual(choice);
  });

  const storm = { ...PLAIN_DELIVERY, stormPerMinute: 20 };
  it.each([
    ['HIGH by itself', due({ high: 2, others: 50, lastMinute: 21 }), { limit: 1, levels: 'high' }],
    ['many HIGH as a digest of HIGH', due({ high: 11, others: 50, lastMinute: 21 }), { limit: 10, levels: 'high' }],
    [
      'a full digest of the others',
      due({ others: 10, oldestAt: NOW, lastMinute: 21 }),
      { limit: 10, levels: 'others' },
    ],
    ['nothing while one is being gathered', due({ others: 9, oldestAt: NOW - 59_999, lastMinute: 21 }), null],
    [
      'what waited for a minute',
      due({ others: 2, oldestAt: NOW - 60_000, lastMinute: 21 }),
      { limit: 10, levels: 'others' },
    ],
    ['everything as ever, up to the number itself', due({ others: 1, lastMinute: 20 }), { limit: 1, levels: 'all' }],
  ])('in a storm is %s', (_, waiting, choice) => {
    expect(choose(waiting, storm, NOW)).toEqual(choice);
  });

  it('in quiet hours is HIGH alone', () => {
    const rules = { ...PLAIN_DELIVERY, quietHours: { from: 22 * 60, to: 7 * 60 } };
    expect(choose(due({ high: 1, others: 5 }), rules, at(23))).toEqual({ limit: 1, levels: 'high' });
    expect(choose(due({ others: 5 }), rules, at(6, 59))).toBe(null);
    expect(choose(due({ others: 5 }), rules, at(7))).toEqual({ limit: 1, levels: 'all' });
  });
});

describe('quiet hours', () => {
  it.each([
    [22, 7, 21, 59, false],
    [22, 7, 22, 0, true],
    [22, 7, 0, 0, true],
    [22, 7, 6, 59, true],
    [22, 7, 7, 0, false],
    [12, 13, 12, 30, true],
    [12, 13, 13, 0, false],
  ])('from %i to %i hold at %i:%i: %s', (from, to, hour, minute, quiet) => {
    expect(isQuiet({ from: from * 60, to: to * 60 }, at(hour, minute))).toBe(quiet);
  });

  it('may be none', () => expect(isQuiet(null, NOW)).toBe(false));
});
