/** A list of byte strings that grows, and can find an equal one again. */
import { TextList } from './text-list.ts';

const FIRST_BYTES = 1024;
const FIRST_COUNT = 64;

export class ByteList extends TextList {
  /** Open addressing: place of an entry + 1, or 0. Empty until something is interned. */
  #slots = new Int32Array(0);
  #hashes = new Int32Array(0);

  constructor() {
    super();
    this.show(new Uint8Array(FIRST_BYTES), new Int32Array(FIRST_COUNT + 1), 0);
  }

  /** Adds the bytes [start, end) and answers their place. */
  append(from: Uint8Array, start: number, end: number): number {
    const at = this.ends[this.count] as number;
    const next = at + end - start;
    if (next > this.bytes.length) this.#growBytes(next);
    const { bytes } = this;
    for (let read = start, write = at; read < end; read++, write++) bytes[write] = from[read] as number;
    this.count += 1;
    if (this.count >= this.ends.length) this.ends = resized(this.ends, 2 * this.ends.length);
    this.ends[this.count] = next;
    return this.count - 1;
  }

  /** The place of equal bytes; they are added when they are new. Equal bytes must come with equal hashes. */
  intern(from: Uint8Array, start: number, end: number, hash: number): number {
    const mask = this.#slots.length - 1;
    for (let slot = mix(hash) & mask; mask > 0; slot = (slot + 1) & mask) {
      const entry = (this.#slots[slot] as number) - 1;
      if (entry < 0) break;
      if (this.#hashes[entry] === hash && this.#equals(entry, from, start, end)) return entry;
    }
    return this.#add(from, start, end, hash);
  }

  #equals(entry: number, from: Uint8Array, start: number, end: number): boolean {
    const { bytes } = this;
    let at = this.ends[entry] as number;
    if ((this.ends[entry + 1] as number) - at !== end - start) return false;
    for (let read = start; read < end; read++, at++) if (bytes[at] !== from[read]) return false;
    return true;
  }

  #add(from: Uint8Array, start: number, end: number, hash: number): number {
    if (2 * (this.count + 1) > this.#slots.length) this.#rehash(Math.max(2 * FIRST_COUNT, 2 * this.#slots.length));
    const entry = this.append(from, start, end);
    this.#hashes[entry] = hash;
    this.#place(entry);
    return entry;
  }

  #rehash(slots: number): void {
    this.#slots = new Int32Array(slots);
    this.#hashes = resized(this.#hashes, slots / 2);
    for (let entry = 0; entry < this.count; entry++) this.#place(entry);
  }

  #place(entry: number): void {
    const mask = this.#slots.length - 1;
    let slot = mix(this.#hashes[entry] as number) & mask;
    while (this.#slots[slot] !== 0) slot = (slot + 1) & mask;
    this.#slots[slot] = entry + 1;
  }

  #growBytes(needed: number): void {
    const larger = new Uint8Array(Math.max(needed, 2 * this.bytes.length));
    larger.set(this.bytes);
    this.bytes = larger;
  }
}

/** The upper bits of a hash must count for its slot as well. */
const mix = (hash: number): number => hash ^ (hash >>> 15);

function resized(from: Int32Array, length: number): Int32Array<ArrayBuffer> {
  const to = new Int32Array(length);
  to.set(from);
  return to;
}
