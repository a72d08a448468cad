/** Encoded bytes that wait for the end of their file: in memory up to a limit, then in one temporary file on this machine. */
import { mkdtemp, open, rm, type FileHandle } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { SluiceError } from '../errors.ts';

/** Some bytes that were handed over. */
export interface Part {
  readonly length: number;
  /** Null once they lie in the temporary file, at `at`. */
  bytes: Buffer | null;
  at: number;
}

export class Spill {
  readonly #limit: number;
  readonly #folder: string;
  #held = new Set<Part>();
  #heldBytes = 0;
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

  async keep(bytes: Buffer): Promise<Part> {
    const part: Part = { bytes, length: bytes.length, at: -1 };
    this.#held.add(part);
    this.#heldBytes += bytes.length;
    if (this.#heldBytes > this.#limit) await this.#writeOut();
    return part;
  }

  /** Gives the parts back as one buffer; they are kept no longer. */
  async take(parts: readonly Part[]): Promise<Buffer> {
    const whole = Buffer.allocUnsafe(parts.reduce((sum, { length }) => sum + length, 0));
    let at = 0;
    for (const part of parts) {
      if (part.bytes) part.bytes.copy(whole, at);
      else await this.#read(whole.subarray(at, at + part.length), part);
      at += part.length;
      if (this.#held.delete(part)) this.#heldBytes -= part.length;
    }
    return whole;
  }

  async close(): Promise<void> {
    const file = await this.#file?.catch(() => null);
    this.#file = null;
    await file?.close();
  }

  /** Others may hand over or take while this waits for the disk: what is written is settled before. */
  async #writeOut(): Promise<void> {
    const parts = [...this.#held];
    const start = this.#end;
    for (const part of parts) {
      part.at = this.#end;
      this.#end += part.length;
    }
    [this.#held, this.#heldBytes] = [new Set(), 0];
    const length = this.#end - start;
    const buffers = parts.map(({ bytes }) => bytes as Buffer);
    await guard('Writing', async () => {
      this.#file ??= openFile(this.#folder);
      const { handle } = await this.#file;
      const { bytesWritten } = await handle.writev(buffers, start);
      if (bytesWritten !== length) throw new Error(`only ${bytesWritten} bytes were written`);
    });
    for (const part of parts) part.bytes = null;
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
