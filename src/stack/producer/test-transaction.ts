/** The guide's manual INSERT as an action: one transaction by hand, to see the whole flow move. */
import { randomInt } from 'node:crypto';
import { timestampText, type Transaction } from './transaction.ts';

export type TestKind = 'normal' | 'suspicious';

/** The hour in which thieves of the simulation are busiest. */
const LATE_HOUR = 23;
const DAY_MS = 86_400_000;

/**
 * The normal one takes place at `nowMs`: a small purchase near home. The suspicious one is what the model has learned to
 * take for a theft at any age of the card: groceries for $312.40, far from home, at the last eleven in the evening. Each
 * has a card of its own, so that what was tried before says nothing about it.
 */
export function testTransaction(kind: TestKind, nowMs: number): Transaction {
  const home = { lat: 34.05, long: -118.25 };
  const suspicious = kind === 'suspicious';
  const at = suspicious ? lastLateHour(nowMs) : nowMs;
  return {
    trans_date_trans_time: timestampText(at),
    cc_num: `9999${String(randomInt(1_000_000_000_000)).padStart(12, '0')}`,
    merchant: 'Test Merchant',
    category: 'grocery_pos',
    amt: suspicious ? '312.40' : '24.50',
    first: 'Test',
    last: 'User',
    gender: 'M',
    street: '123 Test St',
    city: 'TestCity',
    state: 'CA',
    zip: '90001',
    lat: String(home.lat),
    long: String(home.long),
    city_pop: '100000',
    job: 'Engineer',
    dob: '1990-01-01',
    trans_num: `TEST_${nowMs}_${randomInt(1_000_000)}`,
    unix_time: String(Math.floor(at / 1_000)),
    merch_lat: String(suspicious ? home.lat + 3 : home.lat + 0.01),
    merch_long: String(home.long),
    is_fraud: suspicious ? '1' : '0',
  };
}

/** The newest moment before `nowMs` with this hour, at its minute and second. */
function lastLateHour(nowMs: number): number {
  const midnight = Math.floor(nowMs / DAY_MS) * DAY_MS;
  const today = midnight + LATE_HOUR * 3_600_000 + (nowMs % 3_600_000);
  return today <= nowMs ? today : today - DAY_MS;
}
