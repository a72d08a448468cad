/** The terminal as the commands see it, so that they can be run without one. */

/** What a process says when it ends. The same in every command. */
export const EXIT = { well: 0, queryFailed: 1, usage: 2, noStack: 3, ownedByOther: 4, interrupted: 130 } as const;

export interface Terminal {
  /** One line of what was asked for. */
  readonly out: (line: string) => void;
  /** One line of what is told besides. */
  readonly err: (line: string) => void;
  /** Replaces the status line; empty takes it away. Does nothing without a terminal. */
  readonly status: (text: string) => void;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  /** Aborted by the first Ctrl-C; the second ends the process. */
  readonly interrupted: AbortSignal;
}

/** npm passes a Ctrl-C on to us that the terminal has sent us already: one press may come twice. */
const SAME_PRESS_MS = 800;

export function openTerminal(): Terminal {
  const { stdout, stderr } = process;
  let shown = '';
  const line = (stream: NodeJS.WriteStream) => (text: string) => {
    if (shown !== '') stderr.write('\r\u001b[2K');
    stream.write(`${text}\n`);
    if (shown !== '') stderr.write(shown);
  };
  const status = (text: string): void => {
    if (!stderr.isTTY) return;
    shown = text.slice(0, Math.max(0, (stderr.columns || 80) - 1));
    stderr.write(`\r\u001b[2K${shown}`);
  };
  // Who reads our output may leave early, as `head` does.
  stdout.on('error', () => process.exit(EXIT.well));
  return {
    out: line(stdout),
    err: line(stderr),
    status,
    env: process.env,
    cwd: process.cwd(),
    interrupted: onInterrupt(),
  };
}

function onInterrupt(): AbortSignal {
  const controller = new AbortController();
  let firstAt = 0;
  const press = (): void => {
    if (controller.signal.aborted && Date.now() - firstAt > SAME_PRESS_MS) process.exit(EXIT.interrupted);
    if (controller.signal.aborted) return;
    firstAt = Date.now();
    controller.abort();
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, press);
  return controller.signal;
}
