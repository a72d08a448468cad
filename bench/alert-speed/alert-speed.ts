/**
 * How fast Alert is with the real FastAPI service, a real PostgreSQL and a Slack that accepts at once:
 * `npm run bench -- alert-speed [--rows 60000] [--sizes 100,1000,5000] [--seconds 1000] [--rate 50]
 * [--memory 1000000]`.
 * Backlog: rows a second by batch size. Latency: from the commit of a payment to the acceptance of its alert, through
 * change capture and topic, at the model's own rate of frauds (some 200 in the 1000 seconds). Memory: proportional set size over a long backlog.
 * One JSON line a figure in `test-results/bench/alert-speed.jsonl`, with the load of the machine. 0 leaves a figure out.
 */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { CAPTURE_DEFAULTS } from '../../src/stack/embedded/capture-settings.ts';
import { startCapture, type Capture } from '../../src/stack/embedded/capture.ts';
import { createGenerator } from '../../src/stack/producer/generator.ts';
import { insertTransactions, type Transaction } from '../../src/stack/producer/transaction.ts';
import { startScriptedSlack } from '../../test/support/alert/receivers.ts';
import { openWorld } from '../../test/support/alert/world.ts';
import { begin, type Life } from '../../test/support/alert/process.ts';
import { ROOT } from '../support/host.ts';
import { processTree, sum } from '../support/processes.ts';
import { openResults } from '../support/results.ts';
import { startFastApi } from './fast-api.ts';

const { values: options } = parseArgs({
  options: {
    rows: { type: 'string', default: '60000' },
    sizes: { type: 'string', default: '100,1000,5000' },
    seconds: { type: 'string', default: '1000' },
    rate: { type: 'string', default: '50' },
    memory: { type: 'string', default: '1000000' },
  },
});
const TOPIC = 'speed';
const SEED = 20_261;
const ROWS_PER_INSERT = 1_000;
const PATIENCE_MS = 60 * 60_000;

const results = openResults<Record<string, unknown>>('alert-speed', false);
const log = path.join(ROOT, 'test-results', 'bench', 'alert-speed.log');
const world = await openWorld();
const api = await startFastApi(log);
const slack = await startScriptedSlack(() => 'ok');
const rows = createGenerator(SEED).rows(0);
let sent = 0;
let capture: Capture | null = null;
try {
  await world.openScene(TOPIC);
  capture = await startCapturing();
  if (Number(options.rows) > 0) await measureBacklogs();
  if (Number(options.seconds) > 0) await measureLatency();
  if (Number(options.memory) > 0) await measureMemory();
} finally {
  await capture?.stop();
  await Promise.all([slack.close(), api.stop()]);
  await world.close();
}

async function startCapturing(): Promise<Capture> {
  const { frauddb: captured, topics } = world.settings;
  const started = startCapture(
    { captured, topics, topic: TOPIC, version: '0', ...CAPTURE_DEFAULTS },
    (level, message) => {
      if (level !== 'info') console.error(message);
    },
  );
  await started.streaming;
  return started;
}

async function measureBacklogs(): Promise<void> {
  await insert(Number(options.rows));
  for (const size of options.sizes.split(',').map(Number)) {
    await run({ batch: size }, async () => {
      await until(async () => (await ledger()).records > 0);
      const first = await ledger();
      await until(async () => (await ledger()).records === sent);
      const last = await ledger();
      const rowsPerSecond = Math.round(((last.records - first.firstRecords) * 1_000) / (last.lastAt - first.firstAt));
      tell({ figure: 'backlog', batch: size, rows: sent, rowsPerSecond, pending: last.pending });
    });
  }
}

async function measureLatency(): Promise<void> {
  const committed = new Map<string, number>();
  const told = slack.accepted.length;
  const [rate, seconds] = [Number(options.rate), Number(options.seconds)];
  await run({ batch: 1_000, startingOffsets: 'latest' }, async (folder) => {
    await until(async () => isStarted(folder));
    const begun = Date.now();
    const before = sent;
    while (sent - before < rate * seconds) {
      await sleep(Math.max(0, begun + ((sent - before) * 1_000) / rate - Date.now()));
      const [row] = await insert(1);
      committed.set(row?.trans_num ?? '', Date.now());
    }
    const insertedIn = (Date.now() - begun) / 1_000;
    await until(async () => {
      const { records, waiting } = await ledger();
      return records === sent - before && waiting === 0;
    });
    const delays = slack.accepted
      .slice(told)
      .flatMap(({ transNums, at }) => transNums.map((transNum) => at - (committed.get(transNum) ?? Number.NaN)))
      .filter(Number.isFinite)
      .sort((a, b) => a - b);
    const at = (share: number): number | undefined =>
      delays[Math.min(delays.length - 1, Math.floor(share * delays.length))];
    const ms = { p50: at(0.5), p95: at(0.95), p99: at(0.99), max: at(1) };
    const rates = { rate: (sent - before) / insertedIn, alertsPerSecond: delays.length / insertedIn };
    tell({ figure: 'latency', ...rates, rows: sent - before, alerts: delays.length, ms });
  });
}

async function measureMemory(): Promise<void> {
  await insert(Number(options.memory));
  await run({ batch: 1_000 }, async (_, life) => {
    const samples: number[] = [];
    await until(async () => {
      samples.push(sum(processTree(life.pid), 'pssMb'));
      return (await ledger()).records === sent;
    });
    const at = (share: number): number => Math.round(samples[Math.floor(share * (samples.length - 1))] ?? 0);
    const mb = { tenth: at(0.1), half: at(0.5), end: at(1), max: Math.round(Math.max(...samples)) };
    tell({ figure: 'memory', rows: sent, mb });
  });
}

/** One life of Alert on empty tables of its own; the transactions and the topic stay. */
async function run(
  { batch, startingOffsets = 'earliest' }: { batch: number; startingOffsets?: 'earliest' | 'latest' },
  measure: (folder: string, life: Life) => Promise<void>,
): Promise<void> {
  await world.frauddb.query(
    `TRUNCATE fraud_predictions, sluice.prediction_details, sluice.pending, sluice.outbox, sluice.alert_batches,
       sluice.messages, sluice.message_alerts`,
  );
  const folder = mkdtempSync(path.join(tmpdir(), 'sluice-speed-'));
  const alert = { fraudApiUrl: api.url, slack: { kind: 'preview', url: slack.url } } as const;
  const job = world.jobIn(folder, TOPIC, alert, { maxOffsetsPerTrigger: batch, startingOffsets });
  const life = begin({ job, folder, log });
  try {
    await measure(folder, life);
  } finally {
    await life.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Inserts the next rows of the generator and resolves when they are in the topic. */
async function insert(count: number): Promise<Transaction[]> {
  const inserted: Transaction[] = [];
  while (inserted.length < count) {
    const chunk = take(Math.min(ROWS_PER_INSERT, count - inserted.length));
    await insertTransactions(world.frauddb, chunk);
    inserted.push(...chunk);
  }
  sent += count;
  if (count > 1) await until(async () => (await topicEnd()) === sent);
  return inserted;
}

function take(count: number): Transaction[] {
  const chunk: Transaction[] = [];
  while (chunk.length < count) chunk.push(rows.next().value as Transaction);
  return chunk;
}

async function topicEnd(): Promise<number> {
  const [row] = await world.topics.query<{ n: string }>('SELECT sum(log_end) AS n FROM partitions WHERE topic = $1', [
    TOPIC,
  ]);
  return Number(row?.n ?? 0);
}

function isStarted(folder: string): boolean {
  return existsSync(path.join(folder, 'checkpoint', 'sources', '0', '0'));
}

async function ledger() {
  const [row] = await world.frauddb.query<Record<string, string | null>>(
    `SELECT coalesce(sum(records), 0) AS records, floor(extract(epoch FROM min(committed_at)) * 1000)::text AS first_at,
       floor(extract(epoch FROM max(committed_at)) * 1000)::text AS last_at,
       (SELECT records FROM sluice.alert_batches ORDER BY batch_id LIMIT 1) AS first_records,
       (SELECT count(*) FROM sluice.pending) AS pending,
       (SELECT count(*) FROM sluice.outbox WHERE state IN ('pending', 'sending', 'ambiguous')) AS waiting
     FROM sluice.alert_batches`,
  );
  const number = (name: string): number => Number(row?.[name] ?? 0);
  return {
    records: number('records'),
    firstRecords: number('first_records'),
    firstAt: number('first_at'),
    lastAt: number('last_at'),
    pending: number('pending'),
    waiting: number('waiting'),
  };
}

async function until(done: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + PATIENCE_MS;
  while (!(await done())) {
    if (Date.now() > deadline) throw new Error(`not done after an hour; see ${log}`);
    await sleep(100);
  }
}

/** With the load of the last minute and of the last quarter of an hour. */
function tell(figure: Record<string, unknown>): void {
  const [minute = 0, , quarter = 0] = loadavg();
  const line = { ...figure, load: Number(minute.toFixed(1)), loadOfQuarter: Number(quarter.toFixed(1)) };
  results.add(line);
  console.log(JSON.stringify(line));
}
