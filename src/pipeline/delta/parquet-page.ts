/**
 * The pages of one row group, one after the other, in one buffer that is used again and again. Little-endian machines only,
 * as all are that Node runs on.
 */
import type { Dictionary } from './dictionary.ts';
import type { CompactWriter } from './thrift.ts';

const FIRST_BYTES = 1 << 16;
/** Page headers are shorter: three numbers of 32 bits, counts and enums. */
const HEADER_ROOM = 48;

/** A page before compression is written behind room for its header, its values at a multiple of 8, and then moved to its place. */
export class GroupBytes {
  bytes = Buffer.alloc(FIRST_BYTES);
  /** The same as words, and as doubles. */
  words = new Int32Array(this.bytes.buffer);
  doubles = new Float64Array(this.bytes.buffer);
  /** Where the pages end that are complete. */
  length = 0;
  /** The page that is being written: [start, end) before compression. */
  #start = 0;
  #end = 0;
  #at = 0;

  /** Begins a row group; `before` stands before it in the file. */
  clear(before: Uint8Array | null): void {
    this.length = before?.length ?? 0;
    if (before) this.bytes.set(before);
  }

  /** Begins a page of `size` bytes of values, which are to be written at the answered place, a multiple of 8. */
  openDictionary(size: number): number {
    return this.#open(0, size);
  }

  /** The same for plain values of the rows [from, to). */
  openPlain(defined: Uint8Array | null, from: number, to: number, size: number): number {
    const at = this.#open(levelBytes(defined, to - from), size);
    this.#levels(defined, from, to);
    return at;
  }

  /** A page of the codes [first, end) for the rows [from, to): their width, then one run of them. */
  codes(
    defined: Uint8Array | null,
    from: number,
    to: number,
    { codes, count: size }: Dictionary,
    first: number,
    end: number,
  ): void {
    const width = Math.max(1, 32 - Math.clz32(size - 1));
    const groups = (end - first + 7) >>> 3;
    const run = size === 1 ? (end - first) << 1 : (groups << 1) | 1;
    const at = this.#open(levelBytes(defined, to - from) + 1 + varintBytes(run), size === 1 ? 1 : groups * width);
    this.#levels(defined, from, to);
    this.bytes[this.#at++] = width;
    this.#varint(run);
    if (size === 1) this.bytes[at] = 0;
    else pack(codes, first, end, width, this.words, at >> 2, (at + groups * width + 3) >> 2);
  }

  /** Bytes of the page before compression. */
  get size(): number {
    return this.#end - this.#start;
  }

  /** The page before compression. */
  get page(): Buffer {
    return this.bytes.subarray(this.#start, this.#end);
  }

  /** Ends the page: its header, then `packed`, or what was written as it stands. Answers how many bytes it has. */
  close(header: CompactWriter, packed: Uint8Array | null): number {
    const at = header.move(this.bytes, this.length);
    const begun = this.length;
    if (packed) {
      this.#room(at + packed.length);
      this.bytes.set(packed, at);
      this.length = at + packed.length;
    } else {
      this.bytes.copyWithin(at, this.#start, this.#end);
      this.length = at + this.#end - this.#start;
    }
    return this.length - begun;
  }

  /** Begins a page with `before` bytes before its values. */
  #open(before: number, size: number): number {
    const at = (this.length + HEADER_ROOM + before + 7) & ~7;
    // A word too many may be written behind the values.
    this.#room(at + size + 8);
    this.#start = this.#at = at - before;
    this.#end = at + size;
    return at;
  }

  /** Which of the rows [from, to) have a value: levels of one bit, RLE / bit-packed, behind their length. */
  #levels(defined: Uint8Array | null, from: number, to: number): void {
    const length = levelBytes(defined, to - from);
    this.#at = this.bytes.writeUInt32LE(length - 4, this.#at);
    if (!defined) {
      this.#varint((to - from) << 1);
      this.bytes[this.#at++] = 1;
      return;
    }
    this.#varint((((to - from + 7) >>> 3) << 1) | 1);
    for (let row = from; row < to; row += 8) {
      let bits = 0;
      for (let bit = 0; bit < 8 && row + bit < to; bit++) bits |= (defined[row + bit] as number) << bit;
      this.bytes[this.#at++] = bits;
    }
  }

  #varint(value: number): void {
    let rest = value >>> 0;
    for (; rest >= 0x80; rest >>>= 7) this.bytes[this.#at++] = (rest & 0x7f) | 0x80;
    this.bytes[this.#at++] = rest;
  }

  #room(end: number): void {
    if (end <= this.bytes.length) return;
    const larger = Buffer.alloc(2 ** (32 - Math.clz32(end)));
    larger.set(this.bytes);
    this.bytes = larger;
    this.words = new Int32Array(larger.buffer);
    this.doubles = new Float64Array(larger.buffer);
  }
}

/** One bit-packed run, its values one after the other from the lowest bit on, filled up with zeros up to the word `endWord`. */
function pack(
  values: Int32Array,
  from: number,
  to: number,
  width: number,
  words: Int32Array,
  word: number,
  endWord: number,
): void {
  let [at, held, bits] = [word, 0, 0];
  for (let index = from; index < to; index++) {
    const value = values[index] as number;
    held |= value << bits;
    bits += width;
    if (bits >= 32) {
      words[at++] = held;
      bits -= 32;
      held = bits > 0 ? value >>> (width - bits) : 0;
    }
  }
  while (at < endWord) {
    words[at++] = held;
    held = 0;
  }
}

function levelBytes(defined: Uint8Array | null, rows: number): number {
  const groups = (rows + 7) >>> 3;
  return defined ? 4 + varintBytes((groups << 1) | 1) + groups : 5 + varintBytes(rows << 1);
}

function varintBytes(value: number): number {
  let bytes = 1;
  for (let rest = value >>> 7; rest > 0; rest >>>= 7) bytes += 1;
  return bytes;
}
