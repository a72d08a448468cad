/** The log: every line is made safe, numbered, kept in a ring, written to the file and told to whoever listens. */
import { formatLogLine, type LogLevel, type LogLine } from '../pipeline/events.ts';
import type { CommandAnswers, LogEntry } from './contract.ts';
import { grep } from './grep.ts';
import { safeText } from './log-text.ts';

export interface Logs {
  append(line: LogLine): void;
  /** Without `after` the newest lines; with it the first ones after it, to read on. `last` is the number to go on from. */
  read(query: {
    readonly after?: number | undefined;
    readonly grep?: string | undefined;
    readonly limit: number;
  }): CommandAnswers['logs.read'];
  subscribe(listener: (entry: LogEntry) => void): () => void;
  close(): void;
}

export interface LogsOptions {
  readonly level: LogLevel;
  readonly redact: (text: string) => string;
  /** Where each line goes besides the ring. */
  readonly write: (entry: LogEntry) => void;
  readonly capacity?: number;
}

const RANK: Readonly<Record<LogLevel, number>> = { info: 0, warn: 1, error: 2 };
const CAPACITY = 5_000;
const SAME_PER_SECOND = 10;
const SECOND_MS = 1_000;

export function createLogs(options: LogsOptions): Logs {
  const capacity = options.capacity ?? CAPACITY;
  const listeners = new Set<(entry: LogEntry) => void>();
  const repeats = new Map<string, { line: LogLine; seen: number }>();
  let ring: LogEntry[] = [];
  let last = 0;
  let timer: NodeJS.Timeout | undefined;

  function add(line: LogLine): void {
    const entry = { ...line, id: ++last };
    ring.push(entry);
    // Cutting once in a while is cheaper than shifting with every line.
    if (ring.length >= capacity * 2) ring = ring.slice(-capacity);
    options.write(entry);
    for (const listener of listeners) listener(entry);
  }

  function flushRepeats(): void {
    timer = undefined;
    for (const { line, seen } of repeats.values()) {
      if (seen > SAME_PER_SECOND)
        add({ ...line, at: Date.now(), message: `${line.message} (${seen - SAME_PER_SECOND} more times)` });
    }
    repeats.clear();
  }

  return {
    append: (raw) => {
      if (RANK[raw.level] < RANK[options.level]) return;
      const line = { ...raw, message: safeText(options.redact(raw.message)) };
      const key = `${line.source} ${line.message}`;
      const seen = (repeats.get(key)?.seen ?? 0) + 1;
      repeats.set(key, { line, seen });
      timer ??= setTimeout(flushRepeats, SECOND_MS);
      if (seen <= SAME_PER_SECOND) add(line);
    },
    read: ({ after, grep: pattern, limit }) => {
      const kept = ring.slice(-capacity).filter((entry) => after === undefined || entry.id > after);
      const found = pattern === undefined || pattern === '' ? kept : grep(kept, pattern, formatLogLine);
      const lines = after === undefined ? found.slice(-limit) : found.slice(0, limit);
      const complete = after === undefined || found.length <= limit;
      return { lines, last: complete ? last : (lines.at(-1)?.id ?? last) };
    },
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    close: () => {
      clearTimeout(timer);
      flushRepeats();
    },
  };
}
