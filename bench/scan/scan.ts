/**
 * The scanner of change events against the exact parser: how fast each is, how many of the real messages take the fast
 * path, and whether both agree on messages as nobody should send them.
 * `npm run bench -- scan [--rows 200000] [--hostile 100000] [--seed 1]`
 * One JSON line in `test-results/bench/scan.jsonl`. Exit code 1 when the two differ.
 */
import { appendFileSync, mkdirSync, readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { isDeepStrictEqual, parseArgs } from 'node:util';
import fc from 'fast-check';
import { FULL, Intake } from '../../src/pipeline/bronze/intake.ts';
import { parseChange } from '../../src/pipeline/cdc/parse.ts';
import type { TopicRecord } from '../../src/pipeline/ports.ts';
import { BATCH_TIME, parseAll, takeAll } from '../../test/pipeline/support/columns.ts';
import { generatedValues } from '../../test/pipeline/support/generated.ts';
import { hostileValue } from '../../test/pipeline/support/hostile.ts';
import { FIXTURES, goldenRecords, record } from '../../test/pipeline/support/records.ts';
import { ROOT } from '../support/host.ts';

const { values: options } = parseArgs({
  options: {
    rows: { type: 'string', default: '200000' },
    hostile: { type: 'string', default: '100000' },
    seed: { type: 'string', default: '1' },
  },
});

/** Messages that one scanner sees one after the other. */
const IN_A_ROW = 20;
/** The exact parser is slow. */
const EXACT_ROWS = 10_000;

const generated = toRecords(generatedValues(Number(options.rows)));
const differences = compareHostile(Number(options.hostile), Number(options.seed));
const line = JSON.stringify({
  rows: generated.length,
  scanMicros: microsPerRow(generated, scanAll),
  exactMicros: microsPerRow(generated.slice(0, EXACT_ROWS), (records) => records.forEach(parseChange)),
  jsonMicros: microsPerRow(generated, (records) =>
    records.forEach(({ value }) => JSON.parse(String(value)) as unknown),
  ),
  fast: { generated: fastShare(generated), golden: fastShare(goldenRecords()), ...captures() },
  hostile: { tried: Number(options.hostile), ...differences },
});
mkdirSync(path.join(ROOT, 'test-results', 'bench'), { recursive: true });
appendFileSync(path.join(ROOT, 'test-results', 'bench', 'scan.jsonl'), `${line}\n`);
console.log(line);
process.exitCode = differences.differences === 0 ? 0 : 1;

function scanAll(records: readonly TopicRecord[]): { rows: number; skips: number } {
  const intake = new Intake(BATCH_TIME);
  for (const each of records) {
    if (intake.take(each) !== FULL) continue;
    intake.clear();
    intake.take(each);
  }
  const { rows, skips } = intake.fast;
  intake.close();
  return { rows, skips };
}

/** CPU microseconds of the better of three times. */
function microsPerRow(records: readonly TopicRecord[], work: (records: readonly TopicRecord[]) => unknown): number {
  const times = [1, 2, 3].map(() => {
    const before = process.cpuUsage();
    work(records);
    const { user, system } = process.cpuUsage(before);
    return (user + system) / records.length;
  });
  return Math.round(Math.min(...times) * 100) / 100;
}

/** `12 of 13`: records of the fast path, and all that are no tombstones. */
function fastShare(records: readonly TopicRecord[]): string {
  const { rows, skips } = scanAll(records);
  return `${rows + skips} of ${records.filter(({ value }) => value !== null).length}`;
}

function captures(): Record<string, string> {
  const files = ['captures', 'debezium'].flatMap((folder) =>
    readdirSync(path.join(FIXTURES, folder))
      .filter((name) => name.endsWith('.jsonl') && !name.endsWith('.rows.jsonl'))
      .map((name) => `${folder}/${name}`),
  );
  return Object.fromEntries(files.map((file) => [file, fastShare(toRecords(readCapture(file)))]));
}

function readCapture(file: string): (Buffer | null)[] {
  const lines = readFileSync(path.join(FIXTURES, file), 'utf8').trim().split('\n');
  return lines.map((each) => {
    const { value } = JSON.parse(each) as { value: string | null };
    return value === null ? null : Buffer.from(value, 'base64');
  });
}

function compareHostile(count: number, seed: number): { fast: number; differences: number } {
  const values = fc.sample(hostileValue, { numRuns: count, seed });
  let [fast, differences] = [0, 0];
  for (let at = 0; at < values.length; at += IN_A_ROW) {
    const records = toRecords(values.slice(at, at + IN_A_ROW));
    const { fast: taken, ...ours } = takeAll(records);
    fast += taken;
    if (!isDeepStrictEqual(ours, parseAll(records))) differences += 1;
  }
  return { fast, differences };
}

function toRecords(values: readonly (Buffer | null)[]): TopicRecord[] {
  return values.map((value, n) => record(0, BigInt(n), value));
}
