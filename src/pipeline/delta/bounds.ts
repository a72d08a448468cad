/** The least and the greatest of some values, in the order in which readers compare them. Pure. */
import { compareEntries, type TextList } from './text-list.ts';

export interface Bounds {
  readonly min: string | number | bigint;
  readonly max: string | number | bigint;
}

/** Texts are ordered by their UTF-8 bytes. */
export function textBounds(list: TextList, entries: Int32Array): Bounds {
  const ranks = list.ranks();
  const [min, max] = ranks ? byRank(ranks, entries) : byBytes(list, entries);
  return { min: list.text(min), max: list.text(max) };
}

function byRank(ranks: Int32Array, entries: Int32Array): [number, number] {
  let min = entries[0] as number;
  let max = min;
  for (let at = 1; at < entries.length; at++) {
    const entry = entries[at] as number;
    const rank = ranks[entry] as number;
    if (rank < (ranks[min] as number)) min = entry;
    else if (rank > (ranks[max] as number)) max = entry;
  }
  return [min, max];
}

/** Most texts lie between the two bounds by their first bytes already. */
function byBytes(list: TextList, entries: Int32Array): [number, number] {
  let min = entries[0] as number;
  let max = min;
  let least = list.head(min);
  let greatest = least;
  for (let at = 1; at < entries.length; at++) {
    const entry = entries[at] as number;
    const head = list.head(entry);
    if (head > least && head < greatest) continue;
    if (head < least || (head === least && compareEntries(list, entry, min) < 0)) {
      min = entry;
      least = head;
    } else if (head > greatest || (head === greatest && compareEntries(list, entry, max) > 0)) {
      max = entry;
      greatest = head;
    }
  }
  return [min, max];
}

/** Null when a value has no place in an order. */
export function doubleBounds(values: Float64Array): Bounds | null {
  let min = Infinity;
  let max = -Infinity;
  let zeros = 0;
  for (let at = 0; at < values.length; at++) {
    const value = values[at] as number;
    if (!Number.isFinite(value)) return null;
    if (value < min) min = value;
    if (value > max) max = value;
    if (value === 0) zeros |= Object.is(value, -0) ? 1 : 2;
  }
  // -0 comes before 0.
  if (min === 0) min = (zeros & 1) !== 0 ? -0 : 0;
  if (max === 0) max = (zeros & 2) !== 0 ? 0 : -0;
  return { min, max };
}

export function intBounds(values: Int32Array): Bounds {
  let min = values[0] as number;
  let max = min;
  for (let at = 1; at < values.length; at++) {
    const value = values[at] as number;
    if (value < min) min = value;
    if (value > max) max = value;
  }
  return { min, max };
}

/** Compared by words, so that no bigint is made for each value. */
export function longBounds(values: BigInt64Array): Bounds {
  const high = new Int32Array(values.buffer, values.byteOffset, 2 * values.length);
  const low = new Uint32Array(values.buffer, values.byteOffset, 2 * values.length);
  let min = 0;
  let max = 0;
  const before = (a: number, b: number): boolean => {
    const [x, y] = [high[2 * a + HIGH_WORD] as number, high[2 * b + HIGH_WORD] as number];
    return x < y || (x === y && (low[2 * a + 1 - HIGH_WORD] as number) < (low[2 * b + 1 - HIGH_WORD] as number));
  };
  for (let at = 1; at < values.length; at++) {
    if (before(at, min)) min = at;
    else if (before(max, at)) max = at;
  }
  return { min: values[min] as bigint, max: values[max] as bigint };
}

const HIGH_WORD = new Int32Array(BigInt64Array.of(1n).buffer)[0] === 1 ? 1 : 0;
