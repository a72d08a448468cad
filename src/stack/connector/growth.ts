/** How the log that a slot keeps has grown. Pure. */
import type { SlotView } from './slot.ts';

export interface SlotSample {
  /** ms since 1970. */
  readonly at: number;
  readonly retainedBytes: number;
}

export interface SlotGrowth {
  /** Bytes a minute over the last minutes; null before there are two samples. Negative while it is being read. */
  readonly perMinute: number | null;
  /** ms until the slot is lost at this pace; null without a limit, or when it does not grow. */
  readonly lostInMs: number | null;
}

/** Half an hour of samples. */
export const KEPT_SAMPLES = 360;
export const SAMPLE_MS = 5_000;
/** The pace is taken over this time: long enough to even out single transactions. */
const WINDOW_MS = 5 * 60_000;
/** Two samples closer than this tell nothing about a pace. */
const SHORTEST_MS = 10_000;

export function addSample(samples: readonly SlotSample[], sample: SlotSample): readonly SlotSample[] {
  return [...samples, sample].slice(-KEPT_SAMPLES);
}

export function growthOf(samples: readonly SlotSample[], slot: SlotView): SlotGrowth {
  const last = samples.at(-1);
  const first = last && samples.find(({ at }) => at >= last.at - WINDOW_MS);
  if (!last || !first || last.at - first.at < SHORTEST_MS) return { perMinute: null, lostInMs: null };
  const perMs = (last.retainedBytes - first.retainedBytes) / (last.at - first.at);
  const grows = perMs > 0 && slot.safeBytes !== null;
  return {
    perMinute: Math.round(perMs * 60_000),
    lostInMs: grows ? Math.round(Math.max(0, slot.safeBytes ?? 0) / perMs) : null,
  };
}
