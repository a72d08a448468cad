/** Log checkpoints, read: the rows of their Parquet files as actions. */
import type { ObjectStore } from '../ports.ts';
import type { Action, AddAction, MetaDataAction, ProtocolAction, RemoveAction, TxnAction } from './actions.ts';
import { TOMBSTONE_ROWS } from './checkpoint-file.ts';
import type { CheckpointFiles } from './log-files.ts';
import { readNote, readParquet, type ParquetRow } from './parquet-read.ts';

/**
 * The actions of a log checkpoint, or null when it cannot be read: one that was cut while being written is ignored, as
 * PROTOCOL.md asks, because older checkpoints and the commits hold the same.
 *
 * @param removes false leaves the tombstones out, which are most of it where files are often put together
 */
export async function readLogCheckpoint(
  store: ObjectStore,
  { keys }: CheckpointFiles,
  removes = true,
): Promise<Action[] | null> {
  const actions: Action[] = [];
  for (const key of keys) {
    const bytes = await store.get(key);
    if (bytes && (await store.findDamage?.(key, bytes))) return null;
    const rows = bytes && (await (removes ? readParquet(bytes) : readLive(bytes)).catch(() => null));
    if (!rows) return null;
    for (const row of rows) actions.push(toAction(row));
  }
  const isWhole = actions.some(({ metaData }) => metaData) && actions.some(({ protocol }) => protocol);
  return isWhole ? actions : null;
}

/** Our own checkpoints tell how many tombstones come first; in those of others they are unpacked to be left out. */
async function readLive(bytes: Buffer): Promise<ParquetRow[]> {
  const tombstones = Number(readNote(bytes, TOMBSTONE_ROWS) ?? NaN);
  if (Number.isInteger(tombstones)) return readParquet(bytes, { rows: [tombstones, Infinity] });
  return readParquet(bytes, { columns: ['add', 'txn', 'metaData', 'protocol'] });
}

/** Exactly one column of a row is set. Unknown columns are ignored, as unknown actions are. */
function toAction(row: ParquetRow): Action {
  if (isStruct(row['add'])) return { add: toAdd(row['add']) };
  if (isStruct(row['remove'])) return { remove: plain(row['remove']) as unknown as RemoveAction };
  if (isStruct(row['txn'])) return { txn: plain(row['txn']) as unknown as TxnAction };
  if (isStruct(row['metaData'])) return { metaData: toMetaData(plain(row['metaData'])) };
  if (isStruct(row['protocol'])) return { protocol: plain(row['protocol']) as unknown as ProtocolAction };
  return {};
}

/** By hand, because there may be a hundred thousand of them. */
function toAdd(add: ParquetRow): AddAction {
  const { path, partitionValues, size, modificationTime, stats, tags } = add;
  return {
    path: path as string,
    partitionValues: (partitionValues ?? {}) as AddAction['partitionValues'],
    size: Number(size),
    modificationTime: Number(modificationTime),
    dataChange: false,
    ...(typeof stats === 'string' && { stats }),
    ...(isStruct(tags) && { tags: tags as Record<string, string> }),
  };
}

function toMetaData(values: ParquetRow): MetaDataAction {
  return { ...(values as unknown as MetaDataAction), configuration: (values['configuration'] ?? {}) as never };
}

/** Without nulls, and with 64-bit numbers as numbers: those of a log are versions, sizes and milliseconds. */
function plain(values: ParquetRow): ParquetRow {
  const entries = Object.entries(values).filter(([, value]) => value !== null && value !== undefined);
  return Object.fromEntries(entries.map(([name, value]) => [name, typeof value === 'bigint' ? Number(value) : value]));
}

function isStruct(value: unknown): value is ParquetRow {
  return typeof value === 'object' && value !== null;
}
