/** Losses that were accepted, beside the checkpoint: offsets that the topic has removed and that are passed over. */
import type { OffsetGap } from '../events.ts';
import { fromOffsetGap, toOffsetGap } from '../offsets.ts';
import type { Gap, ObjectStore } from '../ports.ts';

const KEY = '_sluice/accepted-losses';

export interface AcceptedLoss extends OffsetGap {
  /** It counts for this query alone: a cleared checkpoint has another one. */
  readonly queryId: string;
  readonly at: number;
  /** `setting`: `failOnDataLoss` is off. */
  readonly by: 'operator' | 'setting';
}

export async function readAccepted(store: ObjectStore): Promise<readonly AcceptedLoss[]> {
  const bytes = await store.get(KEY);
  return bytes === null ? [] : (JSON.parse(bytes.toString('utf8')) as AcceptedLoss[]);
}

/** Adds to what was accepted before; the caller holds the lease. */
export async function writeAccepted(
  store: ObjectStore,
  gaps: readonly Gap[],
  how: Omit<AcceptedLoss, keyof OffsetGap>,
): Promise<void> {
  const before = await readAccepted(store);
  const added = gaps.map((gap) => ({ ...how, ...toOffsetGap(gap) }));
  await store.put(KEY, Buffer.from(JSON.stringify([...before, ...added])));
}

/** The parts of the gaps that nobody has accepted for this query. */
export function notAccepted(gaps: readonly Gap[], accepted: readonly AcceptedLoss[], queryId: string): Gap[] {
  const own = accepted.filter((each) => each.queryId === queryId).map(fromOffsetGap);
  return gaps.flatMap((gap) => own.reduce<Gap[]>((left, each) => left.flatMap((part) => minus(part, each)), [gap]));
}

function minus(gap: Gap, taken: Gap): Gap[] {
  if (taken.partition !== gap.partition || taken.to <= gap.from || taken.from >= gap.to) return [gap];
  const before = taken.from > gap.from ? [{ ...gap, to: taken.from }] : [];
  const after = taken.to < gap.to ? [{ ...gap, from: taken.to }] : [];
  return [...before, ...after];
}
