/** A query as the owner of its checkpoint: how it becomes the owner, notices that it is none any more, and keeps the one before out. */
import { fenceTable } from './bronze/fence.ts';
import { isFenced } from './errors.ts';
import type { JobSettings } from './job-settings.ts';
import type { JobStores } from './job-stores.ts';
import { mayStillWrite, takeLease, type Lease, type LeaseTimes } from './ownership/lease.ts';
import type { Clock, Log } from './ports.ts';
import { QUERY_RETRY, retrying } from './retry.ts';
import { isRemote } from './store/location.ts';

export interface Owning {
  readonly job: JobSettings;
  readonly log: Log;
  readonly clock: Clock;
  readonly stores: JobStores;
}

/** Nothing is written before it is known that the conditions of a write hold there. */
export function own({ job, log, clock, stores }: Owning, times: LeaseTimes, signal: AbortSignal): Promise<Lease> {
  const onRetry = (error: Error): void => log('warn', `${error.message} (trying again)`);
  return retrying(
    async () => {
      await stores.probe();
      return takeLease({ store: stores.checkpoint, owner: job.owner, clock, replaceOwn: true, times, signal });
    },
    { policy: QUERY_RETRY, clock, signal, onRetry },
  );
}

/** Renews the lease, and ends a query that has lost it: also one that has nothing to write would go on for ever. */
export function watchLease(lease: Lease, renewalMs: number, signal: AbortSignal, log: Log) {
  const stopping = new AbortController();
  const stop = (): void => stopping.abort();
  let lost: Error | null = null;
  signal.addEventListener('abort', stop, { once: true });
  if (signal.aborted) stop();
  const renewal = setInterval(() => {
    lease
      .renew()
      .then(lease.check)
      .catch((error: Error) => {
        if (!isFenced(error)) return log('warn', error.message);
        lost = error;
        stop();
      });
  }, renewalMs);
  return {
    signal: stopping.signal,
    throwIfLost: () => {
      if (lost) throw lost;
    },
    stop: () => {
      clearInterval(renewal);
      signal.removeEventListener('abort', stop);
    },
  };
}

/** From here on nothing counts in the table that the owner before, when it has not ended, still writes. */
export async function fence({ job, clock, log, stores }: Owning, lease: Lease, signal: AbortSignal): Promise<void> {
  if (job.query !== 'bronze' || !mayStillWrite(lease, isRemote(job.table))) return;
  const onRetry = (error: Error): void => log('warn', `${error.message} (trying again)`);
  const version = await retrying(() => fenceTable(stores.table, clock, lease, job.owner.runId), {
    policy: QUERY_RETRY,
    clock,
    signal,
    onRetry,
  });
  log('warn', `Took over from a run that did not end; version ${version} of the table is the mark`);
}
