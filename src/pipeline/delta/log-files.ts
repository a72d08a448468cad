/** Which files of the log there are: listed from the hint in `_last_checkpoint` on, never all of a long log. */
import type { ObjectInfo, ObjectStore } from '../ports.ts';
import { LAST_CHECKPOINT, LOG_FOLDER, parseLogKey, versionKey } from './path.ts';

/** A log checkpoint of which every part is there. */
export interface CheckpointFiles {
  readonly version: number;
  readonly keys: readonly string[];
}

export interface LogListing {
  /** Rising. */
  readonly commits: readonly number[];
  /** Complete ones, the oldest first. */
  readonly checkpoints: readonly CheckpointFiles[];
  /** Versions with a checkpoint of the V2 form, which Sluice does not read. */
  readonly v2: readonly number[];
}

/** `_last_checkpoint`; only a hint: null when it is absent or unreadable. */
export async function readHint(store: ObjectStore): Promise<number | null> {
  const bytes = await store.get(LAST_CHECKPOINT);
  try {
    const { version } = JSON.parse(bytes?.toString('utf8') ?? 'null') as { version?: unknown };
    return Number.isSafeInteger(version) && (version as number) >= 0 ? (version as number) : null;
  } catch {
    return null;
  }
}

/** The log from a version on. */
export async function listLog(store: ObjectStore, fromVersion: number): Promise<LogListing> {
  // A key of this version begins with this text, and so stands behind it.
  return sortLog(await store.list(LOG_FOLDER, versionKey(fromVersion)));
}

export function sortLog(objects: readonly Pick<ObjectInfo, 'key'>[]): LogListing {
  const commits: number[] = [];
  const v2 = new Set<number>();
  const parts = new Map<string, { version: number; of: number; keys: string[] }>();
  for (const { key } of objects) {
    const file = parseLogKey(key);
    if (file?.kind === 'commit') commits.push(file.version);
    if (file?.kind === 'v2-checkpoint') v2.add(file.version);
    if (file?.kind !== 'checkpoint') continue;
    const id = `${file.version}/${file.parts}`;
    const found = parts.get(id) ?? { version: file.version, of: file.parts, keys: [] };
    found.keys.push(key);
    parts.set(id, found);
  }
  const whole = [...parts.values()].filter(({ of, keys }) => keys.length === of);
  return {
    commits: commits.sort((a, b) => a - b),
    checkpoints: whole.map(({ version, keys }) => ({ version, keys })).sort((a, b) => a.version - b.version),
    v2: [...v2].sort((a, b) => a - b),
  };
}
