/**
 * The fast path from the bytes of a change event to a row of typed columns, without an object on the way. It takes only
 * what it knows for sure; for all else it answers `unsure`, and `parseChange` says what the record is. What it takes, it
 * takes exactly as `parseChange` does.
 */
import { isUtf8 } from 'node:buffer';
import {
  HASH_START,
  hashByte,
  type DoubleCells,
  type IntCells,
  type LongCells,
  type TextCells,
} from '../delta/cells.ts';
import type { TableColumns } from '../delta/table-columns.ts';
import { decodeAmount, toDouble, toText } from './cast.ts';
import { TRANSACTION_COLUMNS } from './columns.ts';
import { MAX_VALUE_BYTES, UNAVAILABLE } from './parse.ts';
import { BACKSLASH, CLOSE_OBJECT, COMMA, END, IN_STRING, JsonBytes, NULL, OPEN_OBJECT, QUOTE } from './scan-json.ts';
import { KeyOrder, REFUSED_KEY, UNKNOWN_KEY } from './scan-keys.ts';
import { NumberBytes } from './scan-number.ts';

/** `row`: written at `table.rows`, which the caller raises. `skip`: d, t or m. */
export type Scanned = 'row' | 'skip' | 'unsure';

const KEYS = ['op', 'after', 'schema', 'payload'];
const [OP, AFTER, SCHEMA, PAYLOAD] = [0, 1, 2, 3];
const COLUMN_KEYS = TRANSACTION_COLUMNS.map(({ name }) => name);
const KINDS = TRANSACTION_COLUMNS.map(({ kind }) => kind);
const TIME = COLUMN_KEYS.indexOf('trans_date_trans_time');
const PLACEHOLDER = Buffer.from(UNAVAILABLE);
const [C, U, R, D, T, M] = [...'curdtm'].map((op) => op.charCodeAt(0));

/** Fills the first columns of the table, which are those of `transactions` in their order. */
export class ChangeScanner {
  /** `trans_date_trans_time` of the last row, microseconds since 1970; NaN when it is null. Exact. */
  micros = NaN;
  readonly #table: TableColumns;
  readonly #json = new JsonBytes();
  readonly #number = new NumberBytes();
  readonly #keys = new KeyOrder(KEYS);
  readonly #payloadKeys = new KeyOrder(KEYS);
  readonly #columnKeys = new KeyOrder(COLUMN_KEYS);

  constructor(table: TableColumns) {
    this.#table = table;
  }

  scan(value: Buffer): Scanned {
    if (value.length > MAX_VALUE_BYTES) return 'unsure';
    const json = this.#json;
    json.open(value);
    this.#table.reserve();
    this.micros = NaN;
    const found = this.#envelope(this.#keys);
    if (found === 'unsure' || json.peek() !== END) return 'unsure';
    return json.wide && !isUtf8(value) ? 'unsure' : found;
  }

  #envelope(keys: KeyOrder): Scanned {
    const json = this.#json;
    if (!json.take(OPEN_OBJECT)) return 'unsure';
    let op = -1;
    let after = false;
    let seen = 0;
    for (let place = 0; ; place++) {
      if (json.peek() !== QUOTE) return 'unsure';
      const key = keys.take(json, place);
      if (key === SCHEMA && place === 0 && keys === this.#keys) return this.#wrapped();
      if (key > AFTER || key === REFUSED_KEY || (key >= 0 && (seen & (1 << key)) !== 0)) return 'unsure';
      if (key >= 0) seen |= 1 << key;
      if (key === OP) {
        op = this.#op();
        if (op < 0) return 'unsure';
      } else if (key === AFTER && json.peek() === OPEN_OBJECT) {
        if (!this.#row()) return 'unsure';
        after = true;
      } else if (!json.value()) return 'unsure';
      if (json.take(COMMA)) continue;
      if (!json.take(CLOSE_OBJECT)) return 'unsure';
      if (op === D || op === T || op === M) return 'skip';
      return after && (op === C || op === U || op === R) ? 'row' : 'unsure';
    }
  }

  /** What follows the key `schema`: the event is the `payload`, which comes next and is the last. */
  #wrapped(): Scanned {
    const json = this.#json;
    if (!json.value() || !json.take(COMMA) || json.peek() !== QUOTE) return 'unsure';
    if (this.#keys.take(json, 1) !== PAYLOAD) return 'unsure';
    const found = this.#envelope(this.#payloadKeys);
    return json.take(CLOSE_OBJECT) ? found : 'unsure';
  }

  /** The byte of a one-letter op, or -1. */
  #op(): number {
    const { bytes } = this.#json;
    if (this.#json.peek() !== QUOTE) return -1;
    const { at } = this.#json;
    if (bytes[at + 2] !== QUOTE) return -1;
    this.#json.at = at + 3;
    return bytes[at + 1] as number;
  }

  #row(): boolean {
    const json = this.#json;
    const { rows, present } = this.#table;
    let seen = 0;
    let filled = 0;
    json.at += 1;
    if (json.take(CLOSE_OBJECT)) {
      present[rows] = 0;
      return true;
    }
    for (let place = 0; ; place++) {
      if (json.peek() !== QUOTE) return false;
      const column = this.#columnKeys.take(json, place);
      if (column === UNKNOWN_KEY) {
        if (!json.value()) return false;
      } else {
        if (column === REFUSED_KEY || (seen & (1 << column)) !== 0) return false;
        seen |= 1 << column;
        if (json.peek() !== NULL[0]) {
          if (!this.#cell(column, rows)) return false;
          filled |= 1 << column;
        } else if (!json.word(NULL)) return false;
      }
      if (json.take(COMMA)) continue;
      present[rows] = filled;
      return json.take(CLOSE_OBJECT);
    }
  }

  #cell(column: number, row: number): boolean {
    const cells = this.#table.cells[column];
    switch (KINDS[column]) {
      case 'text':
        return this.#json.bytes[this.#json.at] === QUOTE && this.#text(cells as TextCells, row);
      case 'number-text':
        return this.#numberText(cells as TextCells, row, column);
      case 'long':
        if (!this.#integer()) return false;
        (cells as LongCells).setWords(row, this.#number.high, this.#number.low);
        return true;
      case 'int':
        if (!this.#integer() || this.#number.value !== (this.#number.value | 0)) return false;
        (cells as IntCells).set(row, this.#number.value);
        return true;
      case 'double':
        if (!this.#double()) return false;
        (cells as DoubleCells).set(row, this.#number.value);
        return true;
      case 'amount':
        if (!(this.#json.bytes[this.#json.at] === QUOTE ? this.#amount() : this.#double())) return false;
        (cells as DoubleCells).set(row, this.#number.value);
        return true;
      default:
        return false;
    }
  }

  #text(cells: TextCells, row: number): boolean {
    const json = this.#json;
    const { bytes } = json;
    const start = json.at + 1;
    let hash = HASH_START;
    let at = start;
    for (; at < bytes.length; at++) {
      const byte = bytes[at] as number;
      const kind = IN_STRING[byte];
      if (kind === 1) break;
      if (kind === 2) json.wide = true;
      hash = hashByte(hash, byte);
    }
    if (bytes[at] === BACKSLASH) return this.#escaped(cells, row);
    if (bytes[at] !== QUOTE || isPlaceholder(bytes, start, at)) return false;
    cells.setBytes(row, bytes, start, at, hash);
    json.at = at + 1;
    return true;
  }

  #escaped(cells: TextCells, row: number): boolean {
    const json = this.#json;
    const start = json.at;
    if (!json.string()) return false;
    const text = JSON.parse(json.bytes.toString('utf8', start, json.at)) as string;
    if (text === UNAVAILABLE) return false;
    cells.setText(row, toText(text) as string);
    return true;
  }

  #numberText(cells: TextCells, row: number, column: number): boolean {
    const start = this.#json.at;
    if (!this.#integer()) return false;
    if (column === TIME) {
      if (!Number.isSafeInteger(this.#number.value)) return false;
      this.micros = this.#number.value;
    }
    const { bytes, at } = this.#json;
    let hash = HASH_START;
    for (let each = start; each < at; each++) hash = hashByte(hash, bytes[each] as number);
    cells.setBytes(row, bytes, start, at, hash);
    return true;
  }

  #integer(): boolean {
    const end = this.#number.integer(this.#json.bytes, this.#json.at);
    if (end > 0) this.#json.at = end;
    return end > 0;
  }

  #double(): boolean {
    const end = this.#number.double(this.#json.bytes, this.#json.at);
    if (end > 0) this.#json.at = end;
    return end > 0;
  }

  /** Decimal text or base64: short and rare enough for the functions of the exact path. */
  #amount(): boolean {
    const start = this.#json.at + 1;
    if (!this.#json.plainString()) return false;
    const text = this.#json.bytes.toString('latin1', start, this.#json.at - 1);
    const value = toDouble(text) ?? decodeAmount(text);
    if (value !== null) this.#number.value = value;
    return value !== null;
  }
}

function isPlaceholder(bytes: Uint8Array, start: number, end: number): boolean {
  if (end - start !== PLACEHOLDER.length) return false;
  return PLACEHOLDER.every((byte, index) => bytes[start + index] === byte);
}
