import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Arranger } from '../../../src/pipeline/delta/arrange.ts';
import type { ColumnsView } from '../../../src/pipeline/delta/columns-view.ts';
import type { TableColumn, TableRow } from '../../../src/pipeline/delta/schema.ts';
import { TableColumns } from '../../../src/pipeline/delta/table-columns.ts';
import { TextList } from '../../../src/pipeline/delta/text-list.ts';
import { rowsOf } from '../support/columns.ts';

const COLUMNS: TableColumn[] = [
  { name: 'repeated', type: 'string' },
  { name: 'unique', type: 'string' },
  { name: 'l', type: 'long' },
  { name: 'i', type: 'integer' },
  { name: 'd', type: 'double' },
  { name: 't', type: 'timestamp' },
];
const nullable = <T>(values: fc.Arbitrary<T>): fc.Arbitrary<T | null> => fc.option(values, { freq: 4, nil: null });
const row: fc.Arbitrary<TableRow> = fc.record({
  repeated: nullable(fc.constantFrom('a', 'b', 'ä', '', '😀')),
  unique: nullable(fc.oneof(fc.string({ unit: 'grapheme', maxLength: 9 }), fc.constantFrom('0123', '01234567'))),
  l: nullable(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })),
  i: nullable(fc.integer()),
  d: nullable(fc.oneof(fc.constantFrom(0, -0, NaN), fc.double())),
  t: nullable(fc.bigInt({ min: -1n, max: 1n })),
});
/** Rows, and numbers by which they are to be sorted. */
const sortable = fc.array(fc.tuple(row, fc.integer({ min: 0, max: 5 })), { maxLength: 60 });
const arranger = new Arranger();

it('puts every value of a row at its new place', () => {
  fc.assert(
    fc.property(sortable, (each) => {
      const table = new TableColumns(COLUMNS, ['unique']);
      for (const [values] of each) table.append(values);
      const order = [...each.keys()].sort((a, b) => (each[a]?.[1] ?? 0) - (each[b]?.[1] ?? 0) || a - b);
      const before = rowsOf(table);
      arranger.arrange(table, placesOf(order));
      expect(rowsOf(table)).toEqual(order.map((from) => before[from]));
    }),
  );
});

it('leaves texts where they are when rows have them in common', () => {
  const bytes = Buffer.from('onetwo');
  const texts = new TextList();
  texts.show(bytes, Int32Array.of(0, 3, 6), 2);
  const table: ColumnsView = {
    columns: [{ name: 's', type: 'string' }],
    rows: 4,
    present: Int32Array.of(1, 1, 0, 1),
    cells: [{ texts, entries: Int32Array.of(0, 1, 0, 1), repeats: false }],
  };
  new Arranger().arrange(table, Int32Array.of(3, 2, 1, 0));
  expect(rowsOf(table)).toEqual([{ s: 'two' }, { s: null }, { s: 'two' }, { s: 'one' }]);
  expect(bytes.toString()).toBe('onetwo');
});

function placesOf(order: readonly number[]): Int32Array {
  const places = new Int32Array(order.length);
  order.forEach((row, place) => (places[row] = place));
  return places;
}
