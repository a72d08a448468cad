import path from 'node:path';
import { expect, it } from 'vitest';
import { openCheckpointLog } from '../../../src/pipeline/checkpoint/log.ts';
import { SPARK_CONF } from '../../../src/pipeline/checkpoint/format.ts';
import { foreseeAudit, planAudit, runAudit, UNAUDITED, type AuditParts } from '../../../src/pipeline/handover/audit.ts';
import { takeBack } from '../../../src/pipeline/handover/handover.ts';
import type { QuarantineBatch } from '../../../src/pipeline/quarantine/dead-letter.ts';
import { openLocalStore } from '../../../src/pipeline/store/local.ts';
import { openBench, type Bench } from '../support/bench.ts';
import { afterOf, envelope } from '../support/records.ts';
import { tempFolder } from '../support/temp.ts';

const good = (n: number): string => envelope(afterOf(n));
const noted = (n: number): string => envelope({ ...afterOf(n), zip: 'none' });
const ON = new AbortController().signal;

/** A batch as Spark leaves it: files of the checkpoint, and nothing that tells of offsets in the table. */
async function spark(bench: Bench, id: number): Promise<void> {
  const log = openCheckpointLog(bench.checkpoint);
  const { end: offsets } = await bench.source.bounds();
  await log.promise(id, { watermarkMs: 0, timestamp: 1, conf: SPARK_CONF, topic: bench.source.topic, offsets });
  await log.confirm(id);
}

async function partsOf(bench: Bench) {
  const put: QuarantineBatch[] = [];
  const told: string[] = [];
  const shelf = openLocalStore(path.join(bench.root, 'quarantine'));
  const queryId = (await bench.checkpoint.get('metadata'))?.toString().slice(7, 43) ?? '';
  const parts: AuditParts = {
    queryId,
    clusterId: 'cluster-a',
    checkpoint: bench.checkpoint,
    log: openCheckpointLog(bench.checkpoint),
    table: bench.table,
    shelf,
    quarantine: { put: async (batch) => void put.push(batch) },
    tell: (_level, message) => void told.push(message),
    checkOwner: async () => undefined,
  };
  return { parts, put, told, shelf };
}

it('writes the dead letters and notes of what another engine committed, and of nothing else', async () => {
  const bench = openBench(tempFolder());
  bench.source.append(0, [good(1), 'no json']);
  await bench.run(1);
  bench.source.append(0, [good(2), 'no json either']);
  bench.source.append(1, [noted(3)]);
  await spark(bench, 1);
  bench.source.append(1, [good(4)]);
  await spark(bench, 2);
  bench.source.append(1, ['not yet committed']);
  const { parts, put } = await partsOf(bench);
  const pieces = await planAudit(parts);
  expect(pieces.map(({ batch }) => batch)).toEqual([1, 2]);
  await runAudit(parts, bench.source, pieces, ON);
  expect(put.map(({ batchId, part }) => [batchId, part])).toEqual([
    [1, 'audit'],
    [2, 'audit'],
  ]);
  expect(put[0]?.deadLetters.map(({ record }) => [record.partition, record.offset])).toEqual([[0, 3n]]);
  expect(put[0]?.notes.map(({ record, note }) => [record.partition, record.offset, note.column])).toEqual([
    [1, 0n, 'zip'],
  ]);
  expect(put[1]).toMatchObject({ deadLetters: [], notes: [] });
  expect(await bench.checkpoint.get('_sluice/audit')).toBeNull();
});

it('foresees what will be read again and what retention has taken, and writes nothing', async () => {
  const bench = openBench(tempFolder());
  bench.source.append(0, [good(1)]);
  await bench.run(1);
  bench.source.append(0, [good(2), 'no json', good(3)]);
  await spark(bench, 1);
  bench.source.append(0, [good(4)]);
  bench.source.append(1, [good(5)]);
  await spark(bench, 2);
  const { parts } = await partsOf(bench);
  const all = await foreseeAudit(parts, new Map());
  expect(all).toEqual({ batches: 2, records: 5, gone: [] });
  expect(await foreseeAudit(parts, new Map([[0, 5n]]))).toEqual({
    batches: 2,
    records: 1,
    gone: [{ partition: 0, from: '1', to: '5' }],
  });
  expect(await bench.checkpoint.get('_sluice/audit')).toBeNull();
});

it('plans nothing when all that was committed is its own', async () => {
  const bench = openBench(tempFolder());
  bench.source.append(0, [good(1)]);
  await bench.run(1);
  const { parts } = await partsOf(bench);
  expect(await planAudit(parts)).toEqual([]);
});

it('is not forgotten when a run ends on the way, nor by the batches of the next one', async () => {
  const bench = openBench(tempFolder());
  bench.source.append(0, [good(1)]);
  await bench.run(1);
  bench.source.append(0, ['bad']);
  await spark(bench, 1);
  const first = await partsOf(bench);
  await planAudit(first.parts);
  bench.source.append(0, [good(2)]);
  await tellTable(bench, 2);
  const second = await partsOf(bench);
  const pieces = await planAudit(second.parts);
  expect(pieces.map(({ batch }) => batch)).toEqual([1]);
  await runAudit(second.parts, bench.source, pieces, ON);
  expect(second.put[0]?.deadLetters).toHaveLength(1);
});

it('marks what retention took as unaudited, and reads the rest', async () => {
  const bench = openBench(tempFolder());
  bench.source.append(0, [good(1)]);
  await bench.run(1);
  bench.source.append(0, ['bad 1', 'bad 2', 'bad 3']);
  await spark(bench, 1);
  bench.source.truncate(0, 3n);
  const { parts, put, told, shelf } = await partsOf(bench);
  await runAudit(parts, bench.source, await planAudit(parts), ON);
  expect(put[0]?.deadLetters.map(({ record }) => record.offset)).toEqual([3n]);
  const [mark] = await shelf.list(UNAUDITED);
  expect(JSON.parse((await shelf.get(mark?.key ?? ''))?.toString() ?? '')).toMatchObject({
    fromBatch: 1,
    toBatch: 1,
    ranges: [{ partition: 0, from: '1', until: '3' }],
  });
  expect(told.at(-1)).toContain('2 of its records');
});

it('takes batches whose offsets were purged in one piece', async () => {
  const bench = openBench(tempFolder());
  bench.source.append(0, [good(1)]);
  await bench.run(1);
  bench.source.append(0, ['bad 1']);
  await spark(bench, 1);
  bench.source.append(0, ['bad 2']);
  await spark(bench, 2);
  await bench.checkpoint.delete('offsets/1');
  const { parts, put } = await partsOf(bench);
  const pieces = await planAudit(parts);
  expect(pieces).toMatchObject([{ batch: 2, from: 1, start: { 0: '1' }, end: { 0: '3' } }]);
  await runAudit(parts, bench.source, pieces, ON);
  expect(put[0]?.deadLetters).toHaveLength(2);
});

it('runs beside the query, and a source that fails is told and tried at the next start', async () => {
  const bench = openBench(tempFolder());
  bench.source.append(0, ['bad']);
  await spark(bench, 0);
  await openCheckpointLog(bench.checkpoint).create('9538ada3-a233-4697-8b02-cc66250189a3', {
    topic: bench.source.topic,
    offsets: new Map([[0, 0n]]),
  });
  const { parts, put, told } = await partsOf(bench);
  bench.source.failNext('read', new Error('away'));
  const failing = await takeBack(parts, async () => bench.source);
  while (told.length < 2) await new Promise((resolve) => setImmediate(resolve));
  await failing.stop();
  expect(told[1]).toContain('away');
  expect(put).toEqual([]);
  const again = await takeBack(parts, async () => bench.source);
  while (put.length < 1) await new Promise((resolve) => setImmediate(resolve));
  await again.stop();
  expect(put[0]?.deadLetters).toHaveLength(1);
});

/** An own batch, told in the table: from here on the commits alone would hide what came before. */
async function tellTable(bench: Bench, batch: number): Promise<void> {
  const { end } = await bench.source.bounds();
  const queryId = (await bench.checkpoint.get('metadata'))?.toString().slice(7, 43) ?? '';
  const offsets = Object.fromEntries([...end].map(([partition, offset]) => [partition, offset.toString()]));
  const told = { queryId, batchId: batch, clusterId: 'cluster-a', topic: bench.source.topic, start: {}, end: offsets };
  const line = JSON.stringify({ commitInfo: { operation: 'STREAMING UPDATE', userMetadata: JSON.stringify(told) } });
  await bench.table.put(`_delta_log/${String(1).padStart(20, '0')}.json`, Buffer.from(`${line}\n`));
  await spark(bench, batch);
}
