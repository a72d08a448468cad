import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { deriveFeatures, type ScorableRow } from '../../../src/pipeline/alert/features.ts';
import { parseChange } from '../../../src/pipeline/cdc/parse.ts';
import { created, EVENT_TIME } from './support.ts';

function rowOf(changes: Record<string, unknown> = {}): ScorableRow {
  const change = parseChange(created(0, 't1', changes));
  if (change.kind !== 'row') throw new Error('not a row');
  return change.row as ScorableRow;
}

const features = (changes: Record<string, unknown>) => deriveFeatures(rowOf(changes));

describe('features', () => {
  it('derives every input from the event', () => {
    expect(features({})).toEqual({
      request: {
        trans_num: 't1',
        amt: 512.3,
        hour: 12,
        day_of_week: 6,
        distance_km: expect.closeTo(24.56, 1) as number,
        age: 52,
        gender: 'M',
        merchant: 'fraud_Kirlin and Sons',
        category: 'personal_care',
      },
      defaultsUsed: [],
    });
  });

  it('takes Monday as 0 and the hour in UTC, also before 1970', () => {
    const monday = Date.UTC(1969, 11, 29, 23, 59, 59);
    expect(features({ trans_date_trans_time: monday * 1000 }).request).toMatchObject({ day_of_week: 0, hour: 23 });
    const microBeforeMidnight = BigInt(Date.UTC(2020, 0, 6)) * 1000n - 1n;
    expect(features({ trans_date_trans_time: microBeforeMidnight }).request).toMatchObject({
      day_of_week: 6,
      hour: 23,
    });
  });

  it('takes the age at the time of the transaction, in years of 365 days', () => {
    const day = Math.floor(EVENT_TIME / 86_400_000);
    expect(features({ dob: day - 30 * 365 }).request.age).toBe(30);
    expect(features({ dob: day - 30 * 365 + 1 }).request.age).toBe(29);
  });

  it('takes 0.0 as a place', () => {
    const { request, defaultsUsed } = features({ lat: 0, long: 0, merch_lat: 0, merch_long: 1 });
    expect(request.distance_km).toBeCloseTo(111.19, 1);
    expect(defaultsUsed).toEqual([]);
  });

  it('measures half the circumference to the other side of the earth', () => {
    expect(features({ lat: 0, long: 0, merch_lat: 0, merch_long: 180 }).request.distance_km).toBeCloseTo(
      Math.PI * 6371,
      6,
    );
  });

  it('names every default that was used', () => {
    const missing = {
      trans_date_trans_time: 'yesterday',
      dob: null,
      lat: null,
      gender: null,
      merchant: null,
      category: null,
    };
    expect(features(missing)).toEqual({
      request: { trans_num: 't1', amt: 512.3, hour: 12, day_of_week: 0, distance_km: 10, age: 35, gender: 'M' },
      defaultsUsed: ['hour', 'day_of_week', 'distance_km', 'age', 'gender'],
    });
  });

  it('derives no age from infinity, from a birth after the transaction, or from a placeholder date', () => {
    for (const dob of [-2147472692, 30_000, -700_000]) expect(features({ dob }).defaultsUsed).toEqual(['age']);
    expect(features({ trans_date_trans_time: 9223372036825200000n }).defaultsUsed).toEqual([
      'hour',
      'day_of_week',
      'age',
    ]);
  });

  it('drops nothing by year', () => {
    const year = (y: number) =>
      features({ trans_date_trans_time: BigInt(Date.UTC(y, 6, 1, 5)) * 1000n, dob: null }).request.hour;
    expect([1678, 2018, 2026, 9999].map(year)).toEqual([5, 5, 5, 5]);
  });

  it('always gives inputs in range', () => {
    const anyDouble = fc.oneof(fc.double(), fc.constant(null));
    fc.assert(
      fc.property(
        fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
        fc.integer(),
        anyDouble,
        anyDouble,
        (time, dob, lat, long) => {
          const row = { ...rowOf(), trans_date_trans_time: time.toString(), dob: `${dob}`, lat, long };
          const { request } = deriveFeatures(row);
          expect(request.hour).toBeGreaterThanOrEqual(0);
          expect(request.hour).toBeLessThanOrEqual(23);
          expect(request.day_of_week).toBeGreaterThanOrEqual(0);
          expect(request.day_of_week).toBeLessThanOrEqual(6);
          expect(request.distance_km).toBeGreaterThanOrEqual(0);
          expect(request.distance_km).toBeLessThanOrEqual(Math.PI * 6371 + 1e-6);
          expect(request.age).toBeGreaterThanOrEqual(0);
          expect(request.age).toBeLessThanOrEqual(150);
        },
      ),
    );
  });
});
