/**
 * Reads again what another engine committed, and writes the dead letters and notes that it did not. The list of what is
 * left lies beside the lease before Sluice's first own batch, so that a death on the way forgets nothing.
 */
import { parseChange } from '../cdc/parse.ts';
import type { CheckpointLog } from '../checkpoint/log.ts';
import type { OffsetGap } from '../events.ts';
import { fromOffsetMap } from '../offsets.ts';
import type { Log, ObjectStore, OffsetRange, Source } from '../ports.ts';
import type { DeadLetter, NotedRecord, Quarantine } from '../quarantine/dead-letter.ts';
import type { ReadAgain } from './take-over-view.ts';
import { findGap, findOwnBatch, type Piece } from './gap.ts';

const KEY = '_sluice/audit';
export const UNAUDITED = 'unaudited/';

export interface PieceParts {
  readonly queryId: string;
  readonly checkpoint: ObjectStore;
  readonly log: CheckpointLog;
  readonly table: ObjectStore;
}

export interface AuditParts extends PieceParts {
  readonly clusterId: string;
  /** Where quarantined records of the query lie. */
  readonly shelf: ObjectStore;
  readonly quarantine: Quarantine;
  readonly tell: Log;
  /** Throws when this run may no longer write. */
  readonly checkOwner: () => Promise<void>;
}

interface AuditFile {
  readonly queryId: string;
  readonly pieces: readonly Piece[];
}

/** Notes what is to be read again. Called after the left-overs of the last run are settled, before the first own batch. */
export async function planAudit(parts: AuditParts): Promise<readonly Piece[]> {
  const { known, fresh } = await findPieces(parts);
  const pieces = [...known, ...fresh];
  if (fresh.length > 0) await writePieces(parts, pieces);
  return pieces;
}

/** What would be read again now, and what of it the topic no longer holds. Writes nothing. */
export async function foreseeAudit(parts: PieceParts, logStart: ReadonlyMap<number, bigint>): Promise<ReadAgain> {
  const { known, fresh } = await findPieces(parts);
  const cut = [...known, ...fresh].map((piece) => ({ ...piece, ...cutLost(piece, logStart) }));
  const records = cut.reduce((sum, { range }) => sum + count(range), 0);
  const gone = cut.flatMap((each) => each.gone.map(({ partition, from, until }) => ({ partition, from, to: until })));
  return { batches: cut.reduce((sum, { batch, from }) => sum + batch - from + 1, 0), records, gone: joined(gone) };
}

async function findPieces({ queryId, checkpoint, log, table }: PieceParts) {
  const known = await readPieces(checkpoint, queryId);
  const found = await findGap(log, await log.read(), await findOwnBatch(table, queryId));
  return { known, fresh: found.filter(({ batch }) => !known.some((piece) => piece.batch === batch)) };
}

/** Gaps of one partition that follow each other as one. */
function joined(gaps: readonly OffsetGap[]): OffsetGap[] {
  const ends = new Map<number, OffsetGap>();
  for (const gap of gaps) ends.set(gap.partition, { ...gap, from: ends.get(gap.partition)?.from ?? gap.from });
  return [...ends.values()].sort((a, b) => a.partition - b.partition);
}

/** Reads the pieces one by one. Resolves early when the signal aborts: the next start goes on. */
export async function runAudit(
  parts: AuditParts,
  source: Source,
  pieces: readonly Piece[],
  signal: AbortSignal,
): Promise<void> {
  if (pieces.length === 0) return;
  const { tell } = parts;
  tell('info', `Reading ${pieces.length} batches again that another engine wrote, for their dead letters and notes`);
  let [letters, notes, lost] = [0, 0, 0n];
  for (const [at, piece] of pieces.entries()) {
    if (signal.aborted) return;
    const found = await auditPiece(parts, source, piece, signal);
    if (found === null) return;
    letters += found.letters;
    notes += found.notes;
    lost += found.lost;
    await writePieces(parts, pieces.slice(at + 1));
  }
  tell('info', `Found ${letters} dead letters and ${notes} notes in what another engine wrote`);
  if (lost > 0n) tell('warn', `${lost} of its records are no longer in the topic and stay unaudited`);
}

async function auditPiece(parts: AuditParts, source: Source, piece: Piece, signal: AbortSignal) {
  const { queryId, clusterId, quarantine, shelf } = parts;
  const { range, gone } = cutLost(piece, (await source.bounds()).start);
  const deadLetters: DeadLetter[] = [];
  const notes: NotedRecord[] = [];
  for await (const records of source.read(range, signal)) {
    if (signal.aborted) return null;
    for (const record of records) {
      const change = parseChange(record);
      if (change.kind === 'dead') deadLetters.push({ record, code: change.code, reason: change.reason });
      if (change.kind === 'row') for (const note of change.notes) notes.push({ record, note });
    }
  }
  await parts.checkOwner();
  const { topic } = source;
  const lost = gone.reduce((sum, { from, until }) => sum + BigInt(until) - BigInt(from), 0n);
  if (gone.length > 0) {
    const key = `${UNAUDITED}${queryId}/${String(piece.batch).padStart(10, '0')}.json`;
    const facts = { cluster: clusterId, topic, queryId, fromBatch: piece.from, toBatch: piece.batch, ranges: gone };
    await shelf.put(key, Buffer.from(JSON.stringify(facts)));
  }
  await quarantine.put({ queryId, batchId: piece.batch, part: 'audit', clusterId, topic, deadLetters, notes });
  return { letters: deadLetters.length, notes: notes.length, lost };
}

function count({ start, end }: OffsetRange): number {
  return [...end].reduce((sum, [partition, until]) => sum + Number(until - (start.get(partition) ?? 0n)), 0);
}

/** What retention has taken can no longer be read: the rest is. */
function cutLost(piece: Piece, logStart: ReadonlyMap<number, bigint>) {
  const start = new Map(fromOffsetMap(piece.start));
  const end = fromOffsetMap(piece.end);
  const gone: { partition: number; from: string; until: string }[] = [];
  for (const [partition, until] of end) {
    const from = start.get(partition) ?? 0n;
    const first = logStart.get(partition) ?? 0n;
    const readable = first < until ? first : until;
    if (readable <= from) continue;
    gone.push({ partition, from: from.toString(), until: readable.toString() });
    start.set(partition, readable);
  }
  const range: OffsetRange = { start, end };
  return { range, gone };
}

async function readPieces(checkpoint: ObjectStore, queryId: string): Promise<readonly Piece[]> {
  const bytes = await checkpoint.get(KEY);
  if (bytes === null) return [];
  const file = JSON.parse(bytes.toString('utf8')) as AuditFile;
  return file.queryId === queryId ? file.pieces : [];
}

async function writePieces({ checkpoint, checkOwner, queryId }: AuditParts, pieces: readonly Piece[]): Promise<void> {
  await checkOwner();
  if (pieces.length === 0) return checkpoint.delete(KEY);
  await checkpoint.put(KEY, Buffer.from(JSON.stringify({ queryId, pieces } satisfies AuditFile)));
}
