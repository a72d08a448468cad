/** The keys of an object, found fast because every message has them in the order of the one before. */
import { copyBytes, equalBytes, isWide } from './bytes';
import { COLON, byteAt, skipBlanks, skipPlainString } from './json';
import { reserve } from './regions';

export const UNKNOWN_KEY: i32 = -1;
export const REFUSED_KEY: i32 = -2;

const MAX_NAMES: u32 = 32;
const NAME_BYTES: usize = 48;
/** A name begins behind its length. */
const NAME: usize = 8;

const MAX_PLACES: u32 = 64;
/** Longer keys are looked up each time. */
const MAX_LENGTH: usize = 32;
/**
 * What stood at a place in the last message: the number of the key, the length of its bytes with quotes and colon, the
 * bytes filled up with zeros, and a mask of them.
 */
const PLACE_BYTES: usize = 80;
const LENGTH: usize = 4;
const BYTES: usize = 16;
const MASK: usize = 48;

export class KeyOrder {
  /** Address behind the key and its colon, once `take` has found one. */
  next: usize = 0;
  private names: usize = reserve(NAME_BYTES * MAX_NAMES);
  private places: usize = reserve(PLACE_BYTES * MAX_PLACES);
  private count: u32 = 0;
  private learned: u32 = 0;

  /** A name of at most 32 bytes, for the next number from 0 on. */
  add(name: usize, length: u32): void {
    const entry = this.names + NAME_BYTES * this.count;
    store<u32>(entry, length);
    copyBytes(entry + NAME, name, length);
    this.count += 1;
  }

  /** Takes the key that begins at `at`. `place` counts the keys of the object. Keys with escapes are refused. */
  take(at: usize, place: u32): i32 {
    const entry = this.places + PLACE_BYTES * place;
    if (place >= this.learned || !matches(entry, at)) return this.learn(at, place);
    this.next = at + load<u32>(entry, LENGTH);
    return load<i32>(entry);
  }

  private learn(at: usize, place: u32): i32 {
    const end = skipPlainString(at);
    if (end === 0) return REFUSED_KEY;
    const number = this.find(at + 1, <u32>(end - at - 2));
    const colon = skipBlanks(end);
    if (byteAt(colon) !== COLON) return REFUSED_KEY;
    this.next = colon + 1;
    // Blanks before the colon are taken along: the same bytes mean the same key again. Only ASCII, because what is
    // compared here is not looked at for being UTF-8.
    const length = this.next - at;
    if (place < MAX_PLACES && place <= this.learned && length <= MAX_LENGTH && !isWide()) {
      keep(this.places + PLACE_BYTES * place, at, length, number);
      if (place === this.learned) this.learned += 1;
    }
    return number;
  }

  private find(at: usize, length: u32): i32 {
    for (let number: u32 = 0; number < this.count; number++) {
      const entry = this.names + NAME_BYTES * number;
      if (load<u32>(entry) === length && equalBytes(entry + NAME, at, length)) return number;
    }
    return UNKNOWN_KEY;
  }
}

function keep(entry: usize, at: usize, length: usize, number: i32): void {
  memory.fill(entry, 0, PLACE_BYTES);
  store<i32>(entry, number);
  store<u32>(entry, <u32>length, LENGTH);
  memory.copy(entry + BYTES, at, length);
  memory.fill(entry + MASK, 0xff, length);
}

function matches(entry: usize, at: usize): bool {
  const head = v128.and(v128.load(at), v128.load(entry, MASK));
  const tail = v128.and(v128.load(at + 16), v128.load(entry, MASK + 16));
  const different = v128.or(v128.xor(head, v128.load(entry, BYTES)), v128.xor(tail, v128.load(entry, BYTES + 16)));
  return !v128.any_true(different);
}
