/** Column statistics of a data file, as Delta 3.3 writes them: JSON text in `add.stats`. Pure. */
import { javaDouble } from '../java-double.ts';
import type { CellValue, TableColumn, TableRow } from './schema.ts';

/** `delta.dataSkippingNumIndexedCols`. */
const INDEXED_COLUMNS = 32;
const MAX_TEXT = 32;
/** Appended to a cut maximum, so that it stays an upper bound: what Delta 3.3 writes. */
const TIE_BREAKER = '\u007f';

export function toStats(columns: readonly TableColumn[], rows: readonly TableRow[]): string {
  const min: string[] = [];
  const max: string[] = [];
  const nulls: string[] = [];
  for (const column of columns.slice(0, INDEXED_COLUMNS)) {
    const values = rows.map((row) => row[column.name] ?? null).filter((value) => value !== null);
    const bounds = findBounds(column, values);
    if (bounds) {
      min.push(`${JSON.stringify(column.name)}:${bounds.min}`);
      max.push(`${JSON.stringify(column.name)}:${bounds.max}`);
    }
    nulls.push(`${JSON.stringify(column.name)}:${rows.length - values.length}`);
  }
  return (
    `{"numRecords":${rows.length},"minValues":{${min.join(',')}},` +
    `"maxValues":{${max.join(',')}},"nullCount":{${nulls.join(',')}}}`
  );
}

/** The bounds as JSON text, or null where there is none: only nulls, or a value that has no place in an order. */
function findBounds(column: TableColumn, values: CellValue[]): { min: string; max: string } | null {
  if (values.length === 0) return null;
  switch (column.type) {
    case 'string':
      return textBounds(values as string[]);
    case 'double':
      return doubleBounds(values as number[]);
    case 'timestamp':
      return timestampBounds(values as bigint[]);
    case 'long':
    case 'integer': {
      const { min, max } = extremes(values as (number | bigint)[], (a, b) => a < b);
      return { min: String(min), max: String(max) };
    }
  }
}

/** Texts are ordered by their UTF-8 bytes. */
function textBounds(values: string[]): { min: string; max: string } {
  const { min, max } = extremes(values, isBefore);
  const cut = cutText(max);
  return { min: JSON.stringify(cutText(min)), max: JSON.stringify(cut === max ? max : cut + tieBreaker(max, cut)) };
}

function doubleBounds(values: number[]): { min: string; max: string } | null {
  if (!values.every(Number.isFinite)) return null;
  const { min, max } = extremes(values, (a, b) => a < b || (a === b && Object.is(a, -0) && !Object.is(b, -0)));
  return { min: javaDouble(min), max: javaDouble(max) };
}

/** Cut down to milliseconds; readers add one millisecond to the maximum. */
function timestampBounds(values: bigint[]): { min: string; max: string } | null {
  const { min, max } = extremes(values, (a, b) => a < b);
  const texts = [toIso(min), toIso(max)];
  const [low, high] = texts;
  return low && high ? { min: JSON.stringify(low), max: JSON.stringify(high) } : null;
}

/** ISO text of the years 1 to 9999, beyond which readers disagree about the form. */
function toIso(micros: bigint): string | null {
  const ms = Number(micros / 1000n - (micros % 1000n < 0n ? 1n : 0n));
  return ms >= -62_135_596_800_000 && ms < 253_402_300_800_000 ? new Date(ms).toISOString() : null;
}

function extremes<T>(values: readonly T[], isLess: (a: T, b: T) => boolean): { min: T; max: T } {
  let min = values[0] as T;
  let max = min;
  for (const value of values) {
    if (isLess(value, min)) min = value;
    if (isLess(max, value)) max = value;
  }
  return { min, max };
}

/** JavaScript compares UTF-16 units, which puts characters beyond U+FFFF before U+E000. */
function isBefore(a: string, b: string): boolean {
  let at = 0;
  while (at < a.length && a.charCodeAt(at) === b.charCodeAt(at)) at += 1;
  if (at >= a.length || at >= b.length) return a.length < b.length;
  return rank(a.charCodeAt(at)) < rank(b.charCodeAt(at));
}

/** Surrogates stand for characters above all others. */
const rank = (unit: number): number => (unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit);

function cutText(text: string): string {
  return text.length <= MAX_TEXT ? text : [...text].slice(0, MAX_TEXT).join('');
}

/** A character above U+007F where the text is cut needs a tie breaker that is above it as well. */
function tieBreaker(whole: string, cut: string): string {
  const next = whole.codePointAt(cut.length) ?? 0;
  return next <= 0x7e ? TIE_BREAKER : '\u{10ffff}';
}
