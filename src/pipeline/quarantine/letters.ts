/** Quarantine files read back: the shapes of what stands in them, and one file at a time. */
import { readParquet, type ParquetRow } from '../delta/parquet-read.ts';
import type { DeadLetterCode } from '../events.ts';
import type { TopicRecord } from '../ports.ts';

/** What all rows of one file share: it was written by one batch of one query. */
export interface FileOrigin {
  readonly cluster: string;
  readonly topic: string;
  readonly queryId: string;
  readonly batchId: number;
}

/** A letter without its bytes. */
export interface LetterHead {
  readonly partition: number;
  /** Decimal text. */
  readonly offset: string;
  readonly at: number;
  readonly code: DeadLetterCode;
  readonly reason: string;
  readonly size: number | null;
}

export interface Letter extends FileOrigin {
  readonly record: TopicRecord;
  readonly code: DeadLetterCode;
  readonly reason: string;
}

export interface NoteRow {
  readonly partition: number;
  readonly offset: string;
  readonly at: number;
  readonly column: string;
  readonly raw: string;
}

const PLACE = ['cluster', 'topic', 'query_id', 'batch_id', 'partition', 'offset', 'recorded_at_ms'];
const WITHOUT_BYTES = [...PLACE, 'code', 'reason', 'size'];

/** Everything of the letters but their bytes. Null when the file cannot be read. */
export async function readHeads(bytes: Buffer): Promise<{ origin: FileOrigin; heads: LetterHead[] } | null> {
  // Files of earlier versions have no column for the size.
  const rows = (await read(bytes, WITHOUT_BYTES)) ?? (await read(bytes, WITHOUT_BYTES.slice(0, -1)));
  if (!rows?.[0]) return null;
  return { origin: toOrigin(rows[0]), heads: rows.map(toHead) };
}

/** Columns of the notes, one for each note. Null when the file cannot be read. */
export async function readNotes(bytes: Buffer): Promise<{ origin: FileOrigin; notes: NoteRow[] } | null> {
  const rows = await read(bytes);
  if (!rows?.[0]) return null;
  const notes = rows.map((row) => ({ ...toPlace(row), column: text(row, 'column'), raw: text(row, 'raw') }));
  return { origin: toOrigin(rows[0]), notes };
}

/** Whole letters of the rows [from, until). */
export async function readLetters(bytes: Buffer, from: number, until: number): Promise<Letter[]> {
  const rows = await readParquet(bytes, { keepBytes: true, rows: [from, until] });
  return rows.map((row) => ({
    ...toOrigin(row),
    code: text(row, 'code') as DeadLetterCode,
    reason: text(row, 'reason'),
    record: {
      partition: Number(row['partition']),
      offset: BigInt(text(row, 'offset')),
      timestamp: Number(row['recorded_at_ms']),
      key: toBytes(row['key']),
      value: toBytes(row['payload']),
    },
  }));
}

/** A damaged file is no reason to hide all the others: it is counted, and nothing else is known of it. */
async function read(bytes: Buffer, columns?: readonly string[]): Promise<ParquetRow[] | null> {
  try {
    return await readParquet(bytes, { keepBytes: true, ...(columns && { columns }) });
  } catch {
    return null;
  }
}

function toHead(row: ParquetRow): LetterHead {
  const size = row['size'];
  return {
    ...toPlace(row),
    code: text(row, 'code') as DeadLetterCode,
    reason: text(row, 'reason'),
    size: size == null ? null : Number(size),
  };
}

function toOrigin(row: ParquetRow): FileOrigin {
  return {
    cluster: text(row, 'cluster'),
    topic: text(row, 'topic'),
    queryId: text(row, 'query_id'),
    batchId: Number(row['batch_id']),
  };
}

function toPlace(row: ParquetRow): { partition: number; offset: string; at: number } {
  return { partition: Number(row['partition']), offset: text(row, 'offset'), at: Number(row['recorded_at_ms']) };
}

const text = (row: ParquetRow, name: string): string => String(row[name] ?? '');
const toBytes = (value: unknown): Buffer | null => (value instanceof Uint8Array ? Buffer.from(value) : null);
