/**
 * What a person can set. One table declares every setting once: its schema, its default and its names outside.
 * Precedence: flag > environment > `.env` > `settings.json` > default; each value remembers where it came from.
 */
import { existsSync, readFileSync, renameSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { SluiceError } from '../pipeline/errors.ts';
import type { Notice } from './contract.ts';
import { parseDotenv } from './dotenv.ts';

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

const duration = (expected: string, max: number) =>
  z
    .union([z.number(), z.string().transform((text) => parseDuration(text) ?? Number.NaN)], expected)
    .pipe(z.number(expected).int(expected).min(0, expected).max(max, expected));
const whole = (min: number, max: number) => {
  const expected = `a whole number from ${min} to ${max}`;
  return z
    .union(
      [z.number(), z.string().transform((text) => (/^\s*\d+\s*$/.test(text) ? Number(text) : Number.NaN))],
      expected,
    )
    .pipe(z.number(expected).int(expected).min(min, expected).max(max, expected));
};
const positive = (max: number) => {
  const expected = `a number above 0, up to ${max}`;
  return z
    .union([z.number(), z.string().transform((text) => (text.trim() === '' ? Number.NaN : Number(text)))], expected)
    .pipe(z.number(expected).positive(expected).max(max, expected));
};
const orNone = <T extends z.ZodType>(schema: T) =>
  z.union([z.null(), z.literal('').transform(() => null), z.literal('none').transform(() => null), schema]);
const quietExpected = 'hours such as "22:00-07:00", or none';
const quietHours = z.string(quietExpected).transform((text, context) => {
  const hours = parseHours(text);
  if (hours === null) context.addIssue({ code: 'custom', message: quietExpected });
  return hours ?? { from: 0, to: 0 };
});
const webAddress = z
  .string('an http or https address, or none')
  .refine((text) => /^https?:\/\/[^\s]+$/.test(text) && URL.canParse(text), 'an http or https address, or none');
const trigger = duration('a duration up to 1 h, such as "10 s", or 0 for as soon as there is data', 3_600_000);
const offsets = z.enum(['earliest', 'latest'], 'earliest or latest');
const LEVELS: Readonly<Record<string, 'info'>> = { debug: 'info', trace: 'info' };
const level = z.preprocess(
  (value) => (typeof value === 'string' ? (LEVELS[value.toLowerCase()] ?? value.toLowerCase()) : value),
  z.enum(['info', 'warn', 'error'], 'info, warn or error'),
);
const DAY_MS = 86_400_000;

interface Setting<S extends z.ZodType> {
  readonly schema: S;
  readonly fallback: z.output<S>;
  /** Names in the environment and in `.env`, the strongest first. */
  readonly env: readonly string[];
}
const setting = <S extends z.ZodType>(schema: S, fallback: z.output<S>, ...env: string[]): Setting<S> => ({
  schema,
  fallback,
  env,
});

/** Every setting under its name in `settings.json`. Defaults are those of the embedded stack. */
export const SETTINGS = {
  'bronze.trigger': setting(trigger, 10_000, 'BRONZE_TRIGGER', 'TRIGGER_INTERVAL'),
  'bronze.startingOffsets': setting(offsets, 'earliest', 'BRONZE_STARTING_OFFSETS', 'STARTING_OFFSETS'),
  'bronze.maxOffsetsPerTrigger': setting(
    orNone(whole(1, 1e9)),
    50_000,
    'BRONZE_MAX_OFFSETS_PER_TRIGGER',
    'MAX_OFFSETS_PER_TRIGGER',
  ),
  'alert.trigger': setting(trigger, 0, 'ALERT_TRIGGER', 'TRIGGER_INTERVAL'),
  'alert.startingOffsets': setting(offsets, 'earliest', 'ALERT_STARTING_OFFSETS', 'STARTING_OFFSETS'),
  'alert.maxOffsetsPerTrigger': setting(
    orNone(whole(1, 1e9)),
    1_000,
    'ALERT_MAX_OFFSETS_PER_TRIGGER',
    'MAX_OFFSETS_PER_TRIGGER',
  ),
  'alert.suppressOlderThan': setting(
    orNone(duration('a duration such as "7 d", or none', 36_500 * DAY_MS)),
    null,
    'ALERT_SUPPRESS_OLDER_THAN',
  ),
  'alert.onAmbiguous': setting(z.enum(['resend', 'hold'], 'resend or hold'), 'resend', 'ALERT_ON_AMBIGUOUS'),
  'alert.joinCardWithin': setting(
    duration('a duration up to 1 d, such as "10 min", or 0 for never', DAY_MS),
    0,
    'ALERT_JOIN_CARD_WITHIN',
  ),
  'alert.stormPerMinute': setting(orNone(whole(1, 1e6)), 30, 'ALERT_STORM_PER_MINUTE'),
  'alert.quietHours': setting(orNone(quietHours), null, 'ALERT_QUIET_HOURS'),
  'alert.linkBase': setting(orNone(webAddress), null, 'ALERT_LINK_BASE'),
  'producer.mode': setting(z.enum(['stream', 'bulk', 'idle'], 'stream, bulk or idle'), 'stream', 'PRODUCER_MODE'),
  'producer.rate': setting(positive(100_000), 25, 'PRODUCER_RATE'),
  'producer.rows': setting(whole(1, 1e9), 10_000, 'PRODUCER_ROWS'),
  'producer.seed': setting(whole(0, 2 ** 31 - 1), 42, 'PRODUCER_SEED'),
  'producer.csv': setting(orNone(z.string().min(1)), null, 'PRODUCER_CSV'),
  'producer.timeScale': setting(orNone(positive(1e9)), null, 'PRODUCER_TIME_SCALE'),
  'log.level': setting(level, 'info', 'LOG_LEVEL'),
} as const;

export type SettingName = keyof typeof SETTINGS;
export type Settings = { readonly [K in SettingName]: z.output<(typeof SETTINGS)[K]['schema']> };
export type Origin = 'flag' | 'environment' | '.env' | 'settings.json' | 'default';
/** What one source of settings says: text or JSON values under the setting's own name. */
export type SettingValues = Readonly<Partial<Record<SettingName, unknown>>>;

/** One source of settings. `where` names it to people, e.g. `PRODUCER_RATE in /home/ada/.env`. */
export interface Layer {
  readonly origin: Origin;
  readonly values: SettingValues;
  readonly where: (name: SettingName) => string;
}

export interface ResolvedSettings {
  readonly settings: Settings;
  readonly origins: Readonly<Record<SettingName, Origin>>;
}

const NAMES = Object.keys(SETTINGS) as SettingName[];

/** The strongest value of every setting. Throws `SETTINGS_INVALID` that names the value and its place. */
export function resolveSettings(layers: readonly Layer[]): ResolvedSettings {
  const settings: Record<string, unknown> = {};
  const origins: Record<string, Origin> = {};
  for (const name of NAMES) {
    const layer = layers.find((each) => each.values[name] !== undefined);
    settings[name] = layer ? parseSetting(name, layer) : SETTINGS[name].fallback;
    origins[name] = layer?.origin ?? 'default';
  }
  return { settings: settings as Settings, origins: origins as Record<SettingName, Origin> };
}

/** Values that were given as flags. */
export function flagLayer(values: SettingValues): Layer {
  return { origin: 'flag', values, where: (name) => `the flag for ${name}` };
}

/** The values that the environment, or the text of a `.env` file, has for our settings. */
export function envLayer(env: Readonly<Record<string, string | undefined>>, origin: Origin, file?: string): Layer {
  const find = (name: SettingName) => SETTINGS[name].env.find((each) => env[each] !== undefined);
  const entries = NAMES.flatMap((name) => {
    const found = find(name);
    return found === undefined ? [] : [[name, env[found]]];
  });
  const place = file ?? 'the environment';
  return {
    origin,
    values: Object.fromEntries(entries) as SettingValues,
    where: (name) => `${find(name) ?? name} in ${place}`,
  };
}

/** A `.env` file's values; none when there is no such file. */
export function readDotenv(folder: string): Record<string, string> {
  const file = path.join(folder, '.env');
  return existsSync(file) ? parseDotenv(readFileSync(file, 'utf8')) : {};
}

/**
 * `settings.json`: one object, setting -> value. A file that cannot be used is put aside under another name and told of
 * in a notice; so is a setting that this version does not know.
 */
export function readSettingsFile(
  file: string,
  now: number,
): { readonly layer: Layer; readonly notices: readonly Notice[] } {
  if (!existsSync(file)) return { layer: fileLayer(file, {}), notices: [] };
  const values = parseSettingsText(readFileSync(file, 'utf8'));
  if (typeof values === 'string') return { layer: fileLayer(file, {}), notices: [putAside(file, values, now)] };
  const unknown = Object.keys(values).filter((name) => !(name in SETTINGS));
  const notices = unknown.length === 0 ? [] : [unknownNotice(file, unknown)];
  return { layer: fileLayer(file, values), notices };
}

/** The values, or a sentence that says why there are none. */
function parseSettingsText(text: string): Record<string, unknown> | string {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return 'it is not JSON';
  }
  const object = z.record(z.string(), z.unknown()).safeParse(parsed);
  if (!object.success) return 'it is not one object of settings';
  for (const name of NAMES) {
    const value = object.data[name];
    const result = value === undefined ? undefined : SETTINGS[name].schema.safeParse(value);
    if (result?.success === false) return `${name} is ${JSON.stringify(value)} instead of ${firstIssue(result.error)}`;
  }
  return object.data;
}

function putAside(file: string, reason: string, now: number): Notice {
  const aside = `${file}.damaged-${new Date(now).toISOString().replaceAll(':', '-')}`;
  renameSync(file, aside);
  const text = `The settings file could not be used: ${reason}. It was put aside as ${aside}; defaults are in use.`;
  return { id: 'settings-damaged', level: 'warn', text };
}

function unknownNotice(file: string, names: readonly string[]): Notice {
  return {
    id: 'settings-unknown',
    level: 'info',
    text: `${file} has settings that this version does not know: ${names.join(', ')}.`,
  };
}

function fileLayer(file: string, values: SettingValues): Layer {
  return { origin: 'settings.json', values, where: (name) => `${name} in ${file}` };
}

function parseSetting(name: SettingName, layer: Layer): unknown {
  const value = layer.values[name];
  const result = SETTINGS[name].schema.safeParse(value);
  if (result.success) return result.data;
  throw new SluiceError('SETTINGS_INVALID', {
    tried: `Reading ${layer.where(name)}`,
    seen: JSON.stringify(value),
    expected: firstIssue(result.error),
    action: `Set it to ${firstIssue(result.error)}, or leave it out.`,
  });
}

function firstIssue(error: z.ZodError): string {
  const leaf = (issue: z.core.$ZodIssue): string => {
    const last = issue.code === 'invalid_union' ? issue.errors.at(-1)?.[0] : undefined;
    return last ? leaf(last) : issue.message;
  };
  const first = error.issues[0];
  return first ? leaf(first) : 'another value';
}
