/**
 * The body of one Parquet page (data page V1 or dictionary page) before compression, in one buffer that is used again and
 * again. Little-endian machines only, as all are that Node runs on.
 */
const FIRST_BYTES = 1 << 16;

export class PageBytes {
  #bytes = Buffer.alloc(FIRST_BYTES);
  #at = 0;

  clear(): void {
    this.#at = 0;
  }

  /** Valid until the next page is begun. */
  get view(): Buffer {
    return this.#bytes.subarray(0, this.#at);
  }

  /** Which of the rows [from, to) have a value: levels of one bit, RLE / bit-packed, behind their length. */
  levels(defined: Uint8Array | null, from: number, to: number): void {
    const lengthAt = this.#at;
    this.#room(4);
    this.#at += 4;
    if (defined) this.#bits(defined, from, to, 1);
    else this.#run(1, to - from, 1);
    this.#bytes.writeUInt32LE(this.#at - lengthAt - 4, lengthAt);
  }

  /** Plain numbers: as they lie in memory. */
  numbers(values: Int32Array | BigInt64Array | Float64Array): void {
    this.#room(values.byteLength);
    this.#bytes.set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength), this.#at);
    this.#at += values.byteLength;
  }

  /** Plain byte strings: each behind its length. `ends` as in `TextList`. */
  texts(bytes: Uint8Array, ends: Int32Array, entries: Int32Array): void {
    let total = 4 * entries.length;
    for (let index = 0; index < entries.length; index++) {
      const entry = entries[index] as number;
      total += (ends[entry + 1] as number) - (ends[entry] as number);
    }
    this.#room(total);
    const to = this.#bytes;
    let at = this.#at;
    for (let index = 0; index < entries.length; index++) {
      const entry = entries[index] as number;
      const start = ends[entry] as number;
      const end = ends[entry + 1] as number;
      const length = end - start;
      to[at] = length & 0xff;
      to[at + 1] = (length >>> 8) & 0xff;
      to[at + 2] = (length >>> 16) & 0xff;
      to[at + 3] = length >>> 24;
      at += 4;
      for (let read = start; read < end; read++, at++) to[at] = bytes[read] as number;
    }
    this.#at = at;
  }

  /** Places in a dictionary of `size` entries: their width, then one run of them. */
  codes(codes: Int32Array, from: number, to: number, size: number): void {
    const width = Math.max(1, 32 - Math.clz32(size - 1));
    this.#room(1);
    this.#bytes[this.#at++] = width;
    if (size === 1) this.#run(0, to - from, 1);
    else this.#bits(codes, from, to, width);
  }

  /** One bit-packed run: groups of eight, filled up with zeros. */
  #bits(values: Uint8Array | Int32Array, from: number, to: number, width: number): void {
    const groups = (to - from + 7) >>> 3;
    this.#room(5 + groups * width);
    this.#varint((groups << 1) | 1);
    const bytes = this.#bytes;
    const end = this.#at + groups * width;
    let [at, held, count] = [this.#at, 0, 0];
    for (let index = from; index < to; index++) {
      // At most 7 bits are held over and a value has at most 24, so that 32 are enough.
      held |= (values[index] as number) << count;
      count += width;
      for (; count >= 8; count -= 8, held >>>= 8) bytes[at++] = held & 0xff;
    }
    if (count > 0) bytes[at++] = held & 0xff;
    bytes.fill(0, at, end);
    this.#at = end;
  }

  /** One value many times. */
  #run(value: number, count: number, bytes: number): void {
    this.#room(5 + bytes);
    this.#varint(count << 1);
    this.#at = this.#bytes.writeUIntLE(value, this.#at, bytes);
  }

  #varint(value: number): void {
    let rest = value >>> 0;
    for (; rest >= 0x80; rest >>>= 7) this.#bytes[this.#at++] = (rest & 0x7f) | 0x80;
    this.#bytes[this.#at++] = rest;
  }

  #room(more: number): void {
    if (this.#at + more <= this.#bytes.length) return;
    const larger = Buffer.alloc(Math.max(this.#at + more, 2 * this.#bytes.length));
    larger.set(this.#bytes);
    this.#bytes = larger;
  }
}
