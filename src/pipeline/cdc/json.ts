/** The one file that knows `lossless-json`: JSON whose numbers keep every digit. */
import { parse } from 'lossless-json';

/** A number as it stands in the text. */
export class JsonNumber {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

export type JsonValue = string | boolean | null | JsonNumber | readonly JsonValue[] | JsonObject;
export type JsonObject = { readonly [key: string]: JsonValue };

/**
 * Parses one JSON text. Of equal keys the last one counts, as in Spark. Throws on what is no JSON, a text that is nested
 * too deeply for the stack included.
 */
export function parseJson(text: string): JsonValue {
  const options = { parseNumber: toNumber, onDuplicateKey: ({ newValue }: { newValue: unknown }) => newValue };
  return parse(text, null, options) as JsonValue;
}

export function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof JsonNumber);
}

/** A key of the object itself: nothing that every object inherits. */
export function own(object: JsonObject, key: string): JsonValue | undefined {
  return Object.hasOwn(object, key) ? object[key] : undefined;
}

const toNumber = (text: string): JsonNumber => new JsonNumber(text);
