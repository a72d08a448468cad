/** Reads a Sparkov CSV (`fraudTrain.csv`): a leading index column, then the columns of a transaction. */
import { createReadStream } from 'node:fs';
import { access } from 'node:fs/promises';
import { parse } from 'csv-parse';
import { SluiceError } from '../../pipeline/errors.ts';
import { COLUMN_NAMES, COLUMNS, type ColumnName, type Transaction } from './transaction.ts';

/** One line of the file; `line` counts from 1 and the header is line 1. */
export type CsvLine =
  { readonly line: number; readonly transaction: Transaction } | { readonly line: number; readonly bad: string };

const PATTERNS: Readonly<Record<(typeof COLUMNS)[ColumnName], RegExp>> = {
  timestamp: /^\d{4}-\d\d-\d\d[ T]\d\d:\d\d(:\d\d(\.\d{1,6})?)?$/,
  date: /^\d{4}-\d\d-\d\d$/,
  bigint: /^-?\d{1,19}$/,
  integer: /^-?\d{1,10}$/,
  smallint: /^-?\d{1,5}$/,
  numeric: /^-?\d{1,8}(\.\d+)?$/,
  'double precision': /^-?\d+(\.\d+)?([eE][-+]?\d+)?$/,
  text: /^[^\0]*$/s,
};
/** Ends of the types that a pattern alone cannot tell. */
const LIMITS: Partial<Readonly<Record<(typeof COLUMNS)[ColumnName], bigint>>> = {
  bigint: 2n ** 63n - 1n,
  integer: 2n ** 31n - 1n,
  smallint: 2n ** 15n - 1n,
};
const WIDTHS: Partial<Readonly<Record<ColumnName, number>>> = {
  merchant: 255,
  category: 100,
  first: 100,
  last: 100,
  gender: 1,
  street: 255,
  city: 100,
  state: 50,
  job: 200,
  trans_num: 100,
};
const NULLABLE: ReadonlySet<ColumnName> = new Set([
  ...(['first', 'last', 'gender', 'street', 'city', 'state', 'zip', 'city_pop', 'job', 'dob', 'unix_time'] as const),
]);

/** The lines after `after`, in order. A line that is no transaction is told with the reason, never with its content. */
export async function* readCsv(file: string, after: number): AsyncGenerator<CsvLine> {
  await access(file).catch((cause: NodeJS.ErrnoException) => {
    throw fileError(file, cause.code ?? cause.message, cause);
  });
  const skipped: CsvLine[] = [];
  const parser = createReadStream(file).pipe(
    parse({ bom: true, info: true, relax_column_count: true, skip_empty_lines: true, skip_records_with_error: true }),
  );
  parser.on('skip', (error?: { lines?: number }) => {
    skipped.push({ line: error?.lines ?? 0, bad: 'it cannot be split into columns' });
  });
  let header: readonly string[] | null = null;
  for await (const { record, info } of parser as AsyncIterable<{ record: string[]; info: { lines: number } }>) {
    for (const bad of skipped.splice(0)) if (bad.line > after) yield bad;
    if (header === null) header = checkHeader(file, record);
    else if (info.lines > after) yield toLine(info.lines, header, record);
  }
  for (const bad of skipped.splice(0)) if (bad.line > after) yield bad;
}

/** The row as it goes into the table, or the reason why it cannot. */
export function toTransaction(values: Readonly<Record<string, string>>): Transaction | string {
  const row: Partial<Record<ColumnName, string | null>> = {};
  for (const name of COLUMN_NAMES) {
    const text = values[name] ?? '';
    const isEmpty = text === '';
    if (isEmpty && !NULLABLE.has(name)) return `${name} is empty`;
    if (!isEmpty && !fits(name, text)) return `${name} is no ${COLUMNS[name]} of the table`;
    row[name] = isEmpty ? null : text;
  }
  return row as Transaction;
}

function toLine(line: number, header: readonly string[], record: readonly string[]): CsvLine {
  if (record.length !== header.length)
    return { line, bad: `it has ${record.length} columns instead of ${header.length}` };
  const result = toTransaction(Object.fromEntries(header.map((name, index) => [name, record[index] ?? ''])));
  return typeof result === 'string' ? { line, bad: result } : { line, transaction: result };
}

function fits(name: ColumnName, text: string): boolean {
  const type = COLUMNS[name];
  if (!PATTERNS[type].test(text) || text.length > (WIDTHS[name] ?? Infinity)) return false;
  const limit = LIMITS[type];
  if (limit !== undefined) return BigInt(text) <= limit && BigInt(text) >= -limit - 1n;
  return type !== 'timestamp' && type !== 'date' ? true : isCalendarDay(text);
}

/** 2019-02-30 has the form of a date; JavaScript would make it a day in March. */
function isCalendarDay(text: string): boolean {
  const time = new Date(`${text.replace(' ', 'T').replace(/^([^T]*)$/, '$1T00:00')}Z`);
  return !Number.isNaN(time.getTime()) && time.toISOString().startsWith(text.slice(0, 10));
}

/** The index column has an empty name, or any other that no transaction has. */
function checkHeader(file: string, header: readonly string[]): readonly string[] {
  const missing = COLUMN_NAMES.filter((name) => !header.includes(name));
  if (missing.length === 0) return header;
  throw fileError(file, `its first line does not name ${missing.join(', ')}`, undefined);
}

function fileError(file: string, seen: string, cause: unknown): SluiceError {
  return new SluiceError('SETTINGS_INVALID', {
    tried: `Reading transactions from ${file}`,
    seen,
    expected: 'a CSV file with the columns of the Sparkov data set',
    action: 'Set producer.csv to such a file, or leave it empty to use generated transactions.',
    cause,
  });
}
