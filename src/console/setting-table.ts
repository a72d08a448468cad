/**
 * A table of settings declares each once: its schema, its default and its names outside. Layers say values, the strongest
 * first; each value remembers where it came from, so that a wrong one can be named by its place.
 */
import type { z } from 'zod';
import { SluiceError } from '../pipeline/errors.ts';

export interface Setting<S extends z.ZodType> {
  readonly schema: S;
  readonly fallback: z.output<S>;
  /** Names in the environment and in `.env`, the strongest first. */
  readonly env: readonly string[];
  /** A wrong value is not repeated in the error. */
  readonly secret: boolean;
}

export type SettingTable = Readonly<Record<string, Setting<z.ZodType>>>;
export type NameOf<T extends SettingTable> = keyof T & string;
export type ValuesOf<T extends SettingTable> = { readonly [K in keyof T]: z.output<T[K]['schema']> };

export type Origin = 'flag' | 'environment' | '.env' | 'settings.json' | 'default';
type Env = Readonly<Record<string, string | undefined>>;

/** One source of settings. `where` names it to people, e.g. `PRODUCER_RATE in /home/ada/.env`. */
export interface TableLayer<N extends string = string> {
  readonly origin: Origin;
  /** Text or JSON values under the setting's own name. */
  readonly values: Readonly<Partial<Record<N, unknown>>>;
  readonly where: (name: N) => string;
}

export interface Resolved<T extends SettingTable> {
  readonly settings: ValuesOf<T>;
  readonly origins: Readonly<Record<NameOf<T>, Origin>>;
  /** Where the value in use came from, in words. */
  readonly where: (name: NameOf<T>) => string;
}

export const setting = <S extends z.ZodType>(schema: S, fallback: z.output<S>, ...env: string[]): Setting<S> => ({
  schema,
  fallback,
  env,
  secret: false,
});

export const secretSetting = <S extends z.ZodType>(schema: S, fallback: z.output<S>, ...env: string[]): Setting<S> => ({
  ...setting(schema, fallback, ...env),
  secret: true,
});

export const namesOf = <T extends SettingTable>(table: T): NameOf<T>[] => Object.keys(table);

/** The strongest value of every setting. Throws `SETTINGS_INVALID` that names the value and its place. */
export function resolveTable<T extends SettingTable>(table: T, layers: readonly TableLayer<NameOf<T>>[]): Resolved<T> {
  const settings: Record<string, unknown> = {};
  const origins: Record<string, Origin> = {};
  const layerOf = (name: NameOf<T>) => layers.find((each) => each.values[name] !== undefined);
  for (const name of namesOf(table)) {
    const layer = layerOf(name);
    settings[name] = layer ? parseSetting(table, name, layer) : table[name]?.fallback;
    origins[name] = layer?.origin ?? 'default';
  }
  return {
    settings: settings as ValuesOf<T>,
    origins: origins as Record<NameOf<T>, Origin>,
    where: (name) => layerOf(name)?.where(name) ?? `the default of ${table[name]?.env[0] ?? name}`,
  };
}

/** Values that were given as flags. */
export function tableFlagLayer<N extends string>(values: TableLayer<N>['values']): TableLayer<N> {
  return { origin: 'flag', values, where: (name) => `the flag for ${name}` };
}

/** The values that the environment, or the text of a `.env` file, has for the settings of a table. */
export function tableEnvLayer<T extends SettingTable>(
  table: T,
  env: Env,
  origin: Origin,
  file?: string,
): TableLayer<NameOf<T>> {
  const find = (name: NameOf<T>) => table[name]?.env.find((each) => env[each] !== undefined);
  const entries = namesOf(table).flatMap((name) => {
    const found = find(name);
    return found === undefined ? [] : [[name, env[found]]];
  });
  return {
    origin,
    values: Object.fromEntries(entries) as TableLayer<NameOf<T>>['values'],
    where: (name) => `${find(name) ?? name} in ${file ?? 'the environment'}`,
  };
}

/** What a value should have been, in the words of its schema. */
export function firstIssue(error: z.ZodError): string {
  const leaf = (issue: z.core.$ZodIssue): string => {
    const last = issue.code === 'invalid_union' ? issue.errors.at(-1)?.[0] : undefined;
    return last ? leaf(last) : issue.message;
  };
  const first = error.issues[0];
  return first ? leaf(first) : 'another value';
}

function parseSetting<T extends SettingTable>(table: T, name: NameOf<T>, layer: TableLayer<NameOf<T>>): unknown {
  const value = layer.values[name];
  const declared = table[name] as Setting<z.ZodType>;
  const result = declared.schema.safeParse(value);
  if (result.success) return result.data;
  throw new SluiceError('SETTINGS_INVALID', {
    tried: `Reading ${layer.where(name)}`,
    seen: declared.secret ? 'a value that is not shown' : JSON.stringify(value),
    expected: firstIssue(result.error),
    action: `Set it to ${firstIssue(result.error)}, or leave it out.`,
  });
}
