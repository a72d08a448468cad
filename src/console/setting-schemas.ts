/** How settings are written: durations, numbers, choices. Each schema takes text or the value itself. */
import { z } from 'zod';
import { parseUrl } from '../pipeline/url.ts';

const MS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  sec: 1_000,
  second: 1_000,
  m: 60_000,
  min: 60_000,
  minute: 60_000,
  h: 3_600_000,
  hour: 3_600_000,
  d: 86_400_000,
  day: 86_400_000,
};

/** `10 s`, `10 seconds`, `500ms`, `2 min`, `0` -> milliseconds; null when it is no duration. A bare number is milliseconds. */
export function parseDuration(text: string): number | null {
  const match = /^\s*(\d+(?:\.\d+)?)\s*([a-z]*)\s*$/i.exec(text);
  if (!match) return null;
  const unit = (match[2] ?? '').toLowerCase();
  const factor = unit === '' ? 1 : (MS[unit] ?? MS[unit.replace(/s$/, '')]);
  return factor === undefined ? null : Math.round(Number(match[1]) * factor);
}

/** `22:00-07:00` -> minutes since midnight; null when it is none. Equal times are no hours at all. */
export function parseHours(text: string): { readonly from: number; readonly to: number } | null {
  const match = /^\s*([01]?\d|2[0-3]):([0-5]\d)\s*-\s*([01]?\d|2[0-3]):([0-5]\d)\s*$/.exec(text);
  if (!match) return null;
  const [fromHour, fromMinute, toHour, toMinute] = match.slice(1).map(Number) as [number, number, number, number];
  const hours = { from: fromHour * 60 + fromMinute, to: toHour * 60 + toMinute };
  return hours.from === hours.to ? null : hours;
}

export const duration = (expected: string, max: number) =>
  z
    .union([z.number(), z.string().transform((text) => parseDuration(text) ?? Number.NaN)], expected)
    .pipe(z.number(expected).int(expected).min(0, expected).max(max, expected));

export const whole = (min: number, max: number) => {
  const expected = `a whole number from ${min} to ${max}`;
  return z
    .union(
      [z.number(), z.string().transform((text) => (/^\s*\d+\s*$/.test(text) ? Number(text) : Number.NaN))],
      expected,
    )
    .pipe(z.number(expected).int(expected).min(min, expected).max(max, expected));
};

export const positive = (max: number) => {
  const expected = `a number above 0, up to ${max}`;
  return z
    .union([z.number(), z.string().transform((text) => (text.trim() === '' ? Number.NaN : Number(text)))], expected)
    .pipe(z.number(expected).positive(expected).max(max, expected));
};

/** An empty text and `none` stand for null. */
export const orNone = <T extends z.ZodType>(schema: T) =>
  z.union([z.null(), z.literal('').transform(() => null), z.literal('none').transform(() => null), schema]);

/** Text that is not empty. */
export const trimmed = z.string().trim().min(1, 'a text that is not empty');

const offsetsExpected = 'earliest, latest, {"topic":{"0":23}} or timestamp:2026-01-31T00:00:00Z';
/** Only the form; what it means is read where the topic is known. */
export const offsets = z
  .string(offsetsExpected)
  .regex(/^\s*(earliest|latest|timestamp:.+|\{.+\})\s*$/s, offsetsExpected);

export const trigger = duration('a duration up to 1 h, such as "10 s", or 0 for as soon as there is data', 3_600_000);

const quietExpected = 'hours such as "22:00-07:00", or none';
export const quietHours = z.string(quietExpected).transform((text, context) => {
  const hours = parseHours(text);
  if (hours === null) context.addIssue({ code: 'custom', message: quietExpected });
  return hours ?? { from: 0, to: 0 };
});

export const webAddress = z
  .string('an http or https address, or none')
  .refine((text) => /^https?:\/\/[^\s]+$/.test(text) && parseUrl(text) !== null, 'an http or https address, or none');

export const yesNo = z.preprocess(
  (value) => (typeof value === 'string' ? (WORDS[value.trim().toLowerCase()] ?? value) : value),
  z.boolean('true or false'),
);
const WORDS: Readonly<Record<string, boolean>> = { true: true, 1: true, yes: true, false: false, 0: false, no: false };

const LEVELS: Readonly<Record<string, 'info'>> = { debug: 'info', trace: 'info' };
export const level = z.preprocess(
  (value) => (typeof value === 'string' ? (LEVELS[value.toLowerCase()] ?? value.toLowerCase()) : value),
  z.enum(['info', 'warn', 'error'], 'info, warn or error'),
);
