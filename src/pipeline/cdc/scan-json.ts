/**
 * Steps through the bytes of a JSON text as RFC 8259 defines it. Every method answers false for what it does not know
 * for sure; the caller then gives the whole text to the exact parser.
 */

export const QUOTE = 0x22;
export const COMMA = 0x2c;
export const MINUS = 0x2d;
export const POINT = 0x2e;
export const ZERO = 0x30;
export const NINE = 0x39;
export const COLON = 0x3a;
export const OPEN_LIST = 0x5b;
export const BACKSLASH = 0x5c;
export const CLOSE_LIST = 0x5d;
export const OPEN_OBJECT = 0x7b;
export const CLOSE_OBJECT = 0x7d;

export const END = -1;

/** Deeper texts are left to the exact parser, which knows when its stack ends. */
const MAX_DEPTH = 64;

/** What a byte is inside a string: 0 plain, 2 plain but above 0x7f, 1 anything else. */
export const IN_STRING = new Uint8Array(256).map((_, byte) => {
  if (byte === QUOTE || byte === BACKSLASH || byte < 0x20) return 1;
  return byte >= 0x80 ? 2 : 0;
});
const ESCAPES = new Set([...'"\\/bfnrt'].map((char) => char.charCodeAt(0)));

export class JsonBytes {
  bytes: Buffer = Buffer.alloc(0);
  at = 0;
  /** True when a string had a byte above 0x7f: then somebody must check that the text is UTF-8. */
  wide = false;

  open(bytes: Buffer): void {
    this.bytes = bytes;
    this.at = 0;
    this.wide = false;
  }

  /** The next byte that is no blank, {@link END} at the end. */
  peek(): number {
    const { bytes } = this;
    for (; this.at < bytes.length; this.at++) {
      const byte = bytes[this.at] as number;
      if (byte > 0x20 || (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09)) return byte;
    }
    return END;
  }

  /** Steps over one byte, blanks before it included. */
  take(byte: number): boolean {
    if (this.peek() !== byte) return false;
    this.at += 1;
    return true;
  }

  /** Steps over a string without escapes, from its first quote on. */
  plainString(): boolean {
    const { bytes } = this;
    let at = this.at + 1;
    for (; ; at++) {
      const kind = IN_STRING[bytes[at] as number];
      if (kind === 0) continue;
      if (kind !== 2) break;
      this.wide = true;
    }
    if (bytes[at] !== QUOTE) return false;
    this.at = at + 1;
    return true;
  }

  value(depth = 0): boolean {
    switch (this.peek()) {
      case QUOTE:
        return this.string();
      case OPEN_OBJECT:
        return this.#object(depth + 1);
      case OPEN_LIST:
        return this.#list(depth + 1);
      case 0x6e:
        return this.word(NULL);
      case 0x74:
        return this.word(TRUE);
      case 0x66:
        return this.word(FALSE);
      default:
        return this.number();
    }
  }

  word(word: Uint8Array): boolean {
    for (let index = 0; index < word.length; index++) {
      if (this.bytes[this.at + index] !== word[index]) return false;
    }
    this.at += word.length;
    return true;
  }

  number(): boolean {
    const { bytes } = this;
    let { at } = this;
    if (bytes[at] === MINUS) at += 1;
    const first = at;
    at = skipDigits(bytes, at);
    if (at === first || (bytes[first] === ZERO && at > first + 1)) return false;
    if (bytes[at] === POINT) {
      const start = at + 1;
      at = skipDigits(bytes, start);
      if (at === start) return false;
    }
    if (bytes[at] === 0x65 || bytes[at] === 0x45) {
      at += 1;
      if (bytes[at] === MINUS || bytes[at] === 0x2b) at += 1;
      const start = at;
      at = skipDigits(bytes, start);
      if (at === start) return false;
    }
    this.at = at;
    return true;
  }

  /** Steps over any string, from its first quote on. */
  string(): boolean {
    const { bytes } = this;
    while (!this.plainString()) {
      // `plainString` stays where it began: find the escape that stopped it, and go on behind it.
      let at = this.at + 1;
      while (IN_STRING[bytes[at] as number] === 0 || IN_STRING[bytes[at] as number] === 2) at += 1;
      if (bytes[at] !== BACKSLASH) return false;
      if (bytes[at + 1] === 0x75) {
        if (!isHex(bytes, at + 2) || !isHex(bytes, at + 3) || !isHex(bytes, at + 4) || !isHex(bytes, at + 5))
          return false;
        at += 4;
      } else if (!ESCAPES.has(bytes[at + 1] as number)) return false;
      this.at = at + 1;
    }
    return true;
  }

  #object(depth: number): boolean {
    if (depth > MAX_DEPTH) return false;
    this.at += 1;
    if (this.take(CLOSE_OBJECT)) return true;
    do {
      if (this.peek() !== QUOTE || !this.string() || !this.take(COLON) || !this.value(depth)) return false;
    } while (this.take(COMMA));
    return this.take(CLOSE_OBJECT);
  }

  #list(depth: number): boolean {
    if (depth > MAX_DEPTH) return false;
    this.at += 1;
    if (this.take(CLOSE_LIST)) return true;
    do {
      if (!this.value(depth)) return false;
    } while (this.take(COMMA));
    return this.take(CLOSE_LIST);
  }
}

export const NULL = Buffer.from('null');
const TRUE = Buffer.from('true');
const FALSE = Buffer.from('false');

function skipDigits(bytes: Uint8Array, from: number): number {
  let at = from;
  while ((bytes[at] as number) >= ZERO && (bytes[at] as number) <= NINE) at += 1;
  return at;
}

function isHex(bytes: Uint8Array, at: number): boolean {
  const byte = bytes[at] as number;
  return (byte >= ZERO && byte <= NINE) || (byte >= 0x41 && byte <= 0x46) || (byte >= 0x61 && byte <= 0x66);
}
