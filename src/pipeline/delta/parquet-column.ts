/** One column chunk of a row group: a dictionary page where values repeat, and data pages V1. Its memory is used for the next one. */
import { Bounds } from './bounds.ts';
import type { ColumnsView, Numbers } from './columns-view.ts';
import { Dictionary } from './dictionary.ts';
import { writeDataPageHeader, writeDictionaryPageHeader } from './parquet-footer.ts';
import type { GroupBytes } from './parquet-page.ts';
import type { ColumnType } from './schema.ts';
import type { TextList } from './text-list.ts';

/** A reader unpacks a page whole. */
const PAGE_ROWS = 20_000;

/** What is known of a column chunk once it is encoded. */
export class EncodedColumn {
  rows = 0;
  /** How many of the rows have a value. */
  count = 0;
  readonly bounds = new Bounds();
  isPacked = true;
  /** Length of the dictionary page with its header, null without one. */
  dictionaryBytes: number | null = null;
  /** With headers, as they stand in the file, and unpacked. */
  packedBytes = 0;
  unpackedBytes = 0;

  begin(rows: number, count: number): void {
    this.rows = rows;
    this.count = count;
    this.bounds.clear();
    this.dictionaryBytes = null;
    this.packedBytes = this.unpackedBytes = 0;
  }
}

/** Values one after the other: words of numbers, or entries of texts. */
interface Values {
  readonly source: Int32Array;
  /** Place of the first one. */
  readonly from: number;
  readonly count: number;
  /** 1 for each row of the group that has a value; null when all have one. */
  readonly defined: Uint8Array | null;
}

/** Rows [row, end) of the group, and their values [value, next). */
interface Span {
  readonly row: number;
  readonly end: number;
  readonly value: number;
  readonly next: number;
}

export class ColumnEncoder {
  readonly #group: GroupBytes;
  readonly #compress: (bytes: Buffer) => Buffer;
  readonly #dictionary = new Dictionary();
  readonly #views: { readonly values: Numbers; readonly words: Int32Array }[] = [];
  #into = new EncodedColumn();
  #type: ColumnType = 'string';
  #texts: TextList | null = null;
  /** Memory for the values of rows where not all have one. */
  #some = new Int32Array(0);
  #defined = new Uint8Array(0);

  constructor(group: GroupBytes, compress: (bytes: Buffer) => Buffer) {
    this.#group = group;
    this.#compress = compress;
  }

  /**
   * Encodes column `index` of the rows [from, to). `isFull`: all of them have a value. `into.isPacked` says whether pages are
   * compressed.
   */
  encode(table: ColumnsView, index: number, from: number, to: number, isFull: boolean, into: EncodedColumn): void {
    const cells = table.cells[index] as ColumnsView['cells'][number];
    this.#type = table.columns[index]?.type ?? 'string';
    this.#texts = 'texts' in cells ? cells.texts : null;
    this.#into = into;
    const source = 'texts' in cells ? cells.entries : this.#wordsOf(index, cells.values);
    const all = { source, from, count: to - from, defined: null };
    const values = isFull ? all : this.#pickSome(all, table.present, 1 << index);
    into.begin(to - from, values.count);
    const isCoded = ('texts' in cells ? cells.repeats : true) && this.#takeDictionary(values);
    if (isCoded) this.#dictionaryPage();
    else if (this.#texts && values.count > 0)
      into.bounds.addTexts(this.#texts, values.source, values.from, values.from + values.count);
    for (let row = 0, value = 0; row < into.rows; row += PAGE_ROWS) {
      const end = Math.min(into.rows, row + PAGE_ROWS);
      const next = value + countDefined(values.defined, row, end);
      this.#dataPage(values, isCoded, { row, end, value, next });
      value = next;
    }
  }

  /** A view is made once for as long as the numbers lie in the same memory. */
  #wordsOf(index: number, values: Numbers): Int32Array {
    if (values instanceof Int32Array) return values;
    const known = this.#views[index];
    if (known?.values === values) return known.words;
    const words = new Int32Array(values.buffer, values.byteOffset, 2 * values.length);
    this.#views[index] = { values, words };
    return words;
  }

  #pickSome({ source, from, count: rows }: Values, present: Int32Array, bit: number): Values {
    if (this.#defined.length < rows) {
      this.#defined = new Uint8Array(2 * rows);
      this.#some = new Int32Array(4 * rows);
    }
    const [defined, some, isWide] = [this.#defined, this.#some, this.#isWide];
    let count = 0;
    for (let at = 0; at < rows; at++) {
      const row = from + at;
      const isDefined = ((present[row] as number) & bit) !== 0;
      defined[at] = isDefined ? 1 : 0;
      if (!isDefined) continue;
      if (isWide) {
        some[count << 1] = source[row << 1] as number;
        some[(count << 1) + 1] = source[(row << 1) + 1] as number;
      } else some[count] = source[row] as number;
      count += 1;
    }
    return { source: some, from: 0, count, defined };
  }

  /** Whether a value has two words. */
  get #isWide(): boolean {
    return this.#type !== 'string' && this.#type !== 'integer';
  }

  #takeDictionary({ source, from, count }: Values): boolean {
    if (this.#texts) return this.#dictionary.takeTexts(this.#texts, source, from, count);
    return this.#isWide
      ? this.#dictionary.takeWide(source, from, count)
      : this.#dictionary.takeNarrow(source, from, count);
  }

  #dictionaryPage(): void {
    const { distinct, count } = this.#dictionary;
    if (this.#texts) {
      this.#into.bounds.addTexts(this.#texts, distinct, 0, count);
      const at = this.#group.openDictionary(plainLength(this.#texts, distinct, 0, count));
      writePlain(this.#texts, distinct, 0, count, this.#group, at);
    } else {
      const words = this.#isWide ? 2 * count : count;
      const word = this.#group.openDictionary(4 * words) >>> 2;
      copyWords(distinct, 0, words, this.#group.words, word);
      this.#addNumbers(word, words);
    }
    this.#close(count, null);
    this.#into.dictionaryBytes = this.#into.packedBytes;
  }

  #dataPage({ source, from, defined }: Values, isCoded: boolean, { row, end, value, next }: Span): void {
    const group = this.#group;
    const [first, last] = [from + value, from + next];
    if (isCoded) group.codes(defined, row, end, this.#dictionary, value, next);
    else if (this.#texts) {
      const at = group.openPlain(defined, row, end, plainLength(this.#texts, source, first, last));
      writePlain(this.#texts, source, first, last, group, at);
    } else {
      const shift = this.#isWide ? 1 : 0;
      const words = (next - value) << shift;
      const word = group.openPlain(defined, row, end, 4 * words) >>> 2;
      copyWords(source, first << shift, words, group.words, word);
      this.#addNumbers(word, words);
    }
    this.#close(end - row, isCoded);
  }

  /** Bounds of numbers that have just been written to the page, as `count` words from `word` on. */
  #addNumbers(word: number, count: number): void {
    const { bounds } = this.#into;
    const { words, doubles } = this.#group;
    if (count === 0) return;
    if (this.#type === 'integer') bounds.addInts(words, word, word + count);
    else if (this.#type === 'double') bounds.addDoubles(doubles, word >>> 1, (word + count) >>> 1);
    else bounds.addLongs(words, word, word + count);
  }

  /** Ends a data page of so many rows, or, with `isCoded` null, a dictionary page of so many entries. */
  #close(rows: number, isCoded: boolean | null): void {
    const group = this.#group;
    const into = this.#into;
    const size = group.size;
    const packed = into.isPacked ? this.#compress(group.page) : null;
    const packedSize = packed ? packed.length : size;
    const header =
      isCoded === null
        ? writeDictionaryPageHeader(size, packedSize, rows)
        : writeDataPageHeader(size, packedSize, rows, isCoded);
    const length = group.close(header, packed) - packedSize;
    into.packedBytes += length + packedSize;
    into.unpackedBytes += length + size;
  }
}

function copyWords(from: Int32Array, start: number, count: number, to: Int32Array, word: number): void {
  for (let at = 0; at < count; at++) to[word + at] = from[start + at] as number;
}

/** Length of the entries [from, to) as plain byte strings. */
function plainLength({ ends }: TextList, entries: Int32Array, from: number, to: number): number {
  let length = 4 * (to - from);
  for (let index = from; index < to; index++) {
    const entry = entries[index] as number;
    length += (ends[entry + 1] as number) - (ends[entry] as number);
  }
  return length;
}

/** Each behind its length. */
function writePlain(
  { bytes, words, ends }: TextList,
  entries: Int32Array,
  from: number,
  to: number,
  into: GroupBytes,
  start: number,
): void {
  const { bytes: intoBytes, words: intoWords } = into;
  let at = start;
  for (let index = from; index < to; index++) {
    const entry = entries[index] as number;
    const first = ends[entry] as number;
    const end = ends[entry + 1] as number;
    const length = end - first;
    if (words && ((first | length | at) & 3) === 0) {
      intoWords[at >>> 2] = length;
      copyWords(words, first >>> 2, length >>> 2, intoWords, (at >>> 2) + 1);
      at += 4 + length;
      continue;
    }
    intoBytes[at] = length & 0xff;
    intoBytes[at + 1] = (length >>> 8) & 0xff;
    intoBytes[at + 2] = (length >>> 16) & 0xff;
    intoBytes[at + 3] = length >>> 24;
    at += 4;
    for (let read = first; read < end; read++) intoBytes[at++] = bytes[read] as number;
  }
}

function countDefined(defined: Uint8Array | null, from: number, to: number): number {
  if (!defined) return to - from;
  let count = 0;
  for (let row = from; row < to; row++) count += defined[row] as number;
  return count;
}
