/** *Plan.* What the next batch reads, or what an open one has promised. */
import { attempt } from './attempt.ts';
import { findLosses, nextOf, pass, planRange, standingAt, type Bounds } from './offsets.ts';
import type { Gap, OffsetRange, Offsets } from './ports.ts';
import type { PlannedBatch, QueryParts } from './query-parts.ts';
import type { OpenBatch, Position } from './resume.ts';
import { Stopwatch } from './stopwatch.ts';

/** A batch to run, or nothing new, with what the topic held when it was asked. */
export interface Plan {
  readonly batch: PlannedBatch | null;
  readonly latest: Offsets;
  readonly watch: Stopwatch;
}

/**
 * What is new since the last batch, up to what is available and cut to the limit. A loss that was accepted makes a batch
 * even when nothing is new, so that it stands in the ledger.
 */
export async function planNext(
  parts: QueryParts,
  position: Position,
  available: Offsets | null,
  signal: AbortSignal,
): Promise<Plan> {
  const { clock, source } = parts;
  const watch = new Stopwatch(clock);
  const bounds = await askBounds(parts, watch, signal);
  const gaps = await settle(parts, position.queryId, standingAt(position.offsets, bounds), bounds, signal);
  const from = pass(position.offsets, gaps);
  const fresh = planRange(from, available ?? bounds.end, parts.maxOffsetsPerTrigger);
  if ((!fresh && gaps.length === 0) || signal.aborted) return { batch: null, latest: bounds.end, watch };
  const end = new Map([...pass(new Map(), gaps), ...(fresh?.end ?? standingAt(from, bounds).end)]);
  const range = { start: new Map([...end.keys()].map((each) => [each, nextOf(position.offsets, each)])), end };
  const { conf, watermarkMs } = position;
  const timestamp = clock.now();
  const entry = { watermarkMs, timestamp, conf, topic: source.topic, offsets: end };
  const batch = { id: position.nextBatch, timestamp, range, gaps, entry, latest: bounds.end, watch };
  return { batch, latest: bounds.end, watch };
}

/** An open batch is run again with the range and the time that were promised. */
export async function planOpen(
  parts: QueryParts,
  queryId: string,
  open: OpenBatch,
  signal: AbortSignal,
): Promise<PlannedBatch> {
  const watch = new Stopwatch(parts.clock);
  const bounds = await askBounds(parts, watch, signal);
  const gaps = await settle(parts, queryId, open.range, bounds, signal);
  parts.log('info', `Batch ${open.id}: begun by an earlier run, running it again`, open.id);
  return { ...open, gaps, entry: null, latest: bounds.end, watch };
}

/** Retention may pass a range while it is read: the same batch with the gaps that it has now, or null when none is new. */
export async function planBehindLoss(
  parts: QueryParts,
  queryId: string,
  batch: PlannedBatch,
  signal: AbortSignal,
): Promise<PlannedBatch | null> {
  const bounds = await attempt(parts, signal, () => parts.source.bounds());
  const gaps = await settle(parts, queryId, batch.range, bounds, signal);
  const isSame = (gap: Gap): boolean =>
    batch.gaps.some((each) => each.partition === gap.partition && each.from === gap.from && each.to === gap.to);
  return gaps.every(isSame) ? null : { ...batch, gaps };
}

function askBounds(parts: QueryParts, watch: Stopwatch, signal: AbortSignal): Promise<Bounds> {
  return watch.time('latestOffset', () => attempt(parts, signal, () => parts.source.bounds()));
}

async function settle(
  parts: QueryParts,
  queryId: string,
  range: OffsetRange,
  bounds: Bounds,
  signal: AbortSignal,
): Promise<readonly Gap[]> {
  const gaps = findLosses(range, bounds);
  await attempt(parts, signal, () => parts.losses.settle(queryId, gaps));
  return gaps;
}
