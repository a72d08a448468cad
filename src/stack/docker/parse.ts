/** What the docker command writes -> what it means. Pure; output that cannot be read counts as nothing. */
import type { ContainerView } from '../stack.ts';

export interface Container {
  readonly id: string;
  /** Its name in the compose file, also of those that no row is shown for. */
  readonly service: string;
  readonly view: ContainerView;
  /** Why it ended, where docker knows more than the code. */
  readonly trouble: string | null;
}

/** One id a line. */
export function parseIds(text: string): string[] {
  return text.split(/\s+/).filter((word) => /^[0-9a-f]{12,64}$/.test(word));
}

interface Inspected {
  readonly Id?: string;
  readonly Config?: { readonly Image?: string; readonly Labels?: Readonly<Record<string, string>> };
  readonly State?: {
    readonly Status?: string;
    readonly ExitCode?: number;
    readonly OOMKilled?: boolean;
    readonly Error?: string;
    readonly StartedAt?: string;
    readonly Health?: { readonly Status?: string };
  };
  readonly NetworkSettings?: {
    readonly Ports?: Readonly<Record<string, readonly { readonly HostPort?: string }[] | null>> | null;
  };
}

/** The answer of `docker inspect`: one array. Containers that `compose run` has made are not of the stack. */
export function parseContainers(text: string): Container[] {
  const found = parseJson(text);
  return (Array.isArray(found) ? (found as Inspected[]) : []).flatMap((each) => {
    const labels = each.Config?.Labels ?? {};
    const service = labels['com.docker.compose.service'];
    const isOneOff = /^true$/i.test(labels['com.docker.compose.oneoff'] ?? '');
    return each.Id === undefined || service === undefined || isOneOff ? [] : [toContainer(each, each.Id, service)];
  });
}

function toContainer({ Config, State, NetworkSettings }: Inspected, id: string, service: string): Container {
  const state = STATES.find((each) => each === State?.Status) ?? 'dead';
  const runs = state === 'running' || state === 'paused';
  const health = HEALTHS.find((each) => each === State?.Health?.Status) ?? null;
  const startedAt = Date.parse(State?.StartedAt ?? '');
  const ports = Object.entries(NetworkSettings?.Ports ?? {}).flatMap(([inside, outside]) =>
    (outside ?? []).map(({ HostPort }) => ({ host: Number(HostPort), container: Number.parseInt(inside, 10) })),
  );
  const trouble = State?.OOMKilled === true ? 'it ran out of memory' : State?.Error || null;
  return {
    id,
    service,
    trouble: runs ? null : trouble,
    view: {
      image: Config?.Image ?? '',
      state,
      health: runs ? health : null,
      exitCode: runs ? null : (State?.ExitCode ?? null),
      ports: distinct(ports),
      cpuPercent: null,
      memoryBytes: null,
      upSince: runs && startedAt > 0 ? startedAt : null,
    },
  };
}

const STATES = ['created', 'running', 'paused', 'restarting', 'removing', 'exited', 'dead'] as const;
const HEALTHS = ['starting', 'healthy', 'unhealthy'] as const;

/** A port is told twice where it is published for IPv6 too. */
function distinct(ports: ContainerView['ports']): ContainerView['ports'] {
  const seen = new Map(ports.map((port) => [`${port.host} ${port.container}`, port]));
  return [...seen.values()].sort((a, b) => a.host - b.host);
}

export interface Usage {
  readonly cpuPercent: number;
  readonly memoryBytes: number;
}

/** Id -> usage. One object a line: `{"ID":"...","CPUPerc":"6.40%","MemUsage":"688.1MiB / 23.4GiB",...}`. */
export function parseStats(text: string): Map<string, Usage> {
  const found = new Map<string, Usage>();
  for (const line of text.split('\n')) {
    const row = parseJson(line) as { ID?: string; Container?: string; CPUPerc?: string; MemUsage?: string } | null;
    const id = row?.ID ?? row?.Container;
    const cpuPercent = Number.parseFloat(row?.CPUPerc ?? '');
    const memoryBytes = parseSize(row?.MemUsage?.split('/')[0] ?? '');
    if (id !== undefined && Number.isFinite(cpuPercent) && memoryBytes !== null) {
      found.set(id, { cpuPercent, memoryBytes });
    }
  }
  return found;
}

const UNITS: Readonly<Record<string, number>> = {
  b: 1,
  kib: 1024,
  mib: 1024 ** 2,
  gib: 1024 ** 3,
  kb: 1e3,
  mb: 1e6,
  gb: 1e9,
};

/** `688.1MiB` -> bytes; Podman writes decimal units. */
export function parseSize(text: string): number | null {
  const [, number, unit = ''] = /^\s*([\d.]+)\s*([A-Za-z]+)\s*$/.exec(text) ?? [];
  const factor = UNITS[unit.toLowerCase()];
  return number === undefined || factor === undefined ? null : Math.round(Number(number) * factor);
}

export interface DockerEvent {
  readonly action: string;
  readonly service: string;
  /** Of a `die`. */
  readonly exitCode: number | null;
}

/** One line of `docker events`. Engines since 28 leave the old lower-case names out. */
export function parseEvent(line: string): DockerEvent | null {
  const event = parseJson(line) as {
    Action?: string;
    status?: string;
    Actor?: { Attributes?: Record<string, string> };
  } | null;
  const attributes = event?.Actor?.Attributes ?? {};
  const service = attributes['com.docker.compose.service'];
  const action = event?.Action ?? event?.status;
  if (service === undefined || action === undefined) return null;
  const exitCode = Number(attributes['exitCode'] ?? attributes['containerExitCode'] ?? Number.NaN);
  return { action, service, exitCode: Number.isInteger(exitCode) ? exitCode : null };
}

/** One line of `docker logs --timestamps`; a line without a time belongs to now. */
export function parseLogLine(line: string, now: number): { readonly at: number; readonly text: string } {
  const [, time, text] = /^(\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+-]\d\d:\d\d)) ?(.*)$/s.exec(line) ?? [];
  const at = Date.parse(time ?? '');
  return Number.isNaN(at) ? { at: now, text: line } : { at, text: text ?? '' };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return null;
  }
}
