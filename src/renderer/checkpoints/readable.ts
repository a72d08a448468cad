/** Spark's offsets file for people: keys marked, long objects folded, the time in words. Pure. */
import { fullMoment } from '../format.ts';

export interface Piece {
  readonly text: string;
  readonly kind: 'key' | 'dim' | 'plain';
}
export type OffsetsLine = readonly Piece[];

/** Lines that are no JSON (`v1`, `-`, or something damaged) are shown as they are. */
export function readableOffsets(text: string): readonly OffsetsLine[] {
  return text.split('\n').flatMap((line, index) => (index === 0 ? [[dim(line)]] : readableLine(line)));
}

function readableLine(line: string): readonly OffsetsLine[] {
  const parsed = parseObject(line);
  if (!parsed) return [[plain(line)]];
  const entries = Object.entries(parsed);
  return entries.map(([name, value], index) => [
    plain(index === 0 ? '{ ' : '  '),
    key(name),
    plain(': '),
    ...readableValue(name, value),
    plain(index === entries.length - 1 ? ' }' : ','),
  ]);
}

function readableValue(name: string, value: unknown): readonly Piece[] {
  if (name === 'conf' && value !== null && typeof value === 'object') {
    return [dim(`{ ${Object.keys(value).length} keys }`)];
  }
  const text = JSON.stringify(value, null, 1).replace(/\s+/g, ' ');
  // Offsets per partition stand on a line of their own: a half card is not wide.
  if (text.startsWith('{')) return [plain(`\n    ${text}`)];
  return name === 'batchTimestampMs' && typeof value === 'number'
    ? [plain(text), dim(`   ${fullMoment(value, 'UTC')} UTC`)]
    : [plain(text)];
}

/** Numbers beyond 2^53 would lose digits on the way, so such a line is left as it is. */
function parseObject(line: string): Record<string, unknown> | null {
  if (!line.startsWith('{') || /\d{16,}/.test(line)) return null;
  try {
    return JSON.parse(line) as Record<string, unknown>;
  } catch {
    return null;
  }
}

const plain = (text: string): Piece => ({ text, kind: 'plain' });
const dim = (text: string): Piece => ({ text, kind: 'dim' });
const key = (name: string): Piece => ({ text: JSON.stringify(name), kind: 'key' });
