/**
 * What a person can set. One table declares every setting once: its schema, its default and its names outside.
 * Precedence: flag > environment > `.env` > `settings.json` > default; each value remembers where it came from.
 */
import { existsSync, readFileSync, renameSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import type { Notice } from './contract.ts';
import { parseDotenv } from './dotenv.ts';
import { SERVER_SETTINGS } from './server-settings.ts';
import { PROFILES } from '../stack/stack.ts';
import { duration, level, offsets, orNone, positive } from './setting-schemas.ts';
import { quietHours, trigger, webAddress, whole, yesNo } from './setting-schemas.ts';
import {
  firstIssue,
  resolveTable,
  setting,
  tableEnvLayer,
  tableFlagLayer,
  type Origin,
  type Resolved,
  type SettingTable,
  type TableLayer,
  type ValuesOf,
} from './setting-table.ts';

export { parseDuration, parseHours } from './setting-schemas.ts';
export type { Origin } from './setting-table.ts';

const DAY_MS = 86_400_000;

/** Every setting under its name in `settings.json`. Defaults are those of the embedded stack. */
export const SETTINGS = {
  stack: setting(z.enum(PROFILES, 'embedded, docker or external'), 'embedded', 'SLUICE_STACK'),
  'bronze.trigger': setting(trigger, 10_000, 'BRONZE_TRIGGER', 'TRIGGER_INTERVAL'),
  'bronze.startingOffsets': setting(offsets, 'earliest', 'BRONZE_STARTING_OFFSETS', 'STARTING_OFFSETS'),
  'bronze.maxOffsetsPerTrigger': setting(
    orNone(whole(1, 1e9)),
    50_000,
    'BRONZE_MAX_OFFSETS_PER_TRIGGER',
    'MAX_OFFSETS_PER_TRIGGER',
  ),
  'bronze.failOnDataLoss': setting(yesNo, true, 'BRONZE_FAIL_ON_DATA_LOSS', 'FAIL_ON_DATA_LOSS'),
  /** Small files of the table are put together this often, and unreferenced ones deleted that often; 0 = only by hand. */
  'bronze.optimizeEvery': setting(
    duration('a duration up to 7 d, such as "10 min", or 0 for never', 7 * DAY_MS),
    600_000,
    'BRONZE_OPTIMIZE_EVERY',
  ),
  'bronze.vacuumEvery': setting(
    duration('a duration up to 7 d, such as "1 d", or 0 for never', 7 * DAY_MS),
    DAY_MS,
    'BRONZE_VACUUM_EVERY',
  ),
  'alert.engine': setting(z.enum(['sluice', 'spark'], 'sluice or spark'), 'sluice', 'ALERT_ENGINE'),
  'alert.trigger': setting(trigger, 0, 'ALERT_TRIGGER', 'TRIGGER_INTERVAL'),
  'alert.startingOffsets': setting(offsets, 'earliest', 'ALERT_STARTING_OFFSETS', 'STARTING_OFFSETS'),
  'alert.maxOffsetsPerTrigger': setting(
    orNone(whole(1, 1e9)),
    1_000,
    'ALERT_MAX_OFFSETS_PER_TRIGGER',
    'MAX_OFFSETS_PER_TRIGGER',
  ),
  'alert.failOnDataLoss': setting(yesNo, true, 'ALERT_FAIL_ON_DATA_LOSS', 'FAIL_ON_DATA_LOSS'),
  'alert.suppressOlderThan': setting(
    orNone(duration('a duration such as "7 d", or none', 36_500 * DAY_MS)),
    null,
    'ALERT_SUPPRESS_OLDER_THAN',
  ),
  'alert.servingDatabase': setting(
    z.enum(['captured', 'separate'], 'captured or separate'),
    'captured',
    'ALERT_SERVING_DATABASE',
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
export type Settings = ValuesOf<typeof SETTINGS>;
/** What one source of settings says: text or JSON values under the setting's own name. */
export type SettingValues = TableLayer<SettingName>['values'];
export type Layer = TableLayer<SettingName>;

export type ResolvedSettings = Resolved<typeof SETTINGS>;

/** The strongest value of every setting. Throws `SETTINGS_INVALID` that names the value and its place. */
export function resolveSettings(layers: readonly Layer[]): ResolvedSettings {
  return resolveTable(SETTINGS, layers);
}

/** Values that were given as flags. */
export function flagLayer(values: SettingValues): Layer {
  return tableFlagLayer(values);
}

/** The values that the environment, or the text of a `.env` file, has for our settings. */
export function envLayer(env: Readonly<Record<string, string | undefined>>, origin: Origin, file?: string): Layer {
  return tableEnvLayer(SETTINGS, env, origin, file);
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
  const isSecret = (name: string): boolean => SERVERS[name]?.secret === true;
  const unknown = Object.keys(values).filter((name) => !(name in SETTINGS) && !(name in SERVERS));
  const secret = Object.keys(values).filter(isSecret);
  const notices = [
    ...(unknown.length === 0 ? [] : [unknownNotice(file, unknown)]),
    ...(secret.length === 0 ? [] : [secretNotice(file, secret)]),
  ];
  const usable = Object.fromEntries(Object.entries(values).filter(([name]) => !isSecret(name)));
  return { layer: fileLayer(file, usable), notices };
}

const SERVERS: SettingTable = SERVER_SETTINGS;

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
  for (const [name, { schema, secret }] of Object.entries({ ...SETTINGS, ...SERVER_SETTINGS })) {
    const value = object.data[name];
    const result = value === undefined || secret ? undefined : schema.safeParse(value);
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

function secretNotice(file: string, names: readonly string[]): Notice {
  return {
    id: 'settings-secret',
    level: 'warn',
    text: `${file} holds ${names.join(', ')}, which is not read from there: secrets come from the environment or a file .env.`,
  };
}

function fileLayer(file: string, values: SettingValues): Layer {
  return { origin: 'settings.json', values, where: (name) => `${name} in ${file}` };
}
