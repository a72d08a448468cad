/** Every message that a real Debezium sent, in nine settings of its connector: row, declared skip or dead letter. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import { TRANSACTION_COLUMNS } from '../../../src/pipeline/cdc/columns.ts';
import { parseChange } from '../../../src/pipeline/cdc/parse.ts';
import type { Change } from '../../../src/pipeline/cdc/transaction.ts';
import { FIXTURES } from '../support/records.ts';

const FOLDER = path.join(FIXTURES, 'captures');
const REPORT = path.resolve(FIXTURES, '../../test-results/captures.md');

type Counts = Readonly<Record<string, number>>;
/** Snapshot rows, creates, updates; deletes with their tombstones. NUMERIC NaN ends a task in the mode precise. */
const USUAL: Counts = { 'r row': 52, 'c row': 152, 'u row': 12, 'd skip': 4, 'tombstone skip': 4 };
const PRECISE: Counts = { ...USUAL, 'c row': 151 };

/** Verdicts by variant, as stated by who made the captures. */
const WANTED: Readonly<Record<string, Counts>> = {
  'seed-double': USUAL,
  string: USUAL,
  precise: PRECISE,
  'schema-double': USUAL,
  'schema-precise': PRECISE,
  'time-connect': USUAL,
  'time-isostring': USUAL,
  'full-ops': { ...USUAL, 't skip': 1 },
  // Not change events: they are not in the topic that Sluice reads, and would be kept if they were.
  heartbeat: { 'none NO_ENVELOPE': 20 },
  'transaction-metadata': { 'none NO_ENVELOPE': 314 },
};

const table: string[] = [];
afterAll(() => {
  mkdirSync(path.dirname(REPORT), { recursive: true });
  const head = '| variant | op and verdict | messages |\n| --- | --- | --- |\n';
  writeFileSync(REPORT, `${head}${table.join('\n')}\n`);
});

describe('every message of the captures', () => {
  it.each(Object.keys(WANTED))('of %s gives its verdict', (variant) => {
    const counts: Record<string, number> = {};
    for (const { change, op } of read(variant)) {
      const verdict = change.kind === 'dead' ? change.code : change.kind;
      const name = `${op} ${verdict}`;
      counts[name] = (counts[name] ?? 0) + 1;
    }
    for (const [name, count] of Object.entries(counts)) table.push(`| ${variant} | ${name} | ${count} |`);
    expect(counts).toEqual(WANTED[variant]);
  });

  it('of the plain setting gives the stated row, column by column', () => {
    const wanted = statedRows();
    const rows = read('seed-double').filter(({ change }) => change.kind === 'row');
    expect(rows).toHaveLength(216);
    for (const [index, row] of rows.entries()) expect(toStated(row)).toEqual(wanted[index]);
  });

  it.each(['string', 'schema-double', 'schema-precise', 'full-ops'])(
    'of %s gives the same rows as the plain setting',
    (variant) => {
      const rows = read(variant).filter(({ change }) => change.kind === 'row');
      const wanted = statedRows();
      for (const [index, row] of rows.entries()) expect(toStated(row).slice(1)).toEqual(wanted[index]?.slice(1));
    },
  );

  /** In the mode precise the scale stands only in the schema: seven rows come after a change of it from 2 to 4. */
  it('of precise without schema gives the same rows, but amounts of the altered column are read with its first scale', () => {
    const rows = read('precise').filter(({ change }) => change.kind === 'row');
    const wanted = statedRows();
    const amt = 6;
    for (const [index, row] of rows.entries()) {
      const stated = toStated(row);
      const expected = [...(wanted[index] ?? [])];
      if (Number(stated[0]) >= 216) expected[amt] = Math.round((expected[amt] as number) * 10_000) / 100;
      expect(stated.slice(1)).toEqual(expected.slice(1));
    }
  });

  it('of time.precision.mode=connect gives the same rows with times in ms', () => {
    const wanted = statedRows();
    const rows = read('time-connect').filter(({ change }) => change.kind === 'row');
    for (const [index, row] of rows.entries()) {
      const [, op, micros, ...rest] = wanted[index] ?? [];
      const down = ((BigInt(micros as string) % 1000n) + 1000n) % 1000n;
      const ms = (BigInt(micros as string) - down) / 1000n;
      expect(toStated(row).slice(1)).toEqual([op, ms.toString(), ...rest]);
    }
  });

  it('of time.precision.mode=isostring gives the same rows, with both times as text and noted', () => {
    const wanted = statedRows();
    const [time, dob] = [2, 18];
    for (const [index, row] of read('time-isostring')
      .filter(({ change }) => change.kind === 'row')
      .entries()) {
      const stated = toStated(row);
      const others = (each: readonly unknown[]) => each.filter((_, at) => at > 0 && at !== time && at !== dob);
      expect(others(stated)).toEqual(others(wanted[index] ?? []));
      expect(stated[time]).toMatch(/^[+-]?\d{4,6}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/);
      if (stated[dob] !== null) expect(stated[dob]).toMatch(/^[+-]?\d{4,7}-\d\d-\d\dZ$/);
      const noted = row.change.kind === 'row' ? row.change.notes.map(({ column }) => column) : [];
      expect(noted).toEqual(expect.arrayContaining(['trans_date_trans_time']));
    }
  });

  it('of the plain setting leaves no note, because every value is one of its column', () => {
    expect(read('seed-double').flatMap(({ change }) => (change.kind === 'row' ? change.notes : []))).toEqual([]);
  });
});

interface Read {
  readonly offset: string;
  readonly op: string;
  readonly change: Change;
}

function read(variant: string): Read[] {
  const plain = variant === 'seed-double';
  const bytes = readFileSync(path.join(FOLDER, `${variant}.jsonl${plain ? '' : '.gz'}`));
  const lines = (plain ? bytes : gunzipSync(bytes)).toString('utf8').trim().split('\n');
  return lines.map((line) => {
    const { offset, value } = JSON.parse(line) as { offset: string; value: string | null };
    const message = value === null ? null : Buffer.from(value, 'base64');
    const change = parseChange({ partition: 0, offset: BigInt(offset), timestamp: 0, key: null, value: message });
    return { offset, op: opOf(message), change };
  });
}

/** As it stands in the message, found without the parser. */
function opOf(message: Buffer | null): string {
  if (message === null) return 'tombstone';
  return /"op":"(\w)"/.exec(message.toString('utf8'))?.[1] ?? 'none';
}

function statedRows(): unknown[][] {
  const text = readFileSync(path.join(FOLDER, 'seed-double.rows.jsonl'), 'utf8');
  return text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as unknown[]);
}

/** In the form of the stated rows. */
function toStated({ offset, op, change }: Read): unknown[] {
  if (change.kind !== 'row') throw new Error(`offset ${offset} gives no row`);
  const { row } = change;
  return [
    offset,
    op,
    ...TRANSACTION_COLUMNS.map(({ name }) => {
      const value = row[name];
      if (typeof value === 'bigint') return value.toString();
      return typeof value === 'number' && !Number.isFinite(value) ? String(value) : value;
    }),
  ];
}
