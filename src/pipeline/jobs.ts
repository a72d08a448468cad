/** The composition root: settings in, everything that a query is made of out. */
import path from 'node:path';
import { openAlert } from './alert/alert.ts';
import { openBronzeSink } from './bronze/sink.ts';
import { fenceTable } from './bronze/fence.ts';
import { finishClearing, type ClearStores } from './checkpoint/clear.ts';
import { openCheckpointLog } from './checkpoint/log.ts';
import { systemClock } from './clock.ts';
import { isFenced } from './errors.ts';
import type { WorkerEvent } from './events.ts';
import type { JobSettings, SourceSettings } from './job-settings.ts';
import { checkSameSource, readSeen, writeSeen } from './ownership/identity.ts';
import { LEASE_TIMES, mayStillWrite, takeLease, type Lease } from './ownership/lease.ts';
import { openWitness } from './ownership/witness.ts';
import type { Clock, Log, Sink, Source } from './ports.ts';
import { openQuarantine } from './quarantine/store.ts';
import { runQuery } from './query.ts';
import { resume, type Position } from './resume.ts';
import { isRetryable, QUERY_RETRY, retrying } from './retry.ts';
import { openEmbeddedSource } from './source/embedded.ts';
import { openLocalStore } from './store/local.ts';
import { isRemote } from './store/s3-settings.ts';

type Emit = (event: WorkerEvent) => void;

/** A sink with what runs beside its batches. */
interface Target {
  readonly sink: Sink;
  start(): void;
  stop(): Promise<void>;
  readonly controls: JobControls;
}

/** What a running query can be asked to do beside its batches. */
export interface JobControls {
  resumeAlerts(): void;
  /** Rejects with the reason when the message was not accepted. */
  testAlert(): Promise<void>;
}

export function openSource(settings: SourceSettings): Source {
  return openEmbeddedSource(settings);
}

export function openClearStores(job: JobSettings): ClearStores {
  return { checkpoint: openLocalStore(job.checkpoint), parent: openLocalStore(path.dirname(job.checkpoint)) };
}

/** Runs one query until the signal aborts, as the owner of its checkpoint. Throws what made it fail. */
export async function runJob(
  job: JobSettings,
  emit: Emit,
  signal: AbortSignal,
  onRunning: (controls: JobControls) => void = () => undefined,
): Promise<void> {
  const clock = systemClock;
  const log: Log = (level, message, batchId) => {
    const line = { at: clock.now(), level, source: job.query, message, ...(batchId === undefined ? {} : { batchId }) };
    emit({ type: 'log', line });
  };
  const stores = openClearStores(job);
  const times = job.lease ?? LEASE_TIMES;
  const lease = await takeLease({ store: stores.checkpoint, owner: job.owner, clock, replaceOwn: true, times, signal });
  const renewal = setInterval(
    () => void lease.renew().catch((error: Error) => log('warn', error.message)),
    times.renewalMs,
  );
  let queryId = '';
  const announce = (position: Position, controls: JobControls): void => {
    queryId = position.queryId;
    onRunning(controls);
    emit({ type: 'state', state: 'RUNNING', queryId, runId: job.owner.runId });
  };
  try {
    await fence(job, lease, clock, log, signal);
    if (await finishClearing(stores, lease.check))
      log('warn', 'Finished a clearing of the checkpoint that was cut short');
    await runOwned({ job, emit, log, clock, lease, stores, announce }, signal);
  } catch (error) {
    // A stop while a dependency is away is no failure: an open batch is settled by the next start.
    if (!signal.aborted || !isRetryable(error)) throw error;
    log('warn', `Stopped while waiting: ${(error as Error).message}`);
  } finally {
    clearInterval(renewal);
    await lease.release().catch((error: Error) => log('warn', error.message));
  }
  emit({ type: 'state', state: 'STOPPED', queryId, runId: job.owner.runId });
}

/** From here on nothing counts in the table that the owner before, when it has not ended, still writes. */
async function fence(job: JobSettings, lease: Lease, clock: Clock, log: Log, signal: AbortSignal): Promise<void> {
  if (job.query !== 'bronze' || !mayStillWrite(lease, isRemote(job.table))) return;
  const onRetry = (error: Error): void => log('warn', `${error.message} (trying again)`);
  const version = await retrying(() => fenceTable(openLocalStore(job.table), clock, lease, job.owner.runId), {
    policy: QUERY_RETRY,
    clock,
    signal,
    onRetry,
  });
  log('warn', `Took over from a run that did not end; version ${version} of the table is the mark`);
}

interface Owned {
  readonly job: JobSettings;
  readonly emit: Emit;
  readonly log: Log;
  readonly clock: Clock;
  readonly lease: Lease;
  readonly stores: ClearStores;
  /** Tells that the query is RUNNING. */
  readonly announce: (position: Position, controls: JobControls) => void;
}

async function runOwned(owned: Owned, signal: AbortSignal): Promise<void> {
  const source = openSource(owned.job.source);
  const target = openTarget(owned);
  try {
    const settled = await settle(owned, source, target.sink, signal);
    owned.announce(settled.position, target.controls);
    target.start();
    await runBatches(owned, { source, sink: target.sink, ...settled }, signal).catch(async (error: unknown) => {
      if (!(await isLeftOver(error, owned.lease))) throw error;
      owned.log('warn', 'The run before has promised a batch after it was taken over: running that batch first');
      const again = await settle(owned, source, target.sink, signal);
      await runBatches(owned, { source, sink: target.sink, ...again }, signal);
    });
  } finally {
    await target.stop();
    await target.sink.close();
    await source.close();
  }
}

/** Another promise for a batch of our own can only come from the run before, if that may have had one under way. */
async function isLeftOver(error: unknown, lease: Lease): Promise<boolean> {
  return isFenced(error) && mayStillWrite(lease, true) && (await lease.isMine());
}

/** Brings the left-overs of the last run in order, and makes sure that the topic is still the same. */
async function settle({ job, log, clock, lease, stores }: Owned, source: Source, sink: Sink, signal: AbortSignal) {
  const onRetry = (error: Error): void => log('warn', `${error.message} (trying again)`);
  return retrying(
    async () => {
      const clusterId = await source.clusterId();
      const seen = await readSeen(stores.checkpoint);
      const checkpoint = openCheckpointLog(stores.checkpoint, lease.check);
      const position = await resume({ checkpoint, source, sink, log, startingOffsets: job.startingOffsets });
      if (seen) await checkSameSource(seen, source, position.offsets);
      else await writeSeen(stores.checkpoint, { clusterId, topic: source.topic, partitions: {} });
      return { position, clusterId };
    },
    { policy: QUERY_RETRY, clock, signal, onRetry },
  );
}

interface Settled {
  readonly source: Source;
  readonly sink: Sink;
  readonly clusterId: string;
  readonly position: Position;
}

async function runBatches({ job, emit, log, clock, lease, stores }: Owned, settled: Settled, signal: AbortSignal) {
  const { source, sink, clusterId, position } = settled;
  const parts = {
    name: job.query,
    runId: job.owner.runId,
    clusterId,
    source,
    sink,
    checkpoint: openCheckpointLog(stores.checkpoint, lease.check),
    lease,
    witness: openWitness(stores.checkpoint, { clusterId, topic: source.topic }, await readSeen(stores.checkpoint)),
    clock,
    log,
    retry: QUERY_RETRY,
    triggerMs: job.triggerMs,
    maxOffsetsPerTrigger: job.maxOffsetsPerTrigger,
    emit: (progress: Extract<WorkerEvent, { type: 'progress' }>['progress']) => emit({ type: 'progress', progress }),
  };
  await runQuery(parts, position, signal);
}

function openTarget({ job, emit, log, clock, lease }: Owned): Target {
  const quarantine = openQuarantine(openLocalStore(job.quarantine));
  if (job.query === 'bronze') {
    const store = openLocalStore(job.table);
    const checkOwner = (): Promise<void> => lease.check();
    const sink = openBronzeSink({ store, path: job.table, quarantine, clock, log, checkOwner });
    return { sink, start: () => undefined, stop: async () => undefined, controls: NO_ALERTS };
  }
  const alert = openAlert({
    settings: job.alert,
    quarantine,
    log,
    clock,
    epoch: lease.epoch,
    onDelivered: (sent) => emit({ type: 'delivered', sent }),
    onPaused: (error) => emit({ type: 'alerts-paused', error }),
    stillOwner: () => lease.isMine(),
  });
  return { ...alert, controls: { resumeAlerts: alert.resume, testAlert: alert.test } };
}

const NO_ALERTS: JobControls = { resumeAlerts: () => undefined, testAlert: async () => undefined };
