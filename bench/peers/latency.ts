/** How long one row takes from its sending to the commit that holds it, without a trigger interval; and the same on S3. */
import { loadavg } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { startLake } from '../../test/stack/servers/lake.ts';
import { prepareS3 } from '../../test/stack/servers/s3.ts';
import { follow, inFolder, quantile, valueOf, type Follower, type Live } from './follow.ts';
import { fillTopic } from './fill.ts';
import type { Command } from '../support/measure.ts';
import type { Program } from './programs.ts';
import { watchLog } from './table.ts';

const ROWS = 60;
/** Spark takes seconds for each. */
const SPARK_ROWS = 30;
/** The first ones find a program that is still cold. */
const WARM_UP = 10;
const PATIENCE_MS = 120_000;
/** Rows are sent so many ms apart at most, at no fixed beat. */
const APART_MS = 700;

export interface Latency {
  readonly kind: 'latency';
  readonly peer: Program['peer'];
  readonly store: 'folder' | 'MinIO';
  readonly rows: number;
  readonly p50Seconds: number;
  readonly p95Seconds: number;
  readonly load: number;
}

export async function measureLatency(live: Live, programs: readonly Program[]): Promise<void> {
  for (const program of programs) {
    await inFolder(`latency-${program.peer}`, async (root) => {
      const topic = await fillTopic(live.filler, 1, 1);
      const command = program.follow({ brokers: live.brokers, topic, root });
      if (!command) return;
      const log = watchLog(root);
      await run(live, program, 'folder', topic, command, (_, rows) => log.until(rows, PATIENCE_MS));
    });
  }
  const sluice = programs.find(({ peer }) => peer === 'sluice');
  if (!sluice) return;
  await prepareS3('minio');
  const lake = await startLake('minio');
  try {
    await inFolder('latency-s3', async (root) => {
      const topic = await fillTopic(live.filler, 1, 1);
      const env = {
        ...lake.env,
        BRONZE_PATH: lake.at('table'),
        BRONZE_CHECKPOINT: lake.at('checkpoint'),
        BRONZE_QUARANTINE: lake.at('quarantine'),
      };
      const command = sluice.follow({ brokers: live.brokers, topic, root }, env);
      if (command) await run(live, sluice, 'MinIO', topic, command, untilTold);
    });
  } finally {
    await lake.server.stop();
  }
}

/** Resolves when the table holds so many rows. */
type Committed = (follower: Follower, rows: number) => Promise<void>;

async function run(
  { filler, tell }: Live,
  { peer }: Program,
  store: Latency['store'],
  topic: string,
  command: Command,
  committed: Committed,
): Promise<void> {
  const load = loadavg()[0] ?? 0;
  const rows = peer === 'spark' ? SPARK_ROWS : ROWS;
  const follower = follow(command, process.cwd());
  const waits: number[] = [];
  try {
    await committed(follower, 1);
    for (let row = 1; row <= WARM_UP + rows; row += 1) {
      await sleep(APART_MS * (0.3 + 0.7 * Math.random()));
      const done = committed(follower, row + 1);
      const began = performance.now();
      await filler.send(topic, [valueOf(row)]);
      await done;
      if (row > WARM_UP) waits.push(performance.now() - began);
    }
  } catch (cause) {
    throw new Error(`${peer} on ${store}: ${follower.said().slice(-2_000)}`, { cause });
  } finally {
    await follower.kill();
  }
  const [p50Seconds, p95Seconds] = [quantile(waits, 0.5) / 1_000, quantile(waits, 0.95) / 1_000];
  tell({ kind: 'latency', peer, store, rows, p50Seconds, p95Seconds, load });
}

/** Told by the program itself, in the moment of the commit: asking a server would cost it time. */
function untilTold(follower: Follower): Promise<void> {
  return new Promise((resolve, reject) => {
    const late = setTimeout(() => reject(new Error('no batch was committed')), PATIENCE_MS);
    follower.onLine((line) => {
      if (!/Writing to Bronze layer\.\.\. 1 rows, version/.test(line)) return;
      clearTimeout(late);
      resolve();
    });
  });
}
