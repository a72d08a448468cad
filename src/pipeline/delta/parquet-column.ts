/** One column chunk of a row group: a dictionary page where values repeat, and data pages V1. */
import type { ColumnChunk } from './chunks.ts';
import type { Numbers } from './columns-view.ts';
import { distinctNumbers } from './distinct-numbers.ts';
import { dataPageHeader, dictionaryPageHeader, type PageSizes } from './parquet-footer.ts';
import { PageBytes } from './parquet-page.ts';

/** A reader unpacks a page whole. */
const PAGE_ROWS = 20_000;
/** `PageBytes` packs codes of at most 24 bits; readers keep the dictionary in memory. */
const MAX_DICTIONARY = 1 << 17;

export interface EncodedColumn {
  /** Pages with their headers, in the order of the file. */
  readonly parts: readonly Buffer[];
  /** Length of the dictionary page with its header, null without one. */
  readonly dictionaryBytes: number | null;
  /** With headers, as they stand in the file, and unpacked. */
  readonly packedBytes: number;
  readonly unpackedBytes: number;
}

export class ColumnEncoder {
  readonly #page = new PageBytes();
  readonly #compress: (bytes: Buffer) => Buffer;
  #parts: Buffer[] = [];
  #packed = 0;
  #unpacked = 0;

  constructor(compress: (bytes: Buffer) => Buffer) {
    this.#compress = compress;
  }

  encode(chunk: ColumnChunk): EncodedColumn {
    [this.#parts, this.#packed, this.#unpacked] = [[], 0, 0];
    const dictionary = toDictionary(chunk);
    if (dictionary) this.#dictionaryPage(chunk, dictionary.distinct);
    const dictionaryBytes = dictionary ? this.#packed : null;
    for (let row = 0, value = 0; row < chunk.rows; row += PAGE_ROWS) {
      const end = Math.min(chunk.rows, row + PAGE_ROWS);
      const next = value + countDefined(chunk.defined, row, end);
      this.#dataPage(chunk, dictionary, { row, end, value, next });
      value = next;
    }
    return { parts: this.#parts, dictionaryBytes, packedBytes: this.#packed, unpackedBytes: this.#unpacked };
  }

  #dictionaryPage(chunk: ColumnChunk, distinct: Int32Array | Numbers): void {
    const page = this.#page;
    page.clear();
    if ('list' in chunk.values) page.texts(chunk.values.list.bytes, chunk.values.list.ends, distinct as Int32Array);
    else page.numbers(distinct);
    this.#add((sizes) => dictionaryPageHeader(sizes, distinct.length));
  }

  #dataPage(chunk: ColumnChunk, dictionary: Dictionary | null, { row, end, value, next }: Span): void {
    const page = this.#page;
    page.clear();
    page.levels(chunk.defined, row, end);
    const { values } = chunk;
    if (dictionary) page.codes(dictionary.codes, value, next, dictionary.distinct.length);
    else if ('list' in values) page.texts(values.list.bytes, values.list.ends, values.entries.subarray(value, next));
    else page.numbers(values.subarray(value, next));
    this.#add((sizes) => dataPageHeader(sizes, end - row, dictionary !== null));
  }

  #add(toHeader: (sizes: PageSizes) => Buffer): void {
    const body = this.#page.view;
    const packed = this.#compress(body);
    const header = toHeader({ size: body.length, packed: packed.length });
    this.#parts.push(header, packed);
    this.#packed += header.length + packed.length;
    this.#unpacked += header.length + body.length;
  }
}

/** Rows [row, end) of a chunk, and their values [value, next). */
interface Span {
  readonly row: number;
  readonly end: number;
  readonly value: number;
  readonly next: number;
}

interface Dictionary {
  /** Entries of the list of texts, or numbers. */
  readonly distinct: Int32Array | Numbers;
  readonly codes: Int32Array;
}

function toDictionary({ values, count }: ColumnChunk): Dictionary | null {
  if (count === 0) return null;
  const dictionary = 'list' in values ? values.dictionary : distinctNumbers(values);
  return dictionary && dictionary.distinct.length <= MAX_DICTIONARY ? dictionary : null;
}

function countDefined(defined: Uint8Array | null, from: number, to: number): number {
  if (!defined) return to - from;
  let count = 0;
  for (let row = from; row < to; row++) count += defined[row] as number;
  return count;
}
