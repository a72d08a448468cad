/** The one file that writes Parquet for tables: `hyparquet-writer` with the native snappy. Spark 3.5 reads it exactly. */
import { parquetWriteBuffer } from 'hyparquet-writer';
import snappy from 'snappy';
import { toSchemaString, type ColumnType, type TableColumn, type TableRow } from './schema.ts';

type SchemaElement = NonNullable<Parameters<typeof parquetWriteBuffer>[0]['schema']>[number];

/** Readers take text statistics only from a writer whose name has this form (`name version x (build y)`). */
const CREATED_BY = 'sluice version 0.1.0 (build embedded)';
/** Tells Spark that dates and timestamps need no rebase to an older calendar. */
const SPARK_VERSION = '3.5.7';

const ELEMENTS: Readonly<Record<ColumnType, Omit<SchemaElement, 'name'>>> = {
  string: { type: 'BYTE_ARRAY', converted_type: 'UTF8', logical_type: { type: 'STRING' } },
  long: { type: 'INT64' },
  integer: { type: 'INT32' },
  double: { type: 'DOUBLE' },
  timestamp: {
    type: 'INT64',
    converted_type: 'TIMESTAMP_MICROS',
    logical_type: { type: 'TIMESTAMP', isAdjustedToUTC: true, unit: 'MICROS' },
  },
};

/** The bytes of one file with one row group. All columns are nullable; long and timestamp are bigint. */
export function writeParquet(columns: readonly TableColumn[], rows: readonly TableRow[]): Buffer {
  const bytes = parquetWriteBuffer({
    schema: [{ name: 'spark_schema', num_children: columns.length }, ...columns.map(toElement)],
    columnData: columns.map(({ name }) => ({ name, data: rows.map((row) => row[name] ?? null) })),
    codec: 'SNAPPY',
    compressors: {
      SNAPPY: (input) => snappy.compressSync(Buffer.from(input.buffer, input.byteOffset, input.byteLength)),
    },
    rowGroupSize: Math.max(1, rows.length),
    createdBy: CREATED_BY,
    kvMetadata: [
      { key: 'org.apache.spark.version', value: SPARK_VERSION },
      { key: 'org.apache.spark.sql.parquet.row.metadata', value: toSchemaString(columns) },
    ],
  });
  return Buffer.from(bytes);
}

function toElement({ name, type }: TableColumn): SchemaElement {
  return { name, repetition_type: 'OPTIONAL', ...ELEMENTS[type] };
}
