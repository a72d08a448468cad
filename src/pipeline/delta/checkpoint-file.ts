/**
 * The Parquet file of a log checkpoint, put together from row groups that were encoded now or for an earlier one.
 * Columns are those of Spark's classic checkpoints (PROTOCOL.md, Checkpoint Schema), as far as Sluice's features need them.
 */
import { ByteWriter, ParquetWriter } from 'hyparquet-writer';
import snappy from 'snappy';
import type { Action } from './actions.ts';

type SchemaElement = ConstructorParameters<typeof ParquetWriter>[0]['schema'][number];
type RowGroup = ParquetWriter['row_groups'][number];

const MAGIC_BYTES = 4;
const FIRST_BYTES = 1 << 16;
/** About as long is what the footer tells of one row group. */
const FOOTER_BYTES = 2_500;
const CREATED_BY = 'sluice version 0.1.0 (build embedded)';

const text = (name: string, repetition: 'OPTIONAL' | 'REQUIRED' = 'OPTIONAL'): SchemaElement[] => [
  { name, type: 'BYTE_ARRAY', converted_type: 'UTF8', logical_type: { type: 'STRING' }, repetition_type: repetition },
];
const long = (name: string): SchemaElement[] => [{ name, type: 'INT64', repetition_type: 'OPTIONAL' }];
const integer = (name: string): SchemaElement[] => [{ name, type: 'INT32', repetition_type: 'OPTIONAL' }];
const flag = (name: string): SchemaElement[] => [{ name, type: 'BOOLEAN', repetition_type: 'OPTIONAL' }];
const struct = (name: string, ...fields: SchemaElement[][]): SchemaElement[] => [
  { name, repetition_type: 'OPTIONAL', num_children: fields.length },
  ...fields.flat(),
];
const map = (name: string): SchemaElement[] => [
  { name, repetition_type: 'OPTIONAL', num_children: 1, converted_type: 'MAP', logical_type: { type: 'MAP' } },
  { name: 'key_value', repetition_type: 'REPEATED', num_children: 2 },
  ...text('key', 'REQUIRED'),
  ...text('value'),
];
const list = (name: string): SchemaElement[] => [
  { name, repetition_type: 'OPTIONAL', num_children: 1, converted_type: 'LIST', logical_type: { type: 'LIST' } },
  { name: 'list', repetition_type: 'REPEATED', num_children: 1 },
  ...text('element'),
];

const COLUMNS: Readonly<Record<'txn' | 'add' | 'remove' | 'metaData' | 'protocol', SchemaElement[]>> = {
  txn: struct('txn', text('appId'), long('version'), long('lastUpdated')),
  add: struct(
    'add',
    text('path'),
    map('partitionValues'),
    long('size'),
    long('modificationTime'),
    flag('dataChange'),
    map('tags'),
    text('stats'),
  ),
  remove: struct(
    'remove',
    text('path'),
    long('deletionTimestamp'),
    flag('dataChange'),
    flag('extendedFileMetadata'),
    map('partitionValues'),
    long('size'),
  ),
  metaData: struct(
    'metaData',
    text('id'),
    text('name'),
    text('description'),
    struct('format', text('provider'), map('options')),
    text('schemaString'),
    list('partitionColumns'),
    map('configuration'),
    long('createdTime'),
  ),
  protocol: struct(
    'protocol',
    integer('minReaderVersion'),
    integer('minWriterVersion'),
    list('readerFeatures'),
    list('writerFeatures'),
  ),
};
const NAMES = Object.keys(COLUMNS) as (keyof typeof COLUMNS)[];
const SCHEMA: SchemaElement[] = [
  { name: 'spark_schema', num_children: NAMES.length },
  ...Object.values(COLUMNS).flat(),
];
const LONGS = new Set(['version', 'lastUpdated', 'size', 'modificationTime', 'deletionTimestamp', 'createdTime']);

/** Some actions as a row group: its pages, and what the footer tells of it as if it stood right behind the magic word. */
export interface EncodedGroup {
  readonly rows: number;
  readonly bytes: Uint8Array;
  readonly footer: RowGroup;
}

export function encodeGroup(actions: readonly Action[]): EncodedGroup {
  const [bytes, writer] = openWriter();
  const rows = actions.map(toRow);
  const columnData = NAMES.map((name) => ({ name, data: rows.map((row) => row[name] ?? null), offsetIndex: false }));
  void writer.write({ columnData, rowGroupSize: rows.length });
  const [footer] = writer.row_groups as [RowGroup];
  // A copy, because the writer's buffer may be twice as long.
  return { rows: rows.length, bytes: bytes.getBytes().slice(MAGIC_BYTES), footer };
}

/** Under this name the footer tells how many tombstones there are: the first rows, so that who wants none may pass them. */
export const TOMBSTONE_ROWS = 'sluice.tombstones';

/** The bytes of the file. */
export function joinGroups(groups: readonly EncodedGroup[], tombstones: number): Buffer {
  const size = groups.reduce((sum, each) => sum + each.bytes.length, FIRST_BYTES);
  const [bytes, writer] = openWriter(size + groups.length * FOOTER_BYTES);
  writer.kvMetadata = [{ key: TOMBSTONE_ROWS, value: String(tombstones) }];
  for (const { rows, bytes: pages, footer } of groups) {
    writer.row_groups.push(moved(footer, BigInt(bytes.offset - MAGIC_BYTES)));
    writer.num_rows += BigInt(rows);
    bytes.appendBytes(pages);
  }
  void writer.finish();
  const { buffer, byteOffset, length } = bytes.getBytes();
  return Buffer.from(buffer, byteOffset, length);
}

function openWriter(size = FIRST_BYTES): [ByteWriter, ParquetWriter] {
  const writer = new ByteWriter(size);
  const options = {
    writer,
    schema: SCHEMA,
    codec: 'SNAPPY',
    compressors,
    statistics: false,
    createdBy: CREATED_BY,
  } as const;
  return [writer, new ParquetWriter(options)];
}

const compressors = {
  SNAPPY: (raw: Uint8Array): Uint8Array =>
    snappy.compressSync(Buffer.from(raw.buffer, raw.byteOffset, raw.byteLength), { copyOutputData: true }),
};

function moved({ columns, ...group }: RowGroup, by: bigint): RowGroup {
  return { ...group, columns: columns.map((column) => moveColumn(column, by)) };
}

function moveColumn(column: RowGroup['columns'][number], by: bigint): RowGroup['columns'][number] {
  const { file_offset, meta_data } = column;
  if (!meta_data) return column;
  const { data_page_offset, dictionary_page_offset } = meta_data;
  return {
    ...column,
    file_offset: file_offset + by,
    meta_data: {
      ...meta_data,
      data_page_offset: data_page_offset + by,
      ...(dictionary_page_offset !== undefined && { dictionary_page_offset: dictionary_page_offset + by }),
    },
  };
}

type Row = Partial<Record<keyof typeof COLUMNS, object>>;

/** With 64-bit numbers as the writer wants them. */
function toRow(action: Action): Row {
  const [name] = NAMES.filter((each) => action[each]);
  if (!name) return {};
  const entries = Object.entries(action[name] ?? {}).map(([key, value]: [string, unknown]) => {
    return [key, typeof value === 'number' && LONGS.has(key) ? BigInt(value) : value];
  });
  return { [name]: Object.fromEntries(entries) as object };
}
