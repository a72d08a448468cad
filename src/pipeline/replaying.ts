/**
 * Dead letters read again by today's program: what each would become, and doing it. A replay is carried out by the owner
 * of the checkpoint, so it is refused while the query runs; the console stops the query for it, and starts it again.
 */
import { becomesInAlert, isSettled, replayInAlert, type AlertReplayParts } from './alert/replay.ts';
import { fenceTable } from './bronze/fence.ts';
import { becomesInBronze, carryOut, replayInBronze } from './bronze/replay.ts';
import type { Becomes, QueryName, ReplayRow, ReplayView } from './events.ts';
import type { JobSettings } from './job-settings.ts';
import { mayStillWrite, takeLease } from './ownership/lease.ts';
import type { Clock, ObjectStore } from './ports.ts';
import type { Letter } from './quarantine/letters.ts';
import type { QuarantineReader } from './quarantine/reader.ts';
import { eachOffset, toOffsetSet, type ReplayDone, type ReplayPromise } from './quarantine/replays.ts';
import { idOf, headOf, select, type Place, type Selection, type ShelfRecord } from './quarantine/shelf.ts';
import { isRemote } from './store/location.ts';

export interface ReplayParts {
  readonly reader: QuarantineReader;
  readonly jobs: Readonly<Record<QueryName, JobSettings>>;
  readonly checkpoints: Readonly<Record<QueryName, ObjectStore>>;
  readonly table: ObjectStore;
  /** Opened only when a letter of Alert is looked at. */
  readonly alert: () => AlertReplayParts;
  readonly clock: Clock;
}

/** Letters of one commit, and their bytes. */
const MOST_LETTERS = 1_000;
const MOST_BYTES = 64 * 1024 * 1024;
/** Rows of an answer, and letters for which a dry run asks the fraud API. */
const MOST_ROWS = 200;

type Outcomes = Map<Place, Becomes>;

/** Writes nothing. */
export async function dryRun(parts: ReplayParts, selection: Selection): Promise<ReplayView> {
  const records = select(await parts.reader.shelf(), selection);
  const outcomes: Outcomes = new Map();
  const bronze = placesOf(records, 'bronze', selection);
  for (const place of bronze) if (place.replayed) outcomes.set(place, toReplayed(place));
  for (const some of inPieces(bronze.filter(isOpen))) {
    for (const [place, letter] of await parts.reader.letters(some)) outcomes.set(place, becomesInBronze(letter));
  }
  const alert = placesOf(records.slice(0, MOST_ROWS), 'alert', selection);
  for (const place of alert) if (place.replayed) outcomes.set(place, toReplayed(place));
  const open = alert.filter(isOpen);
  if (open.length > 0) await lookAtAlert(parts, open, outcomes);
  return toView(parts.clock.now(), records, outcomes, []);
}

/** As the owner of the checkpoint of `query`. What an earlier replay had promised is finished first. */
export async function replay(parts: ReplayParts, query: QueryName, selection: Selection): Promise<ReplayView> {
  const { clock, jobs, checkpoints } = parts;
  const owner = jobs[query].owner;
  const lease = await takeLease({ store: checkpoints[query], owner, clock, replaceOwn: false });
  try {
    const checkOwner = (): Promise<void> => lease.check();
    // A run that did not end may still put a version; what it puts from here on does not count.
    if (query === 'bronze' && mayStillWrite(lease, isRemote(jobs.bronze.table)))
      await fenceTable(parts.table, clock, lease, owner.runId);
    return query === 'bronze'
      ? await replayBronze(parts, selection, checkOwner)
      : await replayAlert(parts, selection, checkOwner);
  } finally {
    await lease.release();
  }
}

async function replayBronze(
  parts: ReplayParts,
  selection: Selection,
  checkOwner: () => Promise<void>,
): Promise<ReplayView> {
  const { reader, table: store, clock } = parts;
  const own = { store, log: reader.replays('bronze'), clock, checkOwner };
  const versions: number[] = [];
  await finishOpen(parts, (promise, letters) => carryOut(own, promise, letters), versions);
  const records = select(await reader.shelf(), { ...selection, query: 'bronze' });
  const places = placesOf(records, 'bronze', selection);
  const outcomes: Outcomes = new Map();
  for (const place of places) if (place.replayed) outcomes.set(place, toReplayed(place));
  for (const some of inPieces(places.filter(isOpen))) {
    const letters = await reader.letters(some);
    for (const [place, letter] of letters) outcomes.set(place, becomesInBronze(letter));
    const rows = [...letters].filter(([place]) => outcomes.get(place)?.kind === 'row').map(([, letter]) => letter);
    for (const group of byOrigin(rows)) versions.push((await replayInBronze(own, group)).deltaVersion ?? -1);
  }
  return toView(clock.now(), records, outcomes, versions);
}

/** Replays that were promised and cut off; the letters are looked up by their offsets. */
async function finishOpen(
  { reader }: ReplayParts,
  carry: (promise: ReplayPromise, letters: readonly Letter[]) => Promise<ReplayDone>,
  versions: number[],
): Promise<void> {
  const shelf = await reader.shelf();
  const log = reader.replays('bronze');
  const queryIds = new Set(shelf.records.flatMap(({ places }) => places.map(({ queryId }) => queryId)));
  for (const queryId of queryIds) {
    for (const promise of (await log.open(queryId)).promises) {
      const places = [...eachOffset(promise.offsets)].flatMap(({ partition, offset }) => {
        const record = shelf.byId.get(idOf(promise.cluster, promise.topic, partition, offset));
        return record?.places.filter(({ query }) => query === 'bronze') ?? [];
      });
      const letters = [...(await reader.letters(places)).values()];
      versions.push((await carry(promise, letters)).deltaVersion ?? -1);
    }
  }
}

async function replayAlert(
  parts: ReplayParts,
  selection: Selection,
  checkOwner: () => Promise<void>,
): Promise<ReplayView> {
  const { reader, clock } = parts;
  const log = reader.replays('alert');
  const records = select(await reader.shelf(), { ...selection, query: 'alert' });
  const places = placesOf(records, 'alert', selection);
  const outcomes: Outcomes = new Map();
  for (const place of places) if (place.replayed) outcomes.set(place, toReplayed(place));
  for (const some of inPieces(places.filter(isOpen))) {
    const letters = await reader.letters(some);
    await checkOwner();
    const becomes = await replayInAlert(parts.alert(), [...letters.values()]);
    for (const [place, letter] of letters) outcomes.set(place, becomes.get(letter) as Becomes);
    const settled = [...letters.values()].filter((letter) => isSettled(becomes.get(letter) as Becomes));
    for (const group of byOrigin(settled)) {
      const { queryId, cluster, topic } = group[0] as Letter;
      const offsets = toOffsetSet(
        group.map(({ record }) => ({ partition: record.partition, offset: record.offset.toString() })),
      );
      const { next: number } = await log.open(queryId);
      await log.finish({ number, queryId, cluster, topic, timestamp: clock.now(), offsets, deltaVersion: null });
    }
  }
  return toView(clock.now(), records, outcomes, []);
}

async function lookAtAlert(parts: ReplayParts, places: readonly Place[], outcomes: Outcomes): Promise<void> {
  const letters = await parts.reader.letters(places);
  const becomes = await becomesInAlert(parts.alert(), [...letters.values()]);
  for (const [place, letter] of letters) outcomes.set(place, becomes.get(letter) as Becomes);
}

function placesOf(records: readonly ShelfRecord[], query: QueryName, selection: Selection): Place[] {
  if (selection.query !== 'all' && selection.query !== query) return [];
  return records.flatMap(({ places }) => places.filter((place) => place.query === query));
}

/** Of one query and one topic, because each counts its replays by itself. */
function byOrigin(letters: readonly Letter[]): Letter[][] {
  const groups = new Map<string, Letter[]>();
  for (const letter of letters) {
    const name = `${letter.queryId} ${letter.cluster} ${letter.topic}`;
    groups.set(name, [...(groups.get(name) ?? []), letter]);
  }
  return [...groups.values()];
}

function* inPieces(places: readonly Place[]): Iterable<Place[]> {
  let piece: Place[] = [];
  let bytes = 0;
  for (const place of places) {
    const size = place.head.size ?? 0;
    if (piece.length > 0 && (piece.length >= MOST_LETTERS || bytes + size > MOST_BYTES)) {
      yield piece;
      [piece, bytes] = [[], 0];
    }
    piece.push(place);
    bytes += size;
  }
  if (piece.length > 0) yield piece;
}

function toView(
  at: number,
  records: readonly ShelfRecord[],
  outcomes: Outcomes,
  deltaVersions: readonly number[],
): ReplayView {
  const all = [...outcomes.values()];
  const isNew = (each: Becomes | undefined): boolean => each?.kind === 'row' || each?.kind === 'scored';
  return {
    at,
    rows: records.slice(0, MOST_ROWS).map((record) => toRow(record, outcomes)),
    records: records.length,
    pass: records.filter(({ places }) => places.some((place) => isNew(outcomes.get(place)))).length,
    bronzeRows: all.filter(({ kind }) => kind === 'row').length,
    predictions: all.filter(({ kind }) => kind === 'scored').length,
    alerts: all.filter((each) => each.kind === 'scored' && each.fraud && each.suppressed === null).length,
    deltaVersions,
  };
}

function toRow(record: ShelfRecord, outcomes: Outcomes): ReplayRow {
  const { partition, offset } = headOf(record);
  const found = record.places.flatMap((place) => {
    const becomes = outcomes.get(place);
    return becomes ? [[place.query, becomes] as const] : [];
  });
  return { id: record.id, partition, offset, ...Object.fromEntries(found) };
}

const isOpen = ({ replayed }: Place): boolean => replayed === null;
const toReplayed = ({ replayed }: Place): Becomes => ({
  kind: 'replayed',
  deltaVersion: replayed?.deltaVersion ?? null,
});
