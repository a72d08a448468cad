/** Encoded bytes that wait for the end of their file: in memory up to a limit, then in one temporary file on this machine. */
import { mkdtemp, open, rm, type FileHandle } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { SluiceError } from '../errors.ts';

/** Some bytes that were handed over. */
export interface Part {
  readonly length: number;
  /** Where they lie in memory, from `start` on; null once they lie in the temporary file, at `at`. */
  bytes: Buffer | null;
  readonly start: number;
  at: number;
}

/** A block of memory that is filled part by part, and filled again once it has been written. */
interface Block {
  readonly bytes: Buffer;
  readonly parts: Part[];
  end: number;
}

const FIRST_BLOCK_BYTES = 1 << 16;
const BLOCK_BYTES = 1 << 20;
/** Wholes are given room for a little more, so that one that is used again fits the next file. */
const WHOLE_STEP = 1 << 16;
const MAX_KEPT_WHOLE = 4 << 20;

export class Spill {
  readonly #limit: number;
  readonly #folder: string;
  #blocks: Block[] = [];
  #heldBytes = 0;
  readonly #freeBlocks: Buffer[] = [];
  readonly #freeWholes: Buffer[] = [];
  #file: Promise<SpillFile> | null = null;
  #end = 0;

  /** `limit`: bytes in memory. `folder`: where the temporary file may lie. */
  constructor(limit: number, folder = tmpdir()) {
    this.#limit = limit;
    this.#folder = folder;
  }

  /** Bytes that lie in the temporary file. */
  get spilledBytes(): number {
    return this.#end;
  }

  /** The bytes are copied before anything is waited for. */
  async keep(bytes: Uint8Array): Promise<Part> {
    const block = this.#blockFor(bytes.length);
    block.bytes.set(bytes, block.end);
    const part: Part = { bytes: block.bytes, length: bytes.length, start: block.end, at: -1 };
    block.parts.push(part);
    block.end += bytes.length;
    this.#heldBytes += bytes.length;
    if (this.#heldBytes > this.#limit) await this.#writeOut();
    return part;
  }

  /** Gives the parts back as one buffer, `tail` behind them. It should be released when it is needed no longer. */
  async take(parts: readonly Part[], tail: Uint8Array): Promise<Buffer> {
    const length = parts.reduce((sum, part) => sum + part.length, tail.length);
    const whole = this.#wholeFor(length).subarray(0, length);
    let at = 0;
    for (const part of parts) {
      if (part.bytes) part.bytes.copy(whole, at, part.start, part.start + part.length);
      else await this.#read(whole.subarray(at, at + part.length), part);
      at += part.length;
    }
    whole.set(tail, at);
    return whole;
  }

  /** Takes a buffer that was given away, to use it again. */
  release(whole: Buffer): void {
    const bytes = Buffer.from(whole.buffer);
    if (bytes.length <= MAX_KEPT_WHOLE) this.#freeWholes.push(bytes);
  }

  async close(): Promise<void> {
    const file = await this.#file?.catch(() => null);
    this.#file = null;
    await file?.close();
  }

  #blockFor(length: number): Block {
    const last = this.#blocks.at(-1);
    if (last && last.end + length <= last.bytes.length) return last;
    const free = this.#freeBlocks.findIndex((bytes) => bytes.length >= length);
    const size = Math.max(length, Math.min(BLOCK_BYTES, last ? 2 * last.bytes.length : FIRST_BLOCK_BYTES));
    const bytes = this.#freeBlocks.splice(free, free < 0 ? 0 : 1)[0] ?? Buffer.allocUnsafeSlow(size);
    const block = { bytes, parts: [], end: 0 };
    this.#blocks.push(block);
    return block;
  }

  #wholeFor(length: number): Buffer {
    const free = this.#freeWholes.pop();
    if (free && free.length >= length) return free;
    return Buffer.allocUnsafeSlow(length > MAX_KEPT_WHOLE ? length : length + WHOLE_STEP - (length % WHOLE_STEP));
  }

  /** Others may hand over or take while this waits for the disk: what is written is settled before. */
  async #writeOut(): Promise<void> {
    const blocks = this.#blocks;
    const start = this.#end;
    for (const { parts, end } of blocks) {
      for (const part of parts) part.at = this.#end + part.start;
      this.#end += end;
    }
    [this.#blocks, this.#heldBytes] = [[], 0];
    const length = this.#end - start;
    const buffers = blocks.map(({ bytes, end }) => bytes.subarray(0, end));
    await guard('Writing', async () => {
      this.#file ??= openFile(this.#folder);
      const { handle } = await this.#file;
      const { bytesWritten } = await handle.writev(buffers, start);
      if (bytesWritten !== length) throw new Error(`only ${bytesWritten} bytes were written`);
    });
    for (const { bytes, parts } of blocks) {
      for (const part of parts) part.bytes = null;
      this.#freeBlocks.push(bytes);
    }
  }

  async #read(to: Buffer, { at, length }: Part): Promise<void> {
    await guard('Reading', async () => {
      const { bytesRead } = (await (await this.#file)?.handle.read(to, 0, length, at)) ?? { bytesRead: 0 };
      if (bytesRead !== length) throw new Error(`it ends at byte ${at + bytesRead}`);
    });
  }
}

interface SpillFile {
  readonly handle: FileHandle;
  close(): Promise<void>;
}

/** Where the system allows it the file has no name any more once it is open: a process that dies leaves nothing behind. */
async function openFile(parent: string): Promise<SpillFile> {
  const folder = await mkdtemp(path.join(parent, 'sluice-batch-'));
  const handle = await open(path.join(folder, 'encoded'), 'wx+', 0o600);
  const remove = (): Promise<void> => rm(folder, { recursive: true, force: true });
  await remove().catch(() => undefined);
  return { handle, close: () => handle.close().then(remove) };
}

async function guard(verb: string, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (cause) {
    const isFull = ['ENOSPC', 'EDQUOT'].includes((cause as NodeJS.ErrnoException).code ?? '');
    throw new SluiceError(isFull ? 'DISK_FULL' : 'STORE_UNAVAILABLE', {
      tried: `${verb} the temporary file of a large batch`,
      seen: (cause as Error).message,
      expected: 'room for the encoded rows until their data files are complete',
      action:
        'Free some space in the folder for temporary files, or set TMPDIR to another one; the query goes on by itself.',
      retryable: true,
      cause,
    });
  }
}
