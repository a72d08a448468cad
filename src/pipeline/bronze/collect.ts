/** The records of a batch, sorted into rows by partition folder, dead letters, notes and skips. */
import { parseChange } from '../cdc/parse.ts';
import type { Batch } from '../ports.ts';
import type { DeadLetter, NotedRecord } from '../quarantine/dead-letter.ts';
import { toBronzeRow, type BronzeRow } from './rows.ts';

export interface Collected {
  readonly records: number;
  readonly rows: number;
  /** Rows by day, in the order in which the days came. */
  readonly groups: readonly BronzeRow[][];
  readonly deadLetters: readonly DeadLetter[];
  readonly notes: readonly NotedRecord[];
  readonly skips: number;
}

export async function collect(batch: Batch): Promise<Collected> {
  const groups = new Map<string, BronzeRow[]>();
  const deadLetters: DeadLetter[] = [];
  const notes: NotedRecord[] = [];
  let [records, rows, skips] = [0, 0, 0];
  for await (const chunk of batch.records) {
    records += chunk.length;
    for (const record of chunk) {
      const change = parseChange(record);
      if (change.kind === 'skip') skips += 1;
      if (change.kind === 'dead') deadLetters.push({ record, code: change.code, reason: change.reason });
      if (change.kind !== 'row') continue;
      rows += 1;
      addTo(groups, toBronzeRow(change.row, batch.timestamp));
      for (const note of change.notes) notes.push({ record, note });
    }
  }
  return { records, rows, groups: [...groups.values()], deadLetters, notes, skips };
}

/** Rows by day, in the order in which the days came. */
export function groupByDay(rows: readonly BronzeRow[]): BronzeRow[][] {
  const groups = new Map<string, BronzeRow[]>();
  for (const row of rows) addTo(groups, row);
  return [...groups.values()];
}

function addTo(groups: Map<string, BronzeRow[]>, row: BronzeRow): void {
  const key = `${row.year}/${row.month}/${row.day}`;
  const group = groups.get(key);
  if (group) group.push(row);
  else groups.set(key, [row]);
}
