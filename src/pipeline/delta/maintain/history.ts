/** What happened to a table, the newest first, as its own log tells it. */
import type { TableVersion } from '../../events.ts';
import type { ObjectStore } from '../../ports.ts';
import { parseBatchMetadata, type Action } from '../actions.ts';
import { newestFirst } from '../snapshot.ts';

export async function readHistory(store: ObjectStore, limit: number): Promise<TableVersion[]> {
  const versions: TableVersion[] = [];
  for await (const { version, actions } of newestFirst(store)) {
    versions.push(toVersion(version, actions));
    if (versions.length >= limit) break;
  }
  return versions;
}

function toVersion(version: number, actions: readonly Action[]): TableVersion {
  const info = actions.find(({ commitInfo }) => commitInfo)?.commitInfo;
  const adds = actions.flatMap(({ add }) => (add ? [add] : []));
  const { numOutputRows } = info?.operationMetrics ?? {};
  return {
    version,
    at: info?.timestamp ?? null,
    operation: info?.operation ?? 'unknown',
    engine: info?.engineInfo ?? null,
    batchId: parseBatchMetadata(info)?.batchId ?? actions.find(({ txn }) => txn)?.txn?.version ?? null,
    rows: numOutputRows === undefined ? null : Number(numOutputRows),
    filesAdded: adds.length,
    filesRemoved: actions.filter(({ remove }) => remove).length,
    bytesAdded: adds.reduce((sum, { size }) => sum + size, 0),
  };
}
