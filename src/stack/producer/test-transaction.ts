/** The guide's manual INSERT as an action: one transaction by hand, to see the whole flow move. */
import { randomInt } from 'node:crypto';
import { timestampText, type Transaction } from './transaction.ts';

export type TestKind = 'normal' | 'suspicious';

/**
 * A transaction that takes place at `nowMs`. The suspicious one is far from home and above $500, so the rules call it
 * a fraud at any hour of any day; the normal one is small and next door.
 */
export function testTransaction(kind: TestKind, nowMs: number): Transaction {
  const home = { lat: 34.05, long: -118.25 };
  const suspicious = kind === 'suspicious';
  return {
    trans_date_trans_time: timestampText(nowMs),
    cc_num: '9999999999999999',
    merchant: 'Test Merchant',
    category: suspicious ? 'shopping_net' : 'grocery_pos',
    amt: suspicious ? '999.99' : '24.50',
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
    unix_time: String(Math.floor(nowMs / 1_000)),
    merch_lat: String(suspicious ? home.lat + 3 : home.lat + 0.01),
    merch_long: String(home.long),
    is_fraud: suspicious ? '1' : '0',
  };
}
