/** Trying a step of a query again, each time with a line in its log. */
import type { QueryParts } from './query-parts.ts';
import { retrying } from './retry.ts';

export function attempt<T>(
  { clock, log, retry: policy }: Pick<QueryParts, 'clock' | 'log' | 'retry'>,
  signal: AbortSignal,
  work: () => Promise<T>,
): Promise<T> {
  const onRetry = (error: Error, tries: number): void => log('warn', `${error.message} (try ${tries + 1})`);
  return retrying(work, { policy, clock, signal, onRetry });
}
