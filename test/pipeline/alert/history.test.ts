/** What cards did before, on a real PostgreSQL: against a plain count of earlier rows, and against the code of training. */
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import type { ScorableRow } from '../../../src/pipeline/alert/features.ts';
import { makeHistories, type CardHistory, type Histories } from '../../../src/pipeline/alert/history.ts';
import { SluiceError } from '../../../src/pipeline/errors.ts';
import type { Database, Sql } from '../../../src/pipeline/sql.ts';
import { useFrauddb } from '../../support/frauddb.ts';

/** The columns on which a history depends; `time` in seconds since 1970. */
interface Payment {
  readonly card: string;
  readonly time: number;
  readonly trans_num: string;
  readonly category: string;
  readonly cents: number;
}

/** Written by model/tests/history_rows.py, which can also write many more. */
const FILE = process.env['SLUICE_HISTORY_ROWS'] ?? 'test/fixtures/history/rows.jsonl';
const TRAINING = readFileSync(FILE, 'utf8')
  .trimEnd()
  .split('\n')
  .map((line) => JSON.parse(line) as Payment & { readonly history: CardHistory });

let db: Database;
let now: number;
let histories: Histories;

useFrauddb((opened) => {
  db = opened;
});
beforeEach(async () => {
  await db.query('TRUNCATE transactions, fraud_predictions');
  now = Date.UTC(2026, 10, 23);
  histories = makeHistories(db, { now: () => now });
});

describe('the history of a card', () => {
  it(`is that of the training code, to 1e-9 (${TRAINING.length} rows of training)`, { timeout: 120_000 }, async () => {
    expect(TRAINING.length).toBeGreaterThanOrEqual(300);
    await insert(TRAINING);
    const found = await ask(cut(TRAINING, [700, 1, 1_500, 3]));
    const far = TRAINING.filter(({ trans_num: id, history }) => distance(found.get(id), history) > 1e-9);
    expect(far).toEqual([]);
  });

  it('is what a plain count of earlier rows gives, however the rows are cut into batches', { timeout: 120_000 }, () =>
    fc.assert(
      fc.asyncProperty(payments, fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 1 }), async (rows, sizes) => {
        await db.query('TRUNCATE transactions, fraud_predictions');
        await insert(rows);
        histories.forget();
        const found = await ask(cut(rows, sizes));
        const far = rows.filter((row) => distance(found.get(row.trans_num), countPlainly(rows, row)) > 1e-9);
        expect(far.map((row) => [row, found.get(row.trans_num), countPlainly(rows, row)])).toEqual([]);
      }),
      { numRuns: 120, seed: 6 },
    ),
  );

  it('does not change when later rows arrive, and is the same when it is asked again', async () => {
    const first = [pay('a', 100, { cents: 500 }), pay('b', 200)];
    await insert(first);
    const before = await ask([first]);
    await insert([pay('c', 200, { cents: 9_900 }), pay('d', 5_000, { category: 'travel' })]);
    expect(await ask([first])).toEqual(before);
    expect(before.get('b')).toMatchObject({ seconds_since_last: 100, mean_amt: 5, count_1h: 1, new_category: 0 });
  });

  it('takes in a row that arrived late, and leaves out one that was deleted', async () => {
    await insert([pay('a', 100), pay('b', 200)]);
    await db.query(`DELETE FROM transactions WHERE trans_num = 'a'`);
    await insert([pay('late', 150, { cents: 700 })]);
    expect((await ask([[pay('b', 200)]])).get('b')).toMatchObject({ seconds_since_last: 50, count_24h: 1, sum_24h: 7 });
  });

  describe('remembers the long past of a card', () => {
    const [old, late, newest] = [pay('a', 0), pay('late', days(2)), pay('z', days(30), { cents: 3_000 })];
    const meanOf = async (payment: Payment) => (await ask([[payment]])).get(payment.trans_num)?.mean_amt;
    let statements: number;
    beforeEach(async () => {
      statements = 0;
      const query: Sql['query'] = (text, values) => {
        statements += 1;
        return db.query(text, values);
      };
      histories = makeHistories({ query }, { now: () => now });
      await insert([old, newest]);
      expect(await meanOf(newest)).toBe(10);
    });

    it('and reads it once', async () => {
      expect([await meanOf(newest), await meanOf(pay('y', days(33))), statements]).toEqual([10, 20, 4]);
    });

    it('and reads on where it stopped', async () => {
      await insert([pay('m', days(24), { cents: 7_000 })]);
      const seen = [await meanOf(pay('y', days(60))), await meanOf(pay('y', days(61)))];
      expect(seen).toEqual([110 / 3, 110 / 3]);
    });

    it('but counts a row at once that comes a week late', async () => {
      await insert([pay('late', days(24), { cents: 2_000 })]);
      expect(await meanOf(newest)).toBe(15);
    });

    it('but forgets it when a row from before is asked about', async () => {
      await insert([pay('late', days(2), { cents: 2_000 })]);
      expect(await meanOf(newest)).toBe(10);
      await meanOf(late);
      expect(await meanOf(newest)).toBe(15);
    });

    it('but forgets it when it is told of a change, and after a minute anyway', async () => {
      await db.query(`UPDATE transactions SET amt = 20 WHERE trans_num = 'a'`);
      histories.forget();
      expect(await meanOf(newest)).toBe(20);
      await db.query(`UPDATE transactions SET amt = 40 WHERE trans_num = 'a'`);
      now += 60_000;
      expect(await meanOf(newest)).toBe(40);
    });

    it('but keeps nothing that was read while it forgot', async () => {
      let forgets = true;
      const query: Sql['query'] = async (text, values) => {
        const rows = await db.query(text, values);
        if (forgets) histories.forget();
        forgets = false;
        return rows as never;
      };
      histories = makeHistories({ query }, { now: () => now });
      await meanOf(newest);
      await db.query(`UPDATE transactions SET amt = 20 WHERE trans_num = 'a'`);
      expect(await meanOf(newest)).toBe(20);
    });
  });

  it('needs no row of its own in the table: a transaction that was deleted has a past too', async () => {
    await insert([pay('a', 100)]);
    expect((await ask([[pay('gone', 160)]])).get('gone')).toMatchObject({ seconds_since_last: 60, count_1h: 1 });
  });

  it('keeps all digits of a card and the microseconds of a time, and orders ties byte by byte', async () => {
    await insert([pay('Z', 100), pay('a', 100), pay('x', 100, { card: '9223372036854775806' })]);
    await db.query(`UPDATE transactions SET trans_date_trans_time = trans_date_trans_time + interval '1 microsecond'
      WHERE trans_num = 'a'`);
    const micro = { ...toRow(pay('b', 100)), trans_date_trans_time: '100000001' };
    const found = await histories.read([toRow(pay('a', 100)), micro]);
    expect(found.get('a')).toMatchObject({ count_24h: 1, seconds_since_last: 0 });
    expect(found.get('b')).toMatchObject({ count_24h: 2, seconds_since_last: 0 });
  });

  it('is not asked for without a card or a time that a calendar knows', async () => {
    const rows = [
      { ...toRow(pay('a', 1)), cc_num: null },
      { ...toRow(pay('b', 1)), trans_date_trans_time: null },
      { ...toRow(pay('c', 1)), trans_date_trans_time: '9223372036854775807' },
      { ...toRow(pay('d', 1)), trans_date_trans_time: '-99999999999999999' },
    ];
    expect((await histories.read(rows)).size).toBe(0);
    expect((await histories.read([])).size).toBe(0);
  });

  it('asks for half as many rows when a statement takes too long, and gives up on one', async () => {
    const asked: number[] = [];
    const slow = (most: number): Histories => makeHistories({ query: slowly(most) }, { now: () => now });
    const slowly =
      (most: number): Sql['query'] =>
      async (text, values) => {
        const rows = (values?.[5] as string[]).length;
        asked.push(rows);
        if (rows > most) throw timeout();
        return db.query(text, values);
      };
    const rows = ['a', 'b', 'c', 'd', 'e'].map((id, index) => toRow(pay(id, index)));
    expect((await slow(2).read(rows)).size).toBe(5);
    expect(asked).toEqual([1, 5, 3, 2, 1, 2]);
    await expect(slow(0).read(rows)).rejects.toMatchObject({ code: 'SQL_UNAVAILABLE' });
  });
});

/** Few cards, moments, amounts and categories, so that ties and the edges of windows are common. */
const payments = fc
  .uniqueArray(
    fc.record({
      card: fc.constantFrom('4000000000000001', '9223372036854775807'),
      time: fc.constantFrom(
        0,
        1,
        3_600,
        3_601,
        7_200,
        86_400,
        86_401,
        90_000,
        ...[6, 7, 8, 14, 15, 21, 22, 30].map(days),
      ),
      trans_num: fc.constantFrom(...'0aAbBzZ9_-~é'.split('').flatMap((letter) => [letter, `${letter}${letter}`])),
      category: fc.constantFrom('travel', 'home'),
      cents: fc.constantFrom(100, 999, -500, 9_999_999_999),
    }),
    { minLength: 1, maxLength: 20, selector: ({ trans_num: id }) => id },
  )
  .map((rows): readonly Payment[] => rows);

/** Seconds. */
function days(count: number): number {
  return count * 86_400;
}

/** The definition itself. */
function countPlainly(rows: readonly Payment[], own: Payment): CardHistory {
  const earlier = rows.filter((row) => row.card === own.card && isBefore(row, own));
  const amounts = earlier.map(({ cents }) => cents / 100);
  const mean = amounts.reduce((sum, amount) => sum + amount, 0) / amounts.length;
  const variance = amounts.reduce((sum, amount) => sum + (amount - mean) ** 2, 0) / amounts.length;
  const within = (seconds: number): Payment[] => earlier.filter(({ time }) => own.time - time <= seconds);
  const sum = (some: readonly Payment[]): number => some.reduce((all, { cents }) => all + cents, 0) / 100;
  return {
    seconds_since_last: earlier.length > 0 ? own.time - Math.max(...earlier.map(({ time }) => time)) : null,
    mean_amt: earlier.length > 0 ? mean : null,
    spread_amt: earlier.length > 0 ? Math.sqrt(variance) : null,
    count_1h: within(3_600).length,
    sum_1h: sum(within(3_600)),
    count_24h: within(86_400).length,
    sum_24h: sum(within(86_400)),
    new_category: earlier.some(({ category }) => category === own.category) ? 0 : 1,
  };
}

function isBefore(one: Payment, other: Payment): boolean {
  const byText = Buffer.compare(Buffer.from(one.trans_num), Buffer.from(other.trans_num));
  return one.time < other.time || (one.time === other.time && byText < 0);
}

/** The largest difference of two histories; amounts of millions are compared relative to their size. */
function distance(found: CardHistory | undefined, wanted: CardHistory): number {
  const differences = Object.entries(wanted).map(([name, value]) => {
    const other = found?.[name as keyof CardHistory];
    if (value === null || other === null || other === undefined) return value === other ? 0 : Infinity;
    return Math.abs(Number(other) - Number(value)) / Math.max(1, Math.abs(Number(value)) / 1e6);
  });
  return Math.max(...differences);
}

/** Batches of these sizes, again and again, in an order that has nothing to do with time. */
function cut<T>(rows: readonly T[], sizes: readonly number[]): T[][] {
  const batches: T[][] = [];
  for (let start = 0; start < rows.length; start += batches.at(-1)?.length ?? 1) {
    batches.push(rows.slice(start, start + (sizes[batches.length % sizes.length] ?? 1)));
  }
  return batches;
}

async function ask(batches: readonly (readonly Payment[])[]): Promise<Map<string, CardHistory>> {
  const found = new Map<string, CardHistory>();
  for (const batch of batches) {
    for (const [id, history] of await histories.read(batch.map(toRow))) found.set(id, history);
  }
  return found;
}

function pay(trans_num: string, time: number, changes: Partial<Payment> = {}): Payment {
  return { card: '4992346398065154184', time, trans_num, category: 'home', cents: 1_000, ...changes };
}

function toRow(payment: Payment): ScorableRow {
  const { trans_num, category, card, cents, time } = payment;
  const row = { trans_num, category, cc_num: BigInt(card), amt: cents / 100 };
  return { ...row, trans_date_trans_time: String(BigInt(time) * 1_000_000n) } as unknown as ScorableRow;
}

async function insert(rows: readonly Payment[]): Promise<void> {
  await db.query(
    `INSERT INTO transactions (trans_date_trans_time, cc_num, merchant, category, amt, lat, long, trans_num, merch_lat, merch_long)
     SELECT timestamp '1970-01-01' + time * interval '1 second', card, 'fraud_Kub', category, cents / 100, 0, 0, trans_num, 0, 0
     FROM unnest($1::bigint[], $2::bigint[], $3::text[], $4::numeric[], $5::text[]) AS row (time, card, category, cents, trans_num)`,
    [
      rows.map(({ time }) => time),
      rows.map(({ card }) => card),
      rows.map(({ category }) => category),
      rows.map(({ cents }) => cents),
      rows.map(({ trans_num: id }) => id),
    ],
  );
}

function timeout(): SluiceError {
  const told = { tried: 'Asking', seen: '57014', expected: 'an answer', action: 'Wait.' };
  return new SluiceError('SQL_UNAVAILABLE', { ...told, retryable: true, cause: { code: '57014' } });
}
