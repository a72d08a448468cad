/** `sluice run --headless`: the console in this process, until Ctrl-C or the end of `--duration`. */
import { createConsole, type Console, type RunSummary, type SettingValues } from '../console/console.ts';
import { formatLogLine } from '../pipeline/events.ts';
import { duration } from '../console/words.ts';
import type { Installation } from './installation.ts';
import { aborted, followLogs } from './logs.ts';
import { showStatusLine } from './status-line.ts';
import { startFailure, tellError } from './errors.ts';
import { summaryLines } from './summary-lines.ts';
import { EXIT, type Terminal } from './terminal.ts';

export interface RunOptions {
  readonly durationMs: number | null;
  readonly json: boolean;
  readonly settings: SettingValues;
}

/** How long both queries get to read what the producer has sent, and Slack to take it. */
const DRAIN_MS = 45_000;

export async function run(terminal: Terminal, installation: Installation, options: RunOptions): Promise<number> {
  const { settings, json } = options;
  const runtime = `Node ${process.versions.node}`;
  const console = createConsole({
    ...installation,
    runtime,
    fallback: false,
    settings,
    env: terminal.env,
    cwd: terminal.cwd,
  });
  const print = json ? terminal.err : terminal.out;
  followLogs(console, 0, {}, (entry) => print(formatLogLine(entry)));
  const started = await start(terminal, console);
  const code = started === null ? await runStarted(terminal, console, options) : started;
  terminal.status('');
  await console.stop();
  return code;
}

/** Null when the stack is up, else the exit code. */
async function start(terminal: Terminal, console: Console): Promise<number | null> {
  try {
    const interrupted = aborted(terminal.interrupted).then(() => EXIT.interrupted);
    return await Promise.race([console.start().then(() => null), interrupted]);
  } catch (error) {
    tellError(terminal, error);
    return startFailure(error);
  }
}

async function runStarted(terminal: Terminal, console: Console, options: RunOptions): Promise<number> {
  const hideStatus = showStatusLine(terminal, console, options.durationMs);
  const interrupted = aborted(terminal.interrupted);
  try {
    await Promise.race([console.waitUntilRunning(), interrupted]);
    const since = Date.now();
    await Promise.race([sleep(options.durationMs), interrupted]);
    const seconds = (Date.now() - since) / 1_000;
    if (!terminal.interrupted.aborted && !(await console.drain(DRAIN_MS)))
      terminal.err(`Not all was read and delivered within ${duration(DRAIN_MS)}; it waits for the next start.`);
    const failed = await hasFailed(console);
    await console.stopQueries();
    tellSummary(terminal, await console.summary(seconds), options.json);
    return failed ? EXIT.queryFailed : EXIT.well;
  } catch (error) {
    tellError(terminal, error);
    return EXIT.queryFailed;
  } finally {
    hideStatus();
  }
}

async function hasFailed(console: Console): Promise<boolean> {
  const { queries } = await console.call('snapshot', {});
  return Object.values(queries).some(({ state }) => state === 'FAILED');
}

function tellSummary(terminal: Terminal, summary: RunSummary, json: boolean): void {
  terminal.status('');
  if (json) terminal.out(JSON.stringify(summary));
  else summaryLines(summary).forEach(terminal.out);
}

/** Null sleeps for ever. The timer may not hold the process after Ctrl-C. */
function sleep(ms: number | null): Promise<void> {
  return new Promise((resolve) => ms !== null && setTimeout(resolve, ms).unref());
}
