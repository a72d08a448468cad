import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { SluiceError } from '../../src/pipeline/errors.ts';
import type { ObjectStore, Sink } from '../../src/pipeline/ports.ts';
import { readDelta } from '../support/deltalake.ts';
import { openBench, type Bench } from './support/bench.ts';
import { afterOf, envelope } from './support/records.ts';
import { tempFolder } from './support/temp.ts';

const away = (): SluiceError =>
  new SluiceError('SQL_UNAVAILABLE', {
    tried: 'Asking',
    seen: 'away',
    expected: 'an answer',
    action: 'Wait.',
    retryable: true,
  });

describe('a query', () => {
  it('writes two batches that an independent reader finds once each', async () => {
    const bench = openBench(tempFolder());
    appendRows(bench, 0, 7);
    await bench.run(1);
    appendRows(bench, 7, 5);
    await bench.run(1);
    expect(await readDelta(path.join(bench.root, 'table'))).toEqual({
      version: 1,
      rows: 12,
      distinct_trans_num: 12,
      cc_num_min: '4992346398065154184',
      cc_num_max: '4992346398065154184',
    });
    expect(bench.logs).toEqual([
      'Batch 0: Writing to Bronze layer... 7 rows, version 0',
      'Batch 1: Writing to Bronze layer... 5 rows, version 1',
    ]);
    expect(textOf(bench, 'commits/1')).toBe('v1\n{"nextBatchWatermarkMs":0}');
  }, 60_000);
});

function appendRows({ source }: Bench, from: number, count: number): void {
  for (let n = from; n < from + count; n += 1) source.append(n % 2, [envelope(afterOf(n))]);
}

function textOf({ root }: Bench, key: string): string {
  return readFileSync(path.join(root, 'checkpoint', key), 'utf8');
}
