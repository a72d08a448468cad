/** The console itself, over any stack: keeps the snapshot, and brings everything up and down in order. */
import path from 'node:path';
import { SluiceError, toErrorView } from '../pipeline/errors.ts';
import type { LogLevel } from '../pipeline/events.ts';
import type { PostgresSettings } from '../pipeline/job-settings.ts';
import type { Endpoints, ServiceView, Stack, StackEvent, StackWork } from '../stack/stack.ts';
import { emptySnapshot } from './blank.ts';
import type { ApplicationOptions, Console, StackFactory } from './console-types.ts';
import { parseCommand } from './commands.ts';
import type { CommandAnswers, CommandArgs, CommandName, ConsoleApi, ConsoleView, Notice } from './contract.ts';
import { openControlSocket, type ControlSocket } from './control-socket.ts';
import { openDesks } from './desks.ts';
import { waitUntilDrained } from './drain.ts';
import { openGround, type Ground } from './ground.ts';
import { resolveHome } from './home.ts';
import { producerSettings } from './job.ts';
import { obey, type Parts } from './obey.ts';
import { createQueries, type Queries } from './queries.ts';
import { endpointSecrets, serverSecrets, toSlackSettings } from './secrets.ts';
import { createSnapshotStore, type SnapshotStore } from './snapshot.ts';

export function createApplication(options: ApplicationOptions, createStack: StackFactory): Console {
  const env = options.env ?? process.env;
  const home = options.home ?? resolveHome(env);
  const store = createSnapshotStore(emptySnapshot({ ...options, home }));
  let ground: Ground | undefined;
  let socket: ControlSocket | undefined;
  let stack: Stack | undefined;
  let queries: Queries | undefined;
  let running: Promise<void> | undefined;
  let stopping: Promise<void> | undefined;
  let endpoints: Endpoints | null = null;
  const desks = openDesks({
    ground: () => ground ?? refuse(),
    stack: () => stack,
    endpoints: () => endpoints,
    snapshot: store.get,
    refuse,
    say: log,
    migrationsFolder: options.migrationsFolder,
  });

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
    else if (event.type === 'work') onWork(event.work);
    else if (event.type === 'producer') store.set('producer', event.producer);
    else onServices(event.services);
  }

  function onWork(work: StackWork | null): void {
    const starting = work !== null && store.get().console.stack === 'STARTING';
    update({ work, ...(starting && { step: work.step }) });
  }

  function onServices(services: readonly ServiceView[]): void {
    store.set('services', services);
    const starting = services.find(({ state }) => state === 'STARTING');
    const { stack: state, work } = store.get().console;
    if (starting && state === 'STARTING' && work === null) update({ step: `Starting ${starting.title}` });
  }

  async function start(): Promise<void> {
    const early: Notice[] = [];
    const opened = openGround({
      home,
      env,
      cwd: options.cwd ?? process.cwd(),
      flags: options.settings ?? {},
      composeFile: options.composeFile ?? path.resolve('docker-compose.yml'),
      onNotice: (each) => early.push(each),
    });
    ground = opened;
    opened.logs.subscribe(store.addLog);
    log('info', `Sluice ${options.version} on ${options.runtime}, process ${process.pid}, data in ${home}`);
    early.forEach(notice);
    update({ profile: opened.profile });
    socket = await openControlSocket(opened.socketFile, api);
    await bringUp(opened);
  }

  /** The stack, then its queries; once more when it did not work the last time. */
  async function bringUp(opened: Ground): Promise<void> {
    const reached = await startStack(opened);
    endpoints = reached;
    if (opened.serving) await prepareServing(opened.serving);
    const slack = toSlackSettings(opened.slack, reached.slackPreviewUrl);
    if (slack.kind === 'off' && opened.slack.kind !== 'off') notice(noSlack(slack.reason));
    update({ stack: 'UP', step: null, error: null, slack: slack.kind });
    desks.capture();
    queries = createQueries({
      ground: opened,
      store,
      endpoints: reached,
      slack,
      workerFile: options.workerFile,
      log: opened.logs.append,
    });
    queries.begin();
    running = queries.running().then(() => startProducer(opened));
    running.catch((error: unknown) => log('error', `The producer was not started: ${toErrorView(error).message}`));
  }

  /** On servers that are in use transactions are only made where somebody asks for them; docker's producer is a container. */
  async function startProducer({ profile, origins, settings }: Ground): Promise<void> {
    if (profile === 'docker' || (profile === 'external' && origins['producer.mode'] === 'default')) return;
    await stack?.startProducer(producerSettings(settings));
  }

  async function prepareServing(serving: PostgresSettings): Promise<void> {
    update({ step: 'Preparing the serving database' });
    await options.prepareServing?.(serving);
  }

  async function startStack(opened: Ground): Promise<Endpoints> {
    update({ stack: 'STARTING', step: 'Starting the stack', error: null });
    try {
      await desks.close();
      await stack?.stop();
      stack = undefined;
      stack = createStack(onStackEvent, opened);
      serverSecrets(stack.servers).forEach(opened.redactor.add);
      const reached = await stack.start();
      endpointSecrets(reached).forEach(opened.redactor.add);
      return reached;
    } catch (error) {
      const view = toErrorView(error, 'Starting the stack');
      update({ stack: 'FAILED', step: null, error: view });
      log('error', `${view.code}: ${view.message}. ${view.action}`);
      throw error;
    }
  }

  async function call<C extends CommandName>(name: C, args: CommandArgs<C>): Promise<CommandAnswers[C]> {
    return (await obey(parts, parseCommand(name, args))) as CommandAnswers[C];
  }

  const parts: Parts = {
    queries: () => up(queries),
    stack: () => up(stack),
    services: () => {
      const opened = settled(ground);
      return {
        profile: opened.profile,
        control: stack?.control ?? null,
        queries: queries ?? null,
        failed: store.get().console.stack === 'FAILED',
        startAgain: () => bringUp(opened),
      };
    },
    desks,
    producerSettings: () => producerSettings(up(ground).settings),
    readLogs: (query) => ground?.logs.read(query) ?? { lines: [], last: 0 },
    snapshot: store.get,
    refresh: async () => queries?.refresh(),
  };

  function up<T>(part: T | undefined): T {
    const { stack: state, error } = store.get().console;
    if (part !== undefined && state === 'UP') return part;
    throw notUp(state, error?.message ?? null);
  }

  function refuse(): never {
    throw notUp(store.get().console.stack, null);
  }

  /** While it starts or stops nobody else has a say. */
  function settled<T>(part: T | undefined): T {
    const { stack: state } = store.get().console;
    if (part !== undefined && (state === 'UP' || state === 'FAILED')) return part;
    throw notUp(state, null);
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
    await desks.close();
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

function notUp(state: ConsoleView['stack'], why: string | null): SluiceError {
  return new SluiceError('NOT_ALLOWED_NOW', {
    tried: 'Doing what was asked',
    seen: `the stack is ${state}${why === null ? '' : ` (${why})`}`,
    expected: 'a stack that is UP',
    action: 'Wait until the stack is up, then try again.',
  });
}

function noSlack(reason: string): Notice {
  const text = `No alert goes to Slack: ${reason}. Frauds are recorded as suppressed.`;
  return { id: 'slack-off', level: 'warn', text };
}
