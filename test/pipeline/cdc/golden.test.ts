import { expect, it } from 'vitest';
import { toBronzeRow } from '../../../src/pipeline/bronze/rows.ts';
import { parseChange } from '../../../src/pipeline/cdc/parse.ts';
import { GOLDEN_CASES, readGoldenRows } from '../support/golden.ts';
import { goldenRecords } from '../support/records.ts';

type Row = Record<string, unknown>;

it.each(GOLDEN_CASES)('gives exactly the rows of %s, which %s wrote from the same messages', (run) => {
  const ours = goldenRecords().flatMap((record) => {
    const change = parseChange(record);
    return change.kind === 'row' ? [toComparable(toBronzeRow(change.row, 0) as unknown as Row)] : [];
  });
  expect(sorted(ours)).toEqual(sorted(readGoldenRows(run).map(toComparable)));
});

it('counts what is no row, and notes what Spark bends', () => {
  const changes = goldenRecords().map(parseChange);
  const kinds = changes.map((change) =>
    change.kind === 'skip' ? change.op : change.kind === 'dead' ? change.code : 'row',
  );
  const counts = Object.fromEntries(
    [...new Set(kinds)].sort().map((kind) => [kind, kinds.filter((each) => each === kind).length]),
  );
  expect(counts).toEqual({ NOT_JSON: 7, d: 7, m: 6, row: 173, t: 7, tombstone: 12 });
  const notes = changes.flatMap((change) => (change.kind === 'row' ? change.notes : []));
  expect(new Set(notes.map(({ column, raw }) => `${column}=${raw}`))).toEqual(
    new Set(['zip=28654.9', 'city_pop=12x', 'job=__debezium_unavailable_value']),
  );
});

/** The fixture has 64-bit numbers as text and doubles as Python prints them; the time of a batch is not of the message. */
function toComparable(row: Row): Row {
  const doubles = ['amt', 'lat', 'long', 'merch_lat', 'merch_long'];
  const entries = Object.entries(row).filter(([name]) => name !== 'ingestion_time');
  return Object.fromEntries(
    entries.map(([name, value]) => {
      if (typeof value === 'bigint') return [name, value.toString()];
      if (!doubles.includes(name) || value === null) return [name, value];
      return [name, Object.is(Number(value), -0) ? '-0' : String(Number(value))];
    }),
  );
}

function sorted(rows: Row[]): Row[] {
  const key = (row: Row): string => JSON.stringify(Object.entries(row).sort(([a], [b]) => (a < b ? -1 : 1)));
  return [...rows].sort((a, b) => (key(a) < key(b) ? -1 : 1));
}
