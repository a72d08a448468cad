/**
 * Puts the rows of columns into another order, where they lie. Rows that belong together are then read one after the other:
 * picking them one by one out of columns of many megabytes costs a miss of the cache for each value.
 */
import { TextArranger, type Moves } from './arrange-texts.ts';
import type { ColumnsView, Numbers, TextEntries } from './columns-view.ts';

/** Its memory, that of one column, is used again. */
export class Arranger {
  readonly #texts = new TextArranger();
  #words = new Int32Array(0);
  #present = new Int32Array(0);

  /** `places`: for each row where it goes. */
  arrange({ rows, present, cells }: ColumnsView, places: Int32Array): void {
    if (this.#present.length < rows) {
      const room = rows + (rows >>> 2);
      this.#present = new Int32Array(room);
      this.#words = new Int32Array(2 * room);
    }
    scatter(present, rows, places, this.#present);
    cells.forEach((each, index) => {
      const moves = { rows, places, before: present, after: this.#present, bit: 1 << index };
      if ('texts' in each) this.#arrangeTexts(each, moves);
      else this.#arrangeNumbers(each.values, moves);
    });
    present.set(this.#present.subarray(0, rows));
  }

  /** Texts that do not repeat are moved themselves. */
  #arrangeTexts(cells: TextEntries, moves: Moves): void {
    const { repeats, entries } = cells;
    if (repeats || !this.#texts.arrange(cells, moves)) this.#arrangeNumbers(entries, moves);
  }

  #arrangeNumbers(values: Numbers, { rows, places }: Moves): void {
    if (values instanceof Int32Array) {
      scatter(values, rows, places, this.#words);
      values.set(this.#words.subarray(0, rows));
    } else {
      const words = new Int32Array(values.buffer, values.byteOffset, 2 * rows);
      scatterWide(words, rows, places, this.#words);
      words.set(this.#words.subarray(0, 2 * rows));
    }
  }
}

function scatter(from: Int32Array, rows: number, places: Int32Array, to: Int32Array): void {
  for (let row = 0; row < rows; row++) to[places[row] as number] = from[row] as number;
}

function scatterWide(from: Int32Array, rows: number, places: Int32Array, to: Int32Array): void {
  for (let row = 0; row < rows; row++) {
    const place = (places[row] as number) << 1;
    to[place] = from[row << 1] as number;
    to[place + 1] = from[(row << 1) + 1] as number;
  }
}
