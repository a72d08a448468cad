/** What a console is given, and what it offers to the process that runs it. */
import type { PostgresSettings } from '../pipeline/job-settings.ts';
import type { Stack, StackEvent } from '../stack/stack.ts';
import type { ConsoleApi } from './contract.ts';
import type { Ground } from './ground.ts';
import type { SettingValues } from './settings.ts';
import type { RunSummary } from './summary.ts';

export interface ApplicationOptions {
  /** The data folder; by default what the environment and the system say. */
  readonly home?: string;
  readonly version: string;
  /** What runs this, e.g. `Electron 45.4.1` or `Node 24.21.0`. */
  readonly runtime: string;
  /** True on the fallback Electron. */
  readonly fallback: boolean;
  /** The thread entry of the engine, absolute. */
  readonly workerFile: string;
  /** The compose file of the docker stack, absolute; unset = `docker-compose.yml` in the working folder. */
  readonly composeFile?: string;
  /** Settings that were given as flags; they are stronger than all others. */
  readonly settings?: SettingValues;
  /** Brings a serving database of its own up to date. Called before the queries start. */
  readonly prepareServing?: (settings: PostgresSettings) => Promise<unknown>;
  /** The folder that holds `frauddb/`, for the doctor. */
  readonly migrationsFolder?: string;
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly cwd?: string;
}

export interface Console extends ConsoleApi {
  readonly home: string;
  /**
   * Data folder, lock, control socket, stack; then asks both queries to start, and the producer once both run. Resolves
   * when the stack is up. Rejects with the reason; `stop` is still to be called then.
   */
  start(): Promise<void>;
  /** Resolves when both queries are RUNNING and the producer was started; rejects when one of them failed. */
  waitUntilRunning(): Promise<void>;
  /** Pauses the producer and waits until all that it sent is read and delivered; false when the time was not enough. */
  drain(timeoutMs: number): Promise<boolean>;
  /** What is stored, asked for after the queries were stopped with {@link stopQueries}. */
  summary(seconds: number): Promise<RunSummary>;
  /** Lets both queries finish their batch and stop. */
  stopQueries(): Promise<void>;
  /** Drains the queries, ends the stack, gives the data folder back. May be called at any time, and twice. */
  stop(): Promise<void>;
}

/** Makes the stack that the settings ask for, given who listens to it. Throws when they do not say enough. */
export type StackFactory = (onEvent: (event: StackEvent) => void, ground: Ground) => Stack;
