/** Lines of the log, as people filter by them. */
import type { QueryName } from './query.ts';

export type LogLevel = 'info' | 'warn' | 'error';

export type LogSource =
  QueryName | 'capture' | 'postgres' | 'producer' | 'fraud-api' | 'slack-preview' | 'stack' | 'console';

/** One log line. `message` has no prefix; {@link formatLogLine} adds the one that people filter by. */
export interface LogLine {
  readonly at: number;
  readonly level: LogLevel;
  readonly source: LogSource;
  readonly message: string;
  readonly batchId?: number;
}

const PREFIX: Readonly<Record<LogSource, string>> = {
  bronze: '[Bronze] ',
  alert: '[Alert]  ',
  capture: '[Capture]',
  postgres: '[Postgres]',
  producer: '[Producer]',
  'fraud-api': '[API]    ',
  'slack-preview': '[Slack]  ',
  stack: '[Stack]  ',
  console: '[Console]',
};

/** The line as it stands in a terminal and in the log file: `[Bronze] Batch 12: Writing to Bronze layer... 500 rows, version 12`. */
export function formatLogLine(line: LogLine): string {
  const prefix = PREFIX[line.source];
  return prefix.endsWith(' ') ? prefix + line.message : `${prefix} ${line.message}`;
}
