/** The records of a batch: rows go into the files as they come, the rest is gathered. */
import type { AddAction } from '../delta/actions.ts';
import type { Batch, PackedRecords, TopicRecord } from '../ports.ts';
import type { DeadLetter, NotedRecord } from '../quarantine/dead-letter.ts';
import { DayFiles, type DayFilesOptions } from './day-files.ts';
import { FULL, Intake, type Taken } from './intake.ts';

export interface Collected {
  readonly records: number;
  readonly rows: number;
  readonly adds: readonly AddAction[];
  readonly deadLetters: readonly DeadLetter[];
  readonly notes: readonly NotedRecord[];
  readonly skips: number;
}

/** Writes data files, which nobody sees before a commit names them. With `files` null the rows are only counted. */
export async function collect(batch: Batch, files: DayFilesOptions | null): Promise<Collected> {
  const target = files && new DayFiles(files);
  const intake = new Intake(batch.timestamp, files?.limits.columnBytes);
  const tally = new Tally();
  const flush = (): Promise<void> => emptyInto(target, intake);
  try {
    for await (const chunk of batch.records) {
      if (chunk.packed) for (const packed of chunk.packed) await takePacked(intake, tally, packed, flush);
      else await takeEach(intake, tally, chunk, flush);
      // Rows are in the columns, and what is kept of other records is a copy.
      chunk.release?.();
    }
    await flush();
    return { ...tally.sum(intake.fast), adds: target ? await target.finish() : [] };
  } finally {
    intake.close();
    await target?.close();
  }
}

async function takePacked(
  intake: Intake,
  tally: Tally,
  packed: PackedRecords,
  flush: () => Promise<void>,
): Promise<void> {
  if (!intake.open(packed)) return takeEach(intake, tally, packed, flush);
  for (let next = intake.next(); next !== null; next = intake.next()) {
    if (next === FULL) await flush();
    else tally.add(next.record, next.taken);
  }
}

async function takeEach(
  intake: Intake,
  tally: Tally,
  records: Iterable<TopicRecord>,
  flush: () => Promise<void>,
): Promise<void> {
  for (const record of records) {
    const before = intake.fast;
    let taken = intake.take(record);
    while (taken === FULL) {
      await flush();
      taken = intake.take(record);
    }
    if (intake.fast.rows + intake.fast.skips === before.rows + before.skips) tally.add(record, taken);
  }
}

async function emptyInto(target: DayFiles | null, intake: Intake): Promise<void> {
  if (intake.table.rows > 0) await target?.append(intake.table, intake.byDay());
  intake.clear();
}

/** What the exact parser took. */
class Tally {
  #rows = 0;
  #skips = 0;
  readonly #deadLetters: DeadLetter[] = [];
  readonly #notes: NotedRecord[] = [];

  add(record: TopicRecord, taken: Taken): void {
    if (taken.kind === 'skip') this.#skips += 1;
    else if (taken.kind === 'dead')
      this.#deadLetters.push({ record: detach(record), code: taken.code, reason: taken.reason });
    else {
      this.#rows += 1;
      for (const note of taken.notes) this.#notes.push({ record: { ...record, key: null, value: null }, note });
    }
  }

  sum(fast: { readonly rows: number; readonly skips: number }): Omit<Collected, 'adds'> {
    const [rows, skips] = [this.#rows + fast.rows, this.#skips + fast.skips];
    const [deadLetters, notes] = [this.#deadLetters, this.#notes];
    return { records: rows + skips + deadLetters.length, rows, skips, deadLetters, notes };
  }
}

/** A record of its own: the bytes of a source are a part of some large answer, which would stay in memory with them. */
function detach(record: TopicRecord): TopicRecord {
  const { key, value } = record;
  return { ...record, key: key && Buffer.from(key), value: value && Buffer.from(value) };
}
