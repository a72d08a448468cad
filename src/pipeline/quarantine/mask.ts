/**
 * Which bytes of a record may be a card number, however they are written: plain, with blanks or hyphens, as JSON escapes,
 * in UTF-16, as hex digits, in base64. When in doubt they are hidden. Pure.
 */

/** Shorter runs of digits are no card numbers, except where the field says so. */
const LEAST_DIGITS = 12;
const SHOWN_DIGITS = 4;

const DIGIT = String.raw`(?:\d|\\u003\d)`;
const RUN = new RegExp(String.raw`${DIGIT}(?:[ \-\0]?${DIGIT}){${LEAST_DIGITS - 1},}`, 'g');
const CARD_FIELD = /cc_num[\\"\s]*[:=]\s*\\*"?(-?\d[\d .\-]*)/g;
const BASE64 = /[A-Za-z0-9+/]{16,}={0,2}/g;
/** Times have as many digits as cards; these fields hold nothing else, and times begin with 1 until the year 2033. */
const TIME_FIELD = /"(?:trans_date_trans_time|unix_time|created_at|ts_ms|ts_us|ts_ns)\\?"\s*:\s*$/;
const TIME = /^1\d{12}(?:\d{3}){0,2}$/;

/** One byte for each byte: 1 is to be hidden. The last four digits of each number stay. */
export function findHidden(bytes: Buffer): Uint8Array {
  const hidden = new Uint8Array(bytes.length);
  // One character for each byte, whatever the bytes are.
  const text = bytes.toString('latin1');
  for (const { index, 0: run } of text.matchAll(RUN)) {
    if (!isTime(text, index, run) && !isFraction(text, index)) hide(hidden, index, run);
  }
  for (const match of text.matchAll(CARD_FIELD)) {
    const number = match[1] ?? '';
    hide(hidden, match.index + match[0].length - number.length, number);
  }
  for (const { index, 0: token } of text.matchAll(BASE64)) {
    if (holdsRun(token)) hidden.fill(1, index, index + token.length);
  }
  return hidden;
}

/** The same for text that is shown as text. */
export function maskText(text: string): string {
  const bytes = Buffer.from(text);
  const hidden = findHidden(bytes);
  return hidden.includes(1) ? toShown(bytes, hidden) : text;
}

/** The bytes as UTF-8 text, hidden ones as `•`. */
export function toShown(bytes: Buffer, hidden: Uint8Array): string {
  // Hidden bytes are ASCII, so that no longer character is cut.
  const parts: string[] = [];
  let from = 0;
  for (let at = hidden.indexOf(1); at >= 0; at = hidden.indexOf(1, from)) {
    const open = hidden.indexOf(0, at);
    const end = open < 0 ? hidden.length : open;
    parts.push(bytes.subarray(from, at).toString('utf8'), '•'.repeat(end - at));
    from = end;
  }
  return parts.join('') + bytes.subarray(from).toString('utf8');
}

/** All digits but the last four; a number too short to hide anything shows nothing. */
function hide(hidden: Uint8Array, from: number, run: string): void {
  const digits = [...run.matchAll(new RegExp(DIGIT, 'g'))];
  const shown = digits.length > 2 * SHOWN_DIGITS ? SHOWN_DIGITS : 0;
  const until = shown === 0 ? run.length : (digits[digits.length - shown]?.index ?? run.length);
  hidden.fill(1, from, from + until);
}

function isTime(text: string, at: number, run: string): boolean {
  return TIME.test(run) && TIME_FIELD.test(text.slice(Math.max(0, at - 40), at));
}

/** Digits after a point are a place or an amount. */
const isFraction = (text: string, at: number): boolean => /\d\.$/.test(text.slice(Math.max(0, at - 2), at));

/** Long tokens are mostly names and ids: only what decodes to digits is hidden. */
function holdsRun(token: string): boolean {
  return [0, 1, 2, 3].some((shift) => {
    const decoded = Buffer.from(token.slice(shift), 'base64').toString('latin1');
    return decoded.search(RUN) >= 0;
  });
}
