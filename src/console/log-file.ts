/** The log file: JSON lines, readable by the owner only, in files of bounded size. */
import { closeSync, fstatSync, openSync, renameSync, writeSync } from 'node:fs';
import { pino, type Level } from 'pino';
import type { LogEntry } from './contract.ts';

export interface LogFile {
  write(entry: LogEntry): void;
  close(): void;
}

export interface LogFileOptions {
  readonly file: string;
  /** Told once when the file cannot be written; the console goes on without it. */
  readonly onFailure: (error: Error) => void;
  readonly maxBytes?: number;
  readonly maxFiles?: number;
}

const MAX_BYTES = 10 * 1024 * 1024;
const MAX_FILES = 5;

export function openLogFile(options: LogFileOptions): LogFile {
  const stream = rotatingFile(options);
  const logger = pino({ base: null, timestamp: false }, stream);
  return {
    write: ({ at, level, message, ...rest }) =>
      logger[level satisfies Level]({ time: new Date(at).toISOString(), ...rest }, message),
    close: stream.close,
  };
}

/** `sluice.log` is the newest file, `sluice.log.1` the one before it, and so on. */
function rotatingFile(options: LogFileOptions): { write(text: string): void; close(): void } {
  const { file, onFailure, maxBytes = MAX_BYTES, maxFiles = MAX_FILES } = options;
  let handle: number | null = null;
  let size = 0;
  let failed = false;

  function open(): number {
    const opened = openSync(file, 'a', 0o600);
    size = fstatSync(opened).size;
    return opened;
  }

  function rotate(): void {
    close();
    for (let number = maxFiles - 1; number >= 1; number--)
      moveAside(number === 1 ? file : `${file}.${number - 1}`, `${file}.${number}`);
  }

  function close(): void {
    if (handle !== null) closeSync(handle);
    handle = null;
  }

  return {
    write: (text) => {
      try {
        if (handle !== null && size + text.length > maxBytes) rotate();
        handle ??= open();
        size += writeSync(handle, text);
        failed = false;
      } catch (error) {
        if (!failed) onFailure(error as Error);
        failed = true;
      }
    },
    close,
  };
}

function moveAside(from: string, to: string): void {
  try {
    renameSync(from, to);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}
