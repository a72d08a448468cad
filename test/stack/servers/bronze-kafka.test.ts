/** The whole Bronze query on a real Kafka, in this process and on local folders: what a topic can do to a checkpoint. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseBatchMetadata, parseCommitFile } from '../../../src/pipeline/delta/actions.ts';
import type { ClearPreview, LossView, QueryProgress, TableView } from '../../../src/pipeline/events.ts';
import { openInspector, type Inspector } from '../../../src/pipeline/inspector.ts';
import type { JobSettings } from '../../../src/pipeline/job-settings.ts';
import { runJob } from '../../../src/pipeline/jobs.ts';
import { localFolder } from '../../../src/pipeline/store/location.ts';
import { afterOf, envelope } from '../../pipeline/support/records.ts';
import { kafkaObstacle, startKafka, type KafkaServer } from './kafka.ts';
import { notRun } from './not-run.ts';
import { kafkaSettings, openFiller, type Filler } from './topics.ts';

const obstacle = notRun('Kafka', kafkaObstacle());

describe.skipIf(obstacle)('Bronze on a real Kafka', () => {
  let server: KafkaServer;
  let fill: Filler;
  let inspector: Inspector;
  const folders: string[] = [];

  beforeAll(async () => {
    server = await startKafka();
    fill = await openFiller(server.address);
    inspector = openInspector(() => undefined);
  });

  afterAll(async () => {
    await inspector?.close();
    await fill?.close();
    await server?.stop();
    for (const folder of folders) rmSync(folder, { recursive: true, force: true });
  });

  function jobOn(topic: string, changes: Partial<JobSettings> = {}): JobSettings & { readonly root: string } {
    const root = mkdtempSync(path.join(os.tmpdir(), 'sluice-bronze-kafka-'));
    folders.push(root);
    const at = (name: string) => localFolder(path.join(root, name));
    return {
      root,
      query: 'bronze',
      checkpoint: at('checkpoint'),
      table: at('table'),
      quarantine: at('quarantine'),
      source: kafkaSettings(server.address, topic),
      startingOffsets: 'earliest',
      runs: 'available-now',
      triggerMs: 0,
      maxOffsetsPerTrigger: null,
      alert: null,
      owner: { runId: 'run', host: os.hostname(), pid: process.pid },
      ...changes,
    };
  }

  /** Reads what is there, and answers the batches that it took. */
  async function run(job: JobSettings): Promise<QueryProgress[]> {
    const batches: QueryProgress[] = [];
    await runJob(
      job,
      (event) => void (event.type === 'progress' && !event.progress.x.idle && batches.push(event.progress)),
      new AbortController().signal,
    );
    return batches;
  }

  const tableOf = async (job: JobSettings): Promise<TableView> =>
    (await inspector.answer({ type: 'table', seq: 1, job })) as TableView;
  const lossOf = async (job: JobSettings): Promise<LossView> =>
    (await inspector.answer({ type: 'preview-loss', seq: 1, job })) as LossView;

  it('reads up to what was there at the start, and shows other tools how far it is', async () => {
    const topic = await fill.create(2);
    await fill.send(topic, rows(0, 5), 0);
    await fill.send(topic, rows(5, 2), 1);
    const job = jobOn(topic, { maxOffsetsPerTrigger: 4 });
    const batches = await run(job);
    expect(batches.length).toBeGreaterThan(1);
    expect(batches[0]?.sources[0].metrics).toEqual({
      minOffsetsBehindLatest: '1',
      maxOffsetsBehindLatest: '3',
      avgOffsetsBehindLatest: '2.0',
    });
    expect(await tableOf(job)).toMatchObject({ rows: 7 });
    expect(await groupOffsets(topic)).toEqual({ 0: '5', 1: '2' });
    await fill.admin.setOffsets({ groupId: 'sluice-bronze', topic, partitions: [{ partition: 0, offset: '1' }] });
    expect(await run(job)).toEqual([]);
    expect(await groupOffsets(topic)).toEqual({ 0: '5', 1: '2' });
  });

  it.each([
    ['per partition', { partitions: { 0: '3', 1: '-1' } }, 2],
    ['by time', { timestamp: 1_000 }, 3],
    ['latest', 'latest', 0],
  ] as const)('begins %s where it is told to', async (_name, startingOffsets, expected) => {
    // These records are from 1970: the broker would soon take them for old.
    const topic = await fill.create(2, { 'retention.ms': '-1' });
    const messages = rows(0, 5).map((value, index) => ({
      partition: 0,
      value,
      timestamp: String(index < 2 ? 500 : 1_500),
    }));
    await fill.producer.send({ topic, messages });
    const job = jobOn(topic, { startingOffsets });
    await run(job);
    expect((await tableOf(job)).rows).toBe(expected);
    await fill.send(topic, rows(5, 2), 0);
    await run(job);
    expect((await tableOf(job)).rows).toBe(expected + 2);
  });

  it('stops when retention has passed its checkpoint, and goes on behind what a person gives up', async () => {
    const topic = await fill.create(1);
    const job = jobOn(topic);
    await fill.send(topic, rows(0, 4));
    await run(job);
    await fill.send(topic, rows(4, 6));
    await fill.deleteBefore(topic, 0, 7n);
    await expect(run(job)).rejects.toMatchObject({
      code: 'DATA_LOSS',
      seen: 'partition 0 begins at 7, 4 was next: 3 offsets are lost',
    });
    const { gaps } = await lossOf(job);
    expect(gaps).toEqual([{ partition: 0, from: '4', to: '7' }]);
    await inspector.answer({ type: 'accept-loss', seq: 1, job, gaps });
    expect(await run(job)).toMatchObject([{ batchId: 1, numInputRows: 3, x: { lost: 3 } }]);
    expect(await tableOf(job)).toMatchObject({ rows: 7, version: 1 });
    expect(metadataOf(job.root, 1)).toMatchObject({ start: { 0: '4' }, end: { 0: '10' }, gaps });
  });

  it('passes over a loss by itself when it is told not to fail', async () => {
    const topic = await fill.create(1);
    const job = jobOn(topic, { failOnDataLoss: false });
    await fill.send(topic, rows(0, 4));
    await run(job);
    await fill.send(topic, rows(4, 4));
    await fill.deleteBefore(topic, 0, 6n);
    expect(await run(job)).toMatchObject([{ numInputRows: 2, x: { lost: 2 } }]);
  });

  it('reads a partition that was added from offset 0, and calls it a loss when its beginning is gone', async () => {
    const topic = await fill.create(1);
    const job = jobOn(topic);
    await fill.send(topic, rows(0, 2));
    await run(job);
    await fill.admin.createPartitions({ topicPartitions: [{ topic, count: 3 }] });
    const late = await openFiller(server.address);
    await late.send(topic, rows(2, 3), 1);
    await run(job);
    expect(await tableOf(job)).toMatchObject({ rows: 5 });
    await fill.admin.createPartitions({ topicPartitions: [{ topic, count: 4 }] });
    const later = await openFiller(server.address);
    await later.send(topic, rows(5, 3), 3);
    await later.deleteBefore(topic, 3, 2n);
    await Promise.all([late.close(), later.close()]);
    await expect(run(job)).rejects.toMatchObject({
      code: 'DATA_LOSS',
      seen: 'partition 3 begins at 2, 0 was next: 2 offsets are lost',
    });
  });

  it('knows a topic that was made again, and begins anew in it only when a person says where', async () => {
    const topic = await fill.create(1);
    const job = jobOn(topic);
    await fill.send(topic, rows(0, 3));
    await run(job);
    await fill.admin.deleteTopics({ topics: [topic] });
    await expect
      .poll(() => fill.admin.createTopics({ topics: [{ topic, numPartitions: 1 }] }).catch(() => null), {
        timeout: 30_000,
      })
      .not.toBeNull();
    await fill.send(topic, rows(10, 5));
    await expect(run(job)).rejects.toMatchObject({ code: 'SOURCE_CHANGED' });
    const preview = (await inspector.answer({ type: 'preview-clear', seq: 1, job, from: 'earliest' })) as ClearPreview;
    expect(preview).toMatchObject({ sameSource: false, rowsDoubled: 5, skipped: 0 });
    await inspector.answer({ type: 'clear', seq: 1, job, from: 'latest' });
    expect(await run(job)).toEqual([]);
    await fill.send(topic, rows(15, 2));
    expect(await run(job)).toMatchObject([{ batchId: 0, numInputRows: 2 }]);
    expect(await tableOf(job)).toMatchObject({ rows: 5 });
  });

  it.each([
    ['read_uncommitted', 5, 5],
    ['read_committed', 3, 5],
  ] as const)('passes over the markers of transactions, with %s', async (isolation, expected, end) => {
    const topic = await fill.create(1);
    const options = { transactionalId: `writer-${isolation}`, idempotent: true, maxInFlightRequests: 1 };
    const producer = fill.kafka.producer(options);
    await producer.connect();
    for (const [how, from, count] of [
      ['commit', 0, 3],
      ['abort', 3, 2],
    ] as const) {
      const transaction = await producer.transaction();
      await transaction.send({ topic, messages: rows(from, count).map((value) => ({ value })) });
      await transaction[how]();
    }
    await producer.disconnect();
    const job = jobOn(topic, { source: kafkaSettings(server.address, topic, { isolation }) });
    expect((await run(job)).at(-1)?.sources[0].endOffset).toEqual({ 0: String(end + 2) });
    expect(await tableOf(job)).toMatchObject({ rows: expected });
  });

  async function groupOffsets(topic: string): Promise<Record<string, string>> {
    const [found] = await fill.admin.fetchOffsets({ groupId: 'sluice-bronze', topics: [topic] });
    const partitions = [...(found?.partitions ?? [])].sort((a, b) => a.partition - b.partition);
    return Object.fromEntries(partitions.map(({ partition, offset }) => [partition, offset]));
  }
});

function rows(from: number, count: number): string[] {
  return Array.from({ length: count }, (_, index) => envelope(afterOf(from + index)));
}

function metadataOf(root: string, version: number) {
  const file = path.join(root, 'table', '_delta_log', `${String(version).padStart(20, '0')}.json`);
  return parseBatchMetadata(parseCommitFile(readFileSync(file)).find(({ commitInfo }) => commitInfo)?.commitInfo);
}
