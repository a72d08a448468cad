import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { notAccepted, readAccepted, type AcceptedLoss } from '../../src/pipeline/checkpoint/losses.ts';
import { systemClock } from '../../src/pipeline/clock.ts';
import { parseBatchMetadata, parseCommitFile } from '../../src/pipeline/delta/actions.ts';
import { acceptLoss, previewLoss, type LossParts } from '../../src/pipeline/loss-view.ts';
import { takeLease } from '../../src/pipeline/ownership/lease.ts';
import type { Gap } from '../../src/pipeline/ports.ts';
import { openBench, type Bench } from './support/bench.ts';
import { afterOf, envelope } from './support/records.ts';
import { tempFolder } from './support/temp.ts';

describe('a loss that nobody has accepted', () => {
  it('stops the query, and is shown with its numbers', async () => {
    const bench = await lossy();
    await expect(bench.run(1)).rejects.toMatchObject({ code: 'DATA_LOSS' });
    const view = await previewLoss(partsOf(bench));
    expect(view).toMatchObject({ query: 'bronze', gaps: [{ partition: 0, from: '2', to: '5' }], total: 3 });
    expect(view.sentences[1]).toBe('Partition 0: offsets 2 to 4 (3) are gone.');
    expect(await readAccepted(bench.checkpoint)).toEqual([]);
  });

  it('is none where the topic holds everything', async () => {
    const bench = openBench(tempFolder());
    append(bench, 0, 4);
    await bench.run(1);
    expect(await previewLoss(partsOf(bench))).toMatchObject({ gaps: [], total: 0 });
  });
});

describe('a loss that a person accepts', () => {
  it('is passed over, and stands beside the checkpoint and in the ledger of the table', async () => {
    const bench = await lossy();
    const { gaps, queryId } = await previewLoss(partsOf(bench));
    await acceptLoss(partsOf(bench), gaps);
    expect(await previewLoss(partsOf(bench))).toMatchObject({ gaps: [], total: 0 });
    await bench.run(1);
    expect(bench.progress.at(-1)).toMatchObject({ batchId: 1, numInputRows: 7, x: { lost: 3 } });
    expect(metadataOf(bench, 1)).toMatchObject({
      start: { 0: '2', 1: '2' },
      end: { 0: '7', 1: '7' },
      gaps: [{ partition: 0, from: '2', to: '5' }],
    });
    expect(await readAccepted(bench.checkpoint)).toMatchObject([{ queryId, from: '2', to: '5', by: 'operator' }]);
    append(bench, 14, 2);
    await bench.run(1);
    expect(metadataOf(bench, 2)).not.toHaveProperty('gaps');
  });

  it('counts for exactly what was shown: what is lost later stops the query again', async () => {
    const bench = await lossy();
    const { gaps } = await previewLoss(partsOf(bench));
    bench.source.truncate(0, 6n);
    await acceptLoss(partsOf(bench), gaps);
    await expect(bench.run(1)).rejects.toMatchObject({
      code: 'DATA_LOSS',
      seen: 'partition 0 begins at 6, 5 was next: 1 offsets are lost',
    });
    await acceptLoss(partsOf(bench), (await previewLoss(partsOf(bench))).gaps);
    await bench.run(1);
    expect(metadataOf(bench, 1)).toMatchObject({ gaps: [{ from: '2', to: '6' }] });
  });

  it('makes a batch also when nothing else is new', async () => {
    const bench = await lossy();
    for (const partition of [0, 1]) bench.source.truncate(partition, 7n);
    await acceptLoss(partsOf(bench), (await previewLoss(partsOf(bench))).gaps);
    await bench.run(1);
    expect(metadataOf(bench, 1)).toMatchObject({
      end: { 0: '7', 1: '7' },
      gaps: [
        { partition: 0, from: '2', to: '7' },
        { partition: 1, from: '2', to: '7' },
      ],
    });
    expect(bench.progress.at(-1)).toMatchObject({ numInputRows: 0, x: { lost: 10 } });
  });

  it('of a batch that was promised already keeps the promise: same range, same time', async () => {
    const bench = openBench(tempFolder());
    append(bench, 0, 4);
    await bench.run(1);
    append(bench, 4, 10);
    await expect(
      bench.run(1, { sink: (sink) => ({ ...sink, addBatch: () => Promise.reject(new Error('crash')) }) }),
    ).rejects.toThrow('crash');
    const promised = await bench.checkpoint.get('offsets/1');
    bench.source.truncate(0, 5n);
    await expect(bench.run(1)).rejects.toMatchObject({ code: 'DATA_LOSS' });
    await acceptLoss(partsOf(bench), (await previewLoss(partsOf(bench))).gaps);
    await bench.run(1);
    expect(await bench.checkpoint.get('offsets/1')).toEqual(promised);
    expect(bench.progress.at(-1)).toMatchObject({ batchId: 1, numInputRows: 7, x: { recovered: true, lost: 3 } });
    expect(metadataOf(bench, 1)).toMatchObject({ gaps: [{ partition: 0, from: '2', to: '5' }] });
  });

  it('is refused for offsets that are there, and while a query owns the checkpoint', async () => {
    const bench = await lossy();
    const wanted = [{ partition: 0, from: '2', to: '6' }];
    await expect(acceptLoss(partsOf(bench), wanted)).rejects.toMatchObject({ code: 'NOT_ALLOWED_NOW' });
    await expect(acceptLoss(partsOf(bench), [])).rejects.toMatchObject({ code: 'NOT_ALLOWED_NOW' });
    const owner = { runId: 'query', host: 'elsewhere', pid: 1 };
    await takeLease({ store: bench.checkpoint, owner, clock: systemClock, replaceOwn: true });
    const { gaps } = await previewLoss(partsOf(bench));
    await expect(acceptLoss(partsOf(bench), gaps)).rejects.toMatchObject({ code: 'FENCED' });
    expect(await readAccepted(bench.checkpoint)).toEqual([]);
  });
});

describe('with failOnDataLoss off', () => {
  it('a loss is passed over by itself, written down and warned about', async () => {
    const bench = await lossy();
    await bench.run(1, { failOnDataLoss: false });
    expect(metadataOf(bench, 1)).toMatchObject({ gaps: [{ partition: 0, from: '2', to: '5' }] });
    expect(await readAccepted(bench.checkpoint)).toMatchObject([{ by: 'setting', from: '2', to: '5' }]);
    expect(bench.logs).toContain(
      'DATA_LOSS: partition 0 begins at 5, 2 was next: 3 offsets are lost. Going on behind it, because failOnDataLoss is off',
    );
  });

  it('a loss that comes while a batch is read does not stop it either', async () => {
    const bench = openBench(tempFolder());
    append(bench, 0, 8);
    const read = bench.source.read.bind(bench.source);
    let first = true;
    bench.source.read = (range, signal) => {
      if (first) bench.source.truncate(0, 3n);
      first = false;
      return read(range, signal);
    };
    await bench.run(1, { failOnDataLoss: false });
    expect(bench.progress.at(-1)).toMatchObject({ batchId: 0, numInputRows: 5, x: { lost: 3 } });
    expect(metadataOf(bench, 0)).toMatchObject({ gaps: [{ partition: 0, from: '0', to: '3' }] });
  });
});

describe('what is not accepted', () => {
  const gap = (from: bigint, to: bigint): Gap => ({ partition: 0, from, to });
  const accepted = (from: number, to: number, queryId = 'q'): AcceptedLoss => ({
    queryId,
    partition: 0,
    from: String(from),
    to: String(to),
    at: 0,
    by: 'operator',
  });
  it.each([
    ['nothing was', [], [gap(2n, 9n)]],
    ['the beginning was', [accepted(0, 4)], [gap(4n, 9n)]],
    ['the middle was', [accepted(4, 6)], [gap(2n, 4n), gap(6n, 9n)]],
    ['all was, in parts', [accepted(5, 12), accepted(2, 5)], []],
    ['another query did', [accepted(0, 20, 'other')], [gap(2n, 9n)]],
  ])('is what is left, when %s', (_name, before, left) => {
    expect(notAccepted([gap(2n, 9n)], before, 'q')).toEqual(left);
  });
});

/** Two records of each partition are in the table, five wait; of partition 0 three of them are gone. */
async function lossy(): Promise<Bench> {
  const bench = openBench(tempFolder());
  append(bench, 0, 4);
  await bench.run(1);
  append(bench, 4, 10);
  bench.source.truncate(0, 5n);
  return bench;
}

function append({ source }: Bench, from: number, count: number): void {
  for (let n = from; n < from + count; n += 1) source.append(n % 2, [envelope(afterOf(n))]);
}

function partsOf({ source, checkpoint }: Bench): LossParts {
  const owner = { runId: 'accept', host: 'here', pid: process.pid };
  return { job: { query: 'bronze', owner }, source, checkpoint, clock: systemClock };
}

function metadataOf({ root }: Bench, version: number) {
  const file = `table/_delta_log/${String(version).padStart(20, '0')}.json`;
  const actions = parseCommitFile(readFileSync(path.join(root, file)));
  return parseBatchMetadata(actions.find(({ commitInfo }) => commitInfo)?.commitInfo);
}
