/** The data files of one batch while they are written: one for each day, row group by row group. */
import { randomUUID } from 'node:crypto';
import type { AddAction } from '../delta/actions.ts';
import type { ColumnsView } from '../delta/columns-view.ts';
import { Arranger } from '../delta/arrange.ts';
import { openParquetFile, type ParquetFile } from '../delta/parquet.ts';
import { dataFileName, encodePath, partitionFolder } from '../delta/path.ts';
import { PackingHabits } from '../delta/row-group.ts';
import { columnsOf } from '../delta/table-columns.ts';
import type { Clock, NewObjects, ObjectStore } from '../ports.ts';
import { groupByDay, type DayRows } from './days.ts';
import { BRONZE_LIMITS, type BronzeLimits } from './limits.ts';
import { dayOf, FILE_COLUMNS, toUtcDate, type BronzeRow } from './rows.ts';
import { Spill, type Part } from './spill.ts';

export interface DayFilesOptions {
  readonly store: ObjectStore;
  readonly clock: Clock;
  readonly limits: BronzeLimits;
}

/** One file for the rows of each day: for a few rows that are at hand as objects. */
export async function writeRows(
  { store, clock }: Pick<DayFilesOptions, 'store' | 'clock'>,
  rows: readonly BronzeRow[],
): Promise<AddAction[]> {
  const days = groupByDay(Int32Array.from(rows, dayOf));
  const files = new DayFiles({ store, clock, limits: BRONZE_LIMITS });
  try {
    await files.append(columnsOf(FILE_COLUMNS, rows as never), days);
    return await files.finish();
  } finally {
    await files.close();
  }
}

interface OpenFile {
  /** Number of the file in the batch. */
  readonly task: number;
  readonly day: number | null;
  readonly parquet: ParquetFile;
  readonly parts: Part[];
  bytes: number;
}

/** Files that are put at the same time: each waits for the store several times. */
const PARALLEL_FILES = 8;

export class DayFiles {
  readonly #options: DayFilesOptions;
  readonly #spill: Spill;
  readonly #objects: NewObjects;
  readonly #open = new Map<number | null, OpenFile>();
  readonly #adds: { readonly task: number; readonly add: AddAction }[] = [];
  readonly #habits = new PackingHabits(FILE_COLUMNS.length);
  #tasks = 0;

  constructor(options: DayFilesOptions) {
    this.#options = options;
    this.#spill = new Spill(options.limits.encodedBytes, options.limits.spillFolder);
    this.#objects = newObjects(options.store);
  }

  /**
   * Appends a row group to the file of each day. A file that is large enough is put, and the next rows begin another. The
   * table is used up: its rows are put into another order.
   */
  async append(table: ColumnsView, days: readonly DayRows[]): Promise<void> {
    arranger.arrange(table, toPlaces(table.rows, days));
    let from = 0;
    for (const { day, rows } of days) {
      const file = this.#open.get(day) ?? this.#begin(day);
      const to = from + rows.length;
      const bytes = file.parquet.append(table, from, to);
      file.bytes += bytes.length;
      file.parts.push(await this.#spill.keep(bytes));
      if (file.bytes >= this.#options.limits.fileBytes) await this.#put(file);
      from = to;
    }
  }

  /** Puts what is still open; then all is durable. The actions stand in the order in which the files were begun. */
  async finish(): Promise<AddAction[]> {
    await this.#putAll([...this.#open.values()]);
    await this.#objects.durable();
    return this.#adds.sort((a, b) => a.task - b.task).map(({ add }) => add);
  }

  /** Removes what lies on this machine. Files in the store that no commit names are left to cleaning up. */
  async close(): Promise<void> {
    await this.#spill.close();
  }

  #begin(day: number | null): OpenFile {
    const parquet = openParquetFile(FILE_COLUMNS, this.#habits);
    const file = { task: this.#tasks, day, parquet, parts: [], bytes: 0 };
    this.#tasks += 1;
    this.#open.set(day, file);
    return file;
  }

  /** As many at the same time as memory allows; the next one begins as soon as one has ended. */
  async #putAll(files: readonly OpenFile[]): Promise<void> {
    const { encodedBytes } = this.#options.limits;
    const running = new Set<Promise<void>>();
    let held = 0;
    for (const file of files) {
      const { bytes } = file;
      const isFull = (): boolean => running.size >= PARALLEL_FILES || held + bytes > encodedBytes;
      while (running.size > 0 && isFull()) await Promise.race(running);
      held += bytes;
      const put: Promise<void> = this.#put(file).finally(() => {
        running.delete(put);
        held -= bytes;
      });
      running.add(put);
    }
    await Promise.all(running);
  }

  async #put(file: OpenFile): Promise<void> {
    this.#open.delete(file.day);
    const { year, month, day } = toUtcDate(file.day);
    const partitionValues = { year: toText(year), month: toText(month), day: toText(day) };
    const key = partitionFolder(partitionValues) + dataFileName(file.task, randomUUID());
    const bytes = await this.#spill.take(file.parts, file.parquet.finish());
    await this.#objects.put(key, bytes);
    this.#spill.release(bytes);
    const add: AddAction = {
      path: encodePath(key),
      partitionValues,
      size: bytes.length,
      modificationTime: this.#options.clock.now(),
      dataChange: true,
      stats: file.parquet.stats.toJson(),
    };
    this.#adds.push({ task: file.task, add });
  }
}

function newObjects(store: ObjectStore): NewObjects {
  return store.newObjects?.() ?? { put: (key, bytes) => store.put(key, bytes), durable: async () => undefined };
}

const arranger = new Arranger();

/** For each row where it goes, so that the rows of a day stand together. */
export function toPlaces(rows: number, days: readonly DayRows[]): Int32Array {
  const places = new Int32Array(rows);
  let place = 0;
  for (const { rows: own } of days) for (let at = 0; at < own.length; at++) places[own[at] as number] = place++;
  return places;
}

const toText = (value: number | null): string | null => (value === null ? null : String(value));
