/**
 * A million events on a real Kafka while Bronze is killed 200 times: `npm run bench -- soak [--events 1000000] [--kills 200]
 * [--seed 1] [--keep]`. Three partitions, 1 % of the events cannot be rows. Every kill is a SIGKILL at a random moment,
 * three seconds after the query runs on average, or after its process began; then the last start catches up, and the oracle judges. Figures go to
 * `test-results/bench/soak.jsonl`. After a SIGTERM it kills no more and judges what there is. Exit code 1 when a row was lost, doubled or bent.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { openLocalStore } from '../src/pipeline/store/local.ts';
import { isSound, judge } from '../test/pipeline/support/oracle.ts';
import { seeded, sentOf, type Sent } from '../test/pipeline/support/workload.ts';
import { sluice, type Sluice } from '../test/stack/servers/cli.ts';
import { prepareKafka } from '../test/stack/servers/kafka-jars.ts';
import { startKafka } from '../test/stack/servers/kafka.ts';
import { openFiller, type Filler } from '../test/stack/servers/topics.ts';
import { openResults } from './support/results.ts';
import { readTable } from './support/rows.ts';

const { values: options } = parseArgs({
  options: {
    events: { type: 'string', default: '1000000' },
    kills: { type: 'string', default: '200' },
    seed: { type: 'string', default: '1' },
    keep: { type: 'boolean', default: false },
  },
});
/** What is shipped, not the sources. */
const PROGRAM = path.resolve(import.meta.dirname, '..', 'dist', 'cli.cjs');
const PARTITIONS = 3;
const EVENTS = Math.floor(Number(options.events) / PARTITIONS) * PARTITIONS;
const KILLS = Number(options.kills);
const POISON = 100;
const MEAN_GAP_MS = 3_000;
/** Events in one request of the producer, per partition. */
const REQUEST = 1_000;

let isEnough = false;
process.once('SIGTERM', () => (isEnough = true));
const random = seeded(Number(options.seed));
const root = mkdtempSync(path.join(tmpdir(), 'sluice-soak-'));
const results = openResults<object>('soak', false);
await prepareKafka();
const kafka = await startKafka();
try {
  process.exitCode = (await soak()) ? 0 : 1;
} finally {
  await kafka.stop();
  if (options.keep) console.log(`kept: ${root}`);
  else rmSync(root, { recursive: true, force: true });
}

async function soak(): Promise<boolean> {
  const filler = await openFiller(kafka.address);
  const topic = await filler.create(PARTITIONS);
  const begun = Date.now();
  const filled = fill(filler, topic, KILLS * MEAN_GAP_MS * 0.8).then(() => Date.now() - begun);
  let kills = 0;
  while (kills < KILLS && !isEnough) await killOnce(topic, (kills += 1));
  const killedMs = Date.now() - begun;
  const filledMs = await filled;
  await filler.close();
  const catchUp = await bronze(topic, '--available-now').ended;
  const caughtUpMs = Date.now() - begun - Math.max(killedMs, filledMs);
  const stores = { table: at('table'), checkpoint: at('checkpoint'), quarantine: at('quarantine') };
  const seen = await readTable(path.join(root, 'table'));
  const verdict = await judge({ sent: sent(), ...seen, ...stores });
  const line = { events: EVENTS, kills, seed: options.seed, filledMs, killedMs, caughtUpMs, ...verdict };
  results.add(line);
  console.log(JSON.stringify(line));
  if (catchUp.code !== 0) console.log(catchUp.err.slice(-2_000));
  return catchUp.code === 0 && isSound(verdict);
}

/** At most as fast as it takes to spread the events over so many milliseconds. */
async function fill({ producer }: Filler, topic: string, ms: number): Promise<void> {
  const begun = Date.now();
  const each = EVENTS / PARTITIONS;
  for (let from = 0; from < each; from += REQUEST) {
    const until = Math.min(each, from + REQUEST);
    const messages = Array.from({ length: PARTITIONS }, (_, partition) =>
      range(from, until).map((n) => ({ partition, key: null, value: sentOf(partition, n, POISON).value })),
    );
    await producer.send({ topic, messages: messages.flat() });
    await sleep(Math.max(0, begun + (ms * until) / each - Date.now()));
  }
}

async function killOnce(topic: string, kill: number): Promise<void> {
  const run = bronze(topic, '--until-stopped');
  // One in four dies while it starts.
  if (kill % 4 !== 0) await run.says('Query RUNNING');
  await sleep(random() * 2 * MEAN_GAP_MS);
  run.child.kill('SIGKILL');
  await run.ended;
  if (kill % 20 === 0) console.log(`${kill} kills`);
}

function bronze(topic: string, how: string): Sluice {
  const env = {
    KAFKA_BROKERS: kafka.address,
    KAFKA_TOPIC: topic,
    BRONZE_PATH: path.join(root, 'table'),
    BRONZE_CHECKPOINT: path.join(root, 'checkpoint'),
    BRONZE_QUARANTINE: path.join(root, 'quarantine'),
    MAX_OFFSETS_PER_TRIGGER: '20000',
    TRIGGER_INTERVAL: '0',
  };
  return sluice(`run bronze ${how} --json`, env, root, PROGRAM);
}

function* sent(): Iterable<Sent> {
  for (let partition = 0; partition < PARTITIONS; partition += 1)
    for (let n = 0; n < EVENTS / PARTITIONS; n += 1) yield sentOf(partition, n, POISON);
}

function at(folder: string) {
  return openLocalStore(path.join(root, folder));
}

function range(from: number, until: number): number[] {
  return Array.from({ length: until - from }, (_, n) => from + n);
}
