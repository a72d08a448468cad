/** Unpacks record batches: whoever produces chooses the codec, so all of Kafka's are read. */
import { gunzipSync } from 'node:zlib';
import { decompress as unpackZstd } from 'fzstd';
import lz4 from 'lz4js';
import { uncompressSync as unpackSnappy } from 'snappy';

const CODECS: Record<number, (packed: Buffer) => Buffer> = {
  0: (packed) => packed,
  1: (packed) => gunzipSync(packed),
  2: unpackSnappyFrames,
  3: (packed) => asBuffer(lz4.decompress(packed)),
  4: (packed) => asBuffer(unpackZstd(packed)),
};

/** @param codec the three lowest bits of a batch's attributes */
export function unpack(codec: number, packed: Buffer): Buffer {
  const work = CODECS[codec];
  if (!work) throw new Error(`compression codec ${codec} is not known`);
  return work(packed);
}

const XERIAL_MAGIC = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0x00]);
const XERIAL_HEADER = 16;

/** Java's producers cut their data into blocks with a length before each; others send one plain block. */
function unpackSnappyFrames(packed: Buffer): Buffer {
  if (!packed.subarray(0, XERIAL_MAGIC.length).equals(XERIAL_MAGIC)) return unpackSnappy(packed) as Buffer;
  const blocks: Buffer[] = [];
  for (let at = XERIAL_HEADER; at < packed.length;) {
    const end = at + 4 + packed.readInt32BE(at);
    blocks.push(unpackSnappy(packed.subarray(at + 4, end)) as Buffer);
    at = end;
  }
  return Buffer.concat(blocks);
}

const asBuffer = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
