/** The one file that reads Parquet: `hyparquet`. 64-bit integers and timestamps (microseconds) come as bigint. */
import { parquetReadObjects } from 'hyparquet';
import { compressors } from 'hyparquet-compressors';

export type ParquetRow = Record<string, unknown>;

export async function readParquet(bytes: Buffer): Promise<ParquetRow[]> {
  const whole = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer;
  const file = { byteLength: whole.byteLength, slice: (start: number, end?: number) => whole.slice(start, end) };
  return (await parquetReadObjects({ file, compressors, parsers: EXACT })) as ParquetRow[];
}

/** INT96 comes in nanoseconds; what Spark wrote there has microseconds. */
const EXACT = {
  timestampFromMilliseconds: (millis: bigint) => millis * 1000n,
  timestampFromMicroseconds: (micros: bigint) => micros,
  timestampFromNanoseconds: (nanos: bigint) => nanos / 1000n,
};
