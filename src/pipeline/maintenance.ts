/**
 * Looking after the Bronze table beside its query. Who changes the table does so as the owner of its checkpoint: under the
 * lease of the run of this very process, or under one of its own while nobody runs the query.
 */
import { randomUUID } from 'node:crypto';
import { systemClock } from './clock.ts';
import { readHealth } from './delta/maintain/health.ts';
import { readHistory } from './delta/maintain/history.ts';
import { optimize } from './delta/maintain/optimize.ts';
import { BY_HAND, BY_SCHEDULE } from './delta/maintain/plan.ts';
import { vacuum } from './delta/maintain/vacuum.ts';
import { openTable } from './delta/snapshot.ts';
import { assertNever } from './errors.ts';
import type { JobSettings, MaintenanceTask } from './job-settings.ts';
import type { JobStores } from './job-stores.ts';
import { fenced } from './ownership/lease-errors.ts';
import { LEASE_TIMES, readLease, takeLease } from './ownership/lease.ts';
import { describeLocation } from './store/location.ts';

export async function maintain(job: JobSettings, stores: JobStores, task: MaintenanceTask): Promise<unknown> {
  const { table: store } = stores;
  const now = (): number => systemClock.now();
  const parts = { store, table: openTable(store), now, uuid: randomUUID, signal: new AbortController().signal };
  switch (task.do) {
    case 'health':
      return readHealth({ ...parts, path: describeLocation(job.table) });
    case 'history':
      return readHistory(store, task.limit);
    case 'optimize': {
      const rules = task.bySchedule ? BY_SCHEDULE : BY_HAND;
      const live = { ...parts, table: openTable(store, { tombstones: false }) };
      return owning(job, stores, task.dryRun, (checkOwner) => optimize({ ...live, checkOwner }, rules, task.dryRun));
    }
    case 'vacuum':
      return owning(job, stores, task.dryRun, (checkOwner) => vacuum({ ...parts, checkOwner }, task.dryRun));
    default:
      return assertNever(task);
  }
}

/** Throws FENCED, naming the owner, when somebody else owns the checkpoint or takes it over meanwhile. */
async function owning<T>(
  job: JobSettings,
  { checkpoint, probe }: JobStores,
  dryRun: boolean,
  work: (checkOwner: () => Promise<void>) => Promise<T>,
): Promise<T> {
  if (dryRun) return work(async () => undefined);
  const current = await readLease(checkpoint, systemClock);
  if (current && current.host === job.owner.host && current.pid === job.owner.pid) {
    return work(async () => {
      const owner = await readLease(checkpoint, systemClock);
      if (owner?.epoch !== current.epoch) throw fenced('Looking after the table', null);
    });
  }
  await probe();
  const lease = await takeLease({ store: checkpoint, owner: job.owner, clock: systemClock, replaceOwn: false });
  const renewal = setInterval(() => void lease.renew().catch(() => undefined), LEASE_TIMES.renewalMs);
  try {
    return await work(lease.check);
  } finally {
    clearInterval(renewal);
    await lease.release();
  }
}
