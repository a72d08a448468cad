/** Servers made ready by hand, one step after the other. */
import path from 'node:path';
import { SluiceError } from '../pipeline/errors.ts';
import type { LogLine } from '../pipeline/events.ts';
import type { ConnectSettings } from '../stack/servers.ts';
import { setUp, type SetupStep, type SetupTargets } from '../stack/setup/setup.ts';
import { readHandSettings, type HandSettings } from './hand-settings.ts';
import { createRedactor } from './secrets.ts';
import { needed, toCaptured, toConnect, toKafka, toTable } from './servers.ts';

export { SETUP_STEPS, type SetupStep } from '../stack/setup/setup.ts';

export interface SetupOptions {
  readonly steps: readonly SetupStep[];
  readonly migrationsFolder: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly onLog: (line: LogLine) => void;
}

export interface SetupResult {
  readonly step: SetupStep;
  /** One sentence: what was found, or done. */
  readonly did: string;
}

/** Does the steps in the order given. Throws the first error; what was done before it stays. */
export async function setUpServers(options: SetupOptions): Promise<readonly SetupResult[]> {
  const resolved = readHandSettings(options.env, options.cwd);
  const redactor = createRedactor();
  for (const name of ['postgres.password', 's3.secretAccessKey'] as const) redactor.add(resolved.settings[name] ?? '');
  const tell = (level: LogLine['level'], message: string): void =>
    options.onLog({ at: Date.now(), source: 'console', level, message: redactor.redact(message) });
  const results: SetupResult[] = [];
  for (const step of options.steps) {
    const did = await one(step, resolved, options, tell);
    tell('info', did);
    results.push({ step, did });
  }
  return results;
}

/** Only what the step asks for has to be set. */
const TARGETS: { readonly [S in SetupStep]: (resolved: HandSettings, options: SetupOptions) => SetupTargets[S] } = {
  database: (resolved, { migrationsFolder, cwd }) => ({
    captured: toCaptured(resolved, cwd),
    migrationsFolder: path.join(migrationsFolder, 'frauddb'),
    publication: resolved.settings['connect.publication'],
  }),
  bucket: (resolved, { cwd }) => {
    const table = toTable(resolved, cwd);
    if (table.kind === 's3') return table;
    throw new SluiceError('SETTINGS_INVALID', {
      tried: `Reading ${resolved.where('bronze.table')}`,
      seen: `${table.path}, which is in no bucket`,
      expected: 'an address such as s3a://lakehouse/bronze/transactions',
      action: 'Correct it, or leave the step bucket out.',
    });
  },
  topic: (resolved, { cwd }) => ({
    kafka: toKafka(resolved, cwd),
    partitions: resolved.settings['kafka.partitions'],
  }),
  connector: (resolved, { cwd }) => {
    needed(resolved, 'connect.url');
    return { connect: toConnect(resolved) as ConnectSettings, captured: toCaptured(resolved, cwd) };
  },
};

function one<S extends SetupStep>(
  step: S,
  resolved: HandSettings,
  options: SetupOptions,
  tell: (level: LogLine['level'], message: string) => void,
): Promise<string> {
  return setUp(step, TARGETS[step](resolved, options), tell);
}
