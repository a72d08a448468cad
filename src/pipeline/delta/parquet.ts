/**
 * The one file that writes Parquet for tables. Columns are encoded here, from typed arrays (`parquet-column.ts`); the
 * footer is written by `hyparquet-writer`, and pages are packed by the native snappy. Spark 3.5 reads the files exactly.
 */
import { ByteWriter, ParquetWriter } from 'hyparquet-writer';
import snappy from 'snappy';
import type { Bounds } from './bounds.ts';
import { allChunks, type ColumnChunk } from './chunks.ts';
import { ColumnEncoder, type EncodedColumn } from './parquet-column.ts';
import { toSchemaString, type ColumnType, type TableColumn, type TableRow } from './schema.ts';
import { columnsOf } from './table-columns.ts';

type SchemaElement = ParquetWriter['schema'][number];
type RowGroup = ParquetWriter['row_groups'][number];
type ColumnMetadata = NonNullable<RowGroup['columns'][number]['meta_data']>;

const MAGIC = Buffer.from('PAR1');
/** Readers take text statistics only from a writer whose name has this form (`name version x (build y)`). */
const CREATED_BY = 'sluice version 0.1.0 (build embedded)';
/** Tells Spark that dates and timestamps need no rebase to an older calendar. */
const SPARK_VERSION = '3.5.7';

const ELEMENTS = {
  string: { type: 'BYTE_ARRAY', converted_type: 'UTF8', logical_type: { type: 'STRING' } },
  long: { type: 'INT64' },
  integer: { type: 'INT32' },
  double: { type: 'DOUBLE' },
  timestamp: {
    type: 'INT64',
    converted_type: 'TIMESTAMP_MICROS',
    logical_type: { type: 'TIMESTAMP', isAdjustedToUTC: true, unit: 'MICROS' },
  },
} as const satisfies Readonly<Record<ColumnType, Omit<SchemaElement, 'name'>>>;

/** One file that is written row group by row group. The answers, one after the other, are its bytes. All columns are nullable. */
export interface ParquetFile {
  append(chunks: readonly ColumnChunk[]): Buffer;
  /** The footer. */
  finish(): Buffer;
}

export function openParquetFile(columns: readonly TableColumn[]): ParquetFile {
  const groups: RowGroup[] = [];
  let at = 0;
  return {
    append(chunks) {
      const parts: Buffer[] = at === 0 ? [MAGIC] : [];
      const start = at === 0 ? MAGIC.length : at;
      at = start;
      const written = chunks.map((chunk) => {
        const encoded = encoder.encode(chunk);
        const meta = toMetadata(chunk, encoded, at);
        parts.push(...encoded.parts);
        at += encoded.packedBytes;
        return { meta_data: meta, file_offset: meta.dictionary_page_offset ?? meta.data_page_offset };
      });
      groups.push({
        columns: written,
        total_byte_size: written.reduce((sum, { meta_data }) => sum + meta_data.total_uncompressed_size, 0n),
        num_rows: BigInt(chunks[0]?.rows ?? 0),
        file_offset: BigInt(start),
        total_compressed_size: BigInt(at - start),
      });
      return Buffer.concat(parts);
    },
    finish: () => toFooter(columns, groups),
  };
}

/** The bytes of one file with one row group. */
export function writeParquet(columns: readonly TableColumn[], rows: readonly TableRow[]): Buffer {
  const file = openParquetFile(columns);
  return Buffer.concat([file.append(allChunks(columnsOf(columns, rows))), file.finish()]);
}

const encoder = new ColumnEncoder((bytes) => snappy.compressSync(bytes));

function toMetadata(chunk: ColumnChunk, encoded: EncodedColumn, at: number): ColumnMetadata {
  const { column, rows, count, bounds } = chunk;
  const { dictionaryBytes, packedBytes, unpackedBytes } = encoded;
  return {
    type: ELEMENTS[column.type].type,
    encodings: dictionaryBytes === null ? ['PLAIN', 'RLE'] : ['PLAIN', 'RLE', 'RLE_DICTIONARY'],
    path_in_schema: [column.name],
    codec: 'SNAPPY',
    num_values: BigInt(rows),
    total_uncompressed_size: BigInt(unpackedBytes),
    total_compressed_size: BigInt(packedBytes),
    data_page_offset: BigInt(at + (dictionaryBytes ?? 0)),
    ...(dictionaryBytes === null ? {} : { dictionary_page_offset: BigInt(at) }),
    statistics: { null_count: BigInt(rows - count), ...(bounds ? toStatistics(bounds) : {}) },
  };
}

/** Parquet wants zeros as the bounds to be -0 below and 0 above. */
function toStatistics({ min, max }: Bounds): { min_value: Bounds['min']; max_value: Bounds['max'] } {
  return { min_value: Object.is(min, 0) ? -0 : min, max_value: Object.is(max, -0) ? 0 : max };
}

function toFooter(columns: readonly TableColumn[], groups: RowGroup[]): Buffer {
  const bytes = new ByteWriter();
  const writer = new ParquetWriter({
    writer: bytes,
    schema: [{ name: 'spark_schema', num_children: columns.length }, ...columns.map(toElement)],
    createdBy: CREATED_BY,
    kvMetadata: [
      { key: 'org.apache.spark.version', value: SPARK_VERSION },
      { key: 'org.apache.spark.sql.parquet.row.metadata', value: toSchemaString(columns) },
    ],
  });
  // The writer has begun a file of its own; ours has its first bytes already.
  bytes.index = 0;
  writer.row_groups.push(...groups);
  writer.num_rows = groups.reduce((sum, { num_rows }) => sum + num_rows, 0n);
  void writer.finish();
  return Buffer.from(bytes.getBuffer());
}

function toElement({ name, type }: TableColumn): SchemaElement {
  return { name, repetition_type: 'OPTIONAL', ...ELEMENTS[type] };
}
