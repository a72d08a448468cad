/** The console itself, over any stack: takes commands, keeps the snapshot, and brings everything up and down in order. */
import { assertNever, SluiceError, toErrorView } from '../pipeline/errors.ts';
import type { LogLevel } from '../pipeline/events.ts';
import type { PostgresSettings } from '../pipeline/job-settings.ts';
import type { Endpoints, ServiceView, Stack, StackEvent } from '../stack/stack.ts';
import { parseCommand, type Command } from './commands.ts';
import type {
  CommandAnswers,
  CommandArgs,
  CommandName,
  ConsoleApi,
  ConsoleView,
  Notice,
  QueryView,
  Snapshot,
} from './contract.ts';
import { openControlSocket, type ControlSocket } from './control-socket.ts';
import { openCapture, type CaptureDesk } from './capture.ts';
import { openDoctor, patientOf, serversOf } from './doctor.ts';
import { waitUntilDrained } from './drain.ts';
import { openGround, type Ground } from './ground.ts';
import { resolveHome } from './home.ts';
import type { Patient } from '../stack/doctor/patient.ts';
import { producerSettings } from './job.ts';
import { createQueries, type Queries } from './queries.ts';
import { initialMachine } from './query-state.ts';
import { sourceSecrets, toSlackSettings } from './secrets.ts';
import type { SettingValues } from './settings.ts';
import { createSnapshotStore, type SnapshotStore } from './snapshot.ts';
import type { RunSummary } from './summary.ts';
import { judge } from './verdict.ts';

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

/** Makes the stack, given who listens to it. */
export type StackFactory = (onEvent: (event: StackEvent) => void, home: string) => Stack;

export function createApplication(options: ApplicationOptions, createStack: StackFactory): Console {
  const env = options.env ?? process.env;
  const home = options.home ?? resolveHome(env);
  const store = createSnapshotStore(emptySnapshot(options, home));
  let ground: Ground | undefined;
  let socket: ControlSocket | undefined;
  let stack: Stack | undefined;
  let queries: Queries | undefined;
  let running: Promise<void> | undefined;
  let stopping: Promise<void> | undefined;
  let endpoints: Endpoints | null = null;
  let capture: CaptureDesk | undefined;
  const doctor = openDoctor({ patient, say: log });

  const api: ConsoleApi = { call, subscribe };

  function log(level: LogLevel, message: string): void {
    ground?.logs.append({ at: Date.now(), level, source: 'console', message });
  }

  function update(change: Partial<ConsoleView>): void {
    store.set('console', { ...store.get().console, ...change });
  }

  function notice(added: Notice): void {
    store.set('notices', [...store.get().notices.filter(({ id }) => id !== added.id), added]);
    log(added.level, added.text);
  }

  function onStackEvent(event: StackEvent): void {
    if (event.type === 'log') ground?.logs.append(event.line);
    else if (event.type === 'work') update({ work: event.work });
    else if (event.type === 'producer') store.set('producer', event.producer);
    else onServices(event.services);
  }

  function onServices(services: readonly ServiceView[]): void {
    store.set('services', services);
    const starting = services.find(({ state }) => state === 'STARTING');
    if (starting && store.get().console.stack === 'STARTING') update({ step: `Starting ${starting.title}` });
  }

  async function start(): Promise<void> {
    const early: Notice[] = [];
    const opened = openGround({
      home,
      env,
      cwd: options.cwd ?? process.cwd(),
      flags: options.settings ?? {},
      onNotice: (each) => early.push(each),
    });
    ground = opened;
    opened.logs.subscribe(store.addLog);
    log('info', `Sluice ${options.version} on ${options.runtime}, process ${process.pid}, data in ${home}`);
    early.forEach(notice);
    socket = await openControlSocket(opened.socketFile, api);
    const up = await bringUp();
    endpoints = up;
    if (opened.serving) await prepareServing(opened.serving);
    const slack = toSlackSettings(opened.slack, up.slackPreviewUrl);
    update({ stack: 'UP', step: null, slack: slack.kind });
    captureDesk();
    queries = createQueries({
      ground: opened,
      store,
      endpoints: up,
      slack,
      workerFile: options.workerFile,
      log: opened.logs.append,
    });
    queries.begin();
    running = queries.running().then(() => stack?.startProducer(producerSettings(opened.settings)));
    running.catch((error: unknown) => log('error', `The producer was not started: ${toErrorView(error).message}`));
  }

  async function prepareServing(serving: PostgresSettings): Promise<void> {
    update({ step: 'Preparing the serving database' });
    await options.prepareServing?.(serving);
  }

  async function bringUp(): Promise<Endpoints> {
    update({ stack: 'STARTING', step: 'Starting the stack' });
    stack = createStack(onStackEvent, home);
    try {
      const started = await stack.start();
      for (const secret of [started.serving.password, ...sourceSecrets(started.source)]) ground?.redactor.add(secret);
      return started;
    } catch (error) {
      const view = toErrorView(error, 'Starting the stack');
      update({ stack: 'FAILED', step: null, error: view });
      log('error', `${view.code}: ${view.message}. ${view.action}`);
      throw error;
    }
  }

  function patient(): Patient {
    const { migrationsFolder } = options;
    return patientOf({ ground: grounded(), snapshot: store.get(), stack, endpoints, migrationsFolder });
  }

  /** Servers that stand outside can be looked at whether or not the stack is up. */
  function captureDesk(): CaptureDesk {
    const servers = serversOf({ ground: grounded(), stack, endpoints });
    if (!servers) throw notUp(store.get().console.stack, null);
    capture ??= openCapture({ profile: store.get().console.profile, servers, say: log });
    return capture;
  }

  function grounded(): Ground {
    if (ground) return ground;
    throw notUp(store.get().console.stack, null);
  }

  async function call<C extends CommandName>(name: C, args: CommandArgs<C>): Promise<CommandAnswers[C]> {
    return (await run(parseCommand(name, args))) as CommandAnswers[C];
  }

  async function run(command: Command): Promise<CommandAnswers[CommandName]> {
    switch (command.command) {
      case 'snapshot':
        await queries?.refresh();
        return store.get();
      case 'logs.read':
        return ground?.logs.read(command.args) ?? { lines: [], last: 0 };
      case 'query.start':
        return nothing(up(queries).start(command.args.query));
      case 'query.stop':
        return nothing(up(queries).stop(command.args.query));
      case 'query.restart':
        return nothing(up(queries).restart(command.args.query));
      case 'checkpoint.preview':
        return up(queries).preview(command.args.query, command.args.from);
      case 'checkpoint.clear':
        return up(queries).clear(command.args.query, command.args.from, command.args.confirm);
      case 'loss.preview':
        return up(queries).previewLoss(command.args.query);
      case 'loss.accept':
        return up(queries).acceptLoss(command.args.query, command.args.gaps);
      case 'alerts.resume':
        return nothing(await up(queries).askAlert('resume-alerts'));
      case 'alerts.test':
        return nothing(await up(queries).askAlert('test-alert'));
      case 'alerts.resend':
        return { changed: await up(queries).decide('resend-alerts', command.args.transNums) };
      case 'alerts.discard':
        return { changed: await up(queries).decide('discard-alerts', command.args.transNums) };
      case 'deadLetters.list':
      case 'deadLetters.notes':
      case 'deadLetters.show':
      case 'deadLetters.dryRun':
      case 'deadLetters.replay':
      case 'deadLetters.export':
      case 'deadLetters.save':
        return up(queries).deadLetters(command);
      case 'table.health':
        return up(queries).keeper.health();
      case 'table.history':
        return { versions: await up(queries).keeper.history(command.args.limit) };
      case 'table.optimize':
        return up(queries).keeper.optimize(command.args.dryRun);
      case 'table.vacuum':
        return up(queries).keeper.vacuum(!command.args.delete);
      case 'stack.start':
      case 'stack.stop':
      case 'stack.restart':
      case 'stack.down':
      case 'stack.repair':
      case 'stack.logs':
        throw notCommanded();
      case 'transaction.trace':
        return up(queries).trace(command.args.transNum);
      case 'doctor.run':
        return doctor.run();
      case 'doctor.fix':
        return doctor.fix(command.args.id, command.args.will);
      case 'connector.view':
        return captureDesk().view();
      case 'connector.ensure':
        return captureDesk().ensure(command.args.confirm);
      case 'connector.restart':
        return captureDesk().restart();
      case 'connector.pause':
        return captureDesk().pause();
      case 'connector.resume':
        return captureDesk().resume();
      case 'producer.start':
        return nothing(await up(stack).startProducer(producerSettings(up(ground).settings)));
      case 'producer.pause':
        return nothing(await up(stack).pauseProducer());
      case 'producer.test':
        return { transNum: await up(stack).sendTestTransaction(command.args.kind) };
      case 'producer.scenario':
        return { transNums: await up(stack).playScenario(command.args.name) };
      default:
        return assertNever(command);
    }
  }

  function up<T>(part: T | undefined): T {
    const { stack: state, error } = store.get().console;
    if (part !== undefined && state === 'UP') return part;
    throw notUp(state, error?.message ?? null);
  }

  function subscribe(listener: Parameters<SnapshotStore['subscribe']>[0]): () => void {
    const stop = store.subscribe(listener);
    // A face that comes sees the truth soon, not after the next slow look.
    void queries?.refresh();
    return stop;
  }

  async function takeDown(): Promise<void> {
    if (store.get().console.stack !== 'FAILED') update({ stack: 'STOPPING', step: 'Stopping the queries' });
    await queries?.end();
    queries?.close();
    await capture?.close();
    if (store.get().console.stack !== 'FAILED') update({ step: 'Stopping the stack' });
    await stack?.stop().catch((error: unknown) => log('error', `Stopping the stack: ${toErrorView(error).message}`));
    if (store.get().console.stack !== 'FAILED') update({ stack: 'DOWN', step: null });
    log('info', 'Stopped');
    store.flush();
    await socket?.close();
    ground?.close();
  }

  return {
    ...api,
    home,
    start,
    waitUntilRunning: () => running ?? Promise.reject(notUp(store.get().console.stack, null)),
    drain: async (timeoutMs) => {
      await up(stack).pauseProducer();
      return waitUntilDrained(() => up(queries).underway(), timeoutMs);
    },
    summary: (seconds) => up(queries).summary(seconds),
    stopQueries: () => up(queries).end(),
    stop: () => (stopping ??= takeDown()),
  };
}

const nothing = (_: void): null => null;

function notCommanded(): SluiceError {
  return new SluiceError('NOT_ALLOWED_NOW', {
    tried: 'Commanding the services of the stack',
    seen: 'they are not run by docker',
    expected: 'the docker stack',
    action: 'The embedded stack starts and ends with Sluice; servers of your own are commanded where they run.',
  });
}

function notUp(state: ConsoleView['stack'], why: string | null): SluiceError {
  return new SluiceError('NOT_ALLOWED_NOW', {
    tried: 'Doing what was asked',
    seen: `the stack is ${state}${why === null ? '' : ` (${why})`}`,
    expected: 'a stack that is UP',
    action: 'Wait until the stack is up, then try again.',
  });
}

function emptySnapshot({ version, runtime, fallback }: ApplicationOptions, home: string): Snapshot {
  const now = Date.now();
  const view: ConsoleView = {
    version,
    pid: process.pid,
    runtime,
    fallback,
    home,
    profile: 'embedded',
    work: null,
    startedAt: now,
    stack: 'DOWN',
    step: null,
    error: null,
    slack: 'off',
  };
  return {
    console: view,
    services: [],
    producer: null,
    queries: { bronze: idleQuery('bronze', now), alert: idleQuery('alert', now) },
    lag: { bronze: null, alert: null },
    checkpoints: { bronze: null, alert: null },
    table: null,
    quarantine: null,
    totals: null,
    frauds: [],
    deliveries: [],
    notices: [],
  };
}

function idleQuery(name: QueryView['name'], now: number): QueryView {
  const { state, since, error, nextAttemptAt } = initialMachine(now);
  const totals = { rows: 0, batches: 0, deadLetters: 0, notes: 0 };
  const run = {
    name,
    state,
    since,
    error,
    attempts: 0,
    nextAttemptAt,
    queryId: null,
    runId: null,
    startedAt: null,
    totals,
    batches: [],
    alertsPaused: null,
  };
  return { ...run, triggerMs: 0, ...judge(run, 0, null, now) };
}
