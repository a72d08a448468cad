/** The metadata of a Parquet file (parquet.thrift): page headers, row groups, footer. Pure. */
import type { Bounds } from './bounds.ts';
import type { EncodedColumn } from './parquet-column.ts';
import { toSchemaString, type ColumnType, type TableColumn } from './schema.ts';
import type { TextList } from './text-list.ts';
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
const UNCOMPRESSED = 0;
const SNAPPY = 1;
const PLAIN = 0;
const RLE = 3;
const RLE_DICTIONARY = 8;
const DATA_PAGE = 0;
const DICTIONARY_PAGE = 2;

const writer = new CompactWriter();

/** Sizes are those of the body of the page, unpacked and packed. The answer holds the header until it is moved away. */
export function writeDataPageHeader(size: number, packed: number, rows: number, isCoded: boolean): CompactWriter {
  writer.i32(1, DATA_PAGE);
  writer.i32(2, size);
  writer.i32(3, packed);
  writer.open(5);
  writer.i32(1, rows);
  writer.i32(2, isCoded ? RLE_DICTIONARY : PLAIN);
  writer.i32(3, RLE);
  writer.i32(4, RLE);
  writer.close();
  writer.close();
  return writer;
}

export function writeDictionaryPageHeader(size: number, packed: number, entries: number): CompactWriter {
  writer.i32(1, DICTIONARY_PAGE);
  writer.i32(2, size);
  writer.i32(3, packed);
  writer.open(7);
  writer.i32(1, entries);
  writer.i32(2, PLAIN);
  writer.close();
  writer.close();
  return writer;
}

/** A `RowGroup` whose first column begins at byte `start` of the file. */
export function rowGroup(columns: readonly TableColumn[], encoded: readonly EncodedColumn[], start: number): Buffer {
  let [at, unpacked] = [start, 0];
  writer.list(1, ITEMS.struct, columns.length);
  for (let index = 0; index < columns.length; index++) {
    const each = encoded[index] as EncodedColumn;
    writeColumn(columns[index] as TableColumn, each, at);
    at += each.packedBytes;
    unpacked += each.unpackedBytes;
  }
  writer.i64(2, unpacked);
  writer.i64(3, encoded[0]?.rows ?? 0);
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
  for (const group of groups) writer.raw(group);
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
  const length = Buffer.alloc(4);
  length.writeUInt32LE(writer.length);
  writer.raw(length);
  writer.raw(magic);
  return writer.take();
}

function writeColumn({ name, type }: TableColumn, encoded: EncodedColumn, at: number): void {
  const { rows, isPacked, dictionaryBytes, packedBytes, unpackedBytes } = encoded;
  writer.openItem();
  writer.i64(2, at);
  writer.open(3);
  writer.i32(1, TYPES[type]);
  writer.list(2, ITEMS.i32, dictionaryBytes === null ? 2 : 3);
  writer.i32Item(PLAIN);
  writer.i32Item(RLE);
  if (dictionaryBytes !== null) writer.i32Item(RLE_DICTIONARY);
  writer.list(3, ITEMS.binary, 1);
  writer.binaryItem(name);
  writer.i32(4, isPacked ? SNAPPY : UNCOMPRESSED);
  writer.i64(5, rows);
  writer.i64(6, unpackedBytes);
  writer.i64(7, packedBytes);
  writer.i64(9, at + (dictionaryBytes ?? 0));
  if (dictionaryBytes !== null) writer.i64(11, at);
  writeStatistics(type, encoded);
  writer.close();
  writer.close();
}

function writeStatistics(type: ColumnType, { rows, count, bounds }: EncodedColumn): void {
  writer.open(12);
  writer.i64(3, rows - count);
  if (bounds.exist && (bounds.list ? writeTexts(bounds.list, bounds) : writeNumbers(type, bounds))) {
    writer.bool(7, true);
    writer.bool(8, true);
  }
  writer.close();
}

/** Writes nothing, and answers false, when they are too long. */
function writeTexts({ bytes, ends }: TextList, { min, max }: Bounds): boolean {
  const [start, end] = [ends[min] as number, ends[min + 1] as number];
  const [maxStart, maxEnd] = [ends[max] as number, ends[max + 1] as number];
  if (end - start > MAX_BOUND_BYTES || maxEnd - maxStart > MAX_BOUND_BYTES) return false;
  writer.binaryOf(5, bytes, maxStart, maxEnd);
  writer.binaryOf(6, bytes, start, end);
  return true;
}

function writeNumbers(type: ColumnType, { doubles, bytes }: Bounds): boolean {
  const from = type === 'double' ? withZeros(doubles) : bytes;
  const length = type === 'integer' ? 4 : 8;
  writer.binaryOf(5, from, 8, 8 + length);
  writer.binaryOf(6, from, 0, length);
  return true;
}

const plain = new Float64Array(2);
const plainBytes = new Uint8Array(plain.buffer);

/** Parquet wants a zero as a lower bound to be -0, and 0 as an upper one. */
function withZeros(doubles: Float64Array): Uint8Array {
  const [min, max] = [doubles[0] as number, doubles[1] as number];
  plain[0] = min === 0 ? -0 : min;
  plain[1] = max === 0 ? 0 : max;
  return plainBytes;
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
