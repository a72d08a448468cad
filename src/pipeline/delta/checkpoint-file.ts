/**
 * The Parquet file of a log checkpoint, written a few actions at a time so that nothing else has to wait for a long one.
 * Columns are those of Spark's classic checkpoints (PROTOCOL.md, Checkpoint Schema), as far as Sluice's features need them.
 */
import { setImmediate } from 'node:timers/promises';
import { ByteWriter, ParquetWriter } from 'hyparquet-writer';
import snappy from 'snappy';
import type { Action } from './actions.ts';

type SchemaElement = ConstructorParameters<typeof ParquetWriter>[0]['schema'][number];

/** Actions that are encoded without a pause: a few milliseconds. */
const GROUP = 250;
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

/** The bytes of the file, one row an action. Pauses between groups of actions. */
export async function encodeCheckpoint(actions: Iterable<Action>): Promise<Buffer> {
  const bytes = new ByteWriter();
  const writer = new ParquetWriter({
    writer: bytes,
    schema: SCHEMA,
    codec: 'SNAPPY',
    compressors: { SNAPPY: (raw) => snappy.compressSync(Buffer.from(raw.buffer, raw.byteOffset, raw.byteLength)) },
    statistics: false,
    createdBy: CREATED_BY,
  });
  for (const rows of groups(actions)) {
    const columnData = NAMES.map((name) => ({ name, data: rows.map((row) => row[name] ?? null) }));
    await writer.write({ columnData, rowGroupSize: GROUP });
    await setImmediate();
  }
  await writer.finish();
  return Buffer.from(bytes.getBuffer());
}

type Row = Partial<Record<keyof typeof COLUMNS, object>>;

function* groups(actions: Iterable<Action>): Iterable<Row[]> {
  let rows: Row[] = [];
  for (const action of actions) {
    rows.push(toRow(action));
    if (rows.length < GROUP) continue;
    yield rows;
    rows = [];
  }
  if (rows.length > 0) yield rows;
}

/** With 64-bit numbers as the writer wants them. */
function toRow(action: Action): Row {
  const [name] = NAMES.filter((each) => action[each]);
  if (!name) return {};
  const entries = Object.entries(action[name] ?? {}).map(([key, value]: [string, unknown]) => {
    return [key, typeof value === 'number' && LONGS.has(key) ? BigInt(value) : value];
  });
  return { [name]: Object.fromEntries(entries) as object };
}
