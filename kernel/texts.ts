/** The texts of one column, one after the other, addressed by their place; equal ones are kept once where texts repeat. */
import { copyBytes, equalBytes, hashBytes } from './bytes';
import { MAX_ROWS, TEXT_BYTES, reserve } from './regions';

const FIRST_SLOTS: u32 = 256;
const MAX_SLOTS: u32 = 2 * MAX_ROWS;
/** A slot holds the place of a text + 1, 0 while it is free, and beside it the hash of the text. */
const SLOT_BYTES: usize = 8;
const HASH: usize = 4;

export class TextList {
  /** Text n is the bytes from ends[n] to ends[n + 1], as 32-bit numbers that count from `bytes` on. */
  readonly bytes: usize = reserve(TEXT_BYTES);
  readonly ends: usize = reserve(4 * (MAX_ROWS + 1));
  count: u32 = 0;
  private readonly repeats: bool;
  /** Open addressing. */
  private readonly slots: usize;
  private slotCount: u32 = FIRST_SLOTS;

  constructor(repeats: bool) {
    this.repeats = repeats;
    this.slots = repeats ? reserve(SLOT_BYTES * MAX_SLOTS) : 0;
  }

  /** Bytes of all texts. */
  get length(): u32 {
    return load<u32>(this.ends + 4 * this.count);
  }

  /** Bytes of memory that are in use. */
  get size(): u32 {
    return this.length + 4 * this.count + (this.repeats ? <u32>SLOT_BYTES * this.slotCount : 0);
  }

  /** Bytes that one more text may have; none when there are too many texts. */
  get room(): u32 {
    return this.count < MAX_ROWS ? TEXT_BYTES - this.length : 0;
  }

  /** The place of the text. */
  take(at: usize, length: u32): u32 {
    return this.repeats ? this.intern(at, length) : this.append(at, length);
  }

  /** Forgets all texts. */
  clear(): void {
    this.count = 0;
    if (!this.repeats) return;
    memory.fill(this.slots, 0, SLOT_BYTES * this.slotCount);
    this.slotCount = FIRST_SLOTS;
  }

  private append(at: usize, length: u32): u32 {
    const place = this.count;
    const end = this.length;
    copyBytes(this.bytes + end, at, length);
    this.count = place + 1;
    store<u32>(this.ends + 4 * this.count, end + length);
    return place;
  }

  private intern(at: usize, length: u32): u32 {
    const hash = hashBytes(at, length);
    const mask = this.slotCount - 1;
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const entry = this.slots + SLOT_BYTES * slot;
      const found = load<u32>(entry);
      if (found === 0) return this.add(at, length, hash, entry);
      if (load<u32>(entry, HASH) === hash && this.equals(found - 1, at, length)) return found - 1;
    }
    return 0;
  }

  private add(at: usize, length: u32, hash: u32, entry: usize): u32 {
    const place = this.append(at, length);
    store<u32>(entry, place + 1);
    store<u32>(entry, hash, HASH);
    if (this.count >= this.slotCount / 2 && this.slotCount < MAX_SLOTS) this.rehash();
    return place;
  }

  private equals(place: u32, at: usize, length: u32): bool {
    const start = load<u32>(this.ends + 4 * place);
    const end = load<u32>(this.ends + 4 * place + 4);
    return end - start === length && equalBytes(this.bytes + start, at, length);
  }

  private rehash(): void {
    memory.fill(this.slots, 0, SLOT_BYTES * this.slotCount);
    this.slotCount *= 4;
    const mask = this.slotCount - 1;
    for (let place: u32 = 0; place < this.count; place++) {
      const start = load<u32>(this.ends + 4 * place);
      const hash = hashBytes(this.bytes + start, load<u32>(this.ends + 4 * place + 4) - start);
      let slot = hash & mask;
      while (load<u32>(this.slots + SLOT_BYTES * slot) !== 0) slot = (slot + 1) & mask;
      store<u32>(this.slots + SLOT_BYTES * slot, place + 1);
      store<u32>(this.slots + SLOT_BYTES * slot, hash, HASH);
    }
  }
}
