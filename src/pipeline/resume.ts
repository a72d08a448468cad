/** The start of a query: a new checkpoint, or the last run's left-overs brought to a clean state. */
import { randomUUID } from 'node:crypto';
import { SluiceError } from './errors.ts';
import { SPARK_CONF, type OffsetsEntry } from './checkpoint/format.ts';
import type { CheckpointLog, CheckpointState } from './checkpoint/log.ts';
import { recover, type Decision } from './checkpoint/recovery.ts';
import type { ForeignBatches, Log, OffsetRange, Offsets, Sink, Source } from './ports.ts';
import { resolveStartingOffsets, type StartingOffsets } from './source/start.ts';

/** Where a query stands when it begins to plan. */
export interface Position {
  readonly queryId: string;
  readonly nextBatch: number;
  /** Next to read. */
  readonly offsets: Offsets;
  readonly conf: OffsetsEntry['conf'];
  readonly watermarkMs: number;
  /** A batch that was promised and not confirmed: to be run again first, with the same range and the same time. */
  readonly open: OpenBatch | null;
}

export interface OpenBatch {
  readonly id: number;
  readonly timestamp: number;
  readonly range: OffsetRange;
}

export interface ResumeParts {
  readonly checkpoint: CheckpointLog;
  readonly source: Source;
  readonly sink: Sink;
  readonly log: Log;
  readonly startingOffsets: StartingOffsets;
}

export async function resume(parts: ResumeParts): Promise<Position> {
  const state = await parts.checkpoint.read();
  const queryId = state.queryId?.ok ? state.queryId.value : null;
  const sinkBatch = queryId === null ? -1 : await parts.sink.lastBatch(queryId);
  const foreign = await askForeign(parts.sink, state, queryId, sinkBatch);
  const decision = recover({ checkpoint: state, sinkBatch, foreign });
  switch (decision.do) {
    case 'create':
      return begin(parts, randomUUID());
    case 'fail':
      throw cannotResume(decision);
    case 'resume':
      return actOn(parts, decision, state, queryId ?? '');
  }
}

/** A query without batches starts where `sources/0/0` says, and writes that before it is RUNNING. */
async function begin(parts: ResumeParts, queryId: string): Promise<Position> {
  const offsets = await resolveStartingOffsets(parts.source, parts.startingOffsets);
  await parts.checkpoint.create(queryId, { topic: parts.source.topic, offsets });
  return { queryId, nextBatch: 0, offsets, conf: SPARK_CONF, watermarkMs: 0, open: null };
}

async function actOn(
  parts: ResumeParts,
  decision: Extract<Decision, { do: 'resume' }>,
  state: CheckpointState,
  queryId: string,
): Promise<Position> {
  const { drop, confirm, rerun, next } = decision;
  checkTopic(parts.source.topic, state);
  if (drop !== null) {
    parts.log('warn', `Batch ${drop}: offsets/${drop} was cut while being written and promised nothing; planned again`);
    await parts.checkpoint.drop(drop);
  }
  for (const batch of confirm) {
    parts.log('info', `Batch ${batch}: already written by an earlier run, confirmed now`, batch);
    await parts.checkpoint.confirm(batch);
  }
  if (next === 0 && state.initial === null) return begin(parts, queryId);
  if (next === 0)
    return { queryId, nextBatch: 0, offsets: startOf(state), conf: SPARK_CONF, watermarkMs: 0, open: null };
  const last = await parts.checkpoint.offsets(next - 1);
  const open = rerun === null ? null : await openBatch(parts.checkpoint, rerun, last, state);
  const { conf, watermarkMs } = last;
  return { queryId, nextBatch: next, offsets: last.offsets, conf, watermarkMs, open };
}

async function openBatch(
  checkpoint: CheckpointLog,
  id: number,
  entry: OffsetsEntry,
  state: CheckpointState,
): Promise<OpenBatch> {
  const start = id === 0 ? startOf(state) : (await checkpoint.offsets(id - 1)).offsets;
  checkForwards(id, start, entry.offsets);
  return { id, timestamp: entry.timestamp, range: { start, end: entry.offsets } };
}

/** A promise that ends before it begins belongs to another history of this checkpoint. */
function checkForwards(id: number, start: Offsets, end: Offsets): void {
  const backwards = [...start].find(([partition, from]) => (end.get(partition) ?? from) < from);
  if (!backwards) return;
  const [partition, from] = backwards;
  throw new SluiceError('CHECKPOINT_CORRUPT', {
    tried: `Reading offsets/${id} of the checkpoint`,
    seen: `partition ${partition} ends at ${end.get(partition)}, where the batch before ended at ${from}`,
    expected: 'offsets that rise from batch to batch',
    action: 'Clear the checkpoint and continue from the table.',
  });
}

/** Only a sink behind an open or a committed batch can hold batches without a mark; one that cannot tell is believed. */
async function askForeign(
  sink: Sink,
  state: CheckpointState,
  queryId: string | null,
  sinkBatch: number,
): Promise<ForeignBatches> {
  const newest = state.offsetIds.at(-1) ?? -1;
  const silent = { later: sinkBatch === -1 ? Infinity : 0, holdsOpenBatch: false };
  if (!sink.foreign || queryId === null || sinkBatch >= newest) return silent;
  const isOpen = newest > (state.commitIds.at(-1) ?? -1) && state.newestOffsets?.ok;
  return sink.foreign(queryId, isOpen && state.newestOffsets?.ok ? state.newestOffsets.value.timestamp : null);
}

function startOf(state: CheckpointState): Offsets {
  return state.initial?.ok ? state.initial.value.offsets : new Map();
}

function checkTopic(topic: string, state: CheckpointState): void {
  const known = [state.initial, state.previousOffsets, state.newestOffsets].find((each) => each?.ok);
  if (!known?.ok || known.value.topic === topic) return;
  throw new SluiceError('SOURCE_CHANGED', {
    tried: 'Comparing the topic with the one in the checkpoint',
    seen: `the checkpoint belongs to the topic ${known.value.topic}`,
    expected: `the topic ${topic}`,
    action: 'Give this topic a checkpoint folder of its own.',
  });
}

function cannotResume({ code, seen, expected }: Extract<Decision, { do: 'fail' }>): SluiceError {
  const action =
    code === 'TABLE_BEHIND'
      ? 'Put the right table back, or clear the checkpoint and continue from the table.'
      : 'Clear the checkpoint and continue from the table.';
  return new SluiceError(code, { tried: 'Starting from the checkpoint', seen, expected, action });
}
