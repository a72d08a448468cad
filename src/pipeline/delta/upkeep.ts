/**
 * What a log wants at times, beside the batches: a checkpoint every so many commits, and the end of what has expired.
 * One thing at a time; a batch never waits for it, and what fails is told and tried again later.
 */
import type { Clock, Log, ObjectStore } from '../ports.ts';
import { checkpointContent, writeCheckpoint, type CheckpointContent } from './checkpoint.ts';
import { CheckpointGroups } from './checkpoint-groups.ts';
import { cleanLog } from './cleanup.ts';
import { readProperties } from './properties.ts';
import type { Snapshot } from './snapshot.ts';

export interface UpkeepOptions {
  readonly store: ObjectStore;
  readonly clock: Clock;
  readonly log: Log;
  /** Throws when this run may no longer write. */
  readonly checkOwner: () => Promise<void>;
}

export interface Upkeep {
  /** Called when a version is settled. Looks at the snapshot at once and keeps nothing of it. */
  settled(snapshot: Snapshot): void;
  /** Resolves when nothing is under way. */
  idle(): Promise<void>;
}

const DAY_MS = 86_400_000;
/**
 * A checkpoint tells of every file, the removed ones of a week included: so many of them for each commit that it stands
 * for, which is a quarter of a megabyte.
 */
const ENTRIES_A_COMMIT = 5_000;
/** A start reads at most so many commits one by one. */
const LONGEST_INTERVAL = 100;

export function openUpkeep({ store, clock, log, checkOwner }: UpkeepOptions): Upkeep {
  let busy: Promise<void> | null = null;
  let written = -1;
  let cleanedOn = -1;
  const groups = new CheckpointGroups();

  /** What has expired changes once a day. */
  async function clean(content: CheckpointContent, snapshot: Pick<Snapshot, 'metaData'>): Promise<void> {
    const { cleansLog, logRetentionMs } = readProperties(snapshot.metaData?.configuration);
    const today = Math.floor(clock.now() / DAY_MS);
    if (!cleansLog || cleanedOn === today) return;
    await checkOwner();
    const { deleted } = await cleanLog(store, { now: clock.now(), retentionMs: logRetentionMs });
    cleanedOn = today;
    if (deleted > 0)
      log('info', `Removed ${deleted} expired files of the table's log before version ${content.version}`);
  }

  async function work(content: CheckpointContent, metaData: Snapshot['metaData']): Promise<void> {
    try {
      await checkOwner();
      await writeCheckpoint(store, content, groups);
      await clean(content, { metaData });
    } catch (error) {
      log(
        'warn',
        `The checkpoint of the table's log at version ${content.version} was not written: ${(error as Error).message}`,
      );
    }
  }

  return {
    settled(snapshot) {
      const { version, metaData, checkpointVersion } = snapshot;
      written = Math.max(written, checkpointVersion);
      if (busy || version - Math.max(written, 0) < intervalOf(snapshot)) return;
      written = version;
      busy = work(checkpointContent(snapshot, clock.now()), metaData).finally(() => (busy = null));
    },
    idle: () => busy ?? Promise.resolve(),
  };
}

/** Commits from one checkpoint to the next: what the table asks for, and more where each of them is long. */
export function intervalOf({
  metaData,
  files,
  tombstones,
}: Pick<Snapshot, 'metaData' | 'files' | 'tombstones'>): number {
  const { checkpointInterval } = readProperties(metaData?.configuration);
  const worthwhile = Math.ceil((files.size + tombstones.size) / ENTRIES_A_COMMIT);
  return Math.max(checkpointInterval, Math.min(LONGEST_INTERVAL, worthwhile));
}
