import { describe, expect, it } from 'vitest';
import type { Parsed, OffsetsEntry } from '../../../src/pipeline/checkpoint/format.ts';
import type { CheckpointState } from '../../../src/pipeline/checkpoint/log.ts';
import { recover, type Decision } from '../../../src/pipeline/checkpoint/recovery.ts';

const ENTRY: OffsetsEntry = { watermarkMs: 0, timestamp: 5, conf: {}, topic: 't', offsets: new Map([[0, 1n]]) };
const good: Parsed<OffsetsEntry> = { ok: true, value: ENTRY };
const torn = { ok: false, reason: 'cut' } as const;
const NO_FOREIGN = { later: 0, holdsOpenBatch: false };

/** N, M, T of the truth table; every file below is there. */
function found(n: number, m: number, t: number, changes: Partial<CheckpointState> = {}, foreign = NO_FOREIGN) {
  const checkpoint: CheckpointState = {
    queryId: { ok: true, value: 'q' },
    initial: { ok: true, value: { topic: 't', offsets: new Map([[0, 0n]]) } },
    offsetIds: ids(n),
    commitIds: ids(m),
    newestOffsets: n < 0 ? null : good,
    previousOffsets: n < 1 ? null : good,
    newestCommit: m < 0 ? null : { ok: true, value: null },
    ...changes,
  };
  return { checkpoint, sinkBatch: t, foreign };
}

const ids = (last: number): number[] => Array.from({ length: last + 1 }, (_, id) => id);
const resume = (next: number, steps: { drop?: number; confirm?: number[]; rerun?: number } = {}): Decision => {
  const { drop = null, confirm = [], rerun = null } = steps;
  return { do: 'resume', drop, confirm, rerun, next };
};
const fail = (code: string): object => expect.objectContaining({ do: 'fail', code });

describe('the truth table (N offsets, M commits, T sink)', () => {
  it.each([
    ['nothing at all is a new query', found(-1, -1, -1, { queryId: null, initial: null }), { do: 'create' }],
    ['a start that died before metadata is a new query', found(-1, -1, -1, { queryId: null }), { do: 'create' }],
    ['a query without batches begins with batch 0', found(-1, -1, -1), resume(0)],
    ['N=M=T is clean', found(5, 5, 5), resume(6)],
    ['N=M+1, T=M runs N again', found(5, 4, 4), resume(6, { rerun: 5 })],
    ['N=0, nothing else, runs 0 again', found(0, -1, -1), resume(1, { rerun: 0 })],
    ['N=M+1, T=N only confirms N', found(5, 4, 5), resume(6, { confirm: [5] })],
    ['N=0 in the sink only confirms 0', found(0, -1, 0), resume(1, { confirm: [0] })],
    ['N>M+1, T=N repairs the commits', found(5, 2, 5), resume(6, { confirm: [3, 4, 5] })],
    ['N>M+1, T=N-1 repairs and runs N again', found(5, 2, 4), resume(6, { confirm: [3, 4], rerun: 5 })],
    ['N>M+1 with a sink further back is corrupt', found(5, 2, 3), fail('CHECKPOINT_CORRUPT')],
    ['M>N is corrupt', found(4, 5, 5), fail('CHECKPOINT_CORRUPT')],
    ['commits without any offsets are corrupt', found(-1, 3, 3), fail('CHECKPOINT_CORRUPT')],
    ['T>N is ahead', found(5, 5, 6), fail('TABLE_AHEAD')],
    ['T>N without batches is ahead', found(-1, -1, 2), fail('TABLE_AHEAD')],
    ['T<M is behind', found(5, 5, 3), fail('TABLE_BEHIND')],
    ['T absent with batches is behind, when the table is not foreign', found(5, 5, -1), fail('TABLE_BEHIND')],
    ['T<M with an open batch is behind', found(5, 4, 3), fail('TABLE_BEHIND')],
  ])('%s', (_name, state, wanted) => {
    expect(recover(state)).toEqual(wanted);
  });
});

describe('a checkpoint of the replaced Spark job', () => {
  it.each([
    [
      'is taken at M when nothing in the table has a mark',
      found(5, 5, -1, {}, { later: 9, holdsOpenBatch: false }),
      resume(6),
    ],
    [
      'is taken at M when all that follows our batch is foreign',
      found(5, 5, 3, {}, { later: 9, holdsOpenBatch: false }),
      resume(6),
    ],
    [
      'runs its open batch again when the table lacks it',
      found(5, 4, -1, {}, { later: 9, holdsOpenBatch: false }),
      resume(6, { rerun: 5 }),
    ],
    [
      'only confirms its open batch when the table has it',
      found(5, 4, -1, {}, { later: 9, holdsOpenBatch: true }),
      resume(6, { confirm: [5] }),
    ],
    [
      'only confirms a first batch that the table has',
      found(0, -1, -1, {}, { later: 9, holdsOpenBatch: true }),
      resume(1, { confirm: [0] }),
    ],
    [
      'is behind when the table has fewer foreign batches than are missing',
      found(5, 5, 3, {}, { later: 1, holdsOpenBatch: false }),
      fail('TABLE_BEHIND'),
    ],
    [
      'is taken when the table has just as many foreign batches as are missing',
      found(5, 5, 3, {}, { later: 2, holdsOpenBatch: false }),
      resume(6),
    ],
    [
      'is behind when the table was emptied',
      found(5, 5, -1, {}, { later: 0, holdsOpenBatch: false }),
      fail('TABLE_BEHIND'),
    ],
  ])('%s', (_name, state, wanted) => {
    expect(recover(state)).toEqual(wanted);
  });
});

describe('damage', () => {
  it.each([
    [
      'a torn newest offsets file is dropped when nothing can have followed',
      found(5, 4, 4, { newestOffsets: torn }),
      resume(5, { drop: 5 }),
    ],
    ['a torn first offsets file is dropped', found(0, -1, -1, { newestOffsets: torn }), resume(0, { drop: 0 })],
    [
      'a torn offsets file whose batch is in the sink is corrupt',
      found(5, 4, 5, { newestOffsets: torn }),
      fail('CHECKPOINT_CORRUPT'),
    ],
    [
      'a torn offsets file that was committed is corrupt',
      found(5, 5, 5, { newestOffsets: torn }),
      fail('CHECKPOINT_CORRUPT'),
    ],
    [
      'a torn offsets file over a foreign table is corrupt',
      found(5, 4, -1, { newestOffsets: torn }, { later: 9, holdsOpenBatch: false }),
      fail('CHECKPOINT_CORRUPT'),
    ],
    [
      'a torn offsets file before the newest is corrupt',
      found(5, 5, 5, { previousOffsets: torn }),
      fail('CHECKPOINT_CORRUPT'),
    ],
    ['a torn commits file is corrupt', found(5, 5, 5, { newestCommit: torn }), fail('CHECKPOINT_CORRUPT')],
    ['a torn metadata is corrupt', found(5, 5, 5, { queryId: torn }), fail('CHECKPOINT_CORRUPT')],
    ['a missing metadata beside batches is corrupt', found(5, 5, 5, { queryId: null }), fail('CHECKPOINT_CORRUPT')],
    ['a torn start is corrupt', found(-1, -1, -1, { initial: torn }), fail('CHECKPOINT_CORRUPT')],
    ['a missing start under batch 0 is corrupt', found(0, -1, -1, { initial: null }), fail('CHECKPOINT_CORRUPT')],
    ['a missing start under later batches does not matter', found(5, 5, 5, { initial: null }), resume(6)],
    [
      'a missing N-1 is corrupt',
      found(5, 5, 5, { previousOffsets: null, offsetIds: [0, 1, 2, 3, 5] }),
      fail('CHECKPOINT_CORRUPT'),
    ],
    ['a gap in the offsets is corrupt', found(5, 5, 5, { offsetIds: [0, 1, 3, 4, 5] }), fail('CHECKPOINT_CORRUPT')],
    ['a gap in the commits is corrupt', found(5, 5, 5, { commitIds: [0, 1, 3, 4, 5] }), fail('CHECKPOINT_CORRUPT')],
    [
      'holes of a purge that was cut short do not matter',
      found(205, 205, 205, { offsetIds: [7, 9, ...span(104, 205)], commitIds: span(104, 205) }),
      resume(206),
    ],
  ])('%s', (_name, state, wanted) => {
    expect(recover(state)).toEqual(wanted);
  });
});

function span(from: number, to: number): number[] {
  return ids(to).slice(from);
}
