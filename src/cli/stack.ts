/** `sluice stack`: the services around the queries, by the console that runs, or of the docker stack without one. */
import { composeFileOf, connectConsole, openStackAlone, resolveHome, type RemoteConsole } from '../console/console.ts';
import type { ComposeService, Profile, ServiceLog, ServiceView, StackWork } from '../console/contract.ts';
import { duration } from '../console/words.ts';
import type { Installation } from './installation.ts';
import { EXIT, type Terminal } from './terminal.ts';

export type StackWhat =
  | { readonly what: 'status' }
  | { readonly what: 'start' | 'stop' | 'restart'; readonly service: ComposeService | 'all' }
  | { readonly what: 'down' | 'repair' }
  | { readonly what: 'logs'; readonly service: ComposeService; readonly follow: boolean; readonly lines: number };

type Acting = Extract<
  StackWhat,
  { readonly what: 'start' | 'stop' | 'restart' } | { readonly what: 'down' | 'repair' }
>;
type LogAsked = Extract<StackWhat, { readonly what: 'logs' }>;

/** Whoever has the services. */
interface Hands {
  status(): Promise<Status>;
  act(asked: Acting): Promise<unknown>;
  logs(service: ComposeService, after: number, limit: number): Promise<ServiceLog>;
  close(): Promise<void>;
}

interface Status {
  readonly profile: Profile;
  /** Of the console; null where none runs. */
  readonly stack: string | null;
  readonly work: StackWork | null;
  readonly services: readonly ServiceView[];
}

export async function stack(
  terminal: Terminal,
  installation: Installation,
  asked: StackWhat,
  json: boolean,
): Promise<number> {
  const hands = await openHands(terminal, installation);
  if (hands === null) return EXIT.noStack;
  try {
    if (asked.what === 'logs') return await tellLog(terminal, hands, asked, json);
    if (asked.what !== 'status') await hands.act(asked);
    // What was commanded has answered for itself; the list may be from a look before it.
    return await tellServices(terminal, hands, json, asked.what !== 'status');
  } finally {
    await hands.close();
  }
}

/** Each step is said on stderr while it is waited for. */
async function openHands(terminal: Terminal, { appRoot }: Installation): Promise<Hands | null> {
  const home = resolveHome(terminal.env);
  let said: string | null = null;
  const onWork = (work: StackWork | null): void => {
    if (work && work.step !== said) terminal.err(work.step);
    said = work?.step ?? said;
  };
  const console = await connectConsole(home);
  if (console) return byConsole(console, onWork);
  const { env, cwd, interrupted: signal } = terminal;
  const composeFile = composeFileOf(terminal.env, terminal.cwd, appRoot);
  const alone = openStackAlone({ home, env, cwd, composeFile, onWork, signal });
  if (alone === null) {
    terminal.err(
      `No console runs on ${home}. Without one only the docker stack can be commanded (SLUICE_STACK=docker).`,
    );
    return null;
  }
  const { control, services, close } = alone;
  return {
    status: async () => ({ profile: 'docker', stack: null, work: null, services: await services() }),
    act: (asked) => ('service' in asked ? control[asked.what](asked.service) : control[asked.what]()),
    logs: (service, after, limit) => control.logs(service, after, limit),
    close,
  };
}

function byConsole(console: RemoteConsole, onWork: (work: StackWork | null) => void): Hands {
  console.subscribe((event) => {
    if (event.type === 'parts' && event.parts.console) onWork(event.parts.console.work);
  });
  return {
    status: async () => {
      const { console: view, services } = await console.call('snapshot', {});
      return { profile: view.profile, stack: view.stack, work: view.work, services };
    },
    act: (asked) =>
      'service' in asked
        ? console.call(`stack.${asked.what}`, { service: asked.service })
        : console.call(`stack.${asked.what}`, {}),
    logs: (service, after, limit) => console.call('stack.logs', { service, after, limit }),
    close: async () => console.close(),
  };
}

async function tellServices(terminal: Terminal, hands: Hands, json: boolean, quiet: boolean): Promise<number> {
  const status = await hands.status();
  const { profile, stack: state, work, services } = status;
  if (json) terminal.out(JSON.stringify(status));
  else stackLines(profile, services, work, Date.now()).forEach(terminal.out);
  const failed = services.some((service) => service.state === 'FAILED') || state === 'FAILED';
  return failed && !quiet ? EXIT.noStack : EXIT.well;
}

export function stackLines(
  profile: string,
  services: readonly ServiceView[],
  work: StackWork | null,
  now: number,
): string[] {
  return [
    `Stack ${profile}, ${services.filter(({ state }) => state === 'OK').length} of ${services.length} services are well`,
    ...services.map((service) => `  ${serviceLine(service, now)}`),
    ...(work === null ? [] : [`Now      ${work.step}, for ${duration(now - work.since)}`]),
  ];
}

function serviceLine({ title, state, detail, address, container }: ServiceView, now: number): string {
  const { cpuPercent = null, memoryBytes = null, upSince = null } = container ?? {};
  const costs = [
    ...(cpuPercent === null ? [] : [`${cpuPercent.toFixed(1)} % CPU`]),
    ...(memoryBytes === null ? [] : [`${(memoryBytes / 1024 ** 2).toFixed(0)} MB`]),
    ...(upSince === null ? [] : [`up ${duration(now - upSince)}`]),
  ];
  return [title.padEnd(18), state.padEnd(8), [address, detail, costs.join(', ')].filter(Boolean).join('  ')]
    .join(' ')
    .trimEnd();
}

const LOOK_MS = 1_000;

async function tellLog(terminal: Terminal, hands: Hands, asked: LogAsked, json: boolean): Promise<number> {
  const { service, follow, lines: limit } = asked;
  const print = ({ lines }: ServiceLog): void => {
    for (const line of lines)
      terminal.out(json ? JSON.stringify({ service, ...line }) : `${time(line.at)} ${line.text}`);
  };
  let log = await hands.logs(service, 0, limit);
  print(log);
  while (follow && !terminal.interrupted.aborted) {
    await pause(terminal.interrupted);
    log = await hands.logs(service, log.last, 1_000);
    print(log);
  }
  return EXIT.well;
}

const time = (at: number): string => new Date(at).toISOString().slice(0, 23).replace('T', ' ');

function pause(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, LOOK_MS);
    signal.addEventListener('abort', () => (clearTimeout(timer), resolve()), { once: true });
  });
}
