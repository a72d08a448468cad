/** Keeps what is known about the containers of the project: looked at when something happens to one, and measured now and then. */
import { toErrorView } from '../../pipeline/errors.ts';
import type { LogLevel } from '../../pipeline/events.ts';
import type { DockerCli, Followed } from './cli.ts';
import { parseContainers, parseEvent, parseIds, parseStats, type Container, type DockerEvent } from './parse.ts';

export interface Containers {
  now(): readonly Container[];
  /** Why docker cannot be asked just now; null when it can. */
  trouble(): string | null;
  /** Looks at all of them. Rejects when docker does not answer. */
  look(): Promise<readonly Container[]>;
  /** Looks whenever something happens, from now on. */
  follow(): void;
  stop(): Promise<void>;
}

export interface ContainersOptions {
  readonly docker: DockerCli;
  readonly onChange: () => void;
  readonly log: (level: LogLevel, message: string) => void;
  readonly measureEveryMs?: number;
  /** How long to wait before docker is followed again after it went away. */
  readonly returnMs?: number;
}

const MEASURE_MS = 10_000;
const RETURN_MS = 3_000;

export function createContainers(options: ContainersOptions): Containers {
  const { docker, onChange, log, measureEveryMs = MEASURE_MS, returnMs = RETURN_MS } = options;
  let containers: readonly Container[] = [];
  let trouble: string | null = null;
  let followed: Followed | null = null;
  let looking: Promise<unknown> = Promise.resolve();
  let next: Promise<readonly Container[]> | null = null;
  let stopped = false;
  const timers = new Set<NodeJS.Timeout>();

  async function read(): Promise<readonly Container[]> {
    const ids = parseIds(await docker.run({ do: 'ids' }));
    const found = ids.length === 0 ? [] : parseContainers(await docker.run({ do: 'inspect', ids }));
    const before = new Map(containers.map(({ id, view }) => [id, view]));
    containers = found.map((each) => {
      const { cpuPercent = null, memoryBytes = null } = before.get(each.id) ?? {};
      return each.view.upSince === null ? each : { ...each, view: { ...each.view, cpuPercent, memoryBytes } };
    });
    trouble = null;
    return containers;
  }

  /** One look at a time; all who ask meanwhile share the next one. */
  function look(): Promise<readonly Container[]> {
    if (next) return next;
    const mine = looking.then(() => {
      next = null;
      return lookNow();
    });
    next = mine;
    looking = mine.catch(() => undefined);
    return mine;
  }

  async function lookNow(): Promise<readonly Container[]> {
    try {
      const found = await read();
      onChange();
      return found;
    } catch (error) {
      onAway(error);
      throw error;
    }
  }

  function lookSoon(): void {
    if (!stopped) void look().catch(() => undefined);
  }

  function onAway(error: unknown): void {
    const { message } = toErrorView(error);
    if (trouble !== message && !stopped) log('warn', message);
    trouble = message;
    onChange();
  }

  /** Looks too: an engine whose events are others is followed slower, but followed. */
  async function measure(): Promise<void> {
    await look();
    const ids = containers.filter(({ view }) => view.state === 'running').map(({ id }) => id);
    if (ids.length === 0 || stopped) return;
    const usage = parseStats(await docker.run({ do: 'stats', ids }));
    containers = containers.map((each) => {
      const measured = usage.get(each.id) ?? usage.get(each.id.slice(0, 12));
      return measured ? { ...each, view: { ...each.view, ...measured } } : each;
    });
    onChange();
  }

  function later(ms: number, work: () => void): void {
    const timer = setTimeout(() => {
      timers.delete(timer);
      if (!stopped) work();
    }, ms);
    timers.add(timer);
  }

  function follow(): void {
    if (stopped) return;
    followed = docker.follow({ do: 'events' }, (line) => {
      const event = parseEvent(line);
      if (event === null) return;
      tell(event, log);
      lookSoon();
    });
    void followed.ended.then(() =>
      later(returnMs, () => {
        lookSoon();
        follow();
      }),
    );
  }

  function measureOn(): void {
    void measure()
      // A container that has just gone is no news: the events tell of it.
      .catch(() => undefined)
      .then(() => later(measureEveryMs, measureOn));
  }

  return {
    now: () => containers,
    trouble: () => trouble,
    look,
    follow: () => {
      follow();
      measureOn();
    },
    stop: async () => {
      stopped = true;
      timers.forEach(clearTimeout);
      followed?.stop();
      await followed?.ended;
      await looking;
    },
  };
}

/** What a person should find in the log afterwards. */
function tell({ action, service, exitCode }: DockerEvent, log: ContainersOptions['log']): void {
  if (action === 'start') log('info', `The container of ${service} has started`);
  else if (action === 'die')
    log(exitCode === 0 ? 'info' : 'warn', `The container of ${service} has ended (${exitCode ?? '?'})`);
  else if (action === 'oom') log('error', `The container of ${service} ran out of memory`);
  else if (action === 'health_status: unhealthy') log('warn', `The container of ${service} is unhealthy`);
  else if (action === 'health_status: healthy') log('info', `The container of ${service} is healthy`);
}
