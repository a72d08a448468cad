/** A Bronze table with many small files, written by the query itself. */
import { readFileSync, readdirSync, utimesSync } from 'node:fs';
import path from 'node:path';
import { decodePath } from '../../../../src/pipeline/delta/path.ts';
import { readParquet } from '../../../../src/pipeline/delta/parquet-read.ts';
import { openTable } from '../../../../src/pipeline/delta/snapshot.ts';
import type { ObjectStore } from '../../../../src/pipeline/ports.ts';
import { openBench, type Bench } from '../../support/bench.ts';
import { afterOf, envelope } from '../../support/records.ts';
import { tempFolder } from '../../support/temp.ts';

export const ON = new AbortController().signal;

/** So many batches of five rows, one for each of five days. */
export async function manyFiles(batches: number): Promise<Bench> {
  const bench = openBench(tempFolder());
  for (let batch = 0; batch < batches; batch += 1) await oneBatch(bench, batch);
  return bench;
}

export async function oneBatch(bench: Bench, batch: number): Promise<void> {
  bench.source.append(
    0,
    Array.from({ length: 5 }, (_, n) => envelope(afterOf(batch * 5 + n))),
  );
  await bench.run(1);
}

export function partsOf(store: ObjectStore, now = Date.now()) {
  let count = 0;
  return {
    store,
    table: openTable(store),
    now: () => now,
    uuid: () => `00000000-0000-4000-8000-${String((count += 1)).padStart(12, '0')}`,
    checkOwner: async () => undefined,
    signal: ON,
  };
}

/** Every row of the live files as text, sorted. */
export async function rowsOf(store: ObjectStore): Promise<string[]> {
  const { files } = await openTable(store).refresh();
  const rows: string[] = [];
  for (const [file, { partitionValues }] of files) {
    const bytes = (await store.get(decodePath(file))) ?? Buffer.alloc(0);
    for (const row of await readParquet(bytes)) rows.push(toText({ ...row, ...partitionValues }));
  }
  return rows.sort();
}

/** Makes all files of the folder as old as that, ms. */
export function age(folder: string, ms: number): void {
  const at = (Date.now() - ms) / 1_000;
  for (const name of readdirSync(folder, { recursive: true })) utimesSync(path.join(folder, String(name)), at, at);
}

export const textOf = (file: string): string => readFileSync(file, 'utf8');
const toText = (row: object): string =>
  JSON.stringify(row, (_key, value: unknown) => (typeof value === 'bigint' ? `${value}n` : value));
