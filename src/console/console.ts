/** The console as every face creates it: with the stack that its settings ask for. */
import path from 'node:path';
import type { PostgresSettings } from '../pipeline/job-settings.ts';
import { migrate } from '../stack/embedded/migrations.ts';
import { createApplication } from './application.ts';
import { composeFileOf } from './compose-file.ts';
import type { ApplicationOptions, Console } from './console-types.ts';
import { createStackOf, type StackFiles } from './stacks.ts';

export { composeFileOf } from './compose-file.ts';
export type { Console } from './console-types.ts';
export { examineAlone, treatAlone, type AloneOptions } from './doctor-alone.ts';
export { connectConsole, type RemoteConsole } from './control-client.ts';
export { produceByHand } from './hand-produce.ts';
export { runByHand, type HandRunOptions, type HandRunSummary } from './hand-run.ts';
export { resolveHome } from './home.ts';
export { setUpServers, SETUP_STEPS, type SetupStep } from './setup.ts';
export { confirmTakeOver, lookAtTakeOver, type TakenOver, type TakeOverView } from './take-over.ts';
export { parseDuration, type SettingValues } from './settings.ts';
export { openStackAlone, type DockerAlone } from './stack-alone.ts';
export { PROFILES } from '../stack/stack.ts';
export type { RunSummary } from './summary.ts';

export interface ConsoleOptions extends Omit<ApplicationOptions, 'migrationsFolder'>, StackFiles {}

export function createConsole(options: ConsoleOptions): Console {
  const prepareServing = (serving: PostgresSettings): Promise<unknown> =>
    migrate(serving, path.join(options.migrationsFolder, 'frauddb'));
  const { env = process.env, cwd = process.cwd(), appRoot } = options;
  const composeFile = composeFileOf(env, cwd, appRoot);
  return createApplication({ composeFile, ...options, prepareServing }, (onEvent, ground) =>
    createStackOf(options, ground, onEvent),
  );
}
