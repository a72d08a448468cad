/** A log of many commits with a checkpoint every ten: a start reads the newest checkpoint and what came after. */
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Action } from '../../src/pipeline/delta/actions.ts';
import { checkpointContent, writeCheckpoint } from '../../src/pipeline/delta/checkpoint.ts';
import { applyAll, emptyState, type LogState } from '../../src/pipeline/delta/log-state.ts';
import { commitKey } from '../../src/pipeline/delta/path.ts';
import { openTable } from '../../src/pipeline/delta/snapshot.ts';
import { Tombstones } from '../../src/pipeline/delta/tombstones.ts';
import { openLocalStore } from '../../src/pipeline/store/local.ts';

const GOAL_MS = 3_000;
/** As long as those of Bronze. */
const STATS = `{"numRecords":1,"minValues":{"n":1},"maxValues":{"n":1},"nullCount":{"n":0},"pad":"${'x'.repeat(1_200)}"}`;
const CREATE: Action[] = [
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

const LIVE = 2_000;
const STARTS = 5;

/** Every commit adds a file and removes the one of 2,000 commits ago, as a table does whose files are put together at times. */
export async function longLog(root: string, commits: number) {
  const store = openLocalStore(root);
  mkdirSync(path.join(root, '_delta_log'), { recursive: true });
  const state = emptyState(-1);
  for (let version = 0; version < commits; version += 1) write(root, state, version, actionsOf(version));
  const snapshot = { ...state, tombstones: new Tombstones() };
  const checkpointMs = await time(() => writeCheckpoint(store, checkpointContent(snapshot, Date.now())));
  for (let version = commits; version < commits + 9; version += 1) {
    write(root, state, version, [{ txn: { appId: 'query', version, lastUpdated: 1 } }]);
  }
  const starts: { wall: number; cpu: number }[] = [];
  for (let run = 0; run < STARTS; run += 1) {
    const before = process.cpuUsage();
    const wall = await time(async () => void (await openTable(store).refresh()));
    const { user, system } = process.cpuUsage(before);
    starts.push({ wall: Math.round(wall), cpu: Math.round((user + system) / 1_000) });
  }
  const { version, files } = await openTable(store).refresh();
  const best = Math.min(...starts.map(({ wall }) => wall));
  return {
    commits,
    liveFiles: files.size,
    version,
    checkpointMs: Math.round(checkpointMs),
    firstStart: starts[0],
    bestStart: starts.find(({ wall }) => wall === best),
    goalMs: GOAL_MS,
    met: (starts[0]?.wall ?? Infinity) <= GOAL_MS && version === commits + 8 && files.size === LIVE,
  };
}

function actionsOf(version: number): Action[] {
  const add = {
    path: `f${version}.parquet`,
    partitionValues: {},
    size: 1,
    modificationTime: 1,
    dataChange: true,
    stats: STATS,
  };
  const gone = `f${version - LIVE}.parquet`;
  return [
    { commitInfo: { timestamp: version, operation: 'STREAMING UPDATE' } },
    ...(version === 0 ? CREATE : []),
    { txn: { appId: 'query', version, lastUpdated: 1 } },
    { add },
    ...(version >= LIVE ? [{ remove: { path: gone, deletionTimestamp: 1, dataChange: false } }] : []),
  ];
}

function write(root: string, state: LogState, version: number, actions: readonly Action[]): void {
  applyAll(state, actions);
  state.version = version;
  writeFileSync(path.join(root, commitKey(version)), actions.map((action) => JSON.stringify(action)).join('\n'));
}

async function time(work: () => Promise<void>): Promise<number> {
  const began = performance.now();
  await work();
  return performance.now() - began;
}
