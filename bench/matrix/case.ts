/** One case of the matrix: run until the failpoint, start again until all is read, judge. */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { ObjectStore } from '../../src/pipeline/ports.ts';
import { openLocalStore } from '../../src/pipeline/store/local.ts';
import { openS3Store } from '../../src/pipeline/store/s3.ts';
import { judge, type Verdict } from '../../test/pipeline/support/oracle.ts';
import type { BRONZE_FAILPOINTS } from '../../test/pipeline/support/simulation.ts';
import { seeded, sentOf, type Sent } from '../../test/pipeline/support/workload.ts';
import { sluice } from '../../test/stack/servers/cli.ts';
import { startKafka } from '../../test/stack/servers/kafka.ts';
import { startLake, type Lake } from '../../test/stack/servers/lake.ts';
import { S3_KEYS } from '../../test/stack/servers/s3.ts';
import { openFiller } from '../../test/stack/servers/topics.ts';
import { readTable } from '../support/rows.ts';

export const KILLS = ['kill', 'terminate'] as const;
export type Store = 'local' | 'minio';

export interface Case {
  readonly store: Store;
  readonly failpoint: (typeof BRONZE_FAILPOINTS)[number];
  readonly kill: (typeof KILLS)[number];
  readonly seed: number;
}

export interface Outcome extends Case {
  /** As it was armed. */
  readonly shot: string;
  readonly fired: boolean;
  readonly starts: number;
  readonly ms: number;
  readonly verdict: Verdict;
}

export interface World {
  readonly brokers: string;
  readonly lake: Lake | null;
  /** Topic with so many records a partition. */
  topic(each: number): Promise<string>;
  close(): Promise<void>;
}

const PARTITIONS = 3;
const POISON = 9;
const USUAL = { records: 60, limit: 45 };
/** More batches than a checkpoint retains, so that the last ones purge. */
const MANY = { records: 106, limit: 3 };
const MAX_STARTS = 4;

export async function openWorld(stores: readonly Store[]): Promise<World> {
  const [kafka, lake] = await Promise.all([startKafka(), stores.includes('minio') ? startLake('minio') : null]);
  const filler = await openFiller(kafka.address);
  const topics = new Map<number, string>();
  return {
    brokers: kafka.address,
    lake,
    topic: async (each) => {
      const topic = topics.get(each) ?? (await filler.create(PARTITIONS));
      if (topics.has(each)) return topic;
      for (const partition of [0, 1, 2]) {
        const values = [...sentTo(partition, each)].map(({ value }) => value?.toString() ?? null);
        await filler.send(topic, values, partition);
      }
      topics.set(each, topic);
      return topic;
    },
    close: async () => {
      await filler.close();
      await Promise.all([kafka.stop(), lake?.server.stop()]);
    },
  };
}

export async function runCase(world: World, each: Case): Promise<Outcome> {
  const begun = Date.now();
  const folder = mkdtempSync(path.join(tmpdir(), `sluice-matrix-${each.failpoint}-`));
  const place = placeOf(world, each, folder);
  const { records, limit } = each.failpoint === 'b12' ? MANY : USUAL;
  const shot = shotOf(each);
  const marks = path.join(folder, 'fired');
  const env = {
    ...place.env,
    KAFKA_BROKERS: world.brokers,
    KAFKA_TOPIC: await world.topic(records),
    MAX_OFFSETS_PER_TRIGGER: String(limit),
    TRIGGER_INTERVAL: '0',
    SLUICE_FAILPOINTS: shot,
    SLUICE_FAILPOINTS_DIR: marks,
  };
  try {
    let [starts, code] = [0, -1];
    while (code !== 0) {
      if (starts === MAX_STARTS) throw new Error(`${shot}: not done after ${starts} starts`);
      starts += 1;
      const ended = await sluice('run bronze --available-now --json', env, folder).ended;
      code = ended.code;
      if (starts > 1 && code !== 0) console.error(ended.err.slice(-1_000));
    }
    const fired = existsSync(path.join(marks, `${each.failpoint}@${shot.split('@')[1]}.fired`));
    const sent = [0, 1, 2].flatMap((partition) => [...sentTo(partition, records)]);
    const verdict = await judge({ sent, ...(await place.read()), ...place.stores });
    return { ...each, shot, fired, starts, ms: Date.now() - begun, verdict };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Which time the step is passed; while a big object is on its way, the seed says how long after its start. */
function shotOf({ store, failpoint, kill, seed }: Case): string {
  const random = seeded(seed);
  const pass = 1 + Math.floor(random() * 2);
  const wait = store === 'minio' && ['b2', 'b5', 'b7', 'b9'].includes(failpoint) ? `:${Math.floor(random() * 12)}` : '';
  return `${failpoint}=${kill}${wait}@${pass}`;
}

interface Place {
  readonly env: Readonly<Record<string, string>>;
  readonly stores: { readonly table: ObjectStore; readonly checkpoint: ObjectStore; readonly quarantine: ObjectStore };
  readonly read: () => ReturnType<typeof readTable>;
}

function placeOf({ lake }: World, each: Case, folder: string): Place {
  if (each.store === 'local' || !lake) {
    const open = (name: string): ObjectStore => openLocalStore(path.join(folder, name));
    return {
      env: toEnv((name) => path.join(folder, name)),
      stores: toStores(open),
      read: () => readTable(path.join(folder, 'table')),
    };
  }
  const prefix = `${path.basename(folder)}`;
  const open = (name: string): ObjectStore =>
    openS3Store(
      {
        kind: 's3',
        bucket: 'lakehouse',
        prefix: `${prefix}/${name}`,
        endpoint: lake.server.endpoint,
        region: 'us-east-1',
        forcePathStyle: true,
        credentials: { ...S3_KEYS, sessionToken: null },
      } as Parameters<typeof openS3Store>[0],
      () => undefined,
    );
  const forReader = { ...lake.env, AWS_ENDPOINT_URL: lake.server.endpoint, AWS_ALLOW_HTTP: 'true' };
  return {
    env: { ...lake.env, ...toEnv((name) => lake.at(`${prefix}/${name}`)) },
    stores: toStores(open),
    read: () => readTable(`s3://lakehouse/${prefix}/table`, forReader),
  };
}

const toEnv = (at: (name: string) => string): Record<string, string> => ({
  BRONZE_PATH: at('table'),
  BRONZE_CHECKPOINT: at('checkpoint'),
  BRONZE_QUARANTINE: at('quarantine'),
});

const toStores = (open: (name: string) => ObjectStore): Place['stores'] => ({
  table: open('table'),
  checkpoint: open('checkpoint'),
  quarantine: open('quarantine'),
});

function* sentTo(partition: number, each: number): Iterable<Sent> {
  for (let n = 0; n < each; n += 1) yield sentOf(partition, n, POISON);
}
