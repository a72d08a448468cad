/** Starting again what died, with growing pauses. */
import { setTimeout as sleep } from 'node:timers/promises';

const FIRST_RETRY_MS = 250;
const LAST_RETRY_MS = 10_000;

/** Calls `start` until it succeeds or the signal aborts; every failure is told. */
export async function untilStarted(
  start: () => Promise<unknown>,
  signal: AbortSignal,
  onFailure: (error: unknown) => void,
): Promise<void> {
  for (let retry = 0; !signal.aborted; retry += 1) {
    try {
      await start();
      return;
    } catch (error) {
      onFailure(error);
      const wait = Math.min(FIRST_RETRY_MS * 2 ** retry, LAST_RETRY_MS);
      await sleep(wait, undefined, { signal }).catch(() => undefined);
    }
  }
}
