/** Makes a log message safe to print and bounded. Pure. */

const MAX_BYTES = 8 * 1024;
// Control characters, and the marks that change the direction of text or join it out of sight.

const UNSAFE = /[\u0000-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;

/** One line: control and direction characters are written as `\x1b` or `\u202e`, and what exceeds 8 KB is cut. */
export function safeText(text: string): string {
  const cut = text.length > MAX_BYTES ? text.slice(0, MAX_BYTES) : text;
  const escaped = cut.replace(UNSAFE, escape);
  const bytes = Buffer.from(escaped, 'utf8');
  if (text.length === cut.length && bytes.length <= MAX_BYTES) return escaped;
  return `${bytes
    .subarray(0, MAX_BYTES)
    .toString('utf8')
    .replace(/\ufffd+$/, '')} … (cut)`;
}

function escape(character: string): string {
  const code = character.charCodeAt(0);
  if (character === '\n') return '\\n';
  if (character === '\t') return ' ';
  return code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u${code.toString(16).padStart(4, '0')}`;
}
