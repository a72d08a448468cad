/**
 * What lies in one query's quarantine, known without reading it all again: files never change, so what was read of one
 * stays true as long as its size and time do. The knowledge is kept in `_index.json` and can be thrown away at any time.
 */
import type { ObjectInfo, ObjectStore } from '../ports.ts';
import { readHeads, readNotes, type FileOrigin, type LetterHead } from './letters.ts';
import { LETTERS, NOTES } from './store.ts';

export interface IndexedFile extends ObjectInfo {
  readonly kind: 'letters' | 'notes';
  /** Null when the file cannot be read. */
  readonly origin: FileOrigin | null;
  /** How many by code, or by column. */
  readonly counts: Readonly<Record<string, number>>;
  /** In the order of the file; empty for notes, and for letters beyond {@link KEPT_LETTERS}. */
  readonly heads: readonly LetterHead[];
}

export interface QuarantineIndex {
  /** Oldest file first. */
  readonly files: readonly IndexedFile[];
  /** Files that there was no time to read yet. */
  readonly unread: number;
}

export interface IndexReader {
  /** Reads what is new, the newest first, for about `budgetMs`. Calls at the same time share one look. */
  look(budgetMs?: number): Promise<QuarantineIndex>;
}

/** So many letters are known one by one; older ones are only counted. */
export const KEPT_LETTERS = 100_000;
const INDEX = '_index.json';
const FORMAT = 2;
/** Files that are read at the same time, and files after which the index is worth being kept. */
const PARALLEL = 8;
const SAVE_AFTER = 200;
const BUDGET_MS = 5_000;

export function openIndex(store: ObjectStore): IndexReader {
  let known: Map<string, IndexedFile> | null = null;
  let unsaved = 0;
  let looking: Promise<QuarantineIndex> | null = null;

  async function look(budgetMs: number): Promise<QuarantineIndex> {
    const until = Date.now() + budgetMs;
    known ??= await load(store);
    const objects = [...(await store.list(LETTERS)), ...(await store.list(NOTES))].filter(({ key }) => isFile(key));
    const present = new Set(objects.map(({ key }) => key));
    for (const key of known.keys()) if (!present.has(key)) known.delete(key);
    const missing = objects.filter((each) => !isSame(known?.get(each.key), each)).sort(newestFirst);
    let read = 0;
    while (read < missing.length && (read === 0 || Date.now() < until)) {
      const some = missing.slice(read, read + PARALLEL);
      for (const file of await Promise.all(some.map((each) => readFile(store, each)))) known.set(file.key, file);
      read += some.length;
    }
    unsaved += read;
    if (unsaved >= SAVE_AFTER && (await save(store, known))) unsaved = 0;
    const files = keepNewest([...known.values()].sort((a, b) => newestFirst(b, a)));
    return { files, unread: missing.length - Math.min(read, missing.length) };
  }

  return {
    look: (budgetMs = BUDGET_MS) => {
      looking ??= look(budgetMs).finally(() => (looking = null));
      return looking;
    },
  };
}

async function readFile(store: ObjectStore, info: ObjectInfo): Promise<IndexedFile> {
  const kind = info.key.startsWith(LETTERS) ? 'letters' : 'notes';
  const bytes = await store.get(info.key);
  const letters = kind === 'letters' && bytes ? await readHeads(bytes) : null;
  const notes = kind === 'notes' && bytes ? await readNotes(bytes) : null;
  const names = letters?.heads.map(({ code }) => code) ?? notes?.notes.map(({ column }) => column) ?? [];
  const origin = letters?.origin ?? notes?.origin ?? null;
  return { ...info, kind, origin, counts: countBy(names), heads: letters?.heads ?? [] };
}

/** Beyond the limit the oldest letters are known only by their number. */
function keepNewest(files: IndexedFile[]): readonly IndexedFile[] {
  let room = KEPT_LETTERS;
  return files
    .reverse()
    .map((file) => {
      room -= file.heads.length;
      return room < 0 && file.heads.length > 0 ? { ...file, heads: [] } : file;
    })
    .reverse();
}

async function load(store: ObjectStore): Promise<Map<string, IndexedFile>> {
  try {
    const bytes = await store.get(INDEX);
    const kept = JSON.parse(bytes?.toString('utf8') ?? 'null') as { format: number; files: IndexedFile[] } | null;
    return new Map(kept?.format === FORMAT ? kept.files.map((file) => [file.key, file]) : []);
  } catch {
    // It was cut while being written, or is another version's: everything is read again.
    return new Map();
  }
}

/** False when it could not be kept: a watcher may have no right to write, and needs none. */
async function save(store: ObjectStore, known: ReadonlyMap<string, IndexedFile>): Promise<boolean> {
  try {
    await store.put(INDEX, Buffer.from(JSON.stringify({ format: FORMAT, files: [...known.values()] })));
    return true;
  } catch {
    return false;
  }
}

function countBy(names: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const name of names) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}

const isFile = (key: string): boolean => /\/\d{10}[^/]*\.parquet$/.test(key);
const isSame = (known: IndexedFile | undefined, now: ObjectInfo): boolean =>
  known?.size === now.size && known.modifiedAt === now.modifiedAt;
const newestFirst = (a: ObjectInfo, b: ObjectInfo): number => b.modifiedAt - a.modifiedAt || (a.key < b.key ? 1 : -1);
