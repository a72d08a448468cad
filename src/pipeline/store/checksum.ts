/**
 * The checksum files of Hadoop's local file system: `.name.crc` beside `name`, four bytes `crc\0`, the size of a chunk,
 * and the CRC-32 of each chunk. Spark writes and checks them on a local disk; so do we. Pure.
 */

const MAGIC = Buffer.from('crc\0');
const CHUNK_BYTES = 512;
const TABLES = tables();

/** Objects that Spark reads back and that decide where a query goes on; they never change once they are there. */
export function hasChecksum(key: string): boolean {
  return (
    /^(metadata|sources\/\d+\/\d+|offsets\/\d+|commits\/\d+)$/.test(key) ||
    /^_delta_log\/\d{20}\.(json|checkpoint.*\.parquet)$/.test(key)
  );
}

export function checksumFile(bytes: Uint8Array): Buffer {
  const head = Buffer.alloc(8);
  MAGIC.copy(head);
  head.writeUInt32BE(CHUNK_BYTES, 4);
  return Buffer.concat([head, sumsOf(bytes, CHUNK_BYTES)]);
}

/** False when the object is not the one that was summed. What is no checksum file tells nothing, as in Hadoop. */
export function fitsChecksum(bytes: Uint8Array, checksum: Buffer | null): boolean {
  if (!checksum || checksum.length < 8 || !checksum.subarray(0, 4).equals(MAGIC)) return true;
  const chunk = checksum.readUInt32BE(4);
  return chunk > 0 && sumsOf(bytes, chunk).equals(checksum.subarray(8));
}

function sumsOf(bytes: Uint8Array, chunk: number): Buffer {
  const sums = Buffer.alloc(Math.ceil(bytes.length / chunk) * 4);
  for (let at = 0; at < bytes.length; at += chunk) {
    sums.writeUInt32BE(crc32(bytes, at, Math.min(bytes.length, at + chunk)), (at / chunk) * 4);
  }
  return sums;
}

/** Four bytes at a time, because log checkpoints are long. `zlib.crc32` is newer than the oldest Node that this runs on. */
function crc32(bytes: Uint8Array, from: number, to: number): number {
  let value = -1;
  let at = from;
  for (; at + 4 <= to; at += 4) {
    value ^=
      (bytes[at] as number) |
      ((bytes[at + 1] as number) << 8) |
      ((bytes[at + 2] as number) << 16) |
      ((bytes[at + 3] as number) << 24);
    value =
      (TABLES[768 + (value & 0xff)] as number) ^
      (TABLES[512 + ((value >>> 8) & 0xff)] as number) ^
      (TABLES[256 + ((value >>> 16) & 0xff)] as number) ^
      (TABLES[value >>> 24] as number);
  }
  for (; at < to; at += 1) value = (value >>> 8) ^ (TABLES[(value ^ (bytes[at] as number)) & 0xff] as number);
  return ~value >>> 0;
}

/** What a byte does to the sum, and what it does one, two and three bytes before the end. */
function tables(): Int32Array {
  const found = new Int32Array(4 * 256);
  for (let byte = 0; byte < 256; byte += 1) {
    let value = byte;
    for (let bit = 0; bit < 8; bit += 1) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
    found[byte] = value;
  }
  for (let at = 256; at < found.length; at += 1) {
    const before = found[at - 256] as number;
    found[at] = (found[before & 0xff] as number) ^ (before >>> 8);
  }
  return found;
}
