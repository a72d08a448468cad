/** Why a query is not commanded just now. */
import { SluiceError } from '../pipeline/errors.ts';
import type { QueryName } from '../pipeline/events.ts';
import { title } from './words.ts';

/** How long a query may take to finish its batch before what wants it stopped is refused. */
export const STOP_PATIENCE_MS = 20_000;

export function isBeingCleared(query: QueryName): SluiceError {
  return new SluiceError('NOT_ALLOWED_NOW', {
    tried: `Commanding ${title(query)}`,
    seen: 'its checkpoint is being cleared, or its dead letters are being replayed',
    expected: 'a query that is left alone until that is done',
    action: 'Try again in a moment.',
  });
}

export function isRunning(query: QueryName, state: string): SluiceError {
  return new SluiceError('NOT_ALLOWED_NOW', {
    tried: `Accepting a loss (${title(query)})`,
    seen: `the query is ${state}`,
    expected: 'a query that has failed with DATA_LOSS, or is stopped',
    action: 'There is nothing to accept while the query runs.',
  });
}

export function doesNotStop(query: QueryName, what: string): SluiceError {
  return new SluiceError('NOT_ALLOWED_NOW', {
    tried: `${what} (${title(query)})`,
    seen: `the query did not stop within ${STOP_PATIENCE_MS / 1_000} s`,
    expected: 'a stopped query',
    action: 'Nothing was changed. Stop the query, then try again.',
  });
}
