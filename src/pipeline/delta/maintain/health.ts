/** How a table is, in numbers and in sentences: what grows without end is seen before it hurts. */
import type { TableHealth } from '../../events.ts';
import type { ObjectStore } from '../../ports.ts';
import { sortLog } from '../log-files.ts';
import { LOG_FOLDER } from '../path.ts';
import type { Table } from '../snapshot.ts';
import { intervalOf } from '../upkeep.ts';
import { BY_HAND, byPartition, planCompaction } from './plan.ts';
import { findOrphans, sizeOf } from './vacuum.ts';

/** Goals for a table that is looked after. */
export const GOALS = { filesPerPartition: 50, orphanShare: 0.01 } as const;
/** A file below this is small, bytes. */
const SMALL_BYTES = 8 * 1024 * 1024;

export interface HealthParts {
  readonly store: ObjectStore;
  readonly table: Table;
  readonly path: string;
  readonly now: () => number;
}

export async function readHealth({ store, table, path, now }: HealthParts): Promise<TableHealth> {
  const { orphans, deletable } = await findOrphans({ store, table, now });
  const snapshot = await table.refresh();
  const files = [...snapshot.files.values()];
  const perPartition = [...byPartition(snapshot.files).values()].map(({ length }) => length).sort((a, b) => a - b);
  const log = await readLog(store);
  const plan = planCompaction(snapshot, BY_HAND);
  const numbers = {
    path,
    version: snapshot.version < 0 ? null : snapshot.version,
    oldestVersion: log.oldest,
    logFiles: log.commits,
    logBytes: log.bytes,
    checkpointVersion: log.checkpoint,
    checkpointAt: log.checkpointAt,
    commitsSinceCheckpoint: snapshot.version - (log.checkpoint ?? -1),
    checkpointInterval: intervalOf(snapshot),
    rows: files.reduce((sum, { rows }) => sum + rows, 0),
    files: files.length,
    bytes: sizeOf(files),
    smallFiles: files.filter(({ size }) => size < SMALL_BYTES).length,
    partitions: perPartition.length,
    filesPerPartition: {
      median: perPartition[Math.floor(perPartition.length / 2)] ?? 0,
      max: perPartition.at(-1) ?? 0,
    },
    mergeable: plan.reduce((sum, group) => sum + group.files.length, 0),
    mergedInto: plan.length,
    tombstones: snapshot.tombstones.size,
    orphans: orphans.length,
    orphanBytes: sizeOf(orphans),
    deletable: deletable.length,
    deletableBytes: sizeOf(deletable),
  };
  return { ...numbers, findings: findingsOf(numbers) };
}

async function readLog(store: ObjectStore) {
  const objects = await store.list(LOG_FOLDER);
  const { commits, checkpoints } = sortLog(objects);
  const newest = checkpoints.at(-1);
  return {
    oldest: commits[0] ?? null,
    commits: commits.length,
    bytes: sizeOf(objects),
    checkpoint: newest?.version ?? null,
    checkpointAt: objects.find(({ key }) => key === newest?.keys[0])?.modifiedAt ?? null,
  };
}

/** The most important first; none when all is well. */
function findingsOf(health: Omit<TableHealth, 'findings'>): string[] {
  const findings: string[] = [];
  const { filesPerPartition, commitsSinceCheckpoint, checkpointInterval, orphanBytes, bytes, deletable } = health;
  if (filesPerPartition.max > GOALS.filesPerPartition)
    findings.push(
      `A partition has ${filesPerPartition.max} files, more than ${GOALS.filesPerPartition}: \`sluice table optimize\` makes ${health.mergedInto} files of ${health.mergeable}.`,
    );
  if (health.version !== null && commitsSinceCheckpoint > 2 * checkpointInterval)
    findings.push(
      `The log has ${commitsSinceCheckpoint} commits since its last checkpoint, more than ${2 * checkpointInterval}: readers open slowly until the next one is written.`,
    );
  if (deletable > 0 && orphanBytes > bytes * GOALS.orphanShare)
    findings.push(`${deletable} files that nothing refers to can go: \`sluice table vacuum\` shows them.`);
  return findings;
}
