/** The console on servers that exist: from an INSERT through real Debezium and Kafka to S3 and Slack, with a restart in between. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connectConsole, type RemoteConsole } from '../../../src/console/console.ts';
import type { Snapshot } from '../../../src/console/contract.ts';
import { openConnector } from '../../../src/stack/connector/connector.ts';
import { createGenerator } from '../../../src/stack/producer/generator.ts';
import { insertTransactions } from '../../../src/stack/producer/transaction.ts';
import { makeTestHome, removeTestHome } from '../../support/postgres.ts';
import { sluice, type Sluice } from './cli.ts';
import { notRun } from './not-run.ts';
import { startWorld, worldObstacle, type World } from './world.ts';

const obstacle = notRun('external stack', worldObstacle());
const PASSWORDS = ['sluice-test-secret'];

/** One story, told in order. */
describe.skipIf(obstacle)('a console on servers of its user', () => {
  let world: World;
  let home: string;
  let run: Sluice;
  let console: RemoteConsole;
  let inserted = 0;

  beforeAll(async () => {
    home = await makeTestHome();
    world = await startWorld();
    await start();
  }, 180_000);

  afterAll(async () => {
    console?.close();
    run?.child.kill('SIGKILL');
    await world?.stop();
    await removeTestHome(home);
  });

  it('finds every server, keeps the tables that are there, and makes the topic and the connector that are not', async () => {
    const { console: view, services } = await console.call('snapshot', {});
    expect(view).toMatchObject({ profile: 'external', stack: 'UP', slack: 'preview' });
    expect(services.map(({ name }) => name)).toEqual([
      'postgres',
      'kafka',
      'debezium-connect',
      'lakehouse',
      'fraud-api',
    ]);
    for (const service of services) expect(service).toMatchObject({ verbs: [], locked: expect.any(String) as string });
    expect(run.said.err).toContain('Found the tables transactions, fraud_predictions, producer_checkpoint');
    expect(run.said.err).toMatch(/Created the topic postgres\.public\.transactions with 4 partitions/);
    expect(run.said.err).toMatch(/Created the connector postgres-connector: it is RUNNING/);
  });

  it('brings what is inserted to the table, to the predictions and to Slack', async () => {
    await insert(400);
    await console.call('producer.scenario', { name: 'card-theft' });
    await settled();
    await compare();
  });

  it('shows the servers as they are', async () => {
    const services = await until(async () => {
      const now = (await console.call('snapshot', {})).services;
      return now.every(({ state }) => state === 'OK') && now;
    });
    const detail = (name: string): string => services.find((each) => each.name === name)?.detail ?? '';
    expect(detail('postgres')).toMatch(/^PostgreSQL \d+.*MB of WAL held$/);
    expect(detail('kafka')).toMatch(/^postgres\.public\.transactions: 4 partitions, \d+ records$/);
    expect(detail('debezium-connect')).toBe('postgres-connector is RUNNING');
    expect(detail('fraud-api')).toMatch(/stateless.*history|history.*stateless/);
  });

  it('is not to command them, and says why', async () => {
    await expect(console.call('stack.restart', { service: 'kafka' })).rejects.toMatchObject({
      code: 'NOT_ALLOWED_NOW',
      action: expect.stringContaining('where they run') as string,
    });
  });

  it('goes on after a restart where it was, with what came meanwhile, and touches no server', async () => {
    run.child.kill('SIGTERM');
    expect((await run.ended).code).toBe(0);
    console.close();
    await insert(200);
    expect((await openConnector({ url: world.connect.url }).view()).state).toBe('RUNNING');
    await start();
    expect(run.said.err).not.toMatch(/Created the|Applied the migrations/);
    await settled();
    await compare();
  });

  it('clears a checkpoint on S3, previewed before, and neither doubles nor loses a row', async () => {
    const preview = await console.call('checkpoint.preview', { query: 'bronze', from: 'table' });
    expect(preview.sentences.join(' ')).not.toBe('');
    const { trash } = await console.call('checkpoint.clear', { query: 'bronze', from: 'table', confirm: 'bronze' });
    expect(trash).toMatch(/^s3a:\/\/lakehouse\/checkpoints\/_trash\//);
    await insert(50);
    await settled();
    await compare();
  });

  it('looks after the table on S3', async () => {
    const { path, findings } = await console.call('table.health', {});
    expect([path, findings]).toEqual([world.env['BRONZE_PATH'], expect.any(Array)]);
    const { filesAdded } = await console.call('table.optimize', {});
    expect(filesAdded).toBeGreaterThan(0);
    expect(await console.call('table.vacuum', {})).toMatchObject({ dryRun: true, deleted: 0 });
    const { versions } = await console.call('table.history', { limit: 1 });
    expect(versions[0]).toMatchObject({ operation: 'OPTIMIZE' });
    await compare();
  });

  it('keeps a dead letter on S3 and shows it', async () => {
    const topic = 'postgres.public.transactions';
    await world.send(topic, 'garbage');
    const found = await until(async () => {
      const list = await console.call('deadLetters.list', {});
      return list.rows.some(({ found: by }) => by.length === 2) && list;
    });
    expect(found.rows[0]).toMatchObject({ topic, code: 'NOT_JSON', size: 7 });
    await settled();
  });

  it('tells no secret', () => {
    for (const secret of [...PASSWORDS, world.env['POSTGRES_PASSWORD'] ?? '']) {
      expect(run.said.err + run.said.out).not.toContain(secret);
    }
    expect(run.said.err).not.toMatch(/^\s+at /m);
  });

  async function start(): Promise<void> {
    const env = { ...world.env, SLUICE_HOME: home, BRONZE_TRIGGER: '1 s' };
    run = sluice('run --headless --stack external --json', env, home);
    await run.says(/\[Bronze\] Query RUNNING/);
    await run.says(/\[Alert\] {2}Query RUNNING/);
    console = (await connectConsole(home)) as RemoteConsole;
  }

  async function insert(rows: number): Promise<void> {
    const generator = createGenerator(7).rows(inserted);
    const made = Array.from({ length: rows }, () => generator.next().value);
    inserted += await insertTransactions(world.frauddb, made);
  }

  const count = async (text: string): Promise<number> => {
    const [row] = await world.frauddb.query<{ n: string }>(`SELECT count(*) AS n FROM ${text}`);
    return Number(row?.n);
  };

  /** Resolves when all rows of the table are in the lakehouse and scored, and nothing is on its way to Slack. */
  async function settled(): Promise<void> {
    const rows = await count('transactions');
    await until(async () => {
      const { lag, table, totals } = await console.call('snapshot', {});
      const read = lag.bronze?.total === 0 && lag.alert?.total === 0;
      return read && table?.rows === rows && totals?.predictions === rows && isDelivered(totals);
    });
  }

  /** What an independent reader finds in S3 is what PostgreSQL has, and each fraud was told of once. */
  async function compare(): Promise<void> {
    const rows = await count('transactions');
    expect(await world.lake.read('bronze/transactions')).toMatchObject({ rows, distinct_trans_num: rows });
    expect(await count('fraud_predictions')).toBe(rows);
    const frauds = await count('fraud_predictions WHERE is_fraud_predicted = 1');
    const told = world.slack.accepted.flatMap(({ transNums }) => transNums);
    expect(frauds).toBeGreaterThan(0);
    expect([told.length, new Set(told).size]).toEqual([frauds, frauds]);
  }
});

function isDelivered({ deliveries, pendingRows }: NonNullable<Snapshot['totals']>): boolean {
  return deliveries.pending + deliveries.sending + deliveries.ambiguous + pendingRows === 0;
}

async function until<T>(look: () => Promise<T | false | undefined>): Promise<T> {
  for (;;) {
    const found = await look();
    if (found) return found;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}
