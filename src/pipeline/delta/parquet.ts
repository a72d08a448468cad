/**
 * Writes the data files of a table: Parquet from typed columns, row group by row group, packed by the native snappy. Read
 * exactly by Spark, DuckDB, pyarrow and delta-rs.
 */
import snappy from 'snappy';
import type { ColumnsView } from './columns-view.ts';
import { footer, rowGroup } from './parquet-footer.ts';
import { PackingHabits, RowGroupEncoder } from './row-group.ts';
import type { TableColumn, TableRow } from './schema.ts';
import { FileStats } from './stats.ts';
import { columnsOf } from './table-columns.ts';

const MAGIC = Buffer.from('PAR1');

/** One file. The answers, one after the other, are its bytes. All columns are nullable. */
export interface ParquetFile {
  /** Of the rows that it has so far. */
  readonly stats: FileStats;
  /** A row group of the rows [from, to), or of all. Its bytes are valid until the next one of any file. */
  append(table: ColumnsView, from?: number, to?: number): Buffer;
  finish(): Buffer;
}

/** `habits`: common to files that are alike, so that they learn from one another. */
export function openParquetFile(
  columns: readonly TableColumn[],
  habits = new PackingHabits(columns.length),
): ParquetFile {
  const stats = new FileStats(columns);
  const groups: Buffer[] = [];
  let at = 0;
  return {
    stats,
    append(table, from = 0, to = table.rows) {
      const magic = at === 0 ? MAGIC : null;
      const bytes = encoder.encode(table, from, to, magic, habits);
      groups.push(rowGroup(columns, encoder.columns, at + (magic?.length ?? 0)));
      stats.add(encoder.columns);
      at += bytes.length;
      return bytes;
    },
    finish: () => footer(columns, groups, stats.rows, MAGIC),
  };
}

/** The bytes of one file with one row group. */
export function writeParquet(columns: readonly TableColumn[], rows: readonly TableRow[]): Buffer {
  const file = openParquetFile(columns);
  return Buffer.concat([file.append(columnsOf(columns, rows)), file.finish()]);
}

// Copied, because memory that the collector does not know of would pile up; and Electron allows no other.
const encoder = new RowGroupEncoder((bytes) => snappy.compressSync(bytes, { copyOutputData: true }));
