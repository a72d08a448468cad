import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readParquet } from '../../../src/pipeline/delta/parquet-read.ts';
import { openParquetFile, writeParquet } from '../../../src/pipeline/delta/parquet.ts';
import type { TableColumn, TableRow } from '../../../src/pipeline/delta/schema.ts';
import { columnsOf } from '../../../src/pipeline/delta/table-columns.ts';
import { toStats } from '../support/columns.ts';

const COLUMNS: TableColumn[] = [
  { name: 's', type: 'string' },
  { name: 'l', type: 'long' },
  { name: 'i', type: 'integer' },
  { name: 'd', type: 'double' },
  { name: 't', type: 'timestamp' },
];
const nullable = <T>(values: fc.Arbitrary<T>): fc.Arbitrary<T | null> => fc.option(values, { freq: 4, nil: null });
const long = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
const few = fc.constantFrom('a', 'b', 'ä', '', '\ue000', '😀', 'x'.repeat(40));
const row: fc.Arbitrary<TableRow> = fc.record({
  s: nullable(fc.oneof(few, fc.string({ unit: 'grapheme', maxLength: 50 }))),
  l: nullable(fc.oneof(fc.constantFrom(0n, -1n, 4992346398065154184n), long)),
  i: nullable(fc.integer()),
  d: nullable(fc.oneof(fc.constantFrom(0, -0, 1, NaN), fc.double({ noNaN: true }))),
  t: nullable(fc.bigInt({ min: -62_135_596_800_000_000n, max: 253_402_300_799_999_999n })),
});
const rows = fc.array(row, { minLength: 1, maxLength: 60 });

describe('statistics of a file', () => {
  it('do not depend on how its rows are cut into row groups', () => {
    fc.assert(
      fc.property(rows, fc.integer({ min: 1, max: 20 }), (each, size) => {
        expect(toStats(COLUMNS, each, size)).toBe(toStats(COLUMNS, each));
      }),
    );
  });

  it('do not depend on it where values are nearly equal', () => {
    const near = fc.record({
      s: fc.constantFrom('a', 'a\0', 'b'),
      l: fc.constantFrom(1n, 2n ** 31n, 2n ** 32n - 1n, 2n ** 32n, -(2n ** 32n)),
      i: fc.constantFrom(-(2 ** 31), 0, 2 ** 31 - 1),
      d: fc.constantFrom(0, -0),
      t: fc.constantFrom(0n, 2n ** 31n, -(2n ** 31n)),
    });
    fc.assert(
      fc.property(fc.array(near, { minLength: 1, maxLength: 9 }), fc.integer({ min: 1, max: 4 }), (each, size) => {
        const { minValues, maxValues } = JSON.parse(toStats(COLUMNS, each, size)) as { minValues: Row; maxValues: Row };
        const longs = each.map(({ l }) => l).sort((a, b) => (a < b ? -1 : 1));
        expect([minValues.l, maxValues.l]).toEqual([longs[0], longs.at(-1)].map(Number));
        const zeros = each.map(({ d }) => d);
        expect([minValues.d, maxValues.d]).toEqual([
          zeros.some((zero) => Object.is(zero, -0)) ? -0 : 0,
          zeros.some((zero) => Object.is(zero, 0)) ? 0 : -0,
        ]);
        expect(toStats(COLUMNS, each, size)).toBe(toStats(COLUMNS, each));
      }),
    );
  });

  it('are bounds of every value', () => {
    fc.assert(
      fc.property(rows, (each) => {
        const { minValues, maxValues, nullCount } = JSON.parse(toStats(COLUMNS, each)) as Stats;
        for (const { s, d } of each) {
          if (typeof s === 'string' && minValues.s !== undefined) {
            expect(Buffer.compare(Buffer.from(minValues.s), Buffer.from(s))).toBeLessThanOrEqual(0);
            expect(Buffer.compare(Buffer.from(maxValues.s ?? ''), Buffer.from(s))).toBeGreaterThanOrEqual(0);
          }
          if (typeof d === 'number' && minValues.d !== undefined) expect(minValues.d).toBeLessThanOrEqual(d);
        }
        expect(nullCount.s).toBe(each.filter(({ s }) => s === null).length);
      }),
    );
  });
});

interface Row {
  readonly l: number;
  readonly d: number;
}

interface Stats {
  readonly minValues: { readonly s?: string; readonly d?: number };
  readonly maxValues: { readonly s?: string; readonly d?: number };
  readonly nullCount: { readonly s: number };
}

describe('a file of typed columns', () => {
  it('gives back every row, with and without row groups', async () => {
    await fc.assert(
      fc.asyncProperty(rows, fc.integer({ min: 1, max: 20 }), async (each, size) => {
        expect(await readParquet(writeParquet(COLUMNS, each))).toEqual(each);
        const file = openParquetFile(COLUMNS);
        const parts: Buffer[] = [];
        for (let at = 0; at < each.length; at += size) {
          parts.push(Buffer.from(file.append(columnsOf(COLUMNS, each.slice(at, at + size)))));
        }
        expect(await readParquet(Buffer.concat([...parts, file.finish()]))).toEqual(each);
      }),
    );
  });

  it('of several pages gives back every row', async () => {
    const each = Array.from({ length: 50_001 }, (_, n): TableRow => {
      return { s: n % 3 ? `${n % 700}` : null, l: BigInt(n % 40_000), i: n, d: n % 7 ? n / 8 : null, t: null };
    });
    expect(await readParquet(writeParquet(COLUMNS, each))).toEqual(each);
  });
});
