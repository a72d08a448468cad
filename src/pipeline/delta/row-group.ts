/** Row groups of Parquet files from typed columns, one at a time, in memory that is used for the next one. */
import type { ColumnsView } from './columns-view.ts';
import { ColumnEncoder, EncodedColumn } from './parquet-column.ts';
import { GroupBytes } from './parquet-page.ts';

/** A column whose chunks do not become smaller by so much is not compressed, */
const WORTH = 0.9;
/** but for one chunk after so many, to see whether that has changed. */
const PLAIN_CHUNKS = 31;
/** How much the last chunk counts against all before. */
const WEIGHT = 0.25;

/** What files of the same columns have learned about compressing them. */
export class PackingHabits {
  /** For each column how small its chunks become, lately; 1: not smaller. Compression has the benefit of the doubt. */
  readonly #shares: Float64Array;
  /** How many of the next chunks are left as they are. */
  readonly #plain: Int32Array;

  constructor(columns: number) {
    this.#shares = new Float64Array(columns);
    this.#plain = new Int32Array(columns);
  }

  /** Whether the next chunk of the column is to be compressed. */
  isPacked(index: number): boolean {
    const left = this.#plain[index] as number;
    if (left > 0) this.#plain[index] = left - 1;
    return left === 0;
  }

  /** Takes how small a chunk became that was compressed. */
  learn(index: number, share: number): void {
    const mean = (1 - WEIGHT) * (this.#shares[index] as number) + WEIGHT * share;
    this.#shares[index] = mean;
    if (mean > WORTH) this.#plain[index] = PLAIN_CHUNKS;
  }
}

export class RowGroupEncoder {
  readonly #group = new GroupBytes();
  readonly #encoder: ColumnEncoder;
  readonly #columns: EncodedColumn[] = [];

  constructor(compress: (bytes: Buffer) => Buffer) {
    this.#encoder = new ColumnEncoder(this.#group, compress);
  }

  /** Of the row group that was encoded last, one for each column at least. */
  get columns(): readonly EncodedColumn[] {
    return this.#columns;
  }

  /** Encodes the rows [from, to) of the table, behind `before`. The answer is valid until the next row group. */
  encode(table: ColumnsView, from: number, to: number, before: Uint8Array | null, habits: PackingHabits): Buffer {
    this.#group.clear(before);
    const full = presentInAll(table.present, from, to);
    for (let index = 0; index < table.columns.length; index++) {
      const into = (this.#columns[index] ??= new EncodedColumn());
      into.isPacked = habits.isPacked(index);
      this.#encoder.encode(table, index, from, to, (full & (1 << index)) !== 0, into);
      if (into.isPacked) habits.learn(index, into.packedBytes / into.unpackedBytes);
    }
    return this.#group.bytes.subarray(0, this.#group.length);
  }
}

/** The bits of columns that have a value in each of the rows [from, to). */
function presentInAll(present: Int32Array, from: number, to: number): number {
  let all = -1;
  for (let row = from; row < to; row++) all &= present[row] as number;
  return all;
}
