/** Spares a server that is down: after some failures in a row nobody asks it, until one probe at a time succeeds. */

export interface Breaker {
  /** Whether a request may go now. When it may, `succeeded`, `failed` or `unclear` must follow. */
  tryEnter(now: number): boolean;
  succeeded(): void;
  /** The request tells nothing about the server. */
  unclear(): void;
  /** `waitMs`: how long the server itself asked to be left alone; null when it did not. */
  failed(now: number, waitMs: number | null): void;
}

export interface BreakerLimits {
  /** Failures in a row that open it. */
  readonly failures: number;
  /** How long it stays open before a probe, ms. */
  readonly probeEveryMs: number;
}

export function makeBreaker(limits: BreakerLimits): Breaker {
  let failures = 0;
  let open: { readonly since: number; readonly waitMs: number } | null = null;
  let probing = false;
  return {
    tryEnter: (now) => {
      if (open === null) return true;
      // A clock that was set back would make the wait longer than anybody asked for.
      const waits = now >= open.since && now < open.since + open.waitMs;
      if (probing || waits) return false;
      probing = true;
      return true;
    },
    succeeded: () => {
      failures = 0;
      open = null;
      probing = false;
    },
    unclear: () => void (probing = false),
    failed: (now, waitMs) => {
      failures += 1;
      probing = false;
      if (failures >= limits.failures || waitMs !== null) open = { since: now, waitMs: waitMs ?? limits.probeEveryMs };
    },
  };
}
