/** Data files read and written as one: the same rows in the same order, one row group of bounded size after the other. */
import { SluiceError } from '../../errors.ts';
import type { ObjectStore } from '../../ports.ts';
import type { AddAction } from '../actions.ts';
import { openParquetFile } from '../parquet.ts';
import { readParquet } from '../parquet-read.ts';
import { dataFileName, decodePath, encodePath, partitionFolder } from '../path.ts';
import type { ColumnType, TableColumn, TableRow } from '../schema.ts';
import { TableColumns } from '../table-columns.ts';
import type { MetaDataAction } from '../actions.ts';
import type { CompactionGroup } from './plan.ts';

const ROWS_PER_GROUP = 50_000;
const TYPES: readonly string[] = ['string', 'long', 'integer', 'double', 'timestamp'] satisfies ColumnType[];

/** The columns that stand in data files. Throws TABLE_UNSUPPORTED for a type that Sluice does not write. */
export function dataColumns({ schemaString, partitionColumns }: MetaDataAction): TableColumn[] {
  const { fields } = JSON.parse(schemaString) as { fields: { name: string; type: unknown }[] };
  return fields
    .filter(({ name }) => !partitionColumns.includes(name))
    .map(({ name, type }) => {
      if (typeof type === 'string' && TYPES.includes(type)) return { name, type: type as ColumnType };
      throw new SluiceError('TABLE_UNSUPPORTED', {
        tried: 'Putting small files of the table together',
        seen: `column ${name} is of type ${JSON.stringify(type)}`,
        expected: `columns of the types ${TYPES.join(', ')}`,
        action: "Use the OPTIMIZE of the engine that wrote the table; Sluice's batches go on.",
      });
    });
}

export interface MergeParts {
  readonly store: ObjectStore;
  readonly now: () => number;
  readonly uuid: () => string;
}

/** Writes the file of a group and answers its `add`; nobody sees the file before that is committed. */
export async function mergeFiles(
  { store, now, uuid }: MergeParts,
  columns: readonly TableColumn[],
  group: CompactionGroup,
): Promise<AddAction> {
  const file = openParquetFile(columns);
  const parts: Buffer[] = [];
  let table = new TableColumns(columns);
  const flush = (): void => {
    if (table.rows === 0) return;
    parts.push(Buffer.from(file.append(table)));
    table = new TableColumns(columns);
  };
  for (const [path] of group.files) {
    for (const row of await readRows(store, path)) {
      table.append(row);
      if (table.rows >= ROWS_PER_GROUP) flush();
    }
  }
  flush();
  checkCount(group, file.stats.rows);
  const bytes = Buffer.concat([...parts, file.finish()]);
  const key = partitionFolder(group.partitionValues) + dataFileName(0, uuid());
  await store.put(key, bytes);
  return {
    path: encodePath(key),
    partitionValues: group.partitionValues,
    size: bytes.length,
    modificationTime: now(),
    dataChange: false,
    stats: file.stats.toJson(),
  };
}

async function readRows(store: ObjectStore, path: string): Promise<TableRow[]> {
  const bytes = await store.get(decodePath(path));
  if (bytes) return (await readParquet(bytes)) as TableRow[];
  throw new SluiceError('TABLE_UNSUPPORTED', {
    tried: `Reading the data file ${decodePath(path)}`,
    seen: 'it is gone, although the table counts it',
    expected: 'a file that is there',
    action: 'Somebody deleted files of the table by hand: restore the file, or remove its rows with another engine.',
  });
}

/** The last look before files take the place of others: not a row may be missing. */
function checkCount({ files }: CompactionGroup, rows: number): void {
  const expected = files.reduce((sum, [, file]) => sum + file.rows, 0);
  if (files.some(([, { stats }]) => stats === null) || rows === expected) return;
  throw new SluiceError('TABLE_UNSUPPORTED', {
    tried: `Putting ${files.length} files together`,
    seen: `they hold ${rows} rows`,
    expected: `${expected} rows, as their statistics say`,
    action: 'Nothing was changed. Compare the files with the log of the table.',
  });
}
