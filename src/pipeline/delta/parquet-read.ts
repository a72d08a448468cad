/** The one file that reads Parquet: `hyparquet`. 64-bit integers and timestamps (microseconds) come as bigint. */
import { parquetMetadata, parquetReadObjects } from 'hyparquet';
import { compressors } from 'hyparquet-compressors';

export type ParquetRow = Record<string, unknown>;

export interface ReadChoice {
  /** All when absent. */
  readonly columns?: readonly string[];
  /** First row included, last one not. */
  readonly rows?: readonly [from: number, until: number];
  /** Bytes that are not declared as text stay bytes. */
  readonly keepBytes?: boolean;
}

export async function readParquet(bytes: Buffer, choice: ReadChoice = {}): Promise<ParquetRow[]> {
  const { columns, rows, keepBytes = false } = choice;
  return (await parquetReadObjects({
    file: { byteLength: bytes.length, slice: (start, end = bytes.length) => copyOf(bytes, start, end) },
    metadata: parquetMetadata(bytes, { parsers: EXACT }),
    compressors,
    parsers: EXACT,
    utf8: !keepBytes,
    ...(columns && { columns: [...columns] }),
    ...(rows && { rowStart: rows[0], rowEnd: rows[1] }),
  })) as ParquetRow[];
}

/** What the writer of a file noted in its footer under this name, or null. */
export function readNote(bytes: Buffer, name: string): string | null {
  const { key_value_metadata: notes = [] } = parquetMetadata(bytes);
  return notes.find(({ key }) => key === name)?.value ?? null;
}

/** Only what is asked for: a whole copy of each of many files would be most of the memory that reading them takes. */
function copyOf({ buffer, byteOffset }: Buffer, start: number, end: number): ArrayBuffer {
  return buffer.slice(byteOffset + start, byteOffset + end) as ArrayBuffer;
}

/** INT96 comes in nanoseconds; what Spark wrote there has microseconds. */
const EXACT = {
  timestampFromMilliseconds: (millis: bigint) => millis * 1000n,
  timestampFromMicroseconds: (micros: bigint) => micros,
  timestampFromNanoseconds: (nanos: bigint) => nanos / 1000n,
};
