/** Which small files are to become larger ones. Pure. */
import type { LiveFile, Snapshot } from '../snapshot.ts';

export interface CompactionRules {
  /** A file of this size is large enough, bytes. */
  readonly targetBytes: number;
  readonly targetRows: number;
  /** A partition with fewer small files is left alone. */
  readonly minFiles: number;
  /**
   * A file with more rows than all smaller ones together stays as it is. So a row is written anew about as often
   * as the rows of its partition double, and not each time that there is something to do.
   */
  readonly sparesLarge: boolean;
}

/** By hand: whatever can be put together. */
export const BY_HAND: CompactionRules = {
  targetBytes: 64 * 1024 * 1024,
  targetRows: 1_000_000,
  minFiles: 2,
  sparesLarge: false,
};
/** By schedule: a partition that is still being written is not written anew for each batch. */
export const BY_SCHEDULE: CompactionRules = { ...BY_HAND, minFiles: 16, sparesLarge: true };

/** Files of one partition that become one. */
export interface CompactionGroup {
  readonly partitionValues: LiveFile['partitionValues'];
  readonly files: readonly (readonly [path: string, file: LiveFile])[];
}

/** Within a partition the oldest files come first, so that rows stay in the order in which they came. */
export function planCompaction({ files }: Pick<Snapshot, 'files'>, rules: CompactionRules): CompactionGroup[] {
  const groups: CompactionGroup[] = [];
  for (const [partitionValues, all] of byPartition(files)) {
    const below = all.filter(([, { size, rows }]) => size < rules.targetBytes * 0.75 && rows < rules.targetRows * 0.75);
    const ordered = below.sort(([, a], [, b]) => a.modificationTime - b.modificationTime);
    const small = rules.sparesLarge ? withoutLarge(ordered) : ordered;
    if (small.length < rules.minFiles) continue;
    for (const some of pack(small, rules)) if (some.length > 1) groups.push({ partitionValues, files: some });
  }
  return groups;
}

export type Entry = readonly [path: string, file: LiveFile];

/** Files of a partition share one object with its values. */
export function byPartition(files: Snapshot['files']): Map<LiveFile['partitionValues'], Entry[]> {
  const found = new Map<LiveFile['partitionValues'], Entry[]>();
  for (const entry of files) {
    const { partitionValues } = entry[1];
    const known = found.get(partitionValues);
    if (known) known.push(entry);
    else found.set(partitionValues, [entry]);
  }
  return found;
}

function withoutLarge(entries: readonly Entry[]): readonly Entry[] {
  const falling = entries.map(([, { rows }]) => rows).sort((a, b) => b - a);
  let rest = falling.reduce((sum, rows) => sum + rows, 0);
  const most = falling.find((rows) => {
    rest -= rows;
    return rows <= rest;
  });
  return entries.filter(([, { rows }]) => rows <= (most ?? -1));
}

/** @param entries the oldest first */
function pack(entries: readonly Entry[], { targetBytes, targetRows }: CompactionRules): Entry[][] {
  const packs: Entry[][] = [];
  let open: Entry[] = [];
  let [bytes, rows] = [0, 0];
  for (const entry of entries) {
    const [, file] = entry;
    if (open.length > 0 && (bytes + file.size > targetBytes || rows + file.rows > targetRows)) {
      packs.push(open);
      [open, bytes, rows] = [[], 0, 0];
    }
    open.push(entry);
    bytes += file.size;
    rows += file.rows;
  }
  return open.length > 0 ? [...packs, open] : packs;
}
