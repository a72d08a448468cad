/**
 * The half of Alert that a Spark cluster does not do: it runs the query, this console scores what waits and sends what is
 * due. No lease is taken; of several consoles the one whose turn it is sends (`alert/turn.ts`).
 */
import { openAlert } from './alert/alert.ts';
import { readQueryId } from './checkpoint/inspect.ts';
import type { Emit } from './events.ts';
import type { JobSettings } from './job-settings.ts';
import type { JobStores } from './job-stores.ts';
import { fenced } from './ownership/lease-errors.ts';
import { LEASE_TIMES, readLease } from './ownership/lease.ts';
import type { Clock, Log } from './ports.ts';
import { openQuarantine } from './quarantine/store.ts';
import type { JobControls } from './jobs.ts';

export interface DrainParts {
  readonly job: JobSettings;
  readonly emit: Emit;
  readonly log: Log;
  readonly clock: Clock;
  readonly stores: JobStores;
  readonly onRunning: (controls: JobControls) => void;
}

/** Drains until the signal aborts. Throws FENCED when a Sluice runs the query itself, which then sends as well. */
export async function runDrain(parts: DrainParts, signal: AbortSignal): Promise<void> {
  const { job, emit, log, clock, stores } = parts;
  if (job.alert === null) throw new Error('Alert was started without its settings');
  const ownedBySluice = async () => {
    const owner = await readLease(stores.checkpoint, clock);
    return owner && owner.engine !== 'spark' ? owner : null;
  };
  const owner = await ownedBySluice();
  if (owner) throw fenced('Sending the alerts of a Spark cluster', owner);
  const alert = openAlert({
    settings: job.alert,
    quarantine: openQuarantine(stores.quarantine),
    log,
    clock,
    // Never one of a lease, and never the one of another drain.
    epoch: -clock.now(),
    ownsQuery: false,
    onDelivered: (sent) => emit({ type: 'delivered', sent }),
    onPaused: (error) => emit({ type: 'alerts-paused', error }),
    stillOwner: async () => (await ownedBySluice()) === null,
  });
  const queryId = (await readQueryId(stores.checkpoint)) ?? '';
  const runId = job.owner.runId;
  try {
    parts.onRunning({ resumeAlerts: alert.resume, testAlert: alert.test });
    emit({ type: 'state', state: 'RUNNING', queryId, runId });
    log('info', 'A Spark cluster runs this query: scoring what waits and sending its alerts from here');
    alert.start();
    while (!signal.aborted) {
      await clock.sleep((job.lease ?? LEASE_TIMES).renewalMs, signal);
      const other = signal.aborted ? null : await ownedBySluice().catch(() => null);
      if (other) throw fenced('Sending the alerts of a Spark cluster', other);
    }
  } finally {
    await alert.stop();
    await alert.sink.close();
  }
  emit({ type: 'state', state: 'STOPPED', queryId, runId });
}
