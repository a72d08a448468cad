/** What a topic has lost of what a query still needs: shown to a person, and accepted by one. */
import { notAccepted, readAccepted, writeAccepted } from './checkpoint/losses.ts';
import { readCommitted, readQueryId } from './checkpoint/inspect.ts';
import { SluiceError } from './errors.ts';
import type { LossView, OffsetGap } from './events.ts';
import type { JobSettings } from './job-settings.ts';
import { findLosses, fromOffsetGap, sizeOf, standingAt, toOffsetGap } from './offsets.ts';
import { takeLease } from './ownership/lease.ts';
import type { Clock, Gap, ObjectStore, Source } from './ports.ts';

export interface LossParts {
  readonly job: Pick<JobSettings, 'query' | 'owner'>;
  readonly source: Source;
  readonly checkpoint: ObjectStore;
  readonly clock: Clock;
}

/** Writes nothing. Without a gap when nothing is lost, or all of it is accepted already. */
export async function previewLoss(parts: LossParts): Promise<LossView> {
  const { queryId, gaps } = await look(parts);
  return toView(parts, queryId, gaps, describe(gaps));
}

/**
 * Accepts exactly these offsets, as they were shown. Refused while a query owns the checkpoint, and for offsets that the
 * topic still holds.
 */
export async function acceptLoss(parts: LossParts, asked: readonly OffsetGap[]): Promise<LossView> {
  const { job, checkpoint, clock } = parts;
  const lease = await takeLease({ store: checkpoint, owner: job.owner, clock, replaceOwn: false });
  try {
    const { queryId, gaps } = await look(parts);
    const accepted = asked.map(fromOffsetGap);
    const there = accepted.filter((each) => !gaps.some((gap) => isWithin(each, gap)));
    if (queryId === null || accepted.length === 0 || there.length > 0) throw notLost(there);
    await lease.check();
    await writeAccepted(checkpoint, accepted, { queryId, at: clock.now(), by: 'operator' });
    const done = `${sizeOf(accepted).toLocaleString('en-US')} offsets are given up; the query goes on behind them.`;
    return toView(parts, queryId, accepted, [done]);
  } finally {
    await lease.release();
  }
}

async function look({ source, checkpoint }: LossParts): Promise<{ queryId: string | null; gaps: Gap[] }> {
  const queryId = await readQueryId(checkpoint);
  const committed = await readCommitted(checkpoint);
  if (queryId === null || committed === null) return { queryId, gaps: [] };
  const bounds = await source.bounds();
  const lost = findLosses(standingAt(committed.offsets, bounds), bounds);
  return { queryId, gaps: notAccepted(lost, await readAccepted(checkpoint), queryId) };
}

function toView({ job }: LossParts, queryId: string | null, gaps: readonly Gap[], sentences: string[]): LossView {
  return { query: job.query, queryId, gaps: gaps.map(toOffsetGap), total: sizeOf(gaps), sentences };
}

function describe(gaps: readonly Gap[]): string[] {
  if (gaps.length === 0) return ['Nothing is lost: the topic holds all that the query needs.'];
  return [
    `The topic has removed ${sizeOf(gaps).toLocaleString('en-US')} offsets before they were read.`,
    ...gaps.map(
      ({ partition, from, to }) => `Partition ${partition}: offsets ${from} to ${to - 1n} (${to - from}) are gone.`,
    ),
    'Accepting gives up exactly these: the query goes on behind them, and the gap is written down beside the checkpoint and in the table.',
    'Nothing that is in the table already changes. It cannot be taken back.',
  ];
}

const isWithin = (inner: Gap, outer: Gap): boolean =>
  inner.partition === outer.partition && inner.from >= outer.from && inner.to <= outer.to && inner.from < inner.to;

function notLost(there: readonly Gap[]): SluiceError {
  const named = there.map(({ partition, from, to }) => `partition ${partition} from ${from} to ${to}`).join(', ');
  return new SluiceError('NOT_ALLOWED_NOW', {
    tried: 'Accepting a loss',
    seen: named === '' ? 'nothing to accept' : `offsets that are not lost, or accepted already: ${named}`,
    expected: 'offsets that the topic has removed before they were read',
    action: 'Look at the loss again, and accept what it shows now.',
  });
}
