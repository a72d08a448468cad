/** The micro-batch loop, once for both queries: plan, promise, read, add, confirm, tell. */
import { attempt } from './attempt.ts';
import type { OffsetsEntry } from './checkpoint/format.ts';
import { isFenced, SluiceError } from './errors.ts';
import type { BatchDurations } from './events.ts';
import { failpoint } from './failpoints.ts';
import { pass, sizeOf } from './offsets.ts';
import { planBehindLoss, planNext, planOpen, type Plan } from './plan.ts';
import type { Batch, BatchResult, Offsets } from './ports.ts';
import { toIdleProgress, toProgress } from './progress.ts';
import type { PlannedBatch, QueryParts } from './query-parts.ts';
import type { Position } from './resume.ts';

/** Pause before looking again when nothing is new and there is no trigger interval, ms. */
const IDLE_MS = 100;
/** Triggers that find nothing new are told of this seldom, ms; Spark's `noDataProgressEventInterval`. */
const IDLE_PROGRESS_MS = 10_000;

/**
 * Runs batches until the signal aborts, or until what was available at the start is read; the batch at hand is finished
 * first, its `commits/N` included.
 */
export async function runQuery(parts: QueryParts, start: Position, signal: AbortSignal): Promise<void> {
  const { clock } = parts;
  let position = start;
  let lastBegan: number | null = null;
  let toldAt = clock.now();
  const available =
    parts.runs === 'available-now' ? (await attempt(parts, signal, () => parts.source.bounds())).end : null;
  await publish(parts, start.open?.range.start ?? start.offsets, 'At the start');
  if (position.open)
    lastBegan = await runBatch(
      parts,
      position,
      await planOpen(parts, position.queryId, position.open, signal),
      null,
      signal,
    );
  while (!signal.aborted) {
    const began = clock.now();
    const plan = await planNext(parts, position, available, signal);
    const { batch } = plan;
    // Who reads once and ends is told where it stands and what the topic holds by now.
    if (!batch && available) return tellIdle(parts, position, plan);
    if (batch) {
      lastBegan = await runBatch(parts, position, batch, lastBegan, signal);
      position = { ...position, nextBatch: batch.id + 1, offsets: batch.range.end };
      toldAt = clock.now();
    } else if (clock.now() - toldAt >= IDLE_PROGRESS_MS) {
      tellIdle(parts, position, plan);
      toldAt = clock.now();
    }
    const idle = batch ? 0 : IDLE_MS;
    const wait = parts.triggerMs === 0 ? idle : began + parts.triggerMs - clock.now();
    if (wait > 0) await clock.sleep(wait, signal);
  }
}

/** *Promise, read and add, confirm, tell.* Answers when the batch began. */
async function runBatch(
  parts: QueryParts,
  { queryId }: Position,
  planned: PlannedBatch,
  lastBegan: number | null,
  signal: AbortSignal,
): Promise<number> {
  const { checkpoint, sink } = parts;
  const { id, entry, watch } = planned;
  const step = <T>(phase: keyof BatchDurations, work: () => Promise<T>): Promise<T> =>
    watch.time(phase, () => attempt(parts, signal, work));
  if (entry) {
    await failpoint('b1');
    await step('walCommit', () => checkpoint.promise(id, entry));
  }
  await failpoint('b3');
  const stillOwner = entry ? attempt(parts, signal, () => keepPromise(parts, queryId, id, entry)) : Promise.resolve();
  const { batch, result } = await watch.time('addBatch', () =>
    beside(stillOwner, () => addBatch(parts, queryId, planned, signal)),
  );
  await failpoint('b8');
  await step('commitOffsets', () => checkpoint.confirm(id));
  await failpoint('b10');
  sink.settled?.(id);
  await afterwards(parts, batch);
  const sinceLast = lastBegan === null ? null : watch.began - lastBegan;
  const durations = watch.durations();
  const done = { ...batch, result, lost: sizeOf(batch.gaps), recovered: !entry, durations, sinceLast };
  parts.emit(toProgress(identityOf(parts, queryId), done));
  return watch.began;
}

/**
 * Who was taken over right before the put must not leave a promise in a checkpoint that was cleared meanwhile. Asked
 * while the batch is read, for that writes nothing that counts before it has asked for itself.
 */
async function keepPromise(parts: QueryParts, queryId: string, id: number, entry: OffsetsEntry): Promise<void> {
  try {
    await parts.lease.check();
  } catch (error) {
    if (isFenced(error)) await parts.checkpoint.withdraw(queryId, id, entry);
    throw error;
  }
}

/** Both to their end, whichever fails; what fails beside counts more. */
async function beside<T>(other: Promise<void>, work: () => Promise<T>): Promise<T> {
  other.catch(() => undefined);
  try {
    return await work();
  } finally {
    await other;
  }
}

/** *Add.* What is lost while it is read stops the query, unless it may be passed over: then the batch is read behind it. */
async function addBatch(
  parts: QueryParts,
  queryId: string,
  batch: PlannedBatch,
  signal: AbortSignal,
): Promise<{ readonly batch: PlannedBatch; readonly result: BatchResult }> {
  try {
    const result = await attempt(parts, signal, () => parts.sink.addBatch(readBatch(parts, queryId, batch)));
    return { batch, result };
  } catch (error) {
    const isLoss = error instanceof SluiceError && error.code === 'DATA_LOSS';
    const behind = isLoss ? await planBehindLoss(parts, queryId, batch, signal) : null;
    if (behind === null) throw error;
    return addBatch(parts, queryId, behind, signal);
  }
}

/** *Read.* Made anew for each try, because a stream can be read only once. A stop never cuts it: the batch is finished. */
function readBatch(parts: QueryParts, queryId: string, { id, timestamp, range, gaps }: PlannedBatch): Batch {
  const { source, clusterId, witness } = parts;
  const left = { start: pass(range.start, gaps), end: range.end };
  const records = witness.watch(source.read(left, new AbortController().signal));
  return { id, timestamp, queryId, topic: source.topic, clusterId, range, gaps, records };
}

/** What may fail without failing the batch, because it is settled already. */
async function afterwards(parts: QueryParts, { id, range }: PlannedBatch): Promise<void> {
  const tasks = [
    publish(parts, range.end, `Batch ${id}`),
    parts.lease.checkLately().then(() => parts.witness.write()),
    parts.checkpoint.purge(id),
  ];
  const outcomes = await Promise.allSettled(tasks);
  for (const outcome of outcomes)
    if (outcome.status === 'rejected') parts.log('warn', `Batch ${id}: ${(outcome.reason as Error).message}`, id);
}

/** Shows progress to other tools. Best effort. */
async function publish({ name, source, log }: QueryParts, offsets: Offsets, when: string): Promise<void> {
  await source.publish(`sluice-${name}`, offsets).catch((error: Error) => log('warn', `${when}: ${error.message}`));
}

function tellIdle(parts: QueryParts, { queryId, nextBatch, offsets }: Position, { latest, watch }: Plan): void {
  const standing = parts.sink.standing?.() ?? {};
  const trigger = { id: nextBatch, timestamp: watch.began, offsets, latest, standing, durations: watch.durations() };
  parts.emit(toIdleProgress(identityOf(parts, queryId), trigger));
}

const identityOf = ({ name, runId, source, sink }: QueryParts, queryId: string) => ({
  name,
  queryId,
  runId,
  source: source.description,
  sink: sink.description,
});
