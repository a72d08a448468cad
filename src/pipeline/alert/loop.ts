/** Work that goes on in the background: a step, a wait, the next step, until it is stopped. */
import { SluiceError } from '../errors.ts';
import type { Clock, Log } from '../ports.ts';

/** ms to wait before the next step, or `pause`: no further step until the next start of the query. */
export type Next = number | 'pause';

export interface Loop {
  start(): void;
  /** Ends the present wait, or skips the next one. */
  wake(): void;
  /** Resolves when the step in flight is done. Calling it again is fine. */
  stop(): Promise<void>;
}

const FIRST_RETRY_MS = 1_000;
const LONGEST_RETRY_MS = 30_000;

/** `step` gets a signal that aborts when the loop is stopped, to end waits of its own. */
export function makeLoop(name: string, step: (signal: AbortSignal) => Promise<Next>, clock: Clock, log: Log): Loop {
  const stopping = new AbortController();
  let waiting = new AbortController();
  let woken = false;
  let running: Promise<void> | null = null;

  const run = async (): Promise<void> => {
    let failures = 0;
    while (!stopping.signal.aborted) {
      woken = false;
      const next = await step(stopping.signal).then(succeeded, failed);
      if (next === 'pause') return;
      if (!woken && !stopping.signal.aborted) await clock.sleep(next, waiting.signal);
      waiting = new AbortController();
    }

    function succeeded(next: Next): Next {
      failures = 0;
      return next;
    }
    function failed(error: unknown): Next {
      const passes = !(error instanceof SluiceError) || error.retryable;
      log(passes ? 'warn' : 'error', `${name}: ${error instanceof Error ? error.message : String(error)}`);
      return passes ? Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** failures++) : 'pause';
    }
  };
  const wake = (): void => {
    woken = true;
    waiting.abort();
  };
  return {
    start: () => void (running ??= run()),
    wake,
    stop: async () => {
      stopping.abort();
      wake();
      await running;
    },
  };
}
