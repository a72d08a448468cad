/** One measured run, in a process of its own: prints one JSON line. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { toPlaces } from '../../src/pipeline/bronze/day-files.ts';
import { FULL, Intake } from '../../src/pipeline/bronze/intake.ts';
import { BRONZE_LIMITS } from '../../src/pipeline/bronze/limits.ts';
import { FILE_COLUMNS } from '../../src/pipeline/bronze/rows.ts';
import { openBronzeSink } from '../../src/pipeline/bronze/sink.ts';
import { systemClock } from '../../src/pipeline/clock.ts';
import { Arranger } from '../../src/pipeline/delta/arrange.ts';
import { openParquetFile, type ParquetFile } from '../../src/pipeline/delta/parquet.ts';
import { PackingHabits } from '../../src/pipeline/delta/row-group.ts';
import type { Batch, TopicRecord } from '../../src/pipeline/ports.ts';
import { openLocalStore } from '../../src/pipeline/store/local.ts';
import { readMessages } from '../support/message-file.ts';

const MIB = 1024 * 1024;

interface Given {
  readonly file: string;
  readonly rows: number;
  readonly batch: number;
  readonly stages: boolean;
  /** MiB, 0 for the default. */
  readonly columns: number;
}

const given = JSON.parse(process.argv[2] ?? '{}') as Given;
const limits = given.columns > 0 ? { ...BRONZE_LIMITS, columnBytes: given.columns * MIB } : BRONZE_LIMITS;
const result = given.stages ? runStages() : await runBatches();
console.log(JSON.stringify({ ...result, peakRssMb: Math.round(process.resourceUsage().maxRSS / 1024) }));

async function runBatches(): Promise<object> {
  const root = mkdtempSync(path.join(tmpdir(), 'sluice-bench-'));
  try {
    const sink = openBronzeSink({
      store: openLocalStore(path.join(root, 'table')),
      path: root,
      quarantine: { put: async () => undefined },
      clock: systemClock,
      log: () => undefined,
      checkOwner: async () => undefined,
      limits,
    });
    let [files, bytes, rows] = [0, 0, 0];
    const [begun, before] = [performance.now(), cpuMicros()];
    for (const batch of cutBatches()) {
      const { extras, outputRows } = await sink.addBatch(batch);
      rows += outputRows;
      files += extras.files ?? 0;
      bytes += extras.bytes ?? 0;
    }
    const [cpuSeconds, wallSeconds] = [(cpuMicros() - before) / 1e6, (performance.now() - begun) / 1e3].map(round);
    await sink.close();
    return { written: rows, cpuSeconds, wallSeconds, files, bytesPerRow: Math.round(bytes / rows) };
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

/** CPU microseconds a row of each stage, over all rows in portions that fit the limit of the columns. */
function runStages(): object {
  const cost = { read: 0, scan: 0, byDay: 0, arrange: 0, encode: 0, footer: 0, stats: 0 };
  const files = new Map<number | null, ParquetFile>();
  const arranger = new Arranger();
  const habits = new PackingHabits(FILE_COLUMNS.length);
  const intake = new Intake(1_795_361_321_800, limits.columnBytes);
  const blocks = readMessages(given.file);
  const timed = <T>(stage: keyof typeof cost, work: () => T): T => {
    const begun = cpuMicros();
    const value = work();
    cost[stage] += cpuMicros() - begun;
    return value;
  };
  const flush = (): void => {
    const days = timed('byDay', () => intake.byDay());
    const { table } = intake;
    timed('arrange', () => arranger.arrange(table, toPlaces(table.rows, days)));
    let from = 0;
    for (const { day, rows } of days) {
      const to = from + rows.length;
      const file = files.get(day) ?? openParquetFile(FILE_COLUMNS, habits);
      files.set(day, file);
      timed('encode', () => file.append(table, from, to));
      from = to;
    }
    intake.clear();
  };
  for (;;) {
    const block = timed('read', () => blocks.next());
    if (block.done) break;
    for (let at = 0; at < block.value.length;) {
      at = timed('scan', () => takeFrom(intake, block.value, at));
      if (at < block.value.length) flush();
    }
  }
  flush();
  for (const file of files.values()) {
    timed('footer', () => file.finish());
    timed('stats', () => file.stats.toJson());
  }
  const perRow = Object.entries(cost).map(([name, cpu]) => [name, round(cpu / given.rows)]);
  return { fastShare: round(intake.fast.rows / given.rows), microsPerRow: Object.fromEntries(perRow) as object };
}

/** Answers the place of the first record for which there was no room. */
function takeFrom(intake: Intake, records: readonly TopicRecord[], from: number): number {
  const full = records.findIndex((record, at) => at >= from && intake.take(record) === FULL);
  return full < 0 ? records.length : full;
}

function* cutBatches(): Generator<Batch> {
  const blocks = readMessages(given.file);
  const range = { start: new Map([[0, 0n]]), end: new Map([[0, BigInt(given.rows)]]) };
  const fixed = {
    timestamp: 1_795_361_321_800,
    queryId: 'bench',
    topic: 'transactions',
    clusterId: 'none',
    range,
    gaps: [],
  };
  let left = given.rows;
  async function* take(count: number): AsyncGenerator<readonly TopicRecord[]> {
    for (let taken = 0; taken < count;) {
      const block = blocks.next();
      if (block.done) return;
      taken += block.value.length;
      left -= block.value.length;
      yield block.value;
    }
  }
  for (let id = 0; left > 0; id += 1) yield { ...fixed, id, records: take(given.batch || given.rows) };
}

function cpuMicros(): number {
  const { user, system } = process.cpuUsage();
  return user + system;
}

function round(value: number): number {
  return Math.round(value * 1000) / 1000;
}
