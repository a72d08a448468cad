/** The settings of a run by hand: those of the servers and of Bronze. Only the environment and `.env` say them. */
import path from 'node:path';
import { SERVER_SETTINGS } from './server-settings.ts';
import { resolveTable, tableEnvLayer, tableFlagLayer, type Resolved } from './setting-table.ts';
import { readDotenv, SETTINGS } from './settings.ts';

const HAND_SETTINGS = { ...SETTINGS, ...SERVER_SETTINGS };

export type HandSettings = Resolved<typeof HAND_SETTINGS>;

/**
 * @param cwd where a `.env` file is looked for
 * @param flags values that go before both
 */
export function readHandSettings(
  env: Readonly<Record<string, string | undefined>>,
  cwd: string,
  flags: Readonly<Record<string, string>> = {},
): HandSettings {
  const file = path.join(path.resolve(cwd), '.env');
  return resolveTable(HAND_SETTINGS, [
    tableFlagLayer(flags),
    tableEnvLayer(HAND_SETTINGS, env, 'environment'),
    tableEnvLayer(HAND_SETTINGS, readDotenv(cwd), '.env', file),
  ]);
}
