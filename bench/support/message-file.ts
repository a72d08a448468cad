/** Messages in a file that is made once and kept: making them costs more than what is measured with them. */
import { closeSync, existsSync, openSync, readSync, renameSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { TopicRecord } from '../../src/pipeline/ports.ts';
import { messageOf, type MessageShape } from './messages.ts';

/** Bytes that a source hands over at a time. */
const BLOCK_BYTES = 1 << 20;
const ROWS_AT_ONCE = 1_000;

/** The file with `rows` messages of the shape: each behind its length in four bytes. */
export function messageFile(rows: number, shape: MessageShape): string {
  const file = path.join(tmpdir(), `sluice-messages-${rows}-${shape.days}${shape.sorted ? '-sorted' : ''}.bin`);
  if (existsSync(file)) return file;
  const fresh = `${file}.${process.pid}`;
  const handle = openSync(fresh, 'w');
  for (let first = 0; first < rows; first += ROWS_AT_ONCE) {
    const parts: Buffer[] = [];
    for (let n = first; n < Math.min(rows, first + ROWS_AT_ONCE); n += 1) {
      const value = Buffer.from(messageOf(n, rows, shape));
      const length = Buffer.alloc(4);
      length.writeUInt32LE(value.length);
      parts.push(length, value);
    }
    writeSync(handle, Buffer.concat(parts));
  }
  closeSync(handle);
  renameSync(fresh, file);
  return file;
}

/** The messages block by block. Values are parts of one buffer for each block, as they are in the answer of a broker. */
export function* readMessages(file: string): Generator<TopicRecord[]> {
  const handle = openSync(file, 'r');
  let [position, offset] = [0, 0n];
  for (;;) {
    const bytes = Buffer.allocUnsafeSlow(BLOCK_BYTES);
    const length = readSync(handle, bytes, 0, BLOCK_BYTES, position);
    const records: TopicRecord[] = [];
    let at = 0;
    while (at + 4 <= length && at + 4 + bytes.readUInt32LE(at) <= length) {
      const value = bytes.subarray(at + 4, at + 4 + bytes.readUInt32LE(at));
      records.push({ partition: 0, offset: offset++, timestamp: 0, key: null, value });
      at += 4 + value.length;
    }
    if (records.length === 0) break;
    position += at;
    yield records;
  }
  closeSync(handle);
}
