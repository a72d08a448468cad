/** A log of many commits with a checkpoint every ten: a start reads the newest checkpoint and what came after. */
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { checkpointContent, writeCheckpoint } from '../../src/pipeline/delta/checkpoint.ts';
import { commitKey } from '../../src/pipeline/delta/path.ts';
import { openTable } from '../../src/pipeline/delta/snapshot.ts';
import { openLocalStore } from '../../src/pipeline/store/local.ts';

const GOAL_MS = 3_000;
const CREATE = [
  { protocol: { minReaderVersion: 1, minWriterVersion: 2 } },
  {
    metaData: {
      id: 'growth',
      format: { provider: 'parquet', options: {} },
      schemaString: '{"type":"struct","fields":[{"name":"n","type":"long","nullable":true,"metadata":{}}]}',
      partitionColumns: [],
      configuration: {},
      createdTime: 0,
    },
  },
];

/** Every commit adds a file and removes the one of 2,000 commits ago, as a table that is put together at times. */
export async function longLog(root: string, commits: number) {
  const store = openLocalStore(root);
  mkdirSync(path.join(root, '_delta_log'), { recursive: true });
  const stats = `{"numRecords":1,"minValues":{"n":1},"maxValues":{"n":1},"nullCount":{"n":0},"pad":"${'x'.repeat(1_200)}"}`;
  for (let version = 0; version < commits; version += 1) {
    const add = {
      path: `f${version}.parquet`,
      partitionValues: {},
      size: 1,
      modificationTime: 1,
      dataChange: true,
      stats,
    };
    const actions: object[] = [
      { commitInfo: { timestamp: version, operation: 'STREAMING UPDATE' } },
      ...(version === 0 ? CREATE : []),
      { txn: { appId: 'query', version, lastUpdated: 1 } },
      { add },
    ];
    if (version >= 2_000)
      actions.push({ remove: { path: `f${version - 2_000}.parquet`, deletionTimestamp: 1, dataChange: false } });
    writeFileSync(path.join(root, commitKey(version)), actions.map((action) => JSON.stringify(action)).join('\n'));
  }
  const began = performance.now();
  const table = openTable(store);
  await table.refresh();
  const withoutCheckpointMs = performance.now() - began;
  const checkpointMs = await time(async () =>
    writeCheckpoint(store, checkpointContent(await table.refresh(), Date.now())),
  );
  for (let version = commits; version < commits + 9; version += 1) {
    const txn = { appId: 'query', version, lastUpdated: 1 };
    writeFileSync(path.join(root, commitKey(version)), JSON.stringify({ txn }));
  }
  const startMs = await time(async () => void (await openTable(store).refresh()));
  const { version, files } = await openTable(store).refresh();
  return {
    commits,
    liveFiles: files.size,
    version,
    withoutCheckpointMs: Math.round(withoutCheckpointMs),
    checkpointMs: Math.round(checkpointMs),
    startMs: Math.round(startMs),
    goalMs: GOAL_MS,
    met: startMs <= GOAL_MS && version === commits + 8,
  };
}

async function time(work: () => Promise<void>): Promise<number> {
  const began = performance.now();
  await work();
  return performance.now() - began;
}
