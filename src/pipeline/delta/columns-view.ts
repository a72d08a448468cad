/** Columns of rows as they are read, whoever filled them. Pure. */
import type { TableColumn } from './schema.ts';
import type { TextList } from './text-list.ts';

export interface ColumnsView {
  readonly columns: readonly TableColumn[];
  readonly rows: number;
  /** Bit n of a row is set when its column n is not null. */
  readonly present: Int32Array;
  /** One of each column. */
  readonly cells: readonly (NumberCells | TextEntries)[];
}

export type Numbers = BigInt64Array | Int32Array | Float64Array;

export interface NumberCells {
  readonly values: Numbers;
}

export interface TextEntries {
  readonly texts: TextList;
  /** For each row which text it has. */
  readonly entries: Int32Array;
  /** Whether texts repeat, so that rows with equal texts have the same entry. */
  readonly repeats: boolean;
}
