/**
 * The embedded stack: a PostgreSQL of our own as a child process, everything else in one thread. What dies is reported
 * and started again at the same address, so that the queries' settings stay true.
 */
import { randomBytes } from 'node:crypto';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { SluiceError, toErrorView } from '../../pipeline/errors.ts';
import type { LogLevel, LogSource } from '../../pipeline/events.ts';
import type { Endpoints, ProducerSettings, ServiceState, Stack, StackEvent } from '../stack.ts';
import { newBoard } from './board.ts';
import { embeddedLakehouse, lakehouseFolder } from './lakehouse.ts';
import { CAPTURED_DATABASE, migrateAll, TOPIC_DATABASE } from './migrations.ts';
import { startPostgres, type EmbeddedPostgres } from './postgres.ts';
import type { ServicesAddress } from './protocol.ts';
import { untilStarted } from './revive.ts';
import { openStackThread, type StackThread } from './thread.ts';
import { TOPIC, type Retention } from './topic.ts';
import type { StackFacts } from './views.ts';

export interface EmbeddedStackOptions {
  /** SLUICE_HOME, absolute. */
  readonly home: string;
  /** The folder that holds `node_modules` and `model`, or `app.asar`. */
  readonly appRoot: string;
  /** The folder that holds `frauddb/` and `topics/`. */
  readonly migrationsFolder: string;
  /** `src/stack/embedded/worker.ts`, or its bundle. */
  readonly workerFile: string;
  /** Version of Sluice. */
  readonly version: string;
  readonly onEvent: (event: StackEvent) => void;
  readonly retention?: Retention;
  /** Only this port of 127.0.0.1 for PostgreSQL; without it a free one. */
  readonly postgresPort?: number;
}

/** A week, or two gigabytes. */
export const DEFAULT_RETENTION: Retention = { maxAgeMs: 7 * 86_400_000, maxBytes: 2 * 1024 ** 3 };
const STOP_TIMEOUT_MS = 15_000;

export function createEmbeddedStack(options: EmbeddedStackOptions): Stack {
  const token = randomBytes(16).toString('hex');
  const stopping = new AbortController();
  const board = newBoard(lakehouseFolder(options.home), options.onEvent);
  let thread: StackThread | null = null;
  /** What the producer was told last, to be told again to a new thread; null while it is paused. */
  let producing: ProducerSettings | null = null;
  /** The start, or the restart of what died; stopping waits for it, so that nothing comes up afterwards. */
  let underway: Promise<unknown> = Promise.resolve();

  const log = (source: LogSource, level: LogLevel, message: string): void =>
    options.onEvent({ type: 'log', line: { at: Date.now(), source, level, message } });

  const bringUpPostgres = async (port: number | undefined): Promise<EmbeddedPostgres> => {
    board.update({ postgresState: 'STARTING' });
    const { home, appRoot, migrationsFolder } = options;
    const onDeath = (reason: string): void =>
      revive('postgres', { postgresState: 'FAILED' }, reason, () => bringUpPostgres(postgres.port));
    const postgres = await startPostgres({ home, appRoot, onDeath, ...(port === undefined ? {} : { port }) });
    board.update({ postgres });
    const applied = await migrateAll(postgres.settings, migrationsFolder);
    if (applied.length > 0) log('postgres', 'info', `Applied the migrations ${applied.join(', ')}`);
    log('postgres', 'info', describePostgres(postgres));
    board.update({ postgresState: 'OK', trouble: null });
    return postgres;
  };
  const bringUpServices = async (postgres: EmbeddedPostgres): Promise<ServicesAddress> => {
    board.update({ servicesState: 'STARTING', status: null });
    const opened = openStackThread(options.workerFile, {
      onMessage: (message) => (message.type === 'status' ? board.onStatus(message.status) : options.onEvent(message)),
      onText: (text) => log('console', 'warn', text),
    });
    thread = opened;
    const address = await opened
      .ask<ServicesAddress>({ type: 'start', config: servicesConfig(postgres) })
      .catch(async (error: unknown) => {
        await opened.terminate();
        throw error;
      });
    if (producing) await opened.ask({ type: 'produce', settings: producing });
    board.update({ address, servicesState: 'OK', trouble: null });
    void opened.ended.then((died) => {
      if (died) revive('console', { servicesState: 'FAILED' }, `${died.message}.`, () => bringUpServices(postgres));
    });
    return address;
  };
  /** Ports and token stay, so the addresses that the queries know stay true. */
  const servicesConfig = (postgres: EmbeddedPostgres) => ({
    frauddb: postgres.settings(CAPTURED_DATABASE),
    topics: postgres.settings(TOPIC_DATABASE),
    version: options.version,
    // A model that somebody trained on rows of their own lies in the data folder and goes before the one of the app.
    modelFolders: [path.join(options.home, 'models'), path.join(options.appRoot, 'model', 'artifacts')],
    fraudApiPort: board.facts().address?.fraudApiPort ?? 0,
    slackPreviewPort: board.facts().address?.slackPreviewPort ?? 0,
    slackPreviewToken: token,
    retention: options.retention ?? DEFAULT_RETENTION,
  });
  const revive = (
    source: LogSource,
    failed: Partial<StackFacts>,
    reason: string,
    start: () => Promise<unknown>,
  ): void => {
    if (stopping.signal.aborted) return;
    const failure = (trouble: string): void => {
      log(source, 'error', `${trouble} Starting it again.`);
      board.update({ ...failed, trouble });
    };
    failure(reason);
    const earlier = underway;
    const again = untilStarted(start, stopping.signal, (error) => failure(`${toErrorView(error).message}.`));
    underway = Promise.all([earlier, again]);
  };
  const bringUp = async (): Promise<Endpoints> => {
    const postgres = await bringUpPostgres(options.postgresPort).catch(board.failed({ postgresState: 'FAILED' }));
    stopping.signal.throwIfAborted();
    const address = await bringUpServices(postgres).catch(board.failed({ servicesState: 'FAILED' }));
    return endpointsOf(postgres, address, options.home);
  };
  const asked = (): StackThread => {
    const { servicesState } = board.facts();
    if (thread && servicesState === 'OK') return thread;
    throw notUp(servicesState);
  };
  return {
    servers: null,
    control: null,
    start() {
      const up = bringUp();
      underway = up.catch(() => undefined);
      return up;
    },
    async startProducer(settings) {
      await asked().ask({ type: 'produce', settings });
      producing = settings;
    },
    async pauseProducer() {
      await asked().ask({ type: 'pause' });
      producing = null;
    },
    sendTestTransaction: (kind) => asked().ask({ type: 'test', kind }),
    playScenario: (name) => asked().ask({ type: 'play', name }),
    async stop() {
      stopping.abort();
      await underway;
      board.update({ servicesState: 'STOPPING', postgresState: 'STOPPING' });
      if (thread) await stopThread(thread);
      board.update({ servicesState: 'STOPPED', status: null });
      await board.facts().postgres?.stop();
      board.update({ postgresState: 'STOPPED', postgres: null });
    },
  };
}

/** A thread that does not end by itself is ended: its position in the log is safe in SQL. */
async function stopThread(thread: StackThread): Promise<void> {
  const asked = thread.ask({ type: 'stop' }).catch(() => undefined);
  const timeout = new AbortController();
  await Promise.race([asked, sleep(STOP_TIMEOUT_MS, undefined, { signal: timeout.signal }).catch(() => undefined)]);
  timeout.abort();
  await thread.terminate();
}

function endpointsOf(postgres: EmbeddedPostgres, address: ServicesAddress, home: string): Endpoints {
  return {
    source: { kind: 'embedded', postgres: postgres.settings(TOPIC_DATABASE), topic: TOPIC },
    serving: postgres.settings(CAPTURED_DATABASE),
    fraudApiUrl: address.fraudApiUrl,
    slackPreviewUrl: address.slackPreviewUrl,
    lakehouse: embeddedLakehouse(home),
  };
}

function describePostgres({ version, port, pid, adopted, dataFolder }: EmbeddedPostgres): string {
  const how = adopted ? 'found from the last run and kept' : 'started';
  return `PostgreSQL ${version} ${how}: 127.0.0.1:${port}, process ${pid}, data in ${dataFolder}`;
}

function notUp(state: ServiceState): SluiceError {
  return new SluiceError('NOT_ALLOWED_NOW', {
    tried: 'Using the producer',
    seen: `the services of the stack are ${state}`,
    expected: 'services that are OK',
    action: 'Wait until the stack is up, then try again.',
  });
}
