import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { readCsv, type CsvLine } from '../../../src/stack/producer/csv.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'sluice-csv-'));
afterAll(() => rmSync(folder, { recursive: true }));

const HEADER =
  ',trans_date_trans_time,cc_num,merchant,category,amt,first,last,gender,street,city,state,zip,lat,long,city_pop,job,dob,trans_num,unix_time,merch_lat,merch_long,is_fraud';
const good = (trans: string, change: Record<string, string> = {}): string => {
  const values = {
    time: '2019-01-01 00:00:18',
    card: '2703186189652095',
    merchant: '"fraud_Rippin, Kub and Mann"',
    amt: '4.97',
    zip: '28654',
    dob: '1988-03-09',
    lat: '36.0788',
    ...change,
  };
  return `0,${values.time},${values.card},${values.merchant},misc_net,${values.amt},Jennifer,Banks,F,561 Perry Cove,Moravian Falls,NC,${values.zip},${values.lat},-81.1781,3495,"Psychologist, counselling",${values.dob},${trans},1325376018,36.011293,-82.048315,0`;
};

test('a file with the leading index column is read as it is, exact to the digit', async () => {
  const [first, second] = await read(good('a'), good('b', { card: '4992346398065154184' }));
  expect(first).toMatchObject({
    line: 2,
    transaction: { merchant: 'fraud_Rippin, Kub and Mann', amt: '4.97', dob: '1988-03-09' },
  });
  expect(second).toMatchObject({ line: 3, transaction: { cc_num: '4992346398065154184', trans_num: 'b' } });
});

test.each([
  ['a word for an amount', good('x', { amt: 'lots' }), /amt is no numeric/],
  ['an empty key', good(''), /trans_num is empty/],
  ['a card beyond 64 bits', good('x', { card: '9999999999999999999' }), /cc_num is no bigint/],
  ['a day that no calendar has', good('x', { dob: '1988-02-30' }), /dob is no date/],
  ['too few columns', 'just,three,columns', /3 columns instead of 23/],
  ['a broken quote', good('x', { merchant: '"broken" quote' }), /cannot be split/],
])('%s is told with its line number, and the rest is read', async (_name, bad, reason) => {
  const lines = await read(good('a'), bad, good('c'));
  expect(lines.filter((line) => 'transaction' in line)).toHaveLength(2);
  expect(lines.find((line) => 'bad' in line)).toMatchObject({ line: 3, bad: expect.stringMatching(reason) });
});

test('a reason never repeats what stood in the line', async () => {
  const [line] = await read(good('x', { card: '4992346398065154184x' }));
  expect(JSON.stringify(line)).not.toContain('4992346398065154184');
});

test('empty fields are null where the table allows it', async () => {
  const [line] = await read(good('a', { zip: '', dob: '' }));
  expect(line).toMatchObject({ transaction: { zip: null, dob: null } });
});

test('reading goes on after the line that was last', async () => {
  const file = write(good('a'), good('b'), good('c'));
  const rest: CsvLine[] = [];
  for await (const line of readCsv(file, 3)) rest.push(line);
  expect(rest).toMatchObject([{ line: 4, transaction: { trans_num: 'c' } }]);
});

test('a file that is not there, or has other columns, is one clear error', async () => {
  await expect(readCsv(path.join(folder, 'none.csv'), 0).next()).rejects.toMatchObject({ code: 'SETTINGS_INVALID' });
  const other = path.join(folder, 'other.csv');
  writeFileSync(other, 'a,b\n1,2\n');
  await expect(readCsv(other, 0).next()).rejects.toMatchObject({
    code: 'SETTINGS_INVALID',
    seen: expect.stringContaining('cc_num'),
  });
});

let files = 0;
function write(...lines: string[]): string {
  const file = path.join(folder, `${(files += 1)}.csv`);
  writeFileSync(file, `${[HEADER, ...lines].join('\n')}\n`);
  return file;
}

async function read(...lines: string[]): Promise<CsvLine[]> {
  const all: CsvLine[] = [];
  for await (const line of readCsv(write(...lines), 0)) all.push(line);
  return all;
}
