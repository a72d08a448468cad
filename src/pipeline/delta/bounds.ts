/** The least and the greatest of some values, in the order in which readers compare them, kept as they lie in memory. */
import { compareEntries, type TextList } from './text-list.ts';

export class Bounds {
  /** Whether there are bounds: not without values, nor with one that has no place in an order. */
  exist = false;
  /** Of texts: their entries in `list`. */
  min = 0;
  max = 0;
  list: TextList | null = null;
  /** Of numbers: the least one and the greatest one, in two words each, the lower one first; of 32 bits only that. */
  readonly words = new Int32Array(4);
  readonly doubles = new Float64Array(this.words.buffer);
  readonly bytes = new Uint8Array(this.words.buffer);
  #unordered = false;

  clear(): void {
    this.exist = false;
    this.list = null;
    this.#unordered = false;
  }

  /** Texts are ordered by their UTF-8 bytes. Adds the entries [from, to), of which there is one at least; all of one list. */
  addTexts(list: TextList, entries: Int32Array, from: number, to: number): void {
    if (!this.exist) this.min = this.max = entries[from] as number;
    this.exist = true;
    this.list = list;
    const ranks = list.ranks();
    if (ranks) this.#addByRank(ranks, entries, from, to);
    else this.#addByBytes(list, entries, from, to);
  }

  /** Adds the numbers [from, to), of which there is one at least. */
  addInts(values: Int32Array, from: number, to: number): void {
    const { words } = this;
    let min = this.exist ? (words[0] as number) : (values[from] as number);
    let max = this.exist ? (words[2] as number) : min;
    for (let at = from; at < to; at++) {
      const value = values[at] as number;
      if (value < min) min = value;
      if (value > max) max = value;
    }
    words[0] = min;
    words[2] = max;
    this.exist = true;
  }

  /** 64-bit integers, compared by words, so that no bigint is made for each: `from` and `to` are places of words. */
  addLongs(values: Int32Array, from: number, to: number): void {
    const { words } = this;
    if (!this.exist) {
      words[0] = words[2] = values[from] as number;
      words[1] = words[3] = values[from + 1] as number;
    }
    let [minLow, minHigh] = [(words[0] as number) >>> 0, words[1] as number];
    let [maxLow, maxHigh] = [(words[2] as number) >>> 0, words[3] as number];
    for (let at = from; at < to; at += 2) {
      const low = (values[at] as number) >>> 0;
      const high = values[at + 1] as number;
      if (high < minHigh || (high === minHigh && low < minLow)) {
        minLow = low;
        minHigh = high;
      }
      if (high > maxHigh || (high === maxHigh && low > maxLow)) {
        maxLow = low;
        maxHigh = high;
      }
    }
    words[0] = minLow;
    words[1] = minHigh;
    words[2] = maxLow;
    words[3] = maxHigh;
    this.exist = true;
  }

  /** NaN and the infinities have no place in the order: with one of them there are no bounds. */
  addDoubles(values: Float64Array, from: number, to: number): void {
    let min = this.exist ? (this.doubles[0] as number) : Infinity;
    let max = this.exist ? (this.doubles[1] as number) : -Infinity;
    // -0 comes before 0.
    let zeros = Object.is(min, -0) || Object.is(max, -0) ? 1 : 0;
    if (Object.is(min, 0) || Object.is(max, 0)) zeros |= 2;
    for (let at = from; at < to; at++) {
      const value = values[at] as number;
      if (!(value - value === 0)) this.#unordered = true;
      if (value < min) min = value;
      if (value > max) max = value;
      if (value === 0) zeros |= Object.is(value, -0) ? 1 : 2;
    }
    if (min === 0) min = (zeros & 1) !== 0 ? -0 : 0;
    if (max === 0) max = (zeros & 2) !== 0 ? 0 : -0;
    this.doubles[0] = min;
    this.doubles[1] = max;
    this.exist = !this.#unordered;
  }

  #addByRank(ranks: Int32Array, entries: Int32Array, from: number, to: number): void {
    let { min, max } = this;
    let least = ranks[min] as number;
    let greatest = ranks[max] as number;
    for (let at = from; at < to; at++) {
      const entry = entries[at] as number;
      const rank = ranks[entry] as number;
      if (rank < least) {
        min = entry;
        least = rank;
      }
      if (rank > greatest) {
        max = entry;
        greatest = rank;
      }
    }
    this.min = min;
    this.max = max;
  }

  /** Most texts lie between the two bounds by their first bytes already. */
  #addByBytes(list: TextList, entries: Int32Array, from: number, to: number): void {
    let { min, max } = this;
    let least = list.head(min);
    let greatest = list.head(max);
    for (let at = from; at < to; at++) {
      const entry = entries[at] as number;
      const head = list.head(entry);
      if (head > least && head < greatest) continue;
      if (head < least || (head === least && compareEntries(list, entry, list, min) < 0)) {
        min = entry;
        least = head;
      }
      if (head > greatest || (head === greatest && compareEntries(list, entry, list, max) > 0)) {
        max = entry;
        greatest = head;
      }
    }
    this.min = min;
    this.max = max;
  }
}
