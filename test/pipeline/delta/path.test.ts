import { expect, it } from 'vitest';
import { decodePath, encodePath, parseLogKey, partitionFolder } from '../../../src/pipeline/delta/path.ts';

it('escapes a partition value once for the folder and once more for the log', () => {
  const folder = partitionFolder({ ts: '2013-07-05 17:01:00.123456' });
  expect(folder).toBe('ts=2013-07-05 17%3A01%3A00.123456/');
  expect(encodePath(folder)).toBe('ts=2013-07-05%2017%253A01%253A00.123456/');
  expect(decodePath(encodePath(folder))).toBe(folder);
});

it('gives null and the empty text the folder of Hive', () => {
  expect(partitionFolder({ year: null, month: '' })).toBe(
    'year=__HIVE_DEFAULT_PARTITION__/month=__HIVE_DEFAULT_PARTITION__/',
  );
});

it.each([
  ['_delta_log/00000000000000000007.json', { kind: 'commit', version: 7 }],
  ['_delta_log/00000000000000000010.checkpoint.parquet', { kind: 'checkpoint', version: 10, part: 1, parts: 1 }],
  [
    '_delta_log/00000000000000000010.checkpoint.0000000002.0000000003.parquet',
    { kind: 'checkpoint', version: 10, part: 2, parts: 3 },
  ],
  [
    '_delta_log/00000000000000000010.checkpoint.80a083e8-7026-4e79-81be-64bd76c43a11.json',
    { kind: 'v2-checkpoint', version: 10 },
  ],
  ['_delta_log/00000000000000000010.crc', { kind: 'checksum', version: 10 }],
  ['_delta_log/.00000000000000000010.json.crc', null],
  ['_delta_log/_last_checkpoint', null],
  ['_delta_log/7.json', null],
])('knows what %s is', (key, wanted) => {
  expect(parseLogKey(key)).toEqual(wanted);
});
