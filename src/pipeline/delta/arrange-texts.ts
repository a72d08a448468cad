/** Puts texts that do not repeat into the order of their rows. Memory is used again. */
import type { TextEntries } from './columns-view.ts';
import type { TextList } from './text-list.ts';

export interface Moves {
  readonly rows: number;
  /** For each row where it goes. */
  readonly places: Int32Array;
  /** The rows that have a value have this bit: where they were, and where they go. */
  readonly bit: number;
  readonly before: Int32Array;
  readonly after: Int32Array;
}

export class TextArranger {
  /** By place: where its text begins. */
  #starts = new Int32Array(0);
  #bytes = new Uint8Array(0);
  #words = new Int32Array(0);

  /** False, and nothing is done, where rows have a text in common: there may be no room for one each. */
  arrange({ texts, entries }: TextEntries, moves: Moves): boolean {
    const { bytes, ends } = texts;
    if (this.#starts.length <= moves.rows) this.#starts = new Int32Array(moves.rows + (moves.rows >>> 2) + 1);
    const count = findLengths(texts, entries, moves, this.#starts);
    const total = addUp(this.#starts, moves.rows);
    if (count > texts.count || total > bytes.length) return false;
    if (this.#bytes.length < total) {
      this.#words = new Int32Array((total + (total >>> 2) + 4) >>> 2);
      this.#bytes = new Uint8Array(this.#words.buffer);
    }
    this.#move(texts, entries, moves);
    bytes.set(this.#bytes.subarray(0, total));
    putEntries(entries, ends, this.#starts, moves);
    texts.show(bytes, ends, count);
    return true;
  }

  /** Word by word where a text stands at whole ones before and after. */
  #move({ bytes, words, ends }: TextList, entries: Int32Array, { rows, places, before, bit }: Moves): void {
    const [starts, toBytes, toWords] = [this.#starts, this.#bytes, this.#words];
    for (let row = 0; row < rows; row++) {
      if (((before[row] as number) & bit) === 0) continue;
      const entry = entries[row] as number;
      const start = ends[entry] as number;
      const end = ends[entry + 1] as number;
      let to = starts[places[row] as number] as number;
      if (words && ((start | end | to) & 3) === 0) {
        to >>>= 2;
        for (let at = start >>> 2; at < end >>> 2; at++) toWords[to++] = words[at] as number;
      } else for (let at = start; at < end; at++) toBytes[to++] = bytes[at] as number;
    }
  }
}

/** By place: the length of its text. Answers how many rows have one. */
function findLengths({ ends }: TextList, entries: Int32Array, moves: Moves, lengths: Int32Array): number {
  const { rows, places, before, bit } = moves;
  let count = 0;
  for (let row = 0; row < rows; row++) {
    const place = places[row] as number;
    if (((before[row] as number) & bit) === 0) lengths[place] = 0;
    else {
      const entry = entries[row] as number;
      lengths[place] = (ends[entry + 1] as number) - (ends[entry] as number);
      count += 1;
    }
  }
  return count;
}

/** From lengths to starts, and one more, which is the sum. */
function addUp(lengths: Int32Array, rows: number): number {
  let total = 0;
  for (let place = 0; place < rows; place++) {
    const length = lengths[place] as number;
    lengths[place] = total;
    total += length;
  }
  return (lengths[rows] = total);
}

function putEntries(entries: Int32Array, ends: Int32Array, starts: Int32Array, { rows, after, bit }: Moves): void {
  let entry = 0;
  ends[0] = 0;
  for (let place = 0; place < rows; place++) {
    if (((after[place] as number) & bit) === 0) continue;
    entries[place] = entry++;
    ends[entry] = starts[place + 1] as number;
  }
}
