/**
 * Writes the data files of a table: Parquet from typed columns, row group by row group, packed by the native snappy. Read
 * exactly by Spark, DuckDB, pyarrow and delta-rs.
 */
import snappy from 'snappy';
import { allChunks, type ColumnChunk } from './chunks.ts';
import { ColumnEncoder } from './parquet-column.ts';
import { footer, rowGroup } from './parquet-footer.ts';
import type { TableColumn, TableRow } from './schema.ts';
import { columnsOf } from './table-columns.ts';

const MAGIC = Buffer.from('PAR1');

/** One file. The answers, one after the other, are its bytes. All columns are nullable. */
export interface ParquetFile {
  append(chunks: readonly ColumnChunk[]): Buffer;
  finish(): Buffer;
}

export function openParquetFile(columns: readonly TableColumn[]): ParquetFile {
  const groups: Buffer[] = [];
  let [rows, at] = [0, 0];
  return {
    append(chunks) {
      const magic = at === 0 ? [MAGIC] : [];
      at += at === 0 ? MAGIC.length : 0;
      const encoded = chunks.map((chunk) => encoder.encode(chunk));
      groups.push(rowGroup(chunks, encoded, at));
      at += encoded.reduce((sum, { packedBytes }) => sum + packedBytes, 0);
      rows += chunks[0]?.rows ?? 0;
      return Buffer.concat([...magic, ...encoded.flatMap(({ parts }) => parts)]);
    },
    finish: () => footer(columns, groups, rows, MAGIC),
  };
}

/** The bytes of one file with one row group. */
export function writeParquet(columns: readonly TableColumn[], rows: readonly TableRow[]): Buffer {
  const file = openParquetFile(columns);
  return Buffer.concat([file.append(allChunks(columnsOf(columns, rows))), file.finish()]);
}

// Copied, because memory that the collector does not know of would pile up; and Electron allows no other.
const encoder = new ColumnEncoder((bytes) => snappy.compressSync(bytes, { copyOutputData: true }));
