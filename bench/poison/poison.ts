/**
 * A whole Bronze query over events of which one in ten is poison, beside the same query without: is it stopped, is every
 * bad record in quarantine with its reason and its bytes, does the ledger close, and what does it cost the good ones?
 * `npm run bench -- poison [--events 100000] [--rounds 5] [--heavy 5]`; one JSON line a run in
 * `test-results/bench/poison.jsonl`. `heavy`: how often each class of more than 100 KB comes, 0 for never. Exit code 1 when anything
 * was lost or bent, or when the good rows took more than 1.5 times as long.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { openTable } from '../../src/pipeline/delta/snapshot.ts';
import type { TopicRecord } from '../../src/pipeline/ports.ts';
import { openReader } from '../../src/pipeline/quarantine/reader.ts';
import { openLocalStore } from '../../src/pipeline/store/local.ts';
import { openBench } from '../../test/pipeline/support/bench.ts';
import { memorySource } from '../../test/pipeline/support/memory-source.ts';
import { POISON, type Poison } from '../../test/pipeline/support/poison.ts';
import { afterOf, envelope, record } from '../../test/pipeline/support/records.ts';
import { openResults } from '../support/results.ts';

const { values: options } = parseArgs({
  options: {
    events: { type: 'string', default: '100000' },
    rounds: { type: 'string', default: '5' },
    heavy: { type: 'string', default: '5' },
  },
});
const EVENTS = Number(options.events);
const ROUNDS = Number(options.rounds);
const BATCH = 5_000;
const HEAVY_BYTES = 100_000;
const ALLOWED = 1.5;

interface Sent {
  readonly record: TopicRecord;
  readonly wanted: Poison['bronze'];
}

interface Run {
  readonly round: number;
  readonly kind: 'clean' | 'poison';
  readonly batches: number;
  readonly stops: number;
  readonly rows: number;
  readonly deadLetters: number;
  readonly skips: number;
  /** Records that are not where they belong, or whose bytes or reason are others. */
  readonly wrong: number;
  /** Milliseconds of a batch: that long a good row waits for its commit. */
  readonly p50: number;
  readonly p99: number;
  readonly seconds: number;
}

function median(lines: readonly Run[], kind: Run['kind'], of: 'p50' | 'p99'): number {
  return quantile(
    lines.filter((line) => line.kind === kind).map((line) => line[of]),
    0.5,
  );
}

/** One in ten is poison, class after class; the big ones come seldom, each with the same bytes. */
function send(withPoison: boolean): readonly Sent[] {
  const light = POISON.filter((each) => sizeOf(each) <= HEAVY_BYTES);
  const heavy = POISON.filter((each) => sizeOf(each) > HEAVY_BYTES).map((each) => ({
    ...each,
    bytes: toBytes(each.value(1)),
  }));
  const every = Math.floor(EVENTS / (heavy.length * Number(options.heavy)));
  return Array.from({ length: EVENTS }, (_, n) => {
    const at = (value: string | Buffer | null) => record(n % 4, BigInt(Math.floor(n / 4)), value);
    if (!withPoison || n % 10 !== 3) return { record: at(envelope(afterOf(n))), wanted: 'row' as const };
    const big = Number(options.heavy) > 0 && n % every < 10 ? heavy[Math.floor(n / every) % heavy.length] : undefined;
    if (big) return { record: at(big.bytes), wanted: big.bronze };
    const small = light[Math.floor(n / 10) % light.length] as Poison;
    return { record: at(small.value(n)), wanted: small.bronze };
  });
}

async function run(round: number, kind: Run['kind'], sent: readonly Sent[]): Promise<Run> {
  const root = mkdtempSync(path.join(tmpdir(), 'sluice-poison-'));
  try {
    const source = memorySource(4);
    source.appendRecords(sent.map(({ record: each }) => each));
    const bench = openBench(root, source);
    const began = performance.now();
    let stops = 0;
    await bench.run(Math.ceil(EVENTS / BATCH), { parts: { maxOffsetsPerTrigger: BATCH } }).catch((error: Error) => {
      console.error(error);
      stops += 1;
    });
    const seconds = (performance.now() - began) / 1_000;
    const durations = bench.progress.map(({ batchDuration }) => batchDuration);
    const sum = (pick: (each: (typeof bench.progress)[number]) => number): number =>
      bench.progress.reduce((total, each) => total + pick(each), 0);
    return {
      round,
      kind,
      batches: bench.progress.length,
      stops,
      rows: sum(({ sink }) => sink.numOutputRows),
      deadLetters: sum(({ x }) => x.deadLetters),
      skips: sum(({ x }) => x.skips),
      wrong: await countWrong(root, sent),
      p50: quantile(durations, 0.5),
      p99: quantile(durations, 0.99),
      seconds: Number(seconds.toFixed(2)),
    };
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

/** Asked of the table and of the quarantine on disk, not of the counts of the query. */
async function countWrong(root: string, sent: readonly Sent[]): Promise<number> {
  const { files } = await openTable(openLocalStore(path.join(root, 'table'))).refresh();
  const rows = [...files.values()].reduce((sum, file) => sum + file.rows, 0);
  const wantedRows = sent.filter(({ wanted }) => wanted === 'row').length;
  const quarantine = openLocalStore(path.join(root, 'quarantine'));
  const reader = openReader({ bronze: quarantine, alert: openLocalStore(path.join(root, 'none')) });
  const places = (await reader.shelf()).records.flatMap((each) => each.places);
  const letters = new Map(
    [...(await reader.letters(places)).values()].map((each) => [nameOf(each.record), each] as const),
  );
  let wrong = Math.abs(rows - wantedRows);
  for (const { record: each, wanted } of sent) {
    const letter = letters.get(nameOf(each));
    letters.delete(nameOf(each));
    if (wanted === 'row' || wanted === 'skip') wrong += letter ? 1 : 0;
    else if (letter?.code !== wanted || !isSame(letter.record.value, each.value)) wrong += 1;
  }
  return wrong + letters.size;
}

const nameOf = ({ partition, offset }: TopicRecord): string => `${partition}/${offset}`;
const isSame = (a: Buffer | null, b: Buffer | null): boolean => (a && b ? a.equals(b) : a === b);
const toBytes = (value: string | Buffer | null): Buffer | null =>
  typeof value === 'string' ? Buffer.from(value) : value;
const sizeOf = ({ value }: Poison): number => toBytes(value(1))?.length ?? 0;

function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
}

const results = openResults<Run>('poison', true);
const clean = send(false);
const poisoned = send(true);
for (let round = 1; round <= ROUNDS; round += 1) {
  for (const kind of round % 2 === 0 ? (['poison', 'clean'] as const) : (['clean', 'poison'] as const)) {
    const done = await run(round, kind, kind === 'clean' ? clean : poisoned);
    results.add(done);
    console.log(JSON.stringify(done));
  }
}
const ratio = (of: 'p50' | 'p99'): number => median(results.lines, 'poison', of) / median(results.lines, 'clean', of);
const sound = results.lines.every(({ stops, wrong }) => stops === 0 && wrong === 0);
console.log(
  `batch p50 ${ratio('p50').toFixed(2)}x, p99 ${ratio('p99').toFixed(2)}x of the run without poison; ${sound ? 'sound' : 'NOT sound'}`,
);
process.exitCode = sound && ratio('p50') <= ALLOWED && ratio('p99') <= ALLOWED ? 0 : 1;
