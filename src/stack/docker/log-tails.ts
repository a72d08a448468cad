/** The newest lines of each service that somebody looks at: followed while it is asked for, numbered, and bounded. */
import type { ComposeService, ServiceLog } from '../stack.ts';
import type { DockerCli, Followed } from './cli.ts';
import { parseLogLine } from './parse.ts';

export interface LogTails {
  /** @param id of the container of the service */
  read(service: ComposeService, id: string, after: number, limit: number): Promise<ServiceLog>;
  stop(): Promise<void>;
}

const KEPT_LINES = 2_000;
const LONGEST_LINE = 4_000;
/** Nobody has asked for so long: it is not followed any more. Its lines stay. */
const FORGET_MS = 30_000;
/** What is there already comes at once: after so long a silence it has come. */
const SILENCE_MS = 250;
/** A log without a line. */
const FIRST_MS = 1_500;

export function createLogTails(docker: DockerCli, forgetMs = FORGET_MS): LogTails {
  const tails = new Map<ComposeService, Tail>();
  return {
    read: async (service, id, after, limit) => {
      const tail = tails.get(service) ?? createTail(docker, forgetMs);
      tails.set(service, tail);
      await tail.follow(id);
      return tail.read(after, limit);
    },
    stop: async () => {
      await Promise.all([...tails.values()].map((tail) => tail.stop()));
    },
  };
}

interface Tail {
  /** Goes on following, and resolves once the lines that are there have come. */
  follow(id: string): Promise<void>;
  read(after: number, limit: number): ServiceLog;
  stop(): Promise<void>;
}

function createTail(docker: DockerCli, forgetMs: number): Tail {
  const lines: { id: number; at: number; text: string }[] = [];
  let last = 0;
  let followed: { readonly id: string; readonly by: Followed; readonly ready: Promise<void> } | null = null;
  /** Of which container, and until when it has been read. */
  let read: { readonly id: string; readonly until: number } | null = null;
  let timer: NodeJS.Timeout | undefined;

  function add(id: string, line: string): void {
    const { at, text } = parseLogLine(line, Date.now());
    lines.push({ id: (last += 1), at, text: text.slice(0, LONGEST_LINE) });
    if (lines.length > KEPT_LINES) lines.splice(0, lines.length - KEPT_LINES);
    read = { id, until: at };
  }

  function open(id: string): Promise<void> {
    const since = read?.id === id ? read.until + 1 : null;
    const quiet = quietAfter(FIRST_MS);
    const by = docker.follow({ do: 'logs', id, since }, (line) => {
      add(id, line);
      quiet.wait(SILENCE_MS);
    });
    const opened = { id, by, ready: quiet.reached };
    followed = opened;
    void by.ended.then(() => {
      quiet.wait(0);
      if (followed === opened) followed = null;
    });
    return opened.ready;
  }

  async function stop(): Promise<void> {
    clearTimeout(timer);
    const open = followed;
    followed = null;
    open?.by.stop();
    await open?.by.ended;
  }

  return {
    follow: async (id) => {
      clearTimeout(timer);
      if (followed && followed.id !== id) followed.by.stop();
      await (followed?.id === id ? followed.ready : open(id));
      clearTimeout(timer);
      timer = setTimeout(() => void stop(), forgetMs);
      timer.unref();
    },
    read: (after, limit) => ({ lines: lines.filter((line) => line.id > after).slice(-limit), last }),
    stop,
  };
}

/** Resolves when nothing has asked to wait for longer. */
function quietAfter(firstMs: number): { readonly reached: Promise<void>; wait(ms: number): void } {
  let resolve: () => void = () => undefined;
  const reached = new Promise<void>((done) => (resolve = done));
  let timer = setTimeout(resolve, firstMs);
  return {
    reached,
    wait: (ms) => {
      clearTimeout(timer);
      timer = setTimeout(resolve, ms);
    },
  };
}
