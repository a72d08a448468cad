/** Looks at a checkpoint and a table of Spark's without writing anything: what Sluice would do with them, and what is strange. */
import { findForeign } from '../bronze/foreign.ts';
import type { OffsetsEntry } from '../checkpoint/format.ts';
import { inspectCheckpoint } from '../checkpoint/inspect.ts';
import { openCheckpointLog, type CheckpointLog, type CheckpointState } from '../checkpoint/log.ts';
import { recover, type Decision } from '../checkpoint/recovery.ts';
import { openTable } from '../delta/snapshot.ts';
import { toErrorView } from '../errors.ts';
import type { CheckpointView, LeaseView, PartitionLag, QueryName } from '../events.ts';
import { readLag } from '../lag.ts';
import { toOffsetMap } from '../offsets.ts';
import { readOwner, type Claim } from '../ownership/lease.ts';
import type { Clock, ForeignBatches, ObjectStore, Source } from '../ports.ts';
import { foreseeAudit } from './audit.ts';
import type { NextBatch, ReadAgain, TableSide, TakeOverView, WriterView } from './take-over-view.ts';

export interface TakeOverParts {
  readonly query: QueryName;
  readonly checkpoint: { readonly store: ObjectStore; readonly path: string };
  readonly table: { readonly store: ObjectStore; readonly path: string } | null;
  /** Opened for a topic; null where no broker is known. Rejects when none answers. */
  readonly source: ((topic: string) => Promise<Source>) | null;
  readonly clock: Clock;
}

const FRESH_MS = 120_000;

export async function inspectTakeOver(parts: TakeOverParts): Promise<TakeOverView> {
  const { query, checkpoint, clock } = parts;
  const findings: string[] = [];
  const told = <T>(work: Promise<T>): Promise<T | null> =>
    work.catch((error: unknown) => {
      findings.push(`${toErrorView(error).message}.`);
      return null;
    });
  const view = await inspectCheckpoint(checkpoint.store, checkpoint.path, clock);
  const log = openCheckpointLog(checkpoint.store);
  const state = await told(log.read());
  const entry = state?.newestOffsets?.ok ? state.newestOffsets.value : null;
  const topic = entry?.topic ?? (state?.initial?.ok ? state.initial.value.topic : null);
  const table = state && (await told(lookAtTable(parts, state)));
  const decision = state && decide(state, table);
  const next = state && decision?.do === 'resume' ? await told(nextOf(state, decision, log.offsets)) : null;
  const lag = next && topic !== null && parts.source ? await told(lookAtTopic(parts.source, topic, next)) : null;
  const writer = judgeWriter(view, await told(readOwner(checkpoint.store)), lag, clock.now());
  const readAgain = table && lag ? await told(lookBack(parts, view.queryId ?? '', log, lag)) : null;
  findings.push(...strange({ query, view, state, decision, table: table?.side ?? null, lag, entry, now: clock.now() }));
  return {
    query,
    checkpoint: view,
    topic,
    engine: entry && engineOf(entry),
    writer,
    table: table?.side ?? null,
    decision,
    next,
    lag,
    readAgain,
    findings,
    wayBack: wayBack(query, table?.side ?? null),
  };
}

interface LookedAt {
  readonly side: TableSide;
  readonly foreign: ForeignBatches;
}

async function lookAtTable({ table }: TakeOverParts, state: CheckpointState): Promise<LookedAt | null> {
  if (table === null) return null;
  const snapshot = await openTable(table.store).refresh();
  const queryId = state.queryId?.ok ? state.queryId.value : '';
  const txn = snapshot.txns.get(queryId) ?? null;
  const open = isOpen(state) && state.newestOffsets?.ok ? state.newestOffsets.value.timestamp : null;
  const foreign = await findForeign(table.store, snapshot, queryId, open);
  const { version, lastCommitAt } = snapshot;
  return { side: { path: table.path, version, txn, lastCommitAt, unmarkedCommits: foreign.later }, foreign };
}

/** Without a look at the table the checkpoint alone is believed, as for the replaced job of Alert. */
function decide(state: CheckpointState, table: LookedAt | null): Decision {
  const foreign = table?.foreign ?? { later: Infinity, holdsOpenBatch: false };
  return recover({ checkpoint: state, sinkBatch: table?.side.txn ?? -1, foreign });
}

async function nextOf(
  state: CheckpointState,
  { rerun, next }: Extract<Decision, { do: 'resume' }>,
  read: (batch: number) => Promise<OffsetsEntry>,
): Promise<NextBatch> {
  const batch = rerun ?? next;
  const initial = state.initial?.ok ? state.initial.value.offsets : new Map<number, bigint>();
  const start = batch === 0 ? initial : (await read(batch - 1)).offsets;
  const end = rerun === null ? null : (await read(rerun)).offsets;
  return { batch, again: rerun !== null, start: toOffsetMap(start), end: end && toOffsetMap(end) };
}

async function lookAtTopic(
  open: NonNullable<TakeOverParts['source']>,
  topic: string,
  { start }: NextBatch,
): Promise<readonly PartitionLag[]> {
  const source = await open(topic);
  try {
    const from = new Map(Object.entries(start).map(([partition, offset]) => [Number(partition), BigInt(offset)]));
    return await readLag(source, from);
  } finally {
    await source.close();
  }
}

/** Only Bronze's table tells which batches another engine wrote. */
async function lookBack(
  { query, checkpoint, table }: TakeOverParts,
  queryId: string,
  log: CheckpointLog,
  lag: readonly PartitionLag[],
): Promise<ReadAgain | null> {
  if (query !== 'bronze' || table === null) return null;
  const logStart = new Map(lag.map((each) => [each.partition, BigInt(each.logStart)]));
  return foreseeAudit({ queryId, checkpoint: checkpoint.store, log, table: table.store }, logStart);
}

function judgeWriter(
  view: CheckpointView,
  last: Claim | null,
  lag: readonly PartitionLag[] | null,
  now: number,
): WriterView {
  const { owner, newestAt } = view;
  if (owner) return { verdict: 'lives', why: `The lease is held by ${who(owner)}.` };
  if (newestAt === null) return { verdict: 'gone', why: 'There is nothing here yet.' };
  // Whoever holds a lease writes nothing after it was given back; a job without one leaves younger files.
  if (last?.released && newestAt <= last.renewedAt)
    return { verdict: 'gone', why: `The lease was given back ${span(now - last.renewedAt)} ago by ${who(last)}.` };
  const age = now - newestAt;
  if (age < FRESH_MS) return { verdict: 'lives', why: `Its newest file was written ${span(age)} ago.` };
  const waiting = (lag ?? []).reduce((sum, each) => sum + each.lag, 0);
  if (waiting > 0)
    return { verdict: 'gone', why: `${waiting} records wait, and nothing was written for ${span(age)}.` };
  const why = `Nothing was written for ${span(age)}, and a Spark that has nothing to read writes nothing.`;
  return { verdict: 'perhaps', why };
}

function who({ engine, pid, host }: LeaseView): string {
  return `${engine === 'spark' ? 'a Spark program' : 'a Sluice'}, process ${pid} on ${host}`;
}

interface Seen {
  readonly query: QueryName;
  readonly view: CheckpointView;
  readonly state: CheckpointState | null;
  readonly decision: Decision | null;
  readonly table: TableSide | null;
  readonly lag: readonly PartitionLag[] | null;
  readonly entry: OffsetsEntry | null;
  readonly now: number;
}

function strange({ query, view, state, decision, table, lag, entry, now }: Seen): string[] {
  const found: string[] = [];
  if (!view.exists) found.push('There is no checkpoint at this address.');
  if (decision?.do === 'fail')
    found.push(`Sluice would not start: ${decision.code}, ${decision.seen} (expected: ${decision.expected}).`);
  if (decision?.do === 'create' && view.exists)
    found.push('The checkpoint has no batch: a start would begin a new query.');
  if (state && isOpen(state)) found.push(`Batch ${view.lastOffsets} is promised and not confirmed.`);
  if (table?.version === -1) found.push('There is no table at that address.');
  if (table && table.version >= 0 && table.txn === null)
    found.push(
      'The table has no mark (txn) of this query: its job writes by foreachBatch. An open batch is looked for by its time in ingestion_time.',
    );
  if (query === 'bronze' && table === null) found.push('The table was not looked at: name it with --table.');
  for (const { partition, current, logStart, end } of lag ?? []) {
    if (current !== null && BigInt(current) > BigInt(end))
      found.push(
        `Partition ${partition} ends at ${end}, before the next offset ${current}: another topic, or made anew.`,
      );
    if (current !== null && BigInt(current) < BigInt(logStart))
      found.push(
        `Partition ${partition} begins at ${logStart}, ${current} was next: ${BigInt(logStart) - BigInt(current)} records are gone.`,
      );
  }
  if (entry && entry.timestamp > now + FRESH_MS)
    found.push('Its newest batch comes from the future: the clocks differ.');
  return found;
}

/** Each release pins its own settings in a batch, and Sluice copies those of the batch before. */
function engineOf({ conf }: OffsetsEntry): string {
  const has = (name: string): boolean => Object.keys(conf).some((key) => key.endsWith(name));
  if (has('stateStore.encodingFormat')) return 'Spark 4, or Sluice after it';
  if (has('pruneFiltersCanPruneStreamingSubplan')) return 'Spark 3.5, or Sluice';
  return 'Spark 3.4 or older, or Sluice after it';
}

function wayBack(query: QueryName, table: TableSide | null): string[] {
  const unmarked = table !== null && table.txn === null;
  return [
    `Stop the query in Sluice (sluice stop ${query}): it finishes its batch and confirms it.`,
    'Start the Spark program on the same checkpoint: it goes on with the next batch. Nothing is converted either way.',
    ...(unmarked
      ? ['Its job does not look for marks in the table: go back only after a clean stop, never after a kill.']
      : []),
  ];
}

function isOpen({ offsetIds, commitIds }: CheckpointState): boolean {
  return (offsetIds.at(-1) ?? -1) > (commitIds.at(-1) ?? -1);
}

function span(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1_000));
  if (seconds < 120) return `${seconds} s`;
  return seconds < 7_200 ? `${Math.round(seconds / 60)} min` : `${Math.round(seconds / 3_600)} h`;
}
