/** Reads the numbers and fields of Kafka's protocol one after the other. Throws where the bytes end too early. */
export class Cursor {
  offset: number;
  readonly buffer: Buffer;

  constructor(buffer: Buffer, offset = 0) {
    this.buffer = buffer;
    this.offset = offset;
  }

  int16(): number {
    return this.buffer.readInt16BE((this.offset += 2) - 2);
  }

  int32(): number {
    return this.buffer.readInt32BE((this.offset += 4) - 4);
  }

  int64(): bigint {
    return this.buffer.readBigInt64BE((this.offset += 8) - 8);
  }

  skip(length: number): void {
    this.offset += length;
  }

  bytes(length: number): Buffer {
    if (this.offset + length > this.buffer.length) throw tooShort();
    return this.buffer.subarray(this.offset, (this.offset += length));
  }

  /** A length and so many bytes; -1 stands for null. */
  field(): Buffer | null {
    const length = this.varint();
    return length < 0 ? null : this.bytes(length);
  }

  varint(): number {
    let value = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.#byte();
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return (value >>> 1) ^ -(value & 1);
    }
    throw tooLong();
  }

  /** For differences of times, which stay far below 2^53. */
  varlong(): number {
    let value = 0;
    for (let unit = 1; unit < 2 ** 70; unit *= 128) {
      const byte = this.#byte();
      value += (byte & 0x7f) * unit;
      if (byte < 0x80) return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
    }
    throw tooLong();
  }

  #byte(): number {
    const byte = this.buffer[this.offset++];
    if (byte === undefined) throw tooShort();
    return byte;
  }
}

export const tooShort = (): RangeError => new RangeError('the records end too early');
const tooLong = (): RangeError => new RangeError('a number in a record is too long');
