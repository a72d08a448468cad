/**
 * Both quarantines as people look at them: one entry for each record, whoever found it, the newest first, with what has
 * been replayed. Pure.
 */
import {
  DEAD_LETTER_CODES,
  type DeadLetterCode,
  type DeadLetterView,
  type QuarantineView,
  type QueryName,
} from '../events.ts';
import type { QuarantineIndex } from './index.ts';
import type { LetterHead } from './letters.ts';
import { maskText } from './mask.ts';
import { eachOffset, type ReplayDone } from './replays.ts';

/** Alarm at half of it. */
export const CAP_BYTES = 1024 ** 3;

export interface ShelfSource {
  readonly query: QueryName;
  readonly index: QuarantineIndex;
  readonly replays: readonly ReplayDone[];
}

/** Where one query keeps a letter. */
export interface Place {
  readonly query: QueryName;
  readonly queryId: string;
  readonly batchId: number;
  readonly file: string;
  /** Number of the row in the file. */
  readonly row: number;
  readonly head: LetterHead;
  readonly replayed: { readonly at: number; readonly deltaVersion: number | null } | null;
}

export interface ShelfRecord {
  readonly id: string;
  readonly cluster: string;
  readonly topic: string;
  /** At least one; Bronze before Alert. */
  readonly places: readonly Place[];
}

export interface Shelf {
  /** Newest first. */
  readonly records: readonly ShelfRecord[];
  readonly byId: ReadonlyMap<string, ShelfRecord>;
}

export interface Selection {
  readonly query: QueryName | 'all';
  readonly reason?: DeadLetterCode;
  readonly ids?: readonly string[];
}

export function buildShelf(sources: readonly ShelfSource[]): Shelf {
  const records = new Map<string, { id: string; cluster: string; topic: string; places: Place[] }>();
  for (const { query, index, replays } of sources) {
    const replayed = toReplayed(replays);
    for (const { key: file, origin, heads } of index.files) {
      if (!origin) continue;
      const { cluster, topic, queryId, batchId } = origin;
      for (const [row, head] of heads.entries()) {
        const id = idOf(cluster, topic, head.partition, head.offset);
        const place = { query, queryId, batchId, file, row, head, replayed: replayed.get(id) ?? null };
        const known = records.get(id);
        if (known) addPlace(known.places, place);
        else records.set(id, { id, cluster, topic, places: [place] });
      }
    }
  }
  const list = [...records.values()].sort((a, b) => timeOf(b) - timeOf(a) || (a.id < b.id ? 1 : -1));
  return { records: list, byId: records };
}

/** Two query ids of one query may hold the same record: the newer one counts. */
function addPlace(places: Place[], place: Place): void {
  const at = places.findIndex(({ query }) => query === place.query);
  if (at >= 0) places[at] = place;
  else places.push(place);
}

export function countShelf(shelf: Shelf, sources: readonly ShelfSource[]): QuarantineView {
  const files = sources.flatMap(({ index }) => index.files);
  const reasons = DEAD_LETTER_CODES.map((code) => {
    const some = shelf.records.filter((record) => codeOf(record) === code);
    return { code, records: some.length, waiting: some.filter(isWaiting).length };
  }).filter(({ records }) => records > 0);
  const foundBy = (names: string): number =>
    shelf.records.filter(({ places }) => places.map(({ query }) => query).join() === names).length;
  return {
    records: shelf.records.length,
    waiting: shelf.records.filter(isWaiting).length,
    both: foundBy('bronze,alert'),
    bronzeOnly: foundBy('bronze'),
    alertOnly: foundBy('alert'),
    reasons,
    notes: countNotes(files),
    files: files.length,
    bytes: files.reduce((sum, { size }) => sum + size, 0),
    capBytes: CAP_BYTES,
    unreadFiles: sources.reduce((sum, { index }) => sum + index.unread, 0),
  };
}

export function select(shelf: Shelf, { query, reason, ids }: Selection): readonly ShelfRecord[] {
  const some = ids ? ids.flatMap((id) => shelf.byId.get(id) ?? []) : shelf.records;
  return some.filter((record) => {
    const byQuery = query === 'all' || record.places.some((place) => place.query === query);
    return byQuery && (reason === undefined || codeOf(record) === reason);
  });
}

export function toLetterView(record: ShelfRecord): DeadLetterView {
  const { partition, offset, at, size } = headOf(record);
  return {
    id: record.id,
    topic: record.topic,
    partition,
    offset,
    at,
    code: codeOf(record),
    reason: maskText(headOf(record).reason),
    size,
    found: record.places.map(({ query, batchId, replayed }) => ({ query, batchId, replayed })),
  };
}

/** `p3-80771-1f0c9a`: partition, offset, and what tells two topics apart. */
export function idOf(cluster: string, topic: string, partition: number, offset: string): string {
  return `p${partition}-${offset}-${shortHash(`${cluster}/${topic}`)}`;
}

/** Bronze's reason, because it is the one about the bytes; Alert's when Alert alone refuses the record. */
export const headOf = ({ places }: ShelfRecord): LetterHead => (places[0] as Place).head;
const codeOf = (record: ShelfRecord): DeadLetterCode => headOf(record).code;
const timeOf = (record: { places: Place[] }): number => (record.places[0] as Place).head.at;
export const isWaiting = ({ places }: ShelfRecord): boolean => places.some(({ replayed }) => replayed === null);

function toReplayed(replays: readonly ReplayDone[]): Map<string, NonNullable<Place['replayed']>> {
  const found = new Map<string, NonNullable<Place['replayed']>>();
  for (const { cluster, topic, offsets, timestamp: at, deltaVersion } of replays) {
    for (const { partition, offset } of eachOffset(offsets)) {
      found.set(idOf(cluster, topic, partition, offset), { at, deltaVersion });
    }
  }
  return found;
}

function countNotes(files: ShelfSource['index']['files']): QuarantineView['notes'] {
  const counts = new Map<string, number>();
  for (const { kind, counts: ofFile } of files) {
    if (kind !== 'notes') continue;
    for (const [column, number] of Object.entries(ofFile)) counts.set(column, (counts.get(column) ?? 0) + number);
  }
  return [...counts].map(([column, notes]) => ({ column, notes })).sort((a, b) => b.notes - a.notes);
}

const hashes = new Map<string, string>();

/** FNV-1a: only to tell names apart that nobody chose to be alike. */
function shortHash(text: string): string {
  const known = hashes.get(text);
  if (known !== undefined) return known;
  let hash = 0x811c9dc5;
  for (const byte of Buffer.from(text)) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  const made = hash.toString(16).padStart(8, '0');
  hashes.set(text, made);
  return made;
}
