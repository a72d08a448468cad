/** The Alert query on a real Spark, from a Sluice that stopped and back to one, on a real Kafka and PostgreSQL. */
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { toCandidate } from '../../src/pipeline/alert/intake.ts';
import { insertMissing } from '../../src/pipeline/alert/transactions.ts';
import { lookAtTakeOver } from '../../src/console/take-over.ts';
import type { JobSettings } from '../../src/pipeline/job-settings.ts';
import { runJob } from '../../src/pipeline/jobs.ts';
import { record } from '../pipeline/alert/support.ts';
import { kafkaSettings, openFiller, type Filler } from '../stack/servers/topics.ts';
import { kafkaObstacle, startKafka, type KafkaServer } from '../stack/servers/kafka.ts';
import { notRun } from '../stack/servers/not-run.ts';
import { isSound } from '../support/alert/oracle.ts';
import { startScriptedApi, startScriptedSlack } from '../support/alert/receivers.ts';
import { feed, seeded, type Fed, type Mix } from '../support/alert/workload.ts';
import { openWorld, type Scene, type World } from '../support/alert/world.ts';
import {
  bringSpark,
  INTEROP_SPARK,
  SPARK_PROGRAMS,
  sparkObstacle,
  startSpark,
  type Spark,
  type SparkProcess,
} from '../support/spark.ts';

const obstacle = notRun('Spark', kafkaObstacle() ?? sparkObstacle(INTEROP_SPARK));
const MIX: Mix = { rows: 40, frauds: 6, repeats: 4, garbage: 3, refused: 2, skips: 3 };

describe.skipIf(obstacle)('Alert between Sluice and Spark', () => {
  let spark: Spark;
  let kafka: KafkaServer;
  let filler: Filler;
  let world: World;

  beforeAll(async () => {
    [spark, kafka, world] = await Promise.all([bringSpark(INTEROP_SPARK), startKafka(), openWorld()]);
    filler = await openFiller(kafka.address);
  });

  afterAll(async () => {
    await filler?.close();
    await Promise.all([kafka?.stop(), world?.close()]);
  });

  it('predicts each transaction once and tells of each fraud once, whoever runs the query', async () => {
    const scene = await world.openScene(`interop-${Date.now()}`);
    const topic = await filler.create(1);
    const api = await startScriptedApi(() => 'ok');
    const slack = await startScriptedSlack(() => 'ok');
    const fed: Fed[] = [];
    const send = async (part: string): Promise<void> => {
      const more = feed(seeded(fed.length + 1), MIX, part);
      fed.push(...more);
      await insertTransactions(world, more);
      await filler.producer.send({ topic, messages: more.map(({ event: { key, value } }) => ({ key, value })) });
    };
    const job = (engine: 'sluice' | 'spark'): JobSettings =>
      scene.job(
        { fraudApiUrl: api.url, slack: { kind: 'preview', url: slack.url }, servingDatabase: 'captured', engine },
        { source: kafkaSettings(kafka.address, topic), lease: { expiryMs: 20_000, renewalMs: 500 } },
      );
    try {
      await send('a');
      const first = run(job('sluice'));
      await settled(scene, fed);
      expect(await startAlert(spark, scene, world, { kafka, topic, api: api.url }).gone).toBe(4);
      await first.stop();

      await send('b');
      const cluster = startAlert(spark, scene, world, { kafka, topic, api: api.url });
      expect(await cluster.line('RUNNING')).toBe(true);
      const drain = run(job('spark'));
      const checkpoint = path.join(scene.folder, 'checkpoint');
      const asked = {
        query: 'alert',
        checkpoint,
        table: null,
        brokers: kafka.address,
        env: {},
        cwd: scene.folder,
      } as const;
      const seen = await lookAtTakeOver(asked);
      expect(seen).toMatchObject({ topic, writer: { verdict: 'lives' }, decision: { do: 'resume' } });
      expect(seen.writer.why).toMatch(/^The lease is held by a Spark program, process \d+/);
      const refused = await run(job('sluice')).ended;
      expect(refused).toMatchObject({ code: 'FENCED', seen: expect.stringContaining('Spark, process') as string });
      await settled(scene, fed);
      await send('c');
      await settled(scene, fed);
      cluster.child.kill('SIGTERM');
      expect(await cluster.gone).toBe(0);

      const last = run(job('sluice'));
      await send('d');
      await settled(scene, fed);
      // The drain has told that a Sluice runs the query again, and has ended.
      expect(await drain.ended).toMatchObject({ code: 'FENCED' });
      await last.stop();
      const verdict = await scene.judge(fed, slack);
      expect(verdict).toMatchObject({ untold: 0, extraSends: 0, unaccounted: 0, wrongVerdicts: 0, ledgerFaults: [] });
      expect(isSound(verdict)).toBe(true);
      expect(verdict.frauds).toBe(24);
      expect(await batchesBySpark(world)).toBeGreaterThan(0);
    } finally {
      await Promise.all([api.close(), slack.close()]);
      scene.close();
    }
  }, 300_000);
});

/** A run of the query, or of its half that sends, in this process. */
function run(job: JobSettings) {
  const stopping = new AbortController();
  const ended = runJob(job, () => undefined, stopping.signal).then(
    () => null,
    (error: unknown) => error,
  );
  const stop = async (): Promise<void> => {
    stopping.abort();
    expect(await ended).toBeNull();
  };
  return { ended, stop };
}

interface Where {
  readonly kafka: KafkaServer;
  readonly topic: string;
  readonly api: string;
}

function startAlert(spark: Spark, { folder }: Scene, { settings }: World, { kafka, topic, api }: Where): SparkProcess {
  const { host, port, user, password, database } = settings.frauddb;
  const postgres = { HOST: host, PORT: String(port), USER: user, PASSWORD: password, DB: database };
  const env = Object.fromEntries(Object.entries(postgres).map(([name, value]) => [`POSTGRES_${name}`, value]));
  const places = ['--brokers', kafka.address, '--topic', topic, '--checkpoint', path.join(folder, 'checkpoint')];
  const program = [path.join(SPARK_PROGRAMS, 'alert.py'), ...places, '--fraud-api', api, '--trigger', '0 seconds'];
  const results = path.resolve(import.meta.dirname, '..', '..', 'test-results');
  mkdirSync(results, { recursive: true });
  return startSpark(spark, program, path.join(results, 'interop-alert.log'), { env });
}

/** What the producer has inserted before its events came into the topic. */
async function insertTransactions({ frauddb }: World, fed: readonly Fed[]): Promise<void> {
  const records = fed.map(({ event }, offset) => record(offset, event.value));
  await insertMissing(
    frauddb,
    records.map(toCandidate).filter((each) => 'row' in each),
  );
}

const settled = (scene: Scene, fed: readonly Fed[]): Promise<void> =>
  vi.waitUntil(() => scene.isSettled(fed.length), { timeout: 120_000, interval: 100 }).then(() => undefined);

async function batchesBySpark({ frauddb }: World): Promise<number> {
  const [row] = await frauddb.query<{ n: string }>('SELECT count(*) AS n FROM sluice.alert_batches WHERE pending > 0');
  return Number(row?.n);
}
