import { expect, it } from 'vitest';
import { toBronzeRow } from '../../../src/pipeline/bronze/rows.ts';
import type { TransactionRow } from '../../../src/pipeline/cdc/transaction.ts';

const rowAt = (text: string | null) => toBronzeRow({ trans_date_trans_time: text } as TransactionRow, 1795361321800);

it.each([
  ['1546300818000000', 1546300818000000n, [2019, 1, 1]],
  ['1577836799999999', 1577836799999999n, [2019, 12, 31]],
  ['-1', -1n, [1969, 12, 31]],
  ['-62135596800000000', -62135596800000000n, [1, 1, 1]],
  ['951782400000000', 951782400000000n, [2000, 2, 29]],
  ['-2203977600000000', -2203977600000000n, [1900, 2, 28]],
  ['253402300799999999', 253402300800000000n, [10000, 1, 1]],
  ['9223372036825200000', 9223372036825199616n, [294247, 1, 10]],
  ['9223372036854775807', 9223372036854775807n, [294247, 1, 10]],
  ['-9223372036832400000', -9223372036832400384n, [-290308, 12, 21]],
])('gives %s the time and the day that Spark gives it', (text, micros, [year, month, day]) => {
  expect(rowAt(text)).toMatchObject({ trans_timestamp: micros, year, month, day });
});

it.each([null, '', '2019-01-01T00:00:18Z'])('gives %j no time and no day', (text) => {
  expect(rowAt(text)).toMatchObject({ trans_timestamp: null, year: null, month: null, day: null });
});

it('takes the time of the batch as the time of ingestion', () => {
  expect(rowAt(null).ingestion_time).toBe(1795361321800000n);
});

it('agrees with the calendar of JavaScript on every 97th day of 4000 years', () => {
  for (let day = -719_000; day < 740_000; day += 97) {
    const date = new Date(day * 86_400_000);
    const wanted = { year: date.getUTCFullYear(), month: date.getUTCMonth() + 1, day: date.getUTCDate() };
    expect(rowAt(String(BigInt(day) * 86_400_000_000n))).toMatchObject(wanted);
  }
});
