/** The records of a batch: rows go into the files as they come, the rest is gathered. */
import type { AddAction } from '../delta/actions.ts';
import type { Batch, TopicRecord } from '../ports.ts';
import type { DeadLetter, NotedRecord } from '../quarantine/dead-letter.ts';
import { DayFiles, type DayFilesOptions } from './day-files.ts';
import { Intake } from './intake.ts';

export interface Collected {
  readonly records: number;
  readonly rows: number;
  readonly adds: readonly AddAction[];
  readonly deadLetters: readonly DeadLetter[];
  readonly notes: readonly NotedRecord[];
  readonly skips: number;
}

/** Looking at the size of the columns costs a little, so it is not done for each row. */
const ROWS_BETWEEN_LOOKS = 512;

/** Writes data files, which nobody sees before a commit names them. With `files` null the rows are only counted. */
export async function collect(batch: Batch, files: DayFilesOptions | null): Promise<Collected> {
  const target = files && new DayFiles(files);
  const tally = new Tally(batch.timestamp);
  try {
    for await (const chunk of batch.records) {
      for (let at = 0; at < chunk.length; at += ROWS_BETWEEN_LOOKS) {
        for (const record of chunk.slice(at, at + ROWS_BETWEEN_LOOKS)) tally.take(record);
        const limit = files?.limits.columnBytes ?? 0;
        if (tally.intake.isFull(limit, ROWS_BETWEEN_LOOKS)) await flush(tally.intake, target);
      }
      // Rows are in the columns, and what is kept of other records is a copy.
      chunk.release?.();
    }
    await flush(tally.intake, target);
    const { records, rows, skips, deadLetters, notes } = tally;
    return { records, rows, skips, deadLetters, notes, adds: target ? await target.finish() : [] };
  } finally {
    await target?.close();
  }
}

async function flush(intake: Intake, target: DayFiles | null): Promise<void> {
  if (intake.table.rows === 0) return;
  await target?.append(intake.table, intake.byDay());
  intake.clear();
}

class Tally {
  readonly intake: Intake;
  records = 0;
  rows = 0;
  skips = 0;
  readonly deadLetters: DeadLetter[] = [];
  readonly notes: NotedRecord[] = [];

  constructor(batchTimestamp: number) {
    this.intake = new Intake(batchTimestamp);
  }

  take(record: TopicRecord): void {
    const taken = this.intake.take(record);
    this.records += 1;
    if (taken.kind === 'skip') this.skips += 1;
    else if (taken.kind === 'dead')
      this.deadLetters.push({ record: detach(record), code: taken.code, reason: taken.reason });
    else {
      this.rows += 1;
      for (const note of taken.notes) this.notes.push({ record: { ...record, key: null, value: null }, note });
    }
  }
}

/** A record of its own: the bytes of a source are a part of some large answer, which would stay in memory with them. */
function detach(record: TopicRecord): TopicRecord {
  const { key, value } = record;
  return { ...record, key: key && Buffer.from(key), value: value && Buffer.from(value) };
}
