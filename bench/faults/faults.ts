/**
 * Every fault x Kafka and S3, under a steady load, against `sluice run bronze --until-stopped` as a process of its own:
 * the seconds until a batch is committed by itself after the fault is over, and what was lost or doubled.
 * `npm run bench -- faults [--only kafka|s3] [--fresh]`
 * Every cell is one JSON line in `test-results/bench/faults.jsonl`; what is there is not run again. Exit code 1 when one is wrong.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { afterOf, envelope } from '../../test/pipeline/support/records.ts';
import { startKafka } from '../../test/stack/servers/kafka.ts';
import { startLake } from '../../test/stack/servers/lake.ts';
import { openFiller } from '../../test/stack/servers/topics.ts';
import { startProxy } from '../../test/support/proxy.ts';
import { openResults, toTable } from '../support/results.ts';
import { FAULTS, type Fault, type Target } from './catalogue.ts';
import { openRun } from './run.ts';

const { values: options } = parseArgs({
  options: { only: { type: 'string' }, fresh: { type: 'boolean', default: false } },
});

interface Cell {
  readonly server: string;
  readonly fault: string;
  /** Batches while the fault lasted. */
  readonly during: number;
  /** Seconds from the end of the fault to the next commit; null when there was none in time. */
  readonly seconds: number | null;
  readonly lost: number;
  readonly doubled: number;
  /** Bytes of this cell that went through the proxy. */
  readonly bytes: number;
  /** Warnings and errors that a person saw, each kind once. */
  readonly said: readonly string[];
}

const RECORDS = 12_000;
const PARTITIONS = 2;
/** Goals, seconds. */
const GOAL: Readonly<Record<string, number>> = { kafka: 30, s3: 30 };
const WAIT_MS = 180_000;
const BATCHES_BEFORE = 3;

// Who ends this ends the servers with it.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));
const results = openResults<Cell>('faults', options.fresh);
const folder = mkdtempSync(path.join(tmpdir(), 'sluice-faults-'));
const [kafka, lake] = await Promise.all([startKafka(), startLake('minio')]);
const kafkaProxy = await startProxy(Number(kafka.address.split(':')[1]));
const s3Proxy = await startProxy(lake.server.port);
const targets: Readonly<Record<string, Target>> = {
  kafka: { ...kafka, proxy: kafkaProxy },
  s3: { ...lake.server, proxy: s3Proxy },
};

try {
  const topic = await fillTopic();
  for (const [server, target] of Object.entries(targets)) {
    if (options.only !== undefined && options.only !== server) continue;
    for (const fault of FAULTS) {
      if (results.lines.some((cell) => cell.server === server && cell.fault === fault.name)) continue;
      const cell = await runCell(server, target, fault, topic);
      results.add(cell);
      console.log(JSON.stringify(cell));
    }
  }
} finally {
  await Promise.all([kafkaProxy.close(), s3Proxy.close(), kafka.stop(), lake.server.stop()]);
  rmSync(folder, { recursive: true, force: true });
}
console.log(summary());
process.exitCode = results.lines.every(isWell) ? 0 : 1;

async function fillTopic(): Promise<string> {
  const fill = await openFiller(kafka.address);
  const topic = await fill.create(PARTITIONS);
  for (let from = 0; from < RECORDS; from += 1_000) {
    const values = Array.from({ length: 1_000 }, (_, each) => envelope(afterOf(from + each)));
    await fill.send(topic, values, (from / 1_000) % PARTITIONS);
  }
  await fill.close();
  return topic;
}

async function runCell(server: string, target: Target, fault: Fault, topic: string): Promise<Cell> {
  const place = `${server}-${FAULTS.indexOf(fault)}-${Date.now()}`;
  const before = target.proxy.passed();
  const run = openRun(
    {
      ...lake.env,
      AWS_ENDPOINT_URL_S3: `http://127.0.0.1:${s3Proxy.port}`,
      KAFKA_BROKERS: kafka.address,
      // The broker advertises its own address, where the client would go past the proxy.
      KAFKA_BROKER_MAP: `${kafka.address}=127.0.0.1:${kafkaProxy.port}`,
      KAFKA_TOPIC: topic,
      BRONZE_PATH: lake.at(`${place}/table`),
      BRONZE_CHECKPOINT: lake.at(`${place}/checkpoint`),
      BRONZE_TRIGGER: '500ms',
    },
    folder,
  );
  await run.untilBatches(BATCHES_BEFORE, WAIT_MS);
  const began = run.batches();
  await fault.run(target);
  const [over, during] = [Date.now(), run.batches() - began];
  const next = await run.nextBatch(over, WAIT_MS);
  await run.stop();
  await target.proxy.heal();
  await run.drain();
  const seen = await lake.read(`${place}/table`);
  const after = target.proxy.passed();
  return {
    server,
    fault: fault.name,
    during,
    seconds: next === null ? null : Math.round((next - over) / 100) / 10,
    lost: RECORDS - seen.distinct_trans_num,
    doubled: seen.rows - seen.distinct_trans_num,
    bytes: after.upstream + after.downstream - before.upstream - before.downstream,
    said: run.troubles(),
  };
}

function isWell({ server, seconds, lost, doubled, bytes }: Cell): boolean {
  return seconds !== null && seconds <= (GOAL[server] ?? 0) && lost === 0 && doubled === 0 && bytes > 0;
}

function summary(): string {
  const rows = FAULTS.map(({ name }) => [
    name,
    ...Object.keys(targets).map((server) => {
      const cell = results.lines.find((each) => each.server === server && each.fault === name);
      if (!cell) return 'not run';
      const { seconds, lost, doubled, during } = cell;
      return `${seconds === null ? 'never' : `${seconds} s`} (${during}, ${lost}/${doubled})`;
    }),
  ]);
  const note = 'Seconds to the next commit (batches during the fault, lost/doubled).';
  return `${toTable([['fault', ...Object.keys(targets)], ...rows])}\n${note}`;
}
