/**
 * The scanner of change events, in WebAssembly (`kernel/` in the root): the bytes of records become rows of typed columns
 * without an object on the way. What it is not sure of it leaves to `parseChange`. See `docs/decisions/kernel.md`.
 */
import { isUtf8 } from 'node:buffer';
import type { ColumnsView, Numbers, TextEntries } from '../delta/columns-view.ts';
import type { CellValue, TableColumn, TableRow } from '../delta/schema.ts';
import { TextList } from '../delta/text-list.ts';
import type { ColumnKind } from './columns.ts';
import { startKernel, type KernelExports } from './kernel-host.ts';

/**
 * `done`: everything that was given is in the columns, or was a skip. `unsure`: the last record is left to the caller.
 * `full`: nothing was taken, the columns must be emptied first. `broken`: the bytes are no records from here on.
 */
export type Scanned = 'done' | 'unsure' | 'full' | 'broken';

/** A column of the events, or one that is made of them. */
export interface KernelColumn extends TableColumn {
  readonly kind: ColumnKind;
  /** Text that is new in nearly every row, so that looking for an equal one is a waste. */
  readonly isUnique: boolean;
}

export interface KernelTable {
  /** The columns of the events first; at most 31. */
  readonly columns: readonly KernelColumn[];
  readonly eventColumns: number;
  /** Places of: the time in microseconds as text, the same as a timestamp, the time of the batch. */
  readonly time: number;
  readonly timestamp: number;
  readonly ingestion: number;
}

const STATUS = ['done', 'unsure', 'wide', 'full', 'broken'] as const;
const KINDS: readonly ColumnKind[] = ['text', 'number-text', 'long', 'int', 'double', 'amount'];
const ENVELOPE_KEYS = ['op', 'after', 'schema', 'payload'];
/** One that has more memory in use is given back to the system. */
const KEPT_BYTES = 16 * 1024 * 1024;
const idle = new Map<KernelTable, Kernel>();

/** A kernel that nobody else uses. */
export function borrowKernel(table: KernelTable): Kernel {
  const kernel = idle.get(table);
  idle.delete(table);
  return kernel ?? new Kernel(table);
}

/** For the next one, unless it has become large. */
export function giveKernelBack(kernel: Kernel): void {
  kernel.clear();
  if (kernel.mostBytes <= KEPT_BYTES) idle.set(kernel.table, kernel);
}

/** Rows as columns; their addresses never move. */
export class Kernel implements ColumnsView {
  readonly columns: readonly TableColumn[];
  readonly cells: readonly KernelCells[];
  readonly present: Int32Array;
  /** Days since 1970 of each row. */
  readonly days: Int32Array;
  readonly table: KernelTable;
  /** Bytes of memory that have held something. */
  mostBytes = 0;
  readonly #exports: KernelExports;
  readonly #memory: Buffer;
  readonly #input: number;

  constructor(table: KernelTable) {
    this.table = table;
    const kernel = startKernel(() => this.#memory);
    this.#exports = kernel;
    // The memory has all its pages from the start: views of it stay what they are.
    this.#memory = Buffer.from(kernel.memory.buffer);
    this.#input = kernel.inputAt();
    this.columns = table.columns;
    this.#define(table);
    const rows = kernel.MAX_ROWS.value;
    this.present = new Int32Array(kernel.memory.buffer, kernel.presentAt(), rows);
    this.days = new Int32Array(kernel.memory.buffer, kernel.daysAt(), rows);
    this.cells = table.columns.map((column, index) => this.#cellsOf(column, index));
  }

  get rows(): number {
    return this.#exports.rowCount();
  }

  /** Bytes of memory that hold something. */
  get size(): number {
    return this.#exports.usedBytes();
  }

  /** Records that were taken since `begin`, without those that were left to the caller. */
  get taken(): { readonly rows: number; readonly skips: number } {
    return { rows: this.#exports.rowsTaken(), skips: this.#exports.skipsTaken() };
  }

  /** @param timestamp of the batch, ms @param limit bytes of memory from which on the columns count as full */
  begin(timestamp: number, limit: number): void {
    this.clear();
    this.#exports.forgetTaken();
    this.#exports.setIngestion(timestamp * 1000);
    this.#exports.setLimit(Math.min(limit, 2 ** 32 - 1));
  }

  /** Forgets the rows. */
  clear(): void {
    this.mostBytes = Math.max(this.mostBytes, this.#exports.usedBytes());
    this.#exports.clearTable();
  }

  /**
   * Records in Kafka's format v2; those are wanted whose offset within the batch is in [from, to). False when there are
   * too many bytes.
   */
  open(records: Uint8Array, count: number, from: number, to: number): boolean {
    if (records.length > this.#exports.INPUT_BYTES.value) return false;
    this.#memory.set(records, this.#input);
    this.#exports.openRecords(records.length, count, from, to);
    return true;
  }

  /** Goes on with the records that were opened. */
  scan(): Scanned {
    for (;;) {
      const status = STATUS[this.#exports.scanRecords()] as Status;
      if (status !== 'wide') return status;
      if (!this.#acceptWide()) return 'unsure';
    }
  }

  /** Where the record begins, in the bytes that were opened, that `scan` left to the caller or found broken. */
  get lastRecord(): number {
    return this.#exports.lastRecord();
  }

  /** One value alone. */
  scanValue(value: Uint8Array): Scanned {
    if (value.length > this.#exports.INPUT_BYTES.value) return 'unsure';
    this.#memory.set(value, this.#input);
    const status = STATUS[this.#exports.scanOne(value.length)] as Status;
    if (status !== 'wide') return status;
    return this.#acceptWide() ? 'done' : 'unsure';
  }

  /** A row from elsewhere. False when it does not fit any more. */
  append(row: TableRow, day: number): boolean {
    const cells = this.columns.map(({ name }) => toCell(row[name] ?? null));
    const longest = Math.max(...cells.map((cell) => (cell instanceof Buffer ? cell.length : 0)));
    if (!this.#exports.hasRoom(longest)) return false;
    const at = this.rows;
    let present = 0;
    cells.forEach((cell, index) => {
      if (cell === null) return;
      present |= 1 << index;
      this.#set(index, at, cell);
    });
    this.present[at] = present;
    this.days[at] = day;
    this.#exports.acceptRow();
    return true;
  }

  /** Must be called before the texts are read: says how many there are by now. */
  show(): void {
    this.cells.forEach((cells, index) => {
      if ('texts' in cells) cells.texts.show(cells.texts.bytes, cells.texts.ends, this.#exports.textCount(index));
    });
  }

  #acceptWide(): boolean {
    const start = this.#input + this.#exports.lastValue();
    if (!isUtf8(this.#memory.subarray(start, start + this.#exports.lastValueBytes()))) return false;
    this.#exports.acceptWide();
    return true;
  }

  #set(index: number, row: number, cell: Exclude<CellValue, null> | Buffer): void {
    const cells = this.cells[index] as KernelCells;
    if ('values' in cells) cells.values[row] = cell as never;
    else cells.entries[row] = this.#exports.takeText(index, this.#put(cell as Buffer));
  }

  #put(bytes: Uint8Array | string): number {
    const at = this.#exports.plainTextAt();
    if (typeof bytes === 'string') return this.#memory.write(bytes, at);
    this.#memory.set(bytes, at);
    return bytes.length;
  }

  #define({ columns, eventColumns, time, timestamp, ingestion }: KernelTable): void {
    const kernel = this.#exports;
    for (const { kind, isUnique } of columns) kernel.addColumn(KINDS.indexOf(kind), isUnique ? 0 : 1);
    for (const { name } of columns.slice(0, eventColumns)) kernel.addColumnKey(this.#put(name));
    for (const key of ENVELOPE_KEYS) kernel.addEnvelopeKey(this.#put(key));
    kernel.defineTime(time, timestamp, ingestion);
    if (this.#memory.buffer !== kernel.memory.buffer) throw new Error('the kernel was built with too little memory');
  }

  #cellsOf({ type, isUnique }: KernelColumn, index: number): KernelCells {
    const kernel = this.#exports;
    const { buffer } = kernel.memory;
    const rows = kernel.MAX_ROWS.value;
    const at = kernel.cellsAt(index);
    switch (type) {
      case 'string': {
        const texts = new TextList();
        const bytes = new Uint8Array(buffer, kernel.textsAt(index), kernel.TEXT_BYTES.value);
        texts.show(bytes, new Int32Array(buffer, kernel.endsAt(index), rows + 1), 0);
        return { texts, entries: new Int32Array(buffer, at, rows), repeats: !isUnique };
      }
      case 'double':
        return { values: new Float64Array(buffer, at, rows) };
      case 'integer':
        return { values: new Int32Array(buffer, at, rows) };
      case 'long':
      case 'timestamp':
        return { values: new BigInt64Array(buffer, at, rows) };
    }
  }
}

type Status = (typeof STATUS)[number];
type KernelCells = { readonly values: Numbers } | (TextEntries & { readonly entries: Int32Array });

function toCell(value: CellValue): Exclude<CellValue, string> | Buffer {
  return typeof value === 'string' ? Buffer.from(value) : value;
}
