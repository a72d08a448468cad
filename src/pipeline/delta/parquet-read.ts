/** The one file that reads Parquet: `hyparquet`. 64-bit integers and timestamps (microseconds) come as bigint. */
import { parquetReadObjects } from 'hyparquet';
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
  const whole = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer;
  const file = { byteLength: whole.byteLength, slice: (start: number, end?: number) => whole.slice(start, end) };
  const { columns, rows, keepBytes = false } = choice;
  return (await parquetReadObjects({
    file,
    compressors,
    parsers: EXACT,
    utf8: !keepBytes,
    ...(columns && { columns: [...columns] }),
    ...(rows && { rowStart: rows[0], rowEnd: rows[1] }),
  })) as ParquetRow[];
}

/** INT96 comes in nanoseconds; what Spark wrote there has microseconds. */
const EXACT = {
  timestampFromMilliseconds: (millis: bigint) => millis * 1000n,
  timestampFromMicroseconds: (micros: bigint) => micros,
  timestampFromNanoseconds: (nanos: bigint) => nanos / 1000n,
};
