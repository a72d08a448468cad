/** Arithmetic of offsets: what a batch may read, what is lost, what waits. Pure. */
import { SluiceError } from './errors.ts';
import type { OffsetMap } from './events.ts';
import type { OffsetRange, Offsets } from './ports.ts';

export interface Bounds {
  readonly start: Offsets;
  readonly end: Offsets;
}

/** Where a partition is read from next; a partition that is new to the query starts at 0, as in Spark. */
export const nextOf = (position: Offsets, partition: number): bigint => position.get(partition) ?? 0n;

/**
 * The next batch, or null when nothing is new. With a limit each partition gets its share of it, cut down as Spark does
 * (KafkaMicroBatchStream.rateLimit): a share below one offset is rounded up, so that no partition starves.
 */
export function planRange(position: Offsets, end: Offsets, limit: number | null): OffsetRange | null {
  const sizes = new Map([...end].map(([partition, until]) => [partition, until - nextOf(position, partition)]));
  const total = [...sizes.values()].reduce((sum, size) => sum + size, 0n);
  if (total <= 0n) return null;
  const cut = limit === null ? end : new Map([...sizes].map(([each, size]) => [each, cutEnd(each, size)]));
  return { start: new Map([...end.keys()].map((each) => [each, nextOf(position, each)])), end: cut };

  function cutEnd(partition: number, size: bigint): bigint {
    if (size <= 0n) return nextOf(position, partition);
    const share = (limit ?? 0) * (Number(size) / Number(total));
    const cut = BigInt(share < 1 ? Math.ceil(share) : Math.floor(share));
    return nextOf(position, partition) + (cut < size ? cut : size);
  }
}

/** Throws DATA_LOSS when the topic no longer reaches to where the query stands. */
export function checkPosition(position: Offsets, bounds: Bounds): void {
  const partitions = new Set([...position.keys(), ...bounds.end.keys()]);
  const here = new Map([...partitions].map((each) => [each, nextOf(position, each)]));
  checkLoss({ start: here, end: here }, bounds);
}

/** Throws DATA_LOSS when the topic no longer holds the whole range: the operator decides, nothing is skipped. */
export function checkLoss(range: OffsetRange, bounds: Bounds): void {
  const losses = [...range.end].flatMap(([partition, until]) => {
    const from = nextOf(range.start, partition);
    return describeLoss(partition, from, until, bounds);
  });
  if (losses.length === 0) return;
  throw new SluiceError('DATA_LOSS', {
    tried: 'Looking whether the topic still holds what comes next',
    seen: losses.join('; '),
    expected: 'every record from the checkpoint on',
    action: 'Restore the topic, or start over with another data folder: a query never goes past a gap by itself.',
  });
}

export function toOffsetMap(offsets: Offsets): OffsetMap {
  return Object.fromEntries([...offsets].map(([partition, next]) => [partition, next.toString()]));
}

export function fromOffsetMap(map: OffsetMap): Offsets {
  return new Map(Object.entries(map).map(([partition, next]) => [Number(partition), BigInt(next)]));
}

function describeLoss(partition: number, from: bigint, until: bigint, bounds: Bounds): string[] {
  const start = bounds.start.get(partition);
  const end = bounds.end.get(partition);
  if (start === undefined || end === undefined) return [`partition ${partition} is gone (${from} was next)`];
  if (start > from) {
    return [`partition ${partition} begins at ${start}, ${from} was next: ${start - from} offsets are lost`];
  }
  const needed = until > from ? until : from;
  if (end >= needed) return [];
  return [`partition ${partition} ends at ${end}, but ${needed} was reached before`];
}
