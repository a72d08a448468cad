/**
 * One record of the topic to what it is: a row with the values that the reference Spark job writes, a declared skip, or a
 * dead letter. Exact; never throws, whatever the bytes are.
 */
import type { TopicRecord } from '../ports.ts';
import { decodeAmount, isWhole, toDouble, toInt, toLong, toText } from './cast.ts';
import { TRANSACTION_COLUMNS, type ColumnKind } from './columns.ts';
import { isObject, JsonNumber, own, parseJson, type JsonObject, type JsonValue } from './json.ts';
import type { Change, CoercionNote, DeadLetterCode, TransactionRow } from './transaction.ts';

/** A larger value is a dead letter: parsing takes several times its size in memory. */
export const MAX_VALUE_BYTES = 16 * 1024 * 1024;

/** What Debezium sends for a large column that an update did not touch. */
export const UNAVAILABLE = '__debezium_unavailable_value';
const RAW_LENGTH = 200;
const AMOUNT_SCALE = 2;

// A byte order mark is no JSON, so it must not vanish in decoding.
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

export function parseChange(record: TopicRecord): Change {
  const { value } = record;
  if (value === null) return { kind: 'skip', op: 'tombstone' };
  if (value.length > MAX_VALUE_BYTES)
    return dead('TOO_LARGE', `the value has ${value.length} bytes, at most ${MAX_VALUE_BYTES} are read`);
  const text = decode(value);
  if (text === null) return dead('NOT_UTF8', 'the value is not UTF-8 text');
  try {
    const json = parseJson(text);
    return toChange(unwrap(json), scaleOf(json));
  } catch (error) {
    return dead('NOT_JSON', describe(error));
  }
}

function toChange(envelope: JsonObject | null, scale: number): Change {
  if (!envelope) return dead('NO_ENVELOPE', 'the value is no change event: no object with op and after');
  const op = own(envelope, 'op');
  const after = own(envelope, 'after');
  if (op === 'd' || op === 't' || op === 'm') return { kind: 'skip', op };
  if (op === undefined && after === undefined) return dead('NO_ENVELOPE', 'the object has neither op nor after');
  if (op !== 'c' && op !== 'u' && op !== 'r')
    return dead('UNKNOWN_OP', `op is ${JSON.stringify(toText(op ?? null))?.slice(0, 50)}`);
  if (!isObject(after)) return dead('NO_AFTER', `op is ${op}, but after is no object`);
  const notes: CoercionNote[] = [];
  return { kind: 'row', op, row: toRow(after, scale, notes), notes };
}

/** Unknown columns are ignored, missing ones are null: as `from_json` does it. */
function toRow(after: JsonObject, scale: number, notes: CoercionNote[]): TransactionRow {
  const row: Record<string, unknown> = {};
  for (const { name, kind } of TRANSACTION_COLUMNS) {
    const value = own(after, name) ?? null;
    const cast = value === null ? { value: null, bent: false } : castValue(value, kind, scale);
    row[name] = cast.value;
    if (cast.bent) notes.push({ column: name, raw: toRaw(name, value) });
  }
  return row as unknown as TransactionRow;
}

/** `bent`: something of the value is lost in the row. */
function castValue(value: JsonValue, kind: ColumnKind, scale: number): { value: unknown; bent: boolean } {
  const text = toText(value) ?? '';
  switch (kind) {
    case 'text':
      return { value: text, bent: text === UNAVAILABLE || isNested(value) };
    case 'number-text':
      return { value: text, bent: toLong(text) === null || !isWhole(text) };
    case 'long':
      return { value: toLong(text), bent: toLong(text) === null || !isWhole(text) };
    case 'int':
      return { value: toInt(text), bent: toInt(text) === null || !isWhole(text) };
    case 'double':
      return { value: toDouble(text), bent: toDouble(text) === null };
    case 'amount':
      return { value: toAmount(value, text, scale), bent: toAmount(value, text, scale) === null };
  }
}

/** All three decimal modes: a number, its text, or base64 (as an object with its own scale for a NUMERIC without one). */
function toAmount(value: JsonValue, text: string, columnScale: number): number | null {
  if (!isObject(value)) return toDouble(text) ?? decodeAmount(text, columnScale);
  const scale = own(value, 'scale');
  const unscaled = own(value, 'value');
  if (!(scale instanceof JsonNumber) || typeof unscaled !== 'string') return null;
  return decodeAmount(unscaled, Number(scale.text));
}

/** With `schemas.enable` the event stands in `payload`; decided message by message. */
function unwrap(json: JsonValue): JsonObject | null {
  if (!isObject(json)) return null;
  if (!Object.hasOwn(json, 'schema') || !Object.hasOwn(json, 'payload')) return json;
  const payload = own(json, 'payload');
  return isObject(payload) ? payload : null;
}

/**
 * Digits after the point of a base64 amount. A message with its schema tells them; without one they are those that the
 * column was made with, also when it was altered since.
 */
function scaleOf(json: JsonValue): number {
  const schema = isObject(json) ? own(json, 'schema') : undefined;
  const amount = fieldOf(fieldOf(schema, 'after'), 'amt');
  const parameters = isObject(amount) ? own(amount, 'parameters') : undefined;
  const scale = isObject(parameters) ? own(parameters, 'scale') : undefined;
  return typeof scale === 'string' && /^\d{1,2}$/.test(scale) ? Number(scale) : AMOUNT_SCALE;
}

function fieldOf(schema: JsonValue | undefined, name: string): JsonValue | undefined {
  const fields = isObject(schema) ? own(schema, 'fields') : undefined;
  return Array.isArray(fields)
    ? fields.find((field: JsonValue) => isObject(field) && own(field, 'field') === name)
    : undefined;
}

function toRaw(column: keyof TransactionRow, value: JsonValue): string {
  const text = (toText(value) ?? '').slice(0, RAW_LENGTH);
  return column === 'cc_num' ? text.replace(/\d(?=(?:\D*\d){4})/g, '•') : text;
}

function decode(value: Buffer): string | null {
  try {
    return decoder.decode(value);
  } catch {
    return null;
  }
}

/** The message of a parser may quote the text, which may hold personal data: only the position is kept. */
function describe(error: unknown): string {
  if (!(error instanceof SyntaxError)) return 'the value is nested too deeply';
  const position = /position (\d+)/.exec(error.message)?.[1];
  return position === undefined ? 'the value is not JSON' : `the value is not JSON from position ${position} on`;
}

const isNested = (value: JsonValue): boolean => typeof value === 'object' && !(value instanceof JsonNumber);
const dead = (code: DeadLetterCode, reason: string): Change => ({ kind: 'dead', code, reason });
