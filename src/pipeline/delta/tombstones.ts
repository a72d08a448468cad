/**
 * Files that are no longer live. A table whose small files are put together has far more of them than live ones, and keeps
 * them for a week: so in a table that stays open they are sealed, many at a time, into the bytes that its log checkpoints
 * have of them, which are a seventh of the objects. Of a sealed one only the hash of its path is known.
 */
import type { RemoveAction } from './actions.ts';
import type { EncodedGroup } from './checkpoint-file.ts';

export interface SealedTombstones {
  readonly encoded: EncodedGroup;
  /** ms; the newest of them. */
  readonly deletedAt: number;
  /** Of the paths, rising. */
  readonly hashes: Float64Array;
}

export class Tombstones {
  /** Path as in the log -> tombstone, in the order in which they came. */
  readonly loose = new Map<string, RemoveAction>();
  /** The oldest first. */
  sealed: readonly SealedTombstones[] = [];
  /** Set once a file came back, or went again, that may be among the sealed ones: then the log has to be read anew. */
  isUnclear = false;

  get size(): number {
    return this.sealed.reduce((sum, { encoded }) => sum + encoded.rows, this.loose.size);
  }

  /** Only of a table that has sealed nothing, because nobody has written its log checkpoints. */
  values(): Iterable<RemoveAction> {
    if (this.sealed.length > 0) throw new Error('sealed tombstones cannot be read: open the table anew');
    return this.loose.values();
  }

  add(remove: RemoveAction): void {
    this.#check(remove.path);
    this.loose.set(remove.path, remove);
  }

  /** The file is live again, or for the first time. */
  delete(path: string): void {
    this.#check(path);
    this.loose.delete(path);
  }

  /** Puts bytes in the place of these tombstones, unless one of them has changed since they were encoded. */
  seal(removes: readonly RemoveAction[], encoded: EncodedGroup): void {
    if (removes.some((remove) => this.loose.get(remove.path) !== remove)) return;
    for (const { path } of removes) this.loose.delete(path);
    const deletedAt = Math.max(...removes.map(({ deletionTimestamp = 0 }) => deletionTimestamp));
    const hashes = Float64Array.from(removes, ({ path }) => hashOf(path)).sort();
    this.sealed = [...this.sealed, { encoded, deletedAt, hashes }];
  }

  /** Lets go of what was deleted until then, ms, the oldest first. Sealed ones go together, when the newest of them goes. */
  forget(until: number): void {
    if (this.sealed.some(({ deletedAt }) => deletedAt <= until))
      this.sealed = this.sealed.filter(({ deletedAt }) => deletedAt > until);
    for (const [path, { deletionTimestamp = 0 }] of this.loose) {
      if (deletionTimestamp > until) return;
      this.loose.delete(path);
    }
  }

  #check(path: string): void {
    if (this.sealed.length === 0) return;
    const hash = hashOf(path);
    if (this.sealed.some(({ hashes }) => has(hashes, hash))) this.isUnclear = true;
  }
}

function has(rising: Float64Array, wanted: number): boolean {
  let [from, to] = [0, rising.length];
  while (from < to) {
    const middle = (from + to) >>> 1;
    if ((rising[middle] as number) < wanted) from = middle + 1;
    else to = middle;
  }
  return rising[from] === wanted;
}

/** 53 bits, because each file that comes is looked for among all sealed ones: with 32 a few in a million would seem to be there. */
function hashOf(text: string): number {
  let [high, low] = [0x811c9dc5, 0x9e3779b9];
  for (let at = 0; at < text.length; at += 1) {
    const char = text.charCodeAt(at);
    high = Math.imul(high ^ char, 0x01000193);
    low = Math.imul(low ^ char, 0x85ebca6b);
  }
  low ^= low >>> 15;
  return (high >>> 0) * 2 ** 21 + (low & 0x1fffff);
}
