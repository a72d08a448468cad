/** Row groups of Parquet files from typed columns, one at a time, in memory that is used for the next one. */
import type { ColumnsView } from './columns-view.ts';
import { ColumnEncoder, EncodedColumn } from './parquet-column.ts';
import { GroupBytes } from './parquet-page.ts';

/** Of a column chunk that has not become smaller by so much, the next ones are not compressed, */
const WORTH = 0.9;
/** but for one after so many. */
const PLAIN_CHUNKS = 31;

/** What files of the same columns have learned about compressing them. */
export class PackingHabits {
  /** For each column how many of the next chunks are left as they are. */
  readonly plain: Int32Array;

  constructor(columns: number) {
    this.plain = new Int32Array(columns);
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
  encode(table: ColumnsView, from: number, to: number, before: Uint8Array | null, { plain }: PackingHabits): Buffer {
    this.#group.clear(before);
    const full = presentInAll(table.present, from, to);
    for (let index = 0; index < table.columns.length; index++) {
      const into = (this.#columns[index] ??= new EncodedColumn());
      const wait = plain[index] as number;
      into.isPacked = wait === 0;
      this.#encoder.encode(table, index, from, to, (full & (1 << index)) !== 0, into);
      if (!into.isPacked) plain[index] = wait - 1;
      else if (into.packedBytes > WORTH * into.unpackedBytes) plain[index] = PLAIN_CHUNKS;
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
