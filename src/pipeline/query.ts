/** The micro-batch loop, once for both queries: plan, promise, read, add, confirm, tell. */
import type { OffsetsEntry } from './checkpoint/format.ts';
import { isFenced } from './errors.ts';
import type { BatchDurations } from './events.ts';
import { failpoint } from './failpoints.ts';
import { checkLoss, checkPosition, planRange, type Bounds } from './offsets.ts';
import type { Batch, OffsetRange, Offsets } from './ports.ts';
import { toProgress } from './progress.ts';
import type { PlannedBatch, QueryParts } from './query-parts.ts';
import type { OpenBatch, Position } from './resume.ts';
import { retrying } from './retry.ts';
import { Stopwatch } from './stopwatch.ts';

/** Pause before looking again when nothing is new and there is no trigger interval, ms. */
const IDLE_MS = 150;

/**
 * Runs batches until the signal aborts, or until what was available at the start is read; the batch at hand is finished
 * first, its `commits/N` included.
 */
export async function runQuery(parts: QueryParts, start: Position, signal: AbortSignal): Promise<void> {
  let position = start;
  let lastBegan: number | null = null;
  const available =
    parts.runs === 'available-now' ? (await again(parts, signal, () => parts.source.bounds())).end : null;
  if (position.open)
    lastBegan = await runBatch(parts, position, await planOpen(parts, position.open, signal), null, signal);
  while (!signal.aborted) {
    const began = parts.clock.now();
    const batch = await planNext(parts, position, available, signal);
    if (!batch && available) return;
    if (batch) {
      lastBegan = await runBatch(parts, position, batch, lastBegan, signal);
      position = { ...position, nextBatch: batch.id + 1, offsets: batch.range.end };
    }
    const idle = batch ? 0 : IDLE_MS;
    const wait = parts.triggerMs === 0 ? idle : began + parts.triggerMs - parts.clock.now();
    if (wait > 0) await parts.clock.sleep(wait, signal);
  }
}

/** *Plan.* What is new since the last batch, up to what is available and cut to the limit; null when nothing is. */
async function planNext(
  parts: QueryParts,
  position: Position,
  available: Offsets | null,
  signal: AbortSignal,
): Promise<PlannedBatch | null> {
  const { clock, source } = parts;
  const watch = new Stopwatch(clock);
  const bounds = await watch.time('latestOffset', () => again(parts, signal, () => source.bounds()));
  checkPosition(position.offsets, bounds);
  const range = planRange(position.offsets, available ?? bounds.end, parts.maxOffsetsPerTrigger);
  if (!range || signal.aborted) return null;
  const { conf, watermarkMs } = position;
  const timestamp = clock.now();
  const entry = { watermarkMs, timestamp, conf, topic: source.topic, offsets: range.end };
  return { id: position.nextBatch, timestamp, range, entry, latest: bounds.end, watch };
}

/** An open batch is run again with the range and the time that were promised. */
async function planOpen(parts: QueryParts, open: OpenBatch, signal: AbortSignal): Promise<PlannedBatch> {
  const watch = new Stopwatch(parts.clock);
  const bounds: Bounds = await watch.time('latestOffset', () => again(parts, signal, () => parts.source.bounds()));
  checkLoss(open.range, bounds);
  parts.log('info', `Batch ${open.id}: begun by an earlier run, running it again`, open.id);
  return { ...open, entry: null, latest: bounds.end, watch };
}

/** *Promise, read and add, confirm, tell.* Answers when the batch began. */
async function runBatch(
  parts: QueryParts,
  { queryId }: Position,
  { id, timestamp, range, entry, latest, watch }: PlannedBatch,
  lastBegan: number | null,
  signal: AbortSignal,
): Promise<number> {
  const { checkpoint, sink } = parts;
  const step = <T>(phase: keyof BatchDurations, work: () => Promise<T>): Promise<T> =>
    watch.time(phase, () => again(parts, signal, work));
  if (entry) {
    await failpoint('b1');
    await step('walCommit', () => promise(parts, queryId, id, entry));
  }
  await failpoint('b3');
  const result = await step('addBatch', () => sink.addBatch(readBatch(parts, queryId, id, timestamp, range)));
  await failpoint('b8');
  await step('commitOffsets', () => checkpoint.confirm(id));
  await failpoint('b10');
  sink.settled?.(id);
  await afterwards(parts, id, range);
  const sinceLast = lastBegan === null ? null : watch.began - lastBegan;
  const done = { id, timestamp, range, latest, result, recovered: !entry, durations: watch.durations(), sinceLast };
  const { name, runId, source } = parts;
  parts.emit(toProgress({ name, queryId, runId, source: source.description, sink: sink.description }, done));
  return watch.began;
}

/** Who was taken over right before the put must not leave a promise in a checkpoint that was cleared meanwhile. */
async function promise(parts: QueryParts, queryId: string, id: number, entry: OffsetsEntry): Promise<void> {
  await parts.checkpoint.promise(id, entry);
  try {
    await parts.lease.check();
  } catch (error) {
    if (isFenced(error)) await parts.checkpoint.withdraw(queryId, id, entry);
    throw error;
  }
}

/** *Read.* Made anew for each try, because a stream can be read only once. A stop never cuts it: the batch is finished. */
function readBatch(parts: QueryParts, queryId: string, id: number, timestamp: number, range: OffsetRange): Batch {
  const { source, clusterId, witness } = parts;
  const records = witness.watch(source.read(range, new AbortController().signal));
  return { id, timestamp, queryId, topic: source.topic, clusterId, range, records };
}

/** What may fail without failing the batch, because it is settled already. */
async function afterwards(parts: QueryParts, id: number, range: OffsetRange): Promise<void> {
  const tasks = [
    () => parts.lease.check().then(() => parts.witness.write()),
    () => parts.source.publish(`sluice-${parts.name}`, range.end),
    () => parts.checkpoint.purge(id),
  ];
  for (const task of tasks) {
    await task().catch((error: Error) => parts.log('warn', `Batch ${id}: ${error.message}`, id));
  }
}

function again<T>(parts: QueryParts, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  const { clock, log, retry: policy } = parts;
  const onRetry = (error: Error, attempt: number): void => log('warn', `${error.message} (try ${attempt + 1})`);
  return retrying(work, { policy, clock, signal, onRetry });
}
