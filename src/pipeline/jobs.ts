/** The composition root: settings in, everything that a query is made of out. */
import { openAlert } from './alert/alert.ts';
import { openBronzeSink } from './bronze/sink.ts';
import { runDrain } from './drain.ts';
import { finishClearing } from './checkpoint/clear.ts';
import { openCheckpointLog } from './checkpoint/log.ts';
import { systemClock } from './clock.ts';
import { isFenced } from './errors.ts';
import type { Emit, WorkerEvent } from './events.ts';
import type { JobSettings, SourceSettings } from './job-settings.ts';
import { takeBack, type Handover } from './handover/handover.ts';
import { fence, own, watchLease, type Owning } from './job-ownership.ts';
import { openJobStores } from './job-stores.ts';
import { checkSameSource, readSeen, writeSeen } from './ownership/identity.ts';
import { openLossDesk } from './loss-desk.ts';
import { LEASE_TIMES, mayStillWrite, type Lease } from './ownership/lease.ts';
import { openWitness } from './ownership/witness.ts';
import type { Log, Sink, Source } from './ports.ts';
import { openQuarantine } from './quarantine/store.ts';
import { runQuery } from './query.ts';
import { resume, type Position } from './resume.ts';
import { isRetryable, QUERY_RETRY, retrying } from './retry.ts';
import { openEmbeddedSource } from './source/embedded.ts';
import { describeLocation } from './store/location.ts';

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

/** The client for Kafka is loaded by the first source that needs it. */
export async function openSource(settings: SourceSettings, log: Log): Promise<Source> {
  if (settings.kind === 'embedded') return openEmbeddedSource(settings);
  const { openKafkaSource } = await import('./source/kafka.ts');
  return openKafkaSource(settings, log);
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
  const stores = await openJobStores(job, log);
  try {
    const running: Running = { job, emit, log, clock, stores, onRunning };
    await (job.query === 'alert' && job.alert?.engine === 'spark' ? runDrain : runWith)(running, signal);
  } finally {
    stores.close();
  }
}

interface Running extends Owning {
  readonly emit: Emit;
  readonly onRunning: (controls: JobControls) => void;
}

async function runWith(running: Running, signal: AbortSignal): Promise<void> {
  const { job, emit, log, stores } = running;
  const times = job.lease ?? LEASE_TIMES;
  const lease = await own(running, times, signal);
  const watch = watchLease(lease, times.renewalMs, signal, log);
  let queryId = '';
  const announce = (position: Position, controls: JobControls): void => {
    queryId = position.queryId;
    running.onRunning(controls);
    emit({ type: 'state', state: 'RUNNING', queryId, runId: job.owner.runId });
  };
  try {
    await fence(running, lease, watch.signal);
    if (await finishClearing(stores, lease.check))
      log('warn', 'Finished a clearing of the checkpoint that was cut short');
    await runOwned({ ...running, lease, announce }, watch.signal);
    watch.throwIfLost();
  } catch (error) {
    // Whatever failed after a take-over failed because of it: the person is told by whom.
    if (!(await lease.isMine().catch(() => true))) await lease.check();
    // A stop while a dependency is away is no failure: an open batch is settled by the next start.
    if (!signal.aborted || !isRetryable(error)) throw error;
    log('warn', `Stopped while waiting: ${(error as Error).message}`);
  } finally {
    watch.stop();
    await lease.release().catch((error: Error) => log('warn', error.message));
  }
  emit({ type: 'state', state: 'STOPPED', queryId, runId: job.owner.runId });
}

interface Owned extends Running {
  readonly lease: Lease;
  /** Tells that the query is RUNNING. */
  readonly announce: (position: Position, controls: JobControls) => void;
}

async function runOwned(owned: Owned, signal: AbortSignal): Promise<void> {
  const source = await openSource(owned.job.source, owned.log);
  const target = openTarget(owned);
  let handover: Handover | null = null;
  try {
    const settled = await settle(owned, source, target.sink, signal);
    handover = await takeBackFrom(owned, settled);
    owned.announce(settled.position, target.controls);
    target.start();
    await runBatches(owned, { source, sink: target.sink, ...settled }, signal).catch(async (error: unknown) => {
      if (!(await isLeftOver(error, owned.lease))) throw error;
      owned.log('warn', 'The run before has promised a batch after it was taken over: running that batch first');
      const again = await settle(owned, source, target.sink, signal);
      await runBatches(owned, { source, sink: target.sink, ...again }, signal);
    });
  } finally {
    await handover?.stop();
    await target.stop();
    await target.sink.close();
    await source.close();
  }
}

/** Only Bronze's table tells which batches another engine wrote. */
async function takeBackFrom(
  { job, log, lease, stores }: Owned,
  { position, clusterId }: Pick<Settled, 'position' | 'clusterId'>,
): Promise<Handover | null> {
  if (job.query !== 'bronze') return null;
  const parts = {
    queryId: position.queryId,
    clusterId,
    checkpoint: stores.checkpoint,
    log: openCheckpointLog(stores.checkpoint, lease.check),
    table: stores.table,
    shelf: stores.quarantine,
    quarantine: openQuarantine(stores.quarantine),
    tell: log,
    checkOwner: lease.check,
  };
  return takeBack(parts, () => openSource(job.source, log));
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
      await sink.check?.();
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
    checkpoint: openCheckpointLog(stores.checkpoint, lease.checkLately),
    lease,
    witness: openWitness(stores.checkpoint, { clusterId, topic: source.topic }, await readSeen(stores.checkpoint)),
    losses: openLossDesk({
      store: stores.checkpoint,
      failOnDataLoss: job.failOnDataLoss ?? true,
      clock,
      log,
      checkOwner: lease.check,
    }),
    clock,
    log,
    retry: QUERY_RETRY,
    runs: job.runs,
    triggerMs: job.triggerMs,
    maxOffsetsPerTrigger: job.maxOffsetsPerTrigger,
    emit: (progress: Extract<WorkerEvent, { type: 'progress' }>['progress']) => emit({ type: 'progress', progress }),
  };
  await runQuery(parts, position, signal);
}

function openTarget({ job, emit, log, clock, lease, stores }: Owned): Target {
  const quarantine = openQuarantine(stores.quarantine);
  if (job.query === 'bronze') {
    const checkOwner = (): Promise<void> => lease.check();
    const path = describeLocation(job.table);
    const sink = openBronzeSink({ store: stores.table, path, quarantine, clock, log, checkOwner });
    return { sink, start: () => undefined, stop: async () => undefined, controls: NO_ALERTS };
  }
  if (job.alert === null) throw new Error('Alert was started without its settings');
  const alert = openAlert({
    settings: job.alert,
    quarantine,
    log,
    clock,
    epoch: lease.epoch,
    ownsQuery: true,
    onDelivered: (sent) => emit({ type: 'delivered', sent }),
    onPaused: (error) => emit({ type: 'alerts-paused', error }),
    stillOwner: () => lease.isMine(),
  });
  return { ...alert, controls: { resumeAlerts: alert.resume, testAlert: alert.test } };
}

const NO_ALERTS: JobControls = { resumeAlerts: () => undefined, testAlert: async () => undefined };
