/** `sluice stack`: the services around the queries, as the running console has them. */
import type { ComposeService, ServiceLog, ServiceView, StackWork } from '../console/contract.ts';
import { duration } from '../console/words.ts';
import { withConsole } from './remote.ts';
import type { RemoteConsole } from '../console/console.ts';
import { EXIT, type Terminal } from './terminal.ts';

export type StackWhat =
  | { readonly what: 'status' }
  | { readonly what: 'start' | 'stop' | 'restart'; readonly service: ComposeService | 'all' }
  | { readonly what: 'down' | 'repair' }
  | { readonly what: 'logs'; readonly service: ComposeService; readonly follow: boolean; readonly lines: number };

export function stack(terminal: Terminal, asked: StackWhat, json: boolean): Promise<number> {
  return withConsole(terminal, (console) => {
    switch (asked.what) {
      case 'status':
        return tellServices(terminal, console, json);
      case 'logs':
        return tellLog(terminal, console, asked, json);
      default:
        return command(terminal, console, asked, json);
    }
  });
}

type Acting = Extract<
  StackWhat,
  { readonly what: 'start' | 'stop' | 'restart' } | { readonly what: 'down' | 'repair' }
>;

/** Says each step on stderr while it waits. */
async function command(terminal: Terminal, console: RemoteConsole, asked: Acting, json: boolean): Promise<number> {
  let said: string | null = null;
  const stop = console.subscribe((event) => {
    const step = event.type === 'parts' ? (event.parts.console?.work?.step ?? null) : null;
    if (step !== null && step !== said) terminal.err(step);
    said = step ?? said;
  });
  try {
    if ('service' in asked) await console.call(`stack.${asked.what}`, { service: asked.service });
    else await console.call(`stack.${asked.what}`, {});
  } finally {
    stop();
  }
  return tellServices(terminal, console, json, asked.what === 'stop' || asked.what === 'down');
}

/** @param quiet after a stop nothing has to run */
async function tellServices(terminal: Terminal, console: RemoteConsole, json: boolean, quiet = false): Promise<number> {
  const { console: view, services } = await console.call('snapshot', {});
  if (json) terminal.out(JSON.stringify({ profile: view.profile, stack: view.stack, work: view.work, services }));
  else stackLines(view.profile, services, view.work, Date.now()).forEach(terminal.out);
  const failed = services.some(({ state }) => state === 'FAILED') || view.stack === 'FAILED';
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

type LogAsked = Extract<StackWhat, { readonly what: 'logs' }>;

async function tellLog(terminal: Terminal, console: RemoteConsole, asked: LogAsked, json: boolean): Promise<number> {
  const { service, follow, lines: limit } = asked;
  const print = ({ lines }: ServiceLog): void => {
    for (const line of lines)
      terminal.out(json ? JSON.stringify({ service, ...line }) : `${time(line.at)} ${line.text}`);
  };
  let log = await console.call('stack.logs', { service, limit });
  print(log);
  while (follow && !terminal.interrupted.aborted) {
    await pause(terminal.interrupted);
    log = await console.call('stack.logs', { service, after: log.last, limit: 1_000 });
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
