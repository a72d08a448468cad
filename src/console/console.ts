/** The console on the embedded stack: what every face creates. */
import path from 'node:path';
import type { PostgresSettings } from '../pipeline/job-settings.ts';
import { migrate } from '../stack/embedded/migrations.ts';
import { createEmbeddedStack } from '../stack/embedded/stack.ts';
import { createApplication, type ApplicationOptions, type Console } from './application.ts';

export type { Console } from './application.ts';
export { examineAlone, treatAlone, type AloneOptions } from './doctor.ts';
export { connectConsole, type RemoteConsole } from './control-client.ts';
export { produceByHand } from './hand-produce.ts';
export { runByHand, type HandRunOptions, type HandRunSummary } from './hand-run.ts';
export { resolveHome } from './home.ts';
export { setUpServers, SETUP_STEPS, type SetupStep } from './setup.ts';
export { parseDuration, type SettingValues } from './settings.ts';
export type { RunSummary } from './summary.ts';

/** Where the parts of the program lie; all paths are absolute. */
export interface ConsoleOptions extends ApplicationOptions {
  readonly appRoot: string;
  readonly stackWorkerFile: string;
  readonly migrationsFolder: string;
}

export function createConsole(options: ConsoleOptions): Console {
  const { appRoot, migrationsFolder, stackWorkerFile } = options;
  const prepareServing = (serving: PostgresSettings): Promise<unknown> =>
    migrate(serving, path.join(migrationsFolder, 'frauddb'));
  return createApplication({ ...options, prepareServing }, (onEvent, home) =>
    createEmbeddedStack({
      home,
      appRoot,
      migrationsFolder,
      workerFile: stackWorkerFile,
      version: options.version,
      onEvent,
    }),
  );
}
