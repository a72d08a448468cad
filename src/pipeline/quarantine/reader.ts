/** Answers about both quarantines: counts, pages, one letter with its bytes, whole letters for a replay. */
import type { DeadLetterView, LetterBytesView, NoteView, PageOf, QuarantineView, QueryName } from '../events.ts';
import type { ObjectStore } from '../ports.ts';
import { openIndex, type IndexedFile } from './index.ts';
import { readLetters, readNotes, type Letter } from './letters.ts';
import { maskText } from './mask.ts';
import { openReplayLog, type ReplayLog } from './replays.ts';
import {
  buildShelf,
  countShelf,
  select,
  toLetterView,
  type Place,
  type Selection,
  type Shelf,
  type ShelfRecord,
} from './shelf.ts';
import { findFault, viewBytes, viewKey, VIEW_BYTES } from './view.ts';

export interface QuarantineReader {
  count(): Promise<QuarantineView>;
  /** The records of a selection, newest first. */
  list(selection: Selection, from: number, limit: number): Promise<PageOf<DeadLetterView>>;
  /** Notes of one column or of all, newest batch first. */
  notes(column: string | undefined, from: number, limit: number): Promise<PageOf<NoteView>>;
  /** Null when there is no such letter. `from` null shows the part where reading ended. */
  show(id: string, from: number | null, length?: number): Promise<LetterBytesView | null>;
  shelf(): Promise<Shelf>;
  /** Whole letters, by the place where they lie. */
  letters(places: readonly Place[]): Promise<ReadonlyMap<Place, Letter>>;
  replays(query: QueryName): ReplayLog;
}

export type QuarantineStores = Readonly<Record<QueryName, ObjectStore>>;

const QUERIES = ['bronze', 'alert'] as const;
/** Bytes of letters that are read at once when they lie side by side in one file. */
const MOST_AT_ONCE = 64 * 1024 * 1024;
/** Rows shown before the one where reading ended. */
const BEFORE_FAULT = 64;

export function openReader(stores: QuarantineStores): QuarantineReader {
  const indexes = { bronze: openIndex(stores.bronze), alert: openIndex(stores.alert) };
  const logs = { bronze: openReplayLog(stores.bronze), alert: openReplayLog(stores.alert) };
  const noteFiles = new Map<string, NoteView[]>();
  let built: { readonly of: string; readonly shelf: Shelf } | null = null;

  const sources = () =>
    Promise.all(
      QUERIES.map(async (query) => {
        return { query, index: await indexes[query].look(), replays: await logs[query].done() };
      }),
    );

  /** Built again only when a file or a replay has come or gone. */
  function shelve(now: Awaited<ReturnType<typeof sources>>): Shelf {
    const of = now.map(({ index, replays }) => `${marksOf(index.files)} ${index.unread} ${replays.length}`).join(';');
    if (built?.of !== of) built = { of, shelf: buildShelf(now) };
    return built.shelf;
  }

  async function readNoteFile({ key }: IndexedFile): Promise<NoteView[]> {
    const known = noteFiles.get(key);
    if (known) return known;
    const bytes = await stores.bronze.get(key);
    const read = bytes && (await readNotes(bytes));
    const views = (read?.notes ?? []).map((note) => {
      const { topic, batchId } = read?.origin ?? { topic: '', batchId: 0 };
      return { ...note, topic, batchId, raw: maskText(note.raw) };
    });
    if (noteFiles.size >= KEPT_NOTE_FILES) noteFiles.clear();
    noteFiles.set(key, views);
    return views;
  }

  async function notes(column: string | undefined, from: number, limit: number): Promise<PageOf<NoteView>> {
    const { files } = await indexes.bronze.look();
    const some = files.filter(({ kind, counts }) => kind === 'notes' && sizeOf(counts, column) > 0).reverse();
    const total = some.reduce((sum, { counts }) => sum + sizeOf(counts, column), 0);
    const rows: NoteView[] = [];
    let skip = from;
    for (const file of some) {
      const size = sizeOf(file.counts, column);
      if (skip >= size) {
        skip -= size;
        continue;
      }
      const read = (await readNoteFile(file)).filter((note) => column === undefined || note.column === column);
      rows.push(...read.slice(skip, skip + limit - rows.length));
      skip = 0;
      if (rows.length >= limit) break;
    }
    return { rows, total };
  }

  async function letters(places: readonly Place[]): Promise<ReadonlyMap<Place, Letter>> {
    const found = new Map<Place, Letter>();
    for (const [file, some] of groupBy(places, ({ query, file: key }) => `${query}/${key}`)) {
      const bytes = await stores[some[0]?.query ?? 'bronze'].get(file.slice(file.indexOf('/') + 1));
      if (bytes === null) continue;
      for (const [from, until] of spansOf(some)) {
        const read = await readLetters(bytes, from, until);
        for (const place of some) {
          const letter = place.row >= from && place.row < until ? read[place.row - from] : undefined;
          if (letter) found.set(place, letter);
        }
      }
    }
    return found;
  }

  async function show(id: string, from: number | null, length = VIEW_BYTES): Promise<LetterBytesView | null> {
    const record = shelve(await sources()).byId.get(id);
    const place = record?.places[0];
    const letter = place && (await letters([place])).get(place);
    return record && letter ? viewLetter(record, letter, from, length) : null;
  }

  return {
    count: async () => {
      const now = await sources();
      return countShelf(shelve(now), now);
    },
    list: async (selection, from, limit) => {
      const chosen = select(shelve(await sources()), selection);
      return { rows: chosen.slice(from, from + limit).map(toLetterView), total: chosen.length };
    },
    notes,
    show,
    shelf: async () => shelve(await sources()),
    letters,
    replays: (query) => logs[query],
  };
}

/** A part of a letter for people; `from` null shows where reading ended. */
export function viewLetter(
  record: ShelfRecord,
  { record: { value, key }, code, reason }: Letter,
  from: number | null,
  length: number,
): LetterBytesView {
  const faultAt = value && findFault(value, code, reason);
  const view = viewBytes(value ?? Buffer.alloc(0), from ?? (faultAt ?? 0) - BEFORE_FAULT, length);
  return { letter: toLetterView(record), key: viewKey(key), faultAt, ...view };
}

const KEPT_NOTE_FILES = 16;

const marksOf = (files: readonly IndexedFile[]): string => {
  const last = files.at(-1);
  return `${files.length} ${last?.key} ${last?.modifiedAt} ${last?.size}`;
};

const sizeOf = (counts: IndexedFile['counts'], name: string | undefined): number =>
  name === undefined ? Object.values(counts).reduce((sum, each) => sum + each, 0) : (counts[name] ?? 0);

/** All in one when they are small together, else row by row. */
function spansOf(places: readonly Place[]): [number, number][] {
  const bytes = places.reduce((sum, { head }) => sum + (head.size ?? 0), 0);
  const rows = places.map(({ row }) => row);
  const [from, until] = [Math.min(...rows), Math.max(...rows) + 1];
  const isDense = until - from <= 4 * rows.length;
  return isDense && bytes <= MOST_AT_ONCE ? [[from, until]] : rows.map((row) => [row, row + 1]);
}

function groupBy<T>(all: readonly T[], nameOf: (each: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const each of all) {
    const name = nameOf(each);
    const group = groups.get(name);
    if (group) group.push(each);
    else groups.set(name, [each]);
  }
  return groups;
}
