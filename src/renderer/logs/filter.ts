/** Which log lines are shown, and which part of a line was searched for. Pure. */
import type { LogEntry } from '../../console/contract.ts';
import { formatLogLine, type LogLevel, type LogSource } from '../../pipeline/events.ts';

export interface LogFilter {
  /** Lines up to this number were cleared from the view. */
  readonly after: number;
  readonly pattern: RegExp | null;
  readonly source: LogSource | 'all';
  /** The least level. */
  readonly level: LogLevel;
}

const RANKS: Readonly<Record<LogLevel, number>> = { info: 0, warn: 1, error: 2 };

export function filterLogs(logs: readonly LogEntry[], filter: LogFilter): readonly LogEntry[] {
  const { after, pattern, source, level } = filter;
  return logs.filter(
    (line) =>
      line.id > after &&
      RANKS[line.level] >= RANKS[level] &&
      (source === 'all' || line.source === source) &&
      (pattern === null || formatLogLine(line).search(pattern) >= 0),
  );
}

/** What is typed is a regular expression, as in the scripts that people know; half a one is taken as plain text. */
export function toPattern(search: string): RegExp | null {
  if (search.trim() === '') return null;
  try {
    return new RegExp(search, 'gi');
  } catch {
    return new RegExp(search.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'), 'gi');
  }
}

export interface Part {
  readonly text: string;
  readonly hit: boolean;
}

/** The message cut into what matches and what does not. */
export function splitHits(message: string, pattern: RegExp | null): readonly Part[] {
  if (pattern === null) return [{ text: message, hit: false }];
  const parts: Part[] = [];
  let done = 0;
  for (const { 0: text, index } of message.matchAll(pattern)) {
    // A pattern like `x*` also matches nothing, which cannot be marked.
    if (text === '') continue;
    parts.push({ text: message.slice(done, index), hit: false }, { text, hit: true });
    done = index + text.length;
  }
  return [...parts, { text: message.slice(done), hit: false }].filter(({ text }) => text !== '');
}
