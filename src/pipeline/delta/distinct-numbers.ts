/** Numbers without repetition, compared by their bits, so that 0 and -0 stay two and NaN is one. Pure. */
import type { Numbers } from './columns-view.ts';

export interface DistinctNumbers {
  /** In the order in which they first come. */
  readonly distinct: Numbers;
  /** For each number its place among them. */
  readonly codes: Int32Array;
}

/** Null when more than half of the numbers are different: then there is nothing to gain. */
export function distinctNumbers(values: Numbers): DistinctNumbers | null {
  const limit = values.length >>> 1;
  const wide = values.BYTES_PER_ELEMENT === 8;
  const words = new Int32Array(values.buffer, values.byteOffset, values.byteLength >>> 2);
  const slots = slotsFor(limit);
  const mask = slots.length - 1;
  const firsts = new Int32Array(limit);
  const codes = new Int32Array(values.length);
  let count = 0;
  for (let at = 0; at < values.length; at++) {
    const low = words[wide ? 2 * at : at] as number;
    const high = wide ? (words[2 * at + 1] as number) : 0;
    let slot = hash(low, high) & mask;
    let code = (slots[slot] as number) - 1;
    while (code >= 0) {
      const first = firsts[code] as number;
      if (words[wide ? 2 * first : first] === low && (!wide || words[2 * first + 1] === high)) break;
      slot = (slot + 1) & mask;
      code = (slots[slot] as number) - 1;
    }
    if (code < 0) {
      if (count === limit) return null;
      firsts[count] = at;
      code = count++;
      slots[slot] = code + 1;
    }
    codes[at] = code;
  }
  return { distinct: pick(values, firsts.subarray(0, count)), codes };
}

let scratch = new Int32Array(1024);

/** Free slots, twice as many as there can be entries. */
function slotsFor(entries: number): Int32Array {
  const size = Math.max(16, 2 ** Math.ceil(Math.log2(2 * entries + 1)));
  if (scratch.length < size) scratch = new Int32Array(size);
  return scratch.subarray(0, size).fill(0);
}

function hash(low: number, high: number): number {
  const mixed = Math.imul(low ^ Math.imul(high, 0x85ebca6b), 0x9e3779b1);
  return mixed ^ (mixed >>> 15);
}

function pick(values: Numbers, places: Int32Array): Numbers {
  const picked = values.slice(0, places.length);
  for (let at = 0; at < places.length; at++) picked[at] = values[places[at] as number] as never;
  return picked;
}
