/** What is said about a lease that cannot be had, or that is lost. */
import { SluiceError } from '../errors.ts';
import type { LeaseView } from '../events.ts';

/** @param owner who holds the lease, null when it was given back in the same moment */
export function fenced(tried: string, owner: LeaseView | null): SluiceError {
  return new SluiceError('FENCED', {
    tried,
    seen: owner ? `it belongs to ${describe(owner)}` : 'another run was faster',
    expected: 'a checkpoint that nobody else writes to',
    action: owner?.engine === 'spark' ? STOP_SPARK : STOP_OWNER,
  });
}

const STOP_OWNER = 'Nothing is lost: the owner goes on from the last batch. Start here again once it has stopped.';
const STOP_SPARK =
  'Nothing is lost: Spark goes on from the last batch. Stop its program, then start here again. For alerts of a query that stays with Spark, set ALERT_ENGINE=spark.';

export function unreadable(bytes: Buffer, cause: unknown): SluiceError {
  return new SluiceError('CHECKPOINT_CORRUPT', {
    tried: 'Reading the lease beside the checkpoint',
    seen: bytes.toString('utf8').slice(0, 80),
    expected: 'who owns the checkpoint, as JSON',
    action: 'Make sure that nothing else uses this checkpoint, then delete its folder _sluice.',
    cause,
  });
}

const describe = ({ runId, host, pid, since, engine }: LeaseView): string =>
  `${engine === 'spark' ? 'Spark, ' : ''}process ${pid} on ${host} (run ${runId}) since ${new Date(since).toISOString()}`;
