import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FULL, Intake, type Taken } from '../../../src/pipeline/bronze/intake.ts';
import type { PackedRecords } from '../../../src/pipeline/ports.ts';
import { openBatch } from '../../../src/pipeline/source/kafka-packed.ts';
import { batch } from '../source/kafka-batches.ts';
import { BATCH_TIME, parseAll, rowsOf } from '../support/columns.ts';
import { hostileValue } from '../support/hostile.ts';
import { afterOf, envelope } from '../support/records.ts';

function withIntake<T>(work: (intake: Intake) => T, columnBytes?: number): T {
  const intake = new Intake(BATCH_TIME, columnBytes);
  try {
    return work(intake);
  } finally {
    intake.close();
  }
}

const FIRST = 7_000_000_000;

function pack(values: readonly (Buffer | string | null)[], from = 0, to = values.length): PackedRecords {
  const records = values.map((value, at) => ({ offset: FIRST + at, key: `k${at}`, value }));
  const packed = batch({ from: FIRST, to: FIRST + values.length, records });
  return openBatch(packed, 2, BigInt(FIRST + from), BigInt(FIRST + to));
}

/** Takes them all, and empties the columns whenever they are full. */
function takeAll(intake: Intake, packed: PackedRecords) {
  const groups: Record<string, unknown>[][] = [];
  const exact: { offset: bigint; taken: Taken }[] = [];
  expect(intake.open(packed)).toBe(true);
  for (let next = intake.next(); next !== null; next = intake.next()) {
    if (next !== FULL) exact.push({ offset: next.record.offset, taken: next.taken });
    else {
      groups.push(rowsOf(intake.table));
      intake.clear();
    }
  }
  groups.push(rowsOf(intake.table));
  return { rows: groups.flat(), exact, emptied: groups.length - 1, fast: intake.fast };
}

describe('packed records', () => {
  it('become what each of them is by itself, whatever part of them is wanted', () => {
    const some = fc.array(fc.oneof(hostileValue, fc.constant(null)), { minLength: 1, maxLength: 12 });
    let fast = 0;
    fc.assert(
      fc.property(some, fc.nat(12), fc.nat(12), (values, from, length) => {
        const packed = pack(values, from, from + length);
        const records = [...packed];
        expect(records.map(({ offset }) => Number(offset) - FIRST)).toEqual(
          [...values.keys()].slice(from, from + length),
        );
        const ours = withIntake((intake) => takeAll(intake, packed));
        const theirs = parseAll(records);
        expect(ours.rows).toEqual(theirs.rows);
        // What the kernel took by itself has no notes, and its skips are skips of the exact parser.
        const left = new Map(ours.exact.map(({ offset, taken }) => [offset, taken]));
        const expected = theirs.taken.map((taken, at) => left.get(records[at]?.offset ?? -1n) ?? plain(taken));
        expect(theirs.taken).toEqual(expected);
        expect(ours.fast.rows + ours.fast.skips + ours.exact.length).toBe(records.length);
        fast += ours.fast.rows;
      }),
      { numRuns: 600 },
    );
    expect(fast).toBeGreaterThan(50);
  }, 120_000);

  it('say where the bytes are none', () => {
    const packed = pack([envelope(afterOf(0)), envelope(afterOf(1))]);
    const cut = { ...packed, bytes: packed.bytes.subarray(0, packed.bytes.length - 5) };
    withIntake((intake) => {
      intake.open({ ...cut, recordAt: (at) => pack([]).recordAt(at) });
      expect(() => intake.next()).toThrow('end too early');
      expect(intake.fast.rows).toBe(1);
    });
  });

  it('are taken one by one when there are too many bytes of them', () => {
    const large = Buffer.alloc(18 << 20);
    expect(withIntake((intake) => intake.open({ ...pack([]), bytes: large }))).toBe(false);
  });
});

describe('columns that are full', () => {
  it('take the next record once they were emptied, so that none is missing', () => {
    const values = Array.from({ length: 4_000 }, (_, n) =>
      envelope(n % 7 === 0 ? { ...afterOf(n), zip: '12.5' } : afterOf(n)),
    );
    const packed = pack(values);
    const { rows, emptied, exact, fast } = withIntake((intake) => takeAll(intake, packed), 200_000);
    expect(emptied).toBeGreaterThan(2);
    expect(exact).toHaveLength(Math.ceil(4_000 / 7));
    expect(fast.rows + exact.length).toBe(4_000);
    expect(rows).toEqual(parseAll([...packed]).rows);
  });

  it('hold as many rows as there is room for, and no more', () => {
    const value = Buffer.from('{"op":"c","after":{"zip":1}}');
    const packed = pack(Array.from({ length: 300_000 }, () => value));
    const { emptied, rows, fast } = withIntake((intake) => takeAll(intake, packed));
    expect([emptied, rows.length, fast.rows]).toEqual([1, 300_000, 300_000]);
  });

  it('keep many different texts, and very long ones, apart', () => {
    const names = Array.from({ length: 150_000 }, (_, n) => `shop ${n * 7919} of ${n % 1_000}`);
    const values = names.map((merchant) => `{"op":"c","after":{"merchant":"${merchant}"}}`);
    const many = withIntake((intake) => takeAll(intake, pack(values)));
    expect(many.rows.map(({ merchant }) => merchant)).toEqual(names);
    const long = ['a', 'b', 'c', 'd'].map((letter) => letter.repeat(7 << 20));
    const packed = long.map((city) => pack([`{"op":"c","after":{"city":"${city}"}}`]));
    const read = withIntake((intake) => packed.flatMap((each) => takeAll(intake, each).rows));
    expect([...new Set(read.map(({ city }) => city))]).toEqual(long);
  });

  it('leave a row out whose text becomes too long for a column', () => {
    // Spark prints each of these numbers with twenty characters more than it was sent with.
    const list = `[${'1e300,'.repeat(2_400_000)}1]`;
    const packed = pack([`{"op":"c","after":{"merchant":${list}}}`]);
    const { exact } = withIntake((intake) => takeAll(intake, packed));
    expect(exact.map(({ taken }) => taken)).toMatchObject([{ kind: 'dead', code: 'TOO_LARGE' }]);
  });
});

const plain = (taken: Taken): Taken => (taken.kind === 'row' ? { kind: 'row', notes: [] } : taken);
