/** From samples of offsets to what a person wants to know about lag. Pure. */
import type { PartitionLag } from '../pipeline/events.ts';
import type { LagView } from './contract.ts';

/** What the engine said about all partitions at one moment; null when it could not be asked. */
export interface LagSample {
  readonly at: number;
  readonly partitions: readonly PartitionLag[] | null;
}

type Point = LagView['history'][number];
/** Sums over all partitions at one moment. */
interface Sums {
  readonly at: number;
  readonly position: number;
  readonly end: number;
}

/** What is kept between two samples. */
export interface LagMemory {
  readonly view: LagView | null;
  readonly recent: readonly Sums[];
  readonly history: readonly Point[];
}

export const EMPTY_LAG: LagMemory = { view: null, recent: [], history: [] };

const KEPT_POINTS = 300;
/** Rates are taken over this time: short enough to follow a change, long enough to even out the batches. */
const RATE_WINDOW_MS = 30_000;

/** Adds a sample. An unknown one leaves a gap in the history and keeps the last known view. */
export function addSample(memory: LagMemory, sample: LagSample): LagMemory {
  const { at, partitions } = sample;
  if (partitions === null) return withGap(memory, at);
  const sums = sumUp(at, partitions);
  const last = memory.recent.at(-1);
  const recent = [...memory.recent.filter((each) => each.at >= at - RATE_WINDOW_MS), sums];
  const total = partitions.reduce((sum, each) => sum + each.lag, 0);
  const point = { at, lag: total, produced: perSecond(last, sums, 'end'), consumed: perSecond(last, sums, 'position') };
  const history = [...memory.history, point].slice(-KEPT_POINTS);
  const first = recent[0];
  const produced = perSecond(first, sums, 'end') ?? 0;
  const consumed = perSecond(first, sums, 'position') ?? 0;
  const oldestMs = oldestAge(at, partitions);
  const drainSeconds = drainTime(total, produced, consumed);
  return { recent, history, view: { at, partitions, total, oldestMs, produced, consumed, drainSeconds, history } };
}

/** The engine could not be asked: the position may have been reset meanwhile, so rates begin anew. */
function withGap(memory: LagMemory, at: number): LagMemory {
  if (memory.history.at(-1)?.lag === null) return memory;
  const history = [...memory.history, { at, lag: null, produced: null, consumed: null }].slice(-KEPT_POINTS);
  return { recent: [], history, view: memory.view && { ...memory.view, history } };
}

function sumUp(at: number, partitions: readonly PartitionLag[]): Sums {
  // A partition that was never read stands at its first record.
  const position = partitions.reduce((sum, each) => sum + Number(each.current ?? each.logStart), 0);
  return { at, position, end: partitions.reduce((sum, each) => sum + Number(each.end), 0) };
}

/** Growth per second between two samples; null when there is no earlier one or the offsets were reset. */
function perSecond(from: Sums | undefined, to: Sums, key: 'position' | 'end'): number | null {
  if (from === undefined || to.at <= from.at || to[key] < from[key]) return null;
  return Math.round(((to[key] - from[key]) * 10_000) / (to.at - from.at)) / 10;
}

function drainTime(total: number, produced: number, consumed: number): number | null {
  return total === 0 || consumed <= produced ? null : Math.ceil(total / (consumed - produced));
}

function oldestAge(at: number, partitions: readonly PartitionLag[]): number | null {
  const times = partitions.flatMap((each) =>
    each.lag > 0 && each.oldestUnreadAt !== null ? [each.oldestUnreadAt] : [],
  );
  return times.length === 0 ? null : Math.max(0, at - Math.min(...times));
}
