/** Where settings come from, the strongest first: flags, environment, `.env` files, `settings.json`. Reads the files. */
import path from 'node:path';
import type { Profile } from '../stack/stack.ts';
import type { Notice } from './contract.ts';
import { minioAccount, profileDefaults, serverDefaults } from './profile.ts';
import { SERVER_SETTINGS, type ServerSettings } from './server-settings.ts';
import { resolveTable, tableEnvLayer, tableFlagLayer } from './setting-table.ts';
import type { NameOf, SettingTable, TableLayer } from './setting-table.ts';
import { readDotenv, readSettingsFile, resolveSettings, SETTINGS } from './settings.ts';
import type { ResolvedSettings, SettingValues } from './settings.ts';

type Env = Readonly<Record<string, string | undefined>>;

export interface SourcesOptions {
  readonly env: Env;
  /** Where a `.env` file is looked for before the data folder. */
  readonly cwd: string;
  readonly home: string;
  readonly settingsFile: string;
  readonly flags: SettingValues;
  /** The compose file of the docker stack, absolute; the `.env` beside it counts there too. */
  readonly composeFile: string;
}

export interface Sources {
  readonly profile: Profile;
  readonly resolved: ResolvedSettings;
  /** Resolved when they are asked for: the embedded stack does not look at them. Throws `SETTINGS_INVALID`. */
  readonly servers: () => ServerSettings;
  /** Where secrets that are no settings are looked for, the strongest first. */
  readonly secretPlaces: readonly Env[];
  readonly notices: readonly Notice[];
}

export function readSources(options: SourcesOptions): Sources {
  const { env, cwd, home, flags, composeFile } = options;
  const file = readSettingsFile(options.settingsFile, Date.now());
  const folders = [...new Set([path.resolve(cwd), home])];
  const near = folders.map((folder) => toDotenv(folder));
  const layers = <T extends SettingTable>(table: T, dotenvs: readonly Dotenv[]): TableLayer<NameOf<T>>[] => [
    tableFlagLayer(flags as TableLayer<NameOf<T>>['values']),
    tableEnvLayer(table, env, 'environment'),
    ...dotenvs.map(({ values, file: from }) => tableEnvLayer(table, values, '.env', from)),
    file.layer as TableLayer<NameOf<T>>,
  ];
  const { stack: profile } = resolveTable(STACK, layers(STACK, near)).settings;
  const compose = profile === 'docker' ? [toDotenv(path.dirname(composeFile))] : [];
  const dotenvs = [...near, ...compose];
  // As compose itself sees them: where its services are depends on these alone.
  const names: Env = { ...compose[0]?.values, ...env };
  return {
    profile,
    resolved: resolveSettings([...layers(SETTINGS, dotenvs), profileDefaults(profile)]),
    servers: () =>
      resolveTable(SERVER_SETTINGS, [
        minioAccount(profile, names),
        ...layers(SERVER_SETTINGS, dotenvs),
        serverDefaults(profile, names),
      ]),
    secretPlaces: [env, ...dotenvs.map(({ values }) => values)],
    notices: file.notices,
  };
}

const STACK = { stack: SETTINGS.stack };

interface Dotenv {
  readonly file: string;
  readonly values: Readonly<Record<string, string>>;
}

function toDotenv(folder: string): Dotenv {
  return { file: path.join(folder, '.env'), values: readDotenv(folder) };
}
