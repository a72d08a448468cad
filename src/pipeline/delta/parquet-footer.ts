/** The metadata of a Parquet file (parquet.thrift): page headers, row groups, footer. Pure. */
import type { Bounds } from './bounds.ts';
import type { ColumnChunk } from './chunks.ts';
import type { EncodedColumn } from './parquet-column.ts';
import { toSchemaString, type ColumnType, type TableColumn } from './schema.ts';
import { CompactWriter, ITEMS } from './thrift.ts';

/** Readers take text statistics only from a writer whose name has this form (`name version x (build y)`). */
const CREATED_BY = 'sluice version 0.1.0 (build embedded)';
/** Tells Spark that dates and timestamps need no rebase to an older calendar. */
const SPARK_VERSION = '3.5.7';
const FORMAT_VERSION = 2;
/** Longer texts are left away as bounds: they may be, and the statistics of the table have them. */
const MAX_BOUND_BYTES = 64;

/** Numbers of enums in parquet.thrift. */
const TYPES: Readonly<Record<ColumnType, number>> = { integer: 1, long: 2, timestamp: 2, double: 5, string: 6 };
const CONVERTED_UTF8 = 0;
const CONVERTED_TIMESTAMP_MICROS = 10;
const OPTIONAL = 1;
const SNAPPY = 1;
const PLAIN = 0;
const RLE = 3;
const RLE_DICTIONARY = 8;
const DATA_PAGE = 0;
const DICTIONARY_PAGE = 2;

const writer = new CompactWriter();

/** Sizes of the body of a page, unpacked and packed. */
export interface PageSizes {
  readonly size: number;
  readonly packed: number;
}

export function dataPageHeader({ size, packed }: PageSizes, rows: number, isDictionary: boolean): Buffer {
  writer.i32(1, DATA_PAGE);
  writer.i32(2, size);
  writer.i32(3, packed);
  writer.open(5);
  writer.i32(1, rows);
  writer.i32(2, isDictionary ? RLE_DICTIONARY : PLAIN);
  writer.i32(3, RLE);
  writer.i32(4, RLE);
  writer.close();
  writer.close();
  return writer.take();
}

export function dictionaryPageHeader({ size, packed }: PageSizes, entries: number): Buffer {
  writer.i32(1, DICTIONARY_PAGE);
  writer.i32(2, size);
  writer.i32(3, packed);
  writer.open(7);
  writer.i32(1, entries);
  writer.i32(2, PLAIN);
  writer.close();
  writer.close();
  return writer.take();
}

/** A `RowGroup` whose first column begins at byte `start` of the file. */
export function rowGroup(chunks: readonly ColumnChunk[], encoded: readonly EncodedColumn[], start: number): Buffer {
  let at = start;
  writer.list(1, ITEMS.struct, encoded.length);
  encoded.forEach((each, index) => {
    writeColumn(chunks[index] as ColumnChunk, each, at);
    at += each.packedBytes;
  });
  writer.i64(
    2,
    encoded.reduce((sum, { unpackedBytes }) => sum + unpackedBytes, 0),
  );
  writer.i64(3, chunks[0]?.rows ?? 0);
  writer.i64(5, start);
  writer.i64(6, at - start);
  writer.close();
  return writer.take();
}

/** `FileMetaData`, its length and the magic word. */
export function footer(
  columns: readonly TableColumn[],
  groups: readonly Buffer[],
  rows: number,
  magic: Buffer,
): Buffer {
  writer.i32(1, FORMAT_VERSION);
  writer.list(2, ITEMS.struct, columns.length + 1);
  writeRoot(columns.length);
  columns.forEach(writeElement);
  writer.i64(3, rows);
  writer.list(4, ITEMS.struct, groups.length);
  for (const group of groups) writer.rawItem(group);
  writer.list(5, ITEMS.struct, 2);
  writeKeyValue('org.apache.spark.version', SPARK_VERSION);
  writeKeyValue('org.apache.spark.sql.parquet.row.metadata', toSchemaString(columns));
  writer.binary(6, CREATED_BY);
  // The order of each column is that of its type: without these readers trust no bounds.
  writer.list(7, ITEMS.struct, columns.length);
  for (const _column of columns) {
    writer.openItem();
    writer.emptyStruct(1);
    writer.close();
  }
  writer.close();
  const metadata = writer.take();
  const length = Buffer.alloc(4);
  length.writeUInt32LE(metadata.length);
  return Buffer.concat([metadata, length, magic]);
}

function writeColumn(chunk: ColumnChunk, encoded: EncodedColumn, at: number): void {
  const { column, rows } = chunk;
  const { dictionaryBytes, packedBytes, unpackedBytes } = encoded;
  writer.openItem();
  writer.i64(2, at);
  writer.open(3);
  writer.i32(1, TYPES[column.type]);
  const encodings = dictionaryBytes === null ? [PLAIN, RLE] : [PLAIN, RLE, RLE_DICTIONARY];
  writer.list(2, ITEMS.i32, encodings.length);
  encodings.forEach((encoding) => writer.i32Item(encoding));
  writer.list(3, ITEMS.binary, 1);
  writer.binaryItem(column.name);
  writer.i32(4, SNAPPY);
  writer.i64(5, rows);
  writer.i64(6, unpackedBytes);
  writer.i64(7, packedBytes);
  writer.i64(9, at + (dictionaryBytes ?? 0));
  if (dictionaryBytes !== null) writer.i64(11, at);
  writeStatistics(chunk);
  writer.close();
  writer.close();
}

function writeStatistics({ column, rows, count, bounds }: ColumnChunk): void {
  writer.open(12);
  writer.i64(3, rows - count);
  if (bounds) {
    const [min, max] = [toPlain(column.type, bounds.min, -0), toPlain(column.type, bounds.max, 0)];
    if (min.length <= MAX_BOUND_BYTES && max.length <= MAX_BOUND_BYTES) {
      writer.binary(5, max);
      writer.binary(6, min);
      writer.bool(7, true);
      writer.bool(8, true);
    }
  }
  writer.close();
}

/** A bound as a plain value. Parquet wants a zero as a lower bound to be -0, and 0 as an upper one. */
function toPlain(type: ColumnType, bound: Bounds['min'], zero: number): Buffer {
  if (typeof bound === 'string') return Buffer.from(bound);
  const bytes = Buffer.alloc(type === 'integer' ? 4 : 8);
  if (typeof bound === 'bigint') bytes.writeBigInt64LE(bound);
  else if (type === 'integer') bytes.writeInt32LE(bound);
  else bytes.writeDoubleLE(bound === 0 ? zero : bound);
  return bytes;
}

function writeRoot(children: number): void {
  writer.openItem();
  writer.binary(4, 'spark_schema');
  writer.i32(5, children);
  writer.close();
}

function writeElement({ name, type }: TableColumn): void {
  writer.openItem();
  writer.i32(1, TYPES[type]);
  writer.i32(3, OPTIONAL);
  writer.binary(4, name);
  if (type === 'string') {
    writer.i32(6, CONVERTED_UTF8);
    writer.open(10);
    writer.emptyStruct(1);
    writer.close();
  }
  if (type === 'timestamp') {
    writer.i32(6, CONVERTED_TIMESTAMP_MICROS);
    writer.open(10);
    writer.open(8);
    writer.bool(1, true);
    writer.open(2);
    writer.emptyStruct(2);
    writer.close();
    writer.close();
    writer.close();
  }
  writer.close();
}

function writeKeyValue(key: string, value: string): void {
  writer.openItem();
  writer.binary(1, key);
  writer.binary(2, value);
  writer.close();
}
