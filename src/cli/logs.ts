import type { ConsoleApi, LogEntry } from '../console/contract.ts';
import { formatLogLine } from '../pipeline/events.ts';
import { withConsole } from './remote.ts';
import { EXIT, type Terminal } from './terminal.ts';

export interface LogsOptions {
  readonly follow: boolean;
  readonly grep: string | undefined;
  readonly lines: number;
  readonly json: boolean;
}

const PAGE = 1_000;

/** `sluice logs`: the newest lines, and with `-f` those to come until Ctrl-C or the end of the console. */
export function logs(terminal: Terminal, { follow, grep, lines, json }: LogsOptions): Promise<number> {
  return withConsole(terminal, async (console) => {
    const print = (entry: LogEntry): void => terminal.out(json ? JSON.stringify(entry) : formatLogLine(entry));
    const filter = grep === undefined ? {} : { grep };
    const first = await console.call('logs.read', { ...filter, limit: lines });
    first.lines.forEach(print);
    if (!follow) return EXIT.well;
    const stop = followLogs(console, first.last, filter, print);
    await Promise.race([console.closed, aborted(terminal.interrupted)]);
    stop();
    return EXIT.well;
  });
}

/** Prints every line after `last` as it comes. What is pushed is only the sign to read on, so that no line is missed. */
export function followLogs(
  console: ConsoleApi,
  last: number,
  filter: { readonly grep?: string },
  print: (entry: LogEntry) => void,
): () => void {
  let reading = Promise.resolve();
  const readOn = async (): Promise<void> => {
    for (;;) {
      const page = await console.call('logs.read', { ...filter, after: last, limit: PAGE });
      page.lines.forEach(print);
      last = page.last;
      if (page.lines.length < PAGE) return;
    }
  };
  // A console that ends meanwhile has nothing more to tell.
  const goOn = (): void => void (reading = reading.then(readOn).catch(() => undefined));
  const stop = console.subscribe((event) => {
    if (event.type === 'logs') goOn();
  });
  // Lines that came before the subscription gave no sign.
  goOn();
  return stop;
}

export function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}
