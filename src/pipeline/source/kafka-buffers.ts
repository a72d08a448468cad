/** Memory for the answers of brokers, used again once somebody says that an answer is used up. */

/** Smaller answers are not worth it. */
const SMALLEST_BYTES = 64 * 1024;
const STEP_BYTES = 1024 * 1024;
/** One answer is read, one is under way, one comes in between. */
const MOST_FREE = 3;

const free: ArrayBuffer[] = [];
const lent = new WeakSet<ArrayBufferLike>();

/** Some bytes of any content. Whoever never gives them back leaves them to the garbage collector. */
export function lend(size: number): Buffer {
  if (size < SMALLEST_BYTES) return Buffer.allocUnsafeSlow(size);
  const at = free.findIndex(({ byteLength }) => byteLength >= size);
  const [found] = at < 0 ? [] : free.splice(at, 1);
  const memory = found ?? new ArrayBuffer(Math.ceil(size / STEP_BYTES) * STEP_BYTES);
  lent.add(memory);
  return Buffer.from(memory, 0, size);
}

/** The bytes may be written over from now on. Does nothing for bytes that were not lent, or were given back already. */
export function giveBack({ buffer }: Buffer): void {
  if (lent.delete(buffer) && free.length < MOST_FREE) free.push(buffer as ArrayBuffer);
}
