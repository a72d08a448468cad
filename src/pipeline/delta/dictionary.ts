/** The values of one column chunk without repetition, and for each its place among them, in memory that is used again and again. */
import type { TextList } from './text-list.ts';

/** Codes are packed with at most 24 bits; readers keep the dictionary in memory. */
const MAX_ENTRIES = 1 << 17;
/** Of values whose first eighth hardly repeats, not half will. */
const SAMPLE = 8;
const LEAST_SAMPLE = 32;
const FIRST_VALUES = 1024;

export class Dictionary {
  /** Of texts: their entries. Of numbers: their bits, in one or two words. In the order in which they first come. */
  distinct = new Int32Array(FIRST_VALUES);
  /** How many are distinct. */
  count = 0;
  /** For each value its place among them. */
  codes = new Int32Array(FIRST_VALUES);
  /** Open addressing: place of a number + 1, or 0. */
  #slots = new Int32Array(4 * FIRST_VALUES);

  /**
   * Takes the `count` texts whose entries stand at `from` and behind it. False when more than half of them are different: then there is nothing
   * to gain.
   */
  takeTexts(list: TextList, entries: Int32Array, from: number, count: number): boolean {
    const limit = this.#begin(count, 1);
    const { distinct, codes } = this;
    const { marks, base } = list.marks(limit);
    let found = 0;
    for (let at = 0; at < count; at++) {
      const entry = entries[from + at] as number;
      let code = (marks[entry] as number) - base;
      if (code < 0) {
        if (found === limit) return false;
        code = found++;
        marks[entry] = base + code;
        distinct[code] = entry;
      }
      codes[at] = code;
    }
    this.count = found;
    return found > 0;
  }

  /** As `takeTexts`, for numbers of one word, by their bits. */
  takeNarrow(words: Int32Array, from: number, count: number): boolean {
    const limit = this.#begin(count, 1);
    const mask = this.#freeSlots(limit);
    const slots = this.#slots;
    const { distinct, codes } = this;
    const sample = Math.floor(count / SAMPLE);
    let found = 0;
    for (let at = 0; at < count; at++) {
      const value = words[from + at] as number;
      let slot = hash(value, 0) & mask;
      let code = (slots[slot] as number) - 1;
      while (code >= 0 && distinct[code] !== value) {
        slot = (slot + 1) & mask;
        code = (slots[slot] as number) - 1;
      }
      if (code < 0) {
        if (found === limit) return false;
        distinct[found] = value;
        code = found++;
        slots[slot] = found;
      }
      codes[at] = code;
      if (at === sample && isHopeless(found, at)) return false;
    }
    this.count = found;
    return found > 0;
  }

  /** As `takeTexts`, for numbers of two words, by their bits: 0 and -0 stay two, and NaN is one. `from` counts numbers. */
  takeWide(words: Int32Array, from: number, count: number): boolean {
    const limit = this.#begin(count, 2);
    const mask = this.#freeSlots(limit);
    const slots = this.#slots;
    const { distinct, codes } = this;
    const sample = Math.floor(count / SAMPLE);
    let found = 0;
    for (let at = 0; at < count; at++) {
      const word = (from + at) << 1;
      const low = words[word] as number;
      const high = words[word + 1] as number;
      let slot = hash(low, high) & mask;
      let code = (slots[slot] as number) - 1;
      while (code >= 0 && (distinct[code << 1] !== low || distinct[(code << 1) + 1] !== high)) {
        slot = (slot + 1) & mask;
        code = (slots[slot] as number) - 1;
      }
      if (code < 0) {
        if (found === limit) return false;
        distinct[found << 1] = low;
        distinct[(found << 1) + 1] = high;
        code = found++;
        slots[slot] = found;
      }
      codes[at] = code;
      if (at === sample && isHopeless(found, at)) return false;
    }
    this.count = found;
    return found > 0;
  }

  /** Makes room, and answers how many may be distinct. */
  #begin(values: number, words: number): number {
    const limit = Math.min(values >>> 1, MAX_ENTRIES);
    if (this.codes.length < values) this.codes = new Int32Array(roomFor(values));
    if (this.distinct.length < words * limit) this.distinct = new Int32Array(roomFor(words * limit));
    return limit;
  }

  /** Twice as many slots as there can be entries, and more; the answer is the mask of their numbers. */
  #freeSlots(entries: number): number {
    const size = roomFor(Math.max(8, 2 * entries));
    if (this.#slots.length < size) this.#slots = new Int32Array(size);
    this.#slots.fill(0, 0, size);
    return size - 1;
  }
}

const roomFor = (length: number): number => 2 ** (32 - Math.clz32(length));

/** Were half of all values the distinct ones, evenly spread, an eighth of the first eighth would repeat. */
const isHopeless = (found: number, of: number): boolean => of >= LEAST_SAMPLE && found > of - of / SAMPLE;

function hash(low: number, high: number): number {
  const mixed = Math.imul(low ^ Math.imul(high, 0x85ebca6b), 0x9e3779b1);
  return mixed ^ (mixed >>> 15);
}
