/** Thrift's compact protocol, as much of it as Parquet needs. Fields of a struct are written in the order of their numbers. */

const I32 = 5;
const I64 = 6;
const BINARY = 8;
const LIST = 9;
const STRUCT = 12;
const FIRST_BYTES = 4096;

export const ITEMS = { i32: I32, binary: BINARY, struct: STRUCT } as const;

export class CompactWriter {
  #bytes = Buffer.alloc(FIRST_BYTES);
  #at = 0;
  /** Number of the field before, for each struct that is open. */
  #before = [0];

  /** What was written since the last time. */
  take(): Buffer {
    const taken = Buffer.from(this.#bytes.subarray(0, this.#at));
    this.#at = 0;
    this.#before = [0];
    return taken;
  }

  /** Bytes that were written since the last time. */
  get length(): number {
    return this.#at;
  }

  /** As `take`, into bytes that are there already. Answers where it ends. */
  move(to: Uint8Array, at: number): number {
    const bytes = this.#bytes;
    const end = this.#at;
    for (let index = 0; index < end; index++) to[at + index] = bytes[index] as number;
    this.#at = 0;
    this.#before[0] = 0;
    return at + end;
  }

  bool(field: number, value: boolean): void {
    this.#field(field, value ? 1 : 2);
  }

  i32(field: number, value: number): void {
    this.#field(field, I32);
    this.#zigzag(value);
  }

  /** Whole numbers up to 2^52. */
  i64(field: number, value: number): void {
    this.#field(field, I64);
    this.#zigzag(value);
  }

  binary(field: number, value: string | Uint8Array): void {
    this.#field(field, BINARY);
    this.binaryItem(value);
  }

  /** The bytes [from, to). */
  binaryOf(field: number, bytes: Uint8Array, from: number, to: number): void {
    this.#field(field, BINARY);
    this.#varint(to - from);
    this.#room(to - from);
    const own = this.#bytes;
    let at = this.#at;
    for (let index = from; index < to; index++) own[at++] = bytes[index] as number;
    this.#at = at;
  }

  /** Begins a struct; `close` ends it. */
  open(field: number): void {
    this.#field(field, STRUCT);
    this.#before.push(0);
  }

  close(): void {
    this.#before.pop();
    this.#byte(0);
  }

  emptyStruct(field: number): void {
    this.open(field);
    this.close();
  }

  /** Begins a list, whose items follow. */
  list(field: number, type: (typeof ITEMS)[keyof typeof ITEMS], count: number): void {
    this.#field(field, LIST);
    this.#byte((Math.min(count, 15) << 4) | type);
    if (count >= 15) this.#varint(count);
  }

  /** Begins a struct that is an item of a list; `close` ends it. */
  openItem(): void {
    this.#before.push(0);
  }

  i32Item(value: number): void {
    this.#zigzag(value);
  }

  binaryItem(value: string | Uint8Array): void {
    const length = Buffer.byteLength(value);
    this.#varint(length);
    this.#room(length);
    if (typeof value === 'string') this.#bytes.write(value, this.#at);
    else this.#bytes.set(value, this.#at);
    this.#at += length;
  }

  /** Bytes as they are, such as a whole item of another writer. */
  raw(bytes: Uint8Array): void {
    this.#room(bytes.length);
    this.#bytes.set(bytes, this.#at);
    this.#at += bytes.length;
  }

  #field(field: number, type: number): void {
    const last = this.#before.length - 1;
    const step = field - (this.#before[last] as number);
    this.#byte((step << 4) | type);
    this.#before[last] = field;
  }

  #zigzag(value: number): void {
    this.#varint(value < 0 ? -2 * value - 1 : 2 * value);
  }

  #varint(value: number): void {
    this.#room(8);
    const bytes = this.#bytes;
    let rest = value;
    for (; rest >= 2 ** 31; rest = Math.floor(rest / 0x80)) bytes[this.#at++] = (rest % 0x80) | 0x80;
    for (; rest >= 0x80; rest >>>= 7) bytes[this.#at++] = (rest & 0x7f) | 0x80;
    bytes[this.#at++] = rest;
  }

  #byte(byte: number): void {
    this.#room(1);
    this.#bytes[this.#at++] = byte;
  }

  #room(more: number): void {
    if (this.#at + more <= this.#bytes.length) return;
    const larger = Buffer.alloc(Math.max(this.#at + more, 2 * this.#bytes.length));
    larger.set(this.#bytes);
    this.#bytes = larger;
  }
}
