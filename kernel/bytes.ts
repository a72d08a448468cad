/** Bytes, sixteen at a time. Whoever calls has {@link SLACK} bytes of room behind every end. */

/** Address of the first byte from `at` on that ends or bends a JSON string: a quote, a backslash or a control character. */
export function stringStop(at: usize): usize {
  while (true) {
    const bytes = v128.load(at);
    const stops = v128.or(
      v128.or(i8x16.eq(bytes, i8x16.splat(QUOTE)), i8x16.eq(bytes, i8x16.splat(BACKSLASH))),
      i8x16.lt_u(bytes, i8x16.splat(SPACE)),
    );
    const mask = i8x16.bitmask(stops);
    const high = i8x16.bitmask(bytes);
    if (mask !== 0) {
      const plain = ctz(mask);
      if ((high & ((1 << plain) - 1)) !== 0) wide = true;
      return at + plain;
    }
    if (high !== 0) wide = true;
    at += 16;
  }
}

/** Whether a string since {@link forgetWide} had a byte above 0x7f: then somebody must check that the text is UTF-8. */
export function isWide(): bool {
  return wide;
}

export function forgetWide(): void {
  wide = false;
}

/** Sixteen bytes at a time, so that up to 15 bytes behind the end are written too. */
export function copyBytes(to: usize, from: usize, length: usize): void {
  v128.store(to, v128.load(from));
  for (let done: usize = 16; done < length; done += 16) v128.store(to + done, v128.load(from + done));
}

export function equalBytes(a: usize, b: usize, length: usize): bool {
  for (; length >= 8; length -= 8, a += 8, b += 8) if (load<u64>(a) !== load<u64>(b)) return false;
  return length === 0 || (load<u64>(a) ^ load<u64>(b)) << (64 - 8 * length) === 0;
}

/** Eight bytes a step; equal bytes have equal hashes, whatever lies behind them. */
export function hashBytes(at: usize, length: usize): u32 {
  let hash: u64 = length * PRIME;
  for (; length > 8; length -= 8, at += 8) hash = step(hash, load<u64>(at));
  if (length > 0) hash = step(hash, load<u64>(at) & (u64.MAX_VALUE >> (64 - 8 * length)));
  return <u32>hash;
}

const QUOTE: i8 = 0x22;
const BACKSLASH: i8 = 0x5c;
const SPACE: i8 = 0x20;
const PRIME: u64 = 0x9e3779b97f4a7c15;

let wide: bool = false;

function step(hash: u64, word: u64): u64 {
  const mixed = (hash ^ word) * PRIME;
  return mixed ^ (mixed >> 32);
}
