/** The keys of an object, found fast because every message has them in the order of the one before. */
import { COLON, type JsonBytes } from './scan-json.ts';

export const UNKNOWN_KEY = -1;
export const REFUSED_KEY = -2;

const MAX_PLACES = 64;
const MAX_LENGTH = 64;

export class KeyOrder {
  readonly #numbers: ReadonlyMap<string, number>;
  /** What stood at each place in the last message: the bytes of the key with quotes and colon, and its number. */
  readonly #keys: Uint8Array[] = [];
  readonly #found: number[] = [];

  constructor(keys: readonly string[]) {
    this.#numbers = new Map(keys.map((key, number) => [key, number]));
  }

  /** Steps over a key and its colon. `place` counts the keys of the object. Keys with escapes are refused. */
  take(json: JsonBytes, place: number): number {
    const key = this.#keys[place];
    if (key !== undefined && json.word(key)) return this.#found[place] as number;
    return this.#learn(json, place);
  }

  #learn(json: JsonBytes, place: number): number {
    const start = json.at;
    if (!json.plainString()) return REFUSED_KEY;
    const name = Buffer.from(json.bytes.subarray(start + 1, json.at - 1)).toString('utf8');
    const number = this.#numbers.get(name) ?? UNKNOWN_KEY;
    if (!json.take(COLON)) return REFUSED_KEY;
    // Blanks before the colon are taken along: the same bytes mean the same key again. Only ASCII, because what is
    // compared here is not looked at for being UTF-8.
    const isShort = place < MAX_PLACES && json.at - start <= MAX_LENGTH && place <= this.#keys.length;
    if (isShort && !json.wide) {
      this.#keys[place] = Uint8Array.prototype.slice.call(json.bytes, start, json.at);
      this.#found[place] = number;
    }
    return number;
  }
}
