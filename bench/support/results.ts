/** Results of a bench as JSON lines in `test-results/bench/`, so that one that was stopped goes on where it was. */
import { appendFileSync, existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';

const FOLDER = path.resolve(import.meta.dirname, '..', '..', 'test-results', 'bench');

export interface Results<T> {
  readonly file: string;
  /** What earlier runs and this one have found. */
  readonly lines: readonly T[];
  add(line: T): void;
}

/** @param fresh forgets what earlier runs found */
export function openResults<T>(name: string, fresh: boolean): Results<T> {
  mkdirSync(FOLDER, { recursive: true });
  const file = path.join(FOLDER, `${name}.jsonl`);
  if (fresh) rmSync(file, { force: true });
  const lines = existsSync(file) ? parseLines<T>(readFileSync(file, 'utf8')) : [];
  return {
    file,
    lines,
    add(line) {
      lines.push(line);
      appendFileSync(file, `${JSON.stringify(line)}\n`);
    },
  };
}

/** A run that was killed may leave a last line that is cut. */
function parseLines<T>(text: string): T[] {
  const whole = text.slice(0, text.lastIndexOf('\n') + 1);
  return whole
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as T);
}

/** A table of texts with aligned columns. */
export function toTable(rows: readonly (readonly (string | number)[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => String(row[column]).length)));
  const line = (row: readonly (string | number)[]): string =>
    row
      .map((cell, column) =>
        column === 0 ? String(cell).padEnd(widths[0] ?? 0) : String(cell).padStart(widths[column] ?? 0),
      )
      .join('  ');
  return rows.map(line).join('\n');
}
