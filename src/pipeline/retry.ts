/** The one file that knows `cockatiel`: tries again what may succeed by itself, with full jitter, and then gives up. */
import { DelegateBackoff, handleWhen, retry as retryPolicy } from 'cockatiel';
import { SluiceError } from './errors.ts';
import type { Clock } from './ports.ts';

export interface RetryPolicy {
  /** Tries in all, the first included. */
  readonly tries: number;
  /** No new try begins later than this after the first, ms. */
  readonly totalMs: number;
  /** The first wait is random below this; each next bound is twice as high, ms. */
  readonly baseMs: number;
  readonly maxWaitMs: number;
}

/** What a query does about a dependency that is away: about two minutes, then it fails and its supervisor decides. */
export const QUERY_RETRY: RetryPolicy = { tries: 30, totalMs: 120_000, baseMs: 200, maxWaitMs: 10_000 };

export interface RetryOptions {
  readonly policy: RetryPolicy;
  readonly clock: Clock;
  /** Once aborted there are no more tries, and a wait ends at once. */
  readonly signal: AbortSignal;
  /** Called before each further try. */
  readonly onRetry: (error: SluiceError, attempt: number) => void;
}

/** Runs `work` until it succeeds; an error that is not retryable, and the last error, are thrown as they are. */
export async function retrying<T>(work: () => Promise<T>, options: RetryOptions): Promise<T> {
  const { policy, clock, signal } = options;
  const until = clock.now() + policy.totalMs;
  const mayPass = (error: Error): boolean => isRetryable(error) && clock.now() < until && !signal.aborted;
  const again = retryPolicy(handleWhen(mayPass), {
    maxAttempts: policy.tries - 1,
    backoff: new DelegateBackoff(() => 0),
  });
  again.onRetry((event) => {
    if ('error' in event) options.onRetry(event.error as SluiceError, event.attempt);
  });
  return again.execute(async ({ attempt }) => {
    if (attempt > 0) await clock.sleep(jitter(policy, attempt), signal);
    return work();
  });
}

export function isRetryable(error: unknown): boolean {
  return error instanceof SluiceError && error.retryable;
}

function jitter(policy: RetryPolicy, attempt: number): number {
  const bound = Math.min(policy.maxWaitMs, policy.baseMs * 2 ** (attempt - 1));
  return Math.random() * bound;
}
