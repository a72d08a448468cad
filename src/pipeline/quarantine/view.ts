/** A letter for people: a part of its bytes as hex and as text, masked, and where reading ended. Pure. */
import type { HexRow } from '../events.ts';
import { findHidden, maskText, toShown } from './mask.ts';

export const BYTES_PER_ROW = 16;
/** Bytes of one answer. */
export const VIEW_BYTES = 4_096;
const MOST_KEY = 500;
/** Looked at around the part that is shown, so that a number which begins before it is seen as one. */
const MARGIN = 64;

export interface BytesView {
  readonly from: number;
  readonly rows: readonly HexRow[];
  readonly text: string;
  readonly masked: boolean;
}

/** `from` is moved down to the start of a row, and into the bytes. */
export function viewBytes(value: Buffer, asked: number, length = VIEW_BYTES): BytesView {
  const lastRow = Math.max(0, Math.floor((value.length - 1) / BYTES_PER_ROW) * BYTES_PER_ROW);
  const from = Math.min(lastRow, Math.max(0, Math.floor(asked / BYTES_PER_ROW) * BYTES_PER_ROW));
  const until = Math.min(value.length, from + length);
  const start = Math.max(0, from - MARGIN);
  const hidden = findHidden(value.subarray(start, Math.min(value.length, until + MARGIN))).subarray(from - start);
  const rows: HexRow[] = [];
  for (let at = from; at < until; at += BYTES_PER_ROW) {
    const bytes = value.subarray(at, Math.min(until, at + BYTES_PER_ROW));
    rows.push(toRow(bytes, at, hidden.subarray(at - from)));
  }
  const shown = hidden.subarray(0, until - from);
  const text = printable(toShown(value.subarray(from, until), shown));
  return { from, rows, text, masked: shown.includes(1) };
}

export function viewKey(key: Buffer | null): string | null {
  return key && printable(maskText(key.subarray(0, MOST_KEY).toString('utf8')));
}

/** Where reading ended: the byte of the character that the reason names, or the first byte that is no UTF-8. */
export function findFault(value: Buffer, code: string, reason: string): number | null {
  if (code === 'NOT_UTF8') return firstInvalid(value);
  const position = /from position (\d+) on/.exec(reason)?.[1];
  if (position === undefined) return null;
  const before = value.toString('utf8').slice(0, Number(position));
  return Math.min(Buffer.byteLength(before), Math.max(0, value.length - 1));
}

function toRow(bytes: Buffer, at: number, hidden: Uint8Array): HexRow {
  const hex: string[] = [];
  let text = '';
  for (const [index, byte] of bytes.entries()) {
    const isHidden = hidden[index] === 1;
    hex.push(isHidden ? '••' : byte.toString(16).padStart(2, '0'));
    text += isHidden ? '•' : byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '·';
  }
  return { at, hex, text };
}

/** Control and direction characters would change what the rest looks like: they are written out. */
function printable(text: string): string {
  return text.replace(/[\0-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g, (each) => {
    return `\\u${each.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}

function firstInvalid(value: Buffer): number {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  for (let at = 0; at < value.length; at += CHUNK) {
    if (!feed(decoder, value.subarray(at, at + CHUNK))) return firstInvalidIn(value, at);
  }
  return Math.max(0, value.length - 1);
}

const CHUNK = 4_096;

/** Byte by byte, begun where a character begins. */
function firstInvalidIn(value: Buffer, chunk: number): number {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let at = chunk;
  while (at > 0 && at > chunk - 4 && ((value[at] ?? 0) & 0xc0) === 0x80) at -= 1;
  while (at < value.length && feed(decoder, value.subarray(at, at + 1))) at += 1;
  return Math.min(at, value.length - 1);
}

function feed(decoder: TextDecoder, bytes: Uint8Array): boolean {
  try {
    decoder.decode(bytes, { stream: true });
    return true;
  } catch {
    return false;
  }
}
