/** Where the queries write: the bucket, conditional writes, and both checkpoints. */
import { inspectCheckpoint } from '../../../pipeline/checkpoint/inspect.ts';
import { openCheckpointLog, type CheckpointState } from '../../../pipeline/checkpoint/log.ts';
import { systemClock } from '../../../pipeline/clock.ts';
import { SluiceError } from '../../../pipeline/errors.ts';
import type { CheckpointView, LeaseView, QueryName } from '../../../pipeline/events.ts';
import type { ObjectStore, Source } from '../../../pipeline/ports.ts';
import type { S3Settings } from '../../../pipeline/store/s3-settings.ts';
import { describeLocation } from '../../../pipeline/store/location.ts';
import { byHand, byUs, failed, passed, type Check } from '../check.ts';
import type { Instruments } from '../instruments.ts';
import type { Patient } from '../patient.ts';
import type { Finding } from '../report.ts';

const LOCAL = 'the lakehouse is a folder of this machine: a hard link is made once or not at all';

export function lakehouseChecks(patient: Patient): Check[] {
  const { table, checkpoints } = patient;
  const bucket = table.kind === 's3' ? { ...table, prefix: '' } : null;
  const skip = bucket ? null : LOCAL;
  const address = bucket ? `${bucket.bucket} at ${bucket.endpoint ?? 'Amazon S3'}` : describeLocation(table);
  return [
    {
      id: 'bucket',
      group: 'lakehouse',
      title: 'Bucket can be reached',
      looked: address,
      needs: [],
      skip,
      look: (tools) => lookAtBucket(tools, needed(bucket)),
      repair: (tools) => tools.createBucket(needed(bucket)),
    },
    {
      id: 'conditional-put',
      group: 'lakehouse',
      title: 'Of two writers one wins',
      looked: `two writes with If-None-Match: * below ${describeLocation(checkpoints.bronze)}, removed again`,
      needs: ['bucket'],
      skip,
      look: async (tools) =>
        lookAtConditions(tools, checkpoints.bronze.kind === 's3' ? checkpoints.bronze : needed(bucket)),
    },
    ...(['bronze', 'alert'] as const).map((query) => checkpointCheck(patient, query)),
  ];
}

async function lookAtBucket(tools: Instruments, settings: S3Settings): Promise<Finding> {
  const expected = 'a bucket that can be read and written';
  try {
    const store = await tools.s3(settings);
    await store.list('_sluice/doctor/');
    return passed(`${settings.bucket} answers`, expected);
  } catch (error) {
    if (!(error instanceof SluiceError) || !error.seen.includes('NoSuchBucket')) throw error;
    const will = [`Create the bucket ${settings.bucket} at ${settings.endpoint ?? 'Amazon S3'}`];
    return failed(
      `there is no bucket ${settings.bucket}`,
      expected,
      byUs('Table and checkpoints lie in it.', 'Create bucket', will, 'sluice setup bucket'),
    );
  }
}

async function lookAtConditions(tools: Instruments, settings: S3Settings): Promise<Finding> {
  const expected = 'the second of two writes refused (412)';
  try {
    await (await tools.s3(settings)).probeConditionalPut();
    return passed('conditional PUT honoured', expected);
  } catch (error) {
    if (!(error instanceof SluiceError)) throw error;
    return failed(error.seen, expected, byHand(error.action));
  }
}

function checkpointCheck(patient: Patient, query: QueryName): Check {
  const location = patient.checkpoints[query];
  return {
    id: `checkpoint-${query}`,
    group: 'lakehouse',
    title: `Checkpoint of ${query === 'bronze' ? 'Bronze' : 'Alert'} is ours and whole`,
    looked: describeLocation(location),
    needs: location.kind === 's3' ? ['bucket'] : [],
    skip: null,
    look: async (tools) => {
      const store = await tools.store(location);
      const view = await inspectCheckpoint(store, describeLocation(location), systemClock);
      if (view.owner && !patient.ownRuns.includes(view.owner.runId)) return ownedByOther(view.owner);
      if (!view.exists) return passed('none yet: the first start makes one', EXPECTED);
      const damage = await findDamage(store, query);
      if (damage) return damage;
      const seen = describe(view);
      const source = patient.servers ? await tools.source(patient.servers.source).catch(() => null) : null;
      return (source && (await findGap(store, source, query))) ?? passed(seen, EXPECTED);
    },
  };
}

function describe({ lastCommit, lastOffsets, inDoubt, owner }: CheckpointView): string {
  const at = lastCommit === null ? 'no batch committed yet' : `batch ${lastCommit} committed`;
  if (owner) return `${at}, in use by this console`;
  return inDoubt ? `${at}, ${lastOffsets} is run again at the next start` : at;
}

const EXPECTED = 'a checkpoint that can be read, that fits the topic, and that nobody else writes to';

function ownedByOther({ host, pid, since }: LeaseView): Finding {
  const seen = `process ${pid} on ${host} writes to it since ${new Date(since).toISOString()}`;
  return failed(seen, EXPECTED, byHand('Stop that one, or leave the query to it. Two owners are refused (FENCED).'));
}

async function findDamage(store: ObjectStore, query: QueryName): Promise<Finding | null> {
  const state = await openCheckpointLog(store).read();
  const files: readonly (readonly [
    string,
    CheckpointState['queryId' | 'initial' | 'newestOffsets' | 'newestCommit'],
  ])[] = [
    ['metadata', state.queryId],
    ['sources/0/0', state.initial],
    [`offsets/${state.offsetIds.at(-1)}`, state.newestOffsets],
    [`commits/${state.commitIds.at(-1)}`, state.newestCommit],
  ];
  for (const [name, file] of files) {
    if (file === null || file.ok) continue;
    const text =
      'Put the file back from a backup, or clear the checkpoint and go on from the table: nothing is lost then.';
    return failed(
      `${name} cannot be read: ${file.reason}`,
      EXPECTED,
      byHand(text, `sluice restart ${query} --clear-checkpoints`),
    );
  }
  return null;
}

/** A topic that begins behind the checkpoint has lost records; one that ends before it is another topic. */
async function findGap(store: ObjectStore, source: Source, query: QueryName): Promise<Finding | null> {
  const { newestOffsets, initial } = await openCheckpointLog(store).read();
  const entry = newestOffsets?.ok ? newestOffsets.value : null;
  const offsets = entry?.offsets ?? (initial?.ok ? initial.value.offsets : null);
  if (offsets === null) return null;
  const { start, end } = await source.bounds();
  for (const [partition, next] of offsets) {
    const last = end.get(partition);
    if (last === undefined || last < next) {
      const seen = `partition ${partition} of the topic ends at ${last ?? 'nothing'}, the checkpoint is at ${next}`;
      const text =
        'This is another topic than the one that was read. Point Sluice at the old one, or clear the checkpoint and say where to begin.';
      return failed(seen, EXPECTED, byHand(text, `sluice restart ${query} --clear-checkpoints --from earliest`));
    }
    const first = start.get(partition) ?? 0n;
    if (first > next) {
      const seen = `partition ${partition} begins at ${first}, the checkpoint is at ${next}: ${first - next} records were removed unread`;
      const text = 'The topic kept them too short. See what is lost, and accept exactly that.';
      return failed(seen, EXPECTED, byHand(text, `sluice accept-loss ${query}`));
    }
  }
  return null;
}

function needed(settings: S3Settings | null): S3Settings {
  if (settings === null) throw new Error('a bucket was looked at where there is none');
  return settings;
}
