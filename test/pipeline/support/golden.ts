/** The golden runs: what real Sparks wrote of the golden messages. */
import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { parseCommitFile, type AddAction } from '../../../src/pipeline/delta/actions.ts';
import { FILE_COLUMNS } from '../../../src/pipeline/bronze/rows.ts';
import type { TableRow } from '../../../src/pipeline/delta/schema.ts';
import { FIXTURES } from './records.ts';

/** 64-bit numbers as text, doubles as Python prints them. */
export type GoldenRow = Record<string, string | number | null>;

/** Folder below the fixtures -> the Spark that wrote it. */
export const GOLDEN_RUNS = {
  golden: 'Spark 3.5.7, Delta 3.3.2',
  'golden-3.4': 'Spark 3.4.4, Delta 2.4.0',
  'golden-4.0': 'Spark 4.0.0, Delta 4.0.0',
} as const;

export type GoldenRun = keyof typeof GOLDEN_RUNS;
/** For `describe.each`. */
export const GOLDEN_CASES = Object.entries(GOLDEN_RUNS) as [GoldenRun, string][];

export const goldenFolder = (run: GoldenRun, ...names: string[]): string => path.join(FIXTURES, run, ...names);

export function readGoldenRows(run: GoldenRun): GoldenRow[] {
  return JSON.parse(readFileSync(goldenFolder(run, 'rows.json'), 'utf8')) as GoldenRow[];
}

/** The texts of its commits, in order. */
export function readGoldenCommits(run: GoldenRun): Buffer[] {
  const folder = goldenFolder(run, 'log', '_delta_log');
  const names = readdirSync(folder).filter((name) => /^\d+\.json$/.test(name));
  return names.sort().map((name) => readFileSync(path.join(folder, name)));
}

export function readGoldenAdds(run: GoldenRun): AddAction[] {
  return readGoldenCommits(run).flatMap((bytes) => parseCommitFile(bytes).flatMap(({ add }) => (add ? [add] : [])));
}

/** Path of each data file -> its rows as Sluice would hold them. */
export function readGoldenFiles(run: GoldenRun): Map<string, TableRow[]> {
  const rows = readGoldenRows(run);
  const files = JSON.parse(readFileSync(goldenFolder(run, 'files.json'), 'utf8')) as Record<string, number[]>;
  return new Map(Object.entries(files).map(([file, places]) => [file, places.map((at) => toRow(rows[at] ?? {}))]));
}

function toRow(golden: GoldenRow): TableRow {
  return Object.fromEntries(
    FILE_COLUMNS.map(({ name, type }) => {
      const value = golden[name] ?? null;
      if (value === null) return [name, null];
      if (type === 'long' || type === 'timestamp') return [name, BigInt(value)];
      return [name, type === 'double' ? Number(value) : value];
    }),
  );
}
