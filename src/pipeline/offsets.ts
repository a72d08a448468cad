/** Arithmetic of offsets: what a batch may read, what is lost, what waits. Pure. */
import { SluiceError } from './errors.ts';
import type { OffsetGap, OffsetMap } from './events.ts';
import type { Gap, OffsetRange, Offsets } from './ports.ts';

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
  const sizes = new Map(
    [...end].map(([partition, until]) => [partition, atLeast(0n, until - nextOf(position, partition))]),
  );
  const total = [...sizes.values()].reduce((sum, size) => sum + size, 0n);
  if (total <= 0n) return null;
  return {
    start: new Map([...end.keys()].map((each) => [each, nextOf(position, each)])),
    end: new Map([...sizes].map(([each, size]) => [each, nextOf(position, each) + share(size)])),
  };

  function share(size: bigint): bigint {
    if (limit === null || size === 0n) return size;
    const exact = limit * (Number(size) / Number(total));
    const cut = BigInt(exact < 1 ? Math.ceil(exact) : Math.floor(exact));
    return cut < size ? cut : size;
  }
}

/** Where a query stands, as a range without a record: every partition that it or the topic knows. */
export function standingAt(position: Offsets, bounds: Bounds): OffsetRange {
  const partitions = new Set([...position.keys(), ...bounds.end.keys()]);
  const here = new Map([...partitions].map((each) => [each, nextOf(position, each)]));
  return { start: here, end: here };
}

/**
 * What stands between a range and the first record that is left: the topic has removed it. Throws SOURCE_CHANGED when
 * the topic ends before the range does, or has lost a partition: then it is not the topic that was read before.
 */
export function findLosses(range: OffsetRange, bounds: Bounds): Gap[] {
  return [...range.end].flatMap(([partition, until]) => {
    const from = nextOf(range.start, partition);
    const [start, end] = [bounds.start.get(partition), bounds.end.get(partition)];
    if (start === undefined || end === undefined) throw changed(`partition ${partition} is gone (${from} was next)`);
    const needed = atLeast(from, until);
    if (end < needed) throw changed(`partition ${partition} ends at ${end}, but ${needed} was reached before`);
    if (start <= from) return [];
    // Of a range that was promised only the range itself counts; where a query stands, all up to the first record does.
    return [{ partition, from, to: until > from && until < start ? until : start }];
  });
}

/** Throws DATA_LOSS when the topic no longer holds the whole range: the operator decides, nothing is skipped. */
export function checkLoss(range: OffsetRange, bounds: Bounds): void {
  const losses = findLosses(range, bounds);
  if (losses.length > 0) throw dataLoss(losses);
}

export function dataLoss(losses: readonly Gap[]): SluiceError {
  return new SluiceError('DATA_LOSS', {
    tried: 'Looking whether the topic still holds what comes next',
    seen: losses.map(describeGap).join('; '),
    expected: 'every record from the checkpoint on',
    action:
      'Restore the topic, or accept the loss: then exactly these offsets are passed over, and that is written down.',
  });
}

/** The offsets behind the gaps. */
export function pass(position: Offsets, gaps: readonly Gap[]): Offsets {
  return new Map([...position, ...gaps.map(({ partition, to }) => [partition, to] as const)]);
}

export const sizeOf = (gaps: readonly Gap[]): number => gaps.reduce((sum, { from, to }) => sum + Number(to - from), 0);

export function toOffsetMap(offsets: Offsets): OffsetMap {
  return Object.fromEntries([...offsets].map(([partition, next]) => [partition, next.toString()]));
}

export function fromOffsetMap(map: OffsetMap): Offsets {
  return new Map(Object.entries(map).map(([partition, next]) => [Number(partition), BigInt(next)]));
}

export const toOffsetGap = ({ partition, from, to }: Gap): OffsetGap => ({
  partition,
  from: from.toString(),
  to: to.toString(),
});

export const fromOffsetGap = ({ partition, from, to }: OffsetGap): Gap => ({
  partition,
  from: BigInt(from),
  to: BigInt(to),
});

const atLeast = (least: bigint, value: bigint): bigint => (value > least ? value : least);

const describeGap = ({ partition, from, to }: Gap): string =>
  `partition ${partition} begins at ${to}, ${from} was next: ${to - from} offsets are lost`;

function changed(seen: string): SluiceError {
  return new SluiceError('SOURCE_CHANGED', {
    tried: 'Looking whether the topic still holds what comes next',
    seen,
    expected: 'a topic that reaches to where the query stands',
    action:
      'Point this query at the old topic again, or clear its checkpoint and say where it begins: earliest or latest.',
  });
}
