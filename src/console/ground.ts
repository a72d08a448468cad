/** What a console stands on before anything runs: data folder, lock, settings, secrets, log. */
import { SluiceError } from '../pipeline/errors.ts';
import type { PostgresSettings } from '../pipeline/job-settings.ts';
import type { Profile } from '../stack/stack.ts';
import type { Notice } from './contract.ts';
import { socketPath } from './control-socket.ts';
import { openHome, type HomePaths } from './home.ts';
import { takeLock, type HomeLock } from './lock.ts';
import { openLogFile } from './log-file.ts';
import { createLogs, type Logs } from './logs.ts';
import { chooseSlack, createRedactor, readServingUrl, type Redactor, type SlackChoice } from './secrets.ts';
import type { ServerSettings } from './server-settings.ts';
import { readSources } from './sources.ts';
import type { ResolvedSettings, SettingValues } from './settings.ts';

type Env = Readonly<Record<string, string | undefined>>;

export interface GroundOptions {
  readonly home: string;
  readonly env: Env;
  /** Where a `.env` file is looked for before the data folder. */
  readonly cwd: string;
  readonly flags: SettingValues;
  /** The compose file of the docker stack, absolute. */
  readonly composeFile: string;
  readonly onNotice: (notice: Notice) => void;
}

export interface Ground extends ResolvedSettings {
  readonly profile: Profile;
  /** Where the servers of a stack that is not embedded are. Throws `SETTINGS_INVALID`; on the embedded stack nobody asks. */
  readonly serverSettings: () => ServerSettings;
  /** Where paths in settings begin. */
  readonly cwd: string;
  readonly env: Env;
  readonly composeFile: string;
  readonly paths: HomePaths;
  readonly socketFile: string;
  readonly slack: SlackChoice;
  /** A serving database of its own; null when the captured one serves. */
  readonly serving: PostgresSettings | null;
  readonly redactor: Redactor;
  readonly logs: Logs;
  close(): void;
}

/** Opens everything, or nothing: the lock is given back when the settings cannot be used. */
export function openGround(options: GroundOptions): Ground {
  const paths = openHome(options.home);
  const socketFile = socketPath(options.home, options.env);
  const lock = takeLock(paths.locks, socketFile);
  try {
    return standOn(options, paths, socketFile, lock);
  } catch (error) {
    lock.release();
    throw error;
  }
}

function standOn(options: GroundOptions, paths: HomePaths, socketFile: string, lock: HomeLock): Ground {
  const { onNotice, cwd } = options;
  const { profile, resolved, servers, secretPlaces, notices } = readSources({
    ...options,
    settingsFile: paths.settings,
  });
  const slack = chooseSlack(secretPlaces);
  const separate = resolved.settings['alert.servingDatabase'] === 'separate';
  const serving = separate ? (readServingUrl(secretPlaces) ?? noServingUrl()) : null;
  const redactor = createRedactor();
  if (serving) redactor.add(serving.password);
  if (slack.kind === 'webhook') redactor.add(slack.url);
  notices.forEach(onNotice);
  const logFile = openLogFile({
    file: paths.logFile,
    onFailure: (error) => onNotice(logFailure(paths.logFile, error)),
  });
  const logs = createLogs({ level: resolved.settings['log.level'], redact: redactor.redact, write: logFile.write });
  const close = () => {
    logs.close();
    logFile.close();
    lock.release();
  };
  return {
    ...resolved,
    profile,
    serverSettings: servers,
    cwd,
    env: options.env,
    composeFile: options.composeFile,
    paths,
    socketFile,
    slack,
    serving,
    redactor,
    logs,
    close,
  };
}

function noServingUrl(): never {
  throw new SluiceError('SETTINGS_INVALID', {
    tried: 'Looking for the separate serving database',
    seen: 'alert.servingDatabase is separate, and SERVING_DATABASE_URL is not set',
    expected: 'postgres://user:password@host:5432/database in the environment or in .env',
    action: 'Set SERVING_DATABASE_URL, or set alert.servingDatabase to captured.',
  });
}

function logFailure(file: string, error: Error): Notice {
  return {
    id: 'log-file',
    level: 'warn',
    text: `The log file ${file} cannot be written (${error.message}). The console goes on without it.`,
  };
}
