import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseChange } from '../../../src/pipeline/cdc/parse.ts';
import type { Source, TopicRecord } from '../../../src/pipeline/ports.ts';
import { openKafkaSource } from '../../../src/pipeline/source/kafka.ts';
import { openDatabase, type Database } from '../../../src/pipeline/sql.ts';
import { wantedConfig, type CaptureTarget, type ConnectorConfig } from '../../../src/stack/connector/config.ts';
import { openConnector, type Connector } from '../../../src/stack/connector/connector.ts';
import { readSlot } from '../../../src/stack/connector/slot.ts';
import { startTestPostgres, type TestPostgres } from '../../support/postgres.ts';
import { connectObstacle, startConnect, type ConnectServer } from './connect.ts';
import { kafkaObstacle, startKafka, type KafkaServer } from './kafka.ts';
import { notRun } from './not-run.ts';
import { kafkaSettings, QUICK, readAll } from './topics.ts';

const TOPIC = 'postgres.public.transactions';
const obstacle = notRun('Kafka Connect with Debezium', kafkaObstacle() ?? connectObstacle());

/** One story, told in order: each test goes on where the one before ended. */
describe.skipIf(obstacle)('a real Debezium', () => {
  let kafka: KafkaServer;
  let postgres: TestPostgres;
  let connect: ConnectServer;
  let connector: Connector;
  let frauddb: Database;
  let source: Source;
  let target: CaptureTarget;
  let wanted: ConnectorConfig;

  beforeAll(async () => {
    [kafka, postgres] = await Promise.all([startKafka(), startTestPostgres()]);
    const settings = (await postgres.createFraudDatabases()).frauddb;
    connect = await startConnect(kafka.address);
    connector = openConnector({ url: connect.url });
    frauddb = openDatabase(settings);
    source = openKafkaSource(kafkaSettings(kafka.address, TOPIC), () => undefined, QUICK);
    target = { ...settings, slot: 'debezium', publication: 'dbz_publication' };
    wanted = wantedConfig(target);
  }, 180_000);

  afterAll(async () => {
    await source?.close();
    await frauddb?.close();
    await connect?.stop();
    await kafka?.stop();
    await postgres?.stop();
  });

  it('is created, and reads the slot', async () => {
    await insert('before', '10.50');
    expect((await connector.ensure(wanted)).did).toBe('created');
    expect(await connector.settled()).toMatchObject({ state: 'RUNNING', reason: null, findings: [] });
    expect(await rowsUntil(1)).toEqual([{ op: 'r', trans_num: 'before', amt: 10.5, cc_num: 4992346398065154184n }]);
    await insert('after', '20.25');
    expect((await rowsUntil(2)).at(-1)).toMatchObject({ op: 'c', trans_num: 'after', amt: 20.25 });
    expect(await readSlot(frauddb, target.slot)).toMatchObject({ active: true, wal: 'reserved' });
    expect((await connector.ensure(wanted)).did).toBe('nothing');
  });

  it('is paused and resumed, and its slot waits meanwhile', async () => {
    expect((await connector.pause()).state).toBe('PAUSED');
    await insert('paused', '30.00');
    expect((await connector.resume()).state).toBe('RUNNING');
    expect((await rowsUntil(3)).at(-1)).toMatchObject({ trans_num: 'paused' });
    await expect.poll(() => connector.offsets(), { timeout: 30_000 }).toHaveProperty('lsn');
  });

  it('with another decimal mode is linted, and its amounts are read all the same', async () => {
    await connector.ensure({ ...wanted, 'decimal.handling.mode': 'precise' });
    expect((await connector.settled()).findings.map(({ name }) => name)).toEqual(['decimal.handling.mode']);
    await insert('precise', '981.12');
    expect((await rowsUntil(4)).at(-1)).toMatchObject({ trans_num: 'precise', amt: 981.12 });
  });

  it('fails on a NaN in that mode, says why, and works again after the repair', async () => {
    await insert('nan', 'NaN');
    await expect.poll(async () => (await connector.view()).state, { timeout: 60_000 }).toBe('FAILED');
    const failed = await connector.view();
    expect(failed).toMatchObject({ connector: 'RUNNING', tasks: [{ id: 0, state: 'FAILED' }] });
    expect(failed.reason).toMatch(/Exception/);
    expect((await connector.ensure(wanted)).changes).toEqual([
      { name: 'decimal.handling.mode', from: 'precise', to: 'double' },
    ]);
    expect((await connector.restartFailed()).state).toBe('RUNNING');
    await insert('repaired', '40.00');
    expect((await rowsUntil(6)).at(-1)).toMatchObject({ trans_num: 'repaired', amt: 40 });
  });

  async function insert(transNum: string, amount: string): Promise<void> {
    await frauddb.query(
      `INSERT INTO transactions (trans_date_trans_time, cc_num, merchant, category, amt, lat, long, trans_num, merch_lat, merch_long)
       VALUES ('2026-01-31 12:00:00.5', 4992346398065154184, 'fraud_Kirby', 'travel', $2::numeric, 48.8, -118.2, $1, 49.1, -118.1)`,
      [transNum, amount],
    );
  }

  /** What the topic gives once it holds so many rows. A re-delivery after a restart counts once. */
  async function rowsUntil(count: number): Promise<object[]> {
    const rows = new Map<string, object>();
    const look = async (): Promise<number> => {
      const { start, end } = await source.bounds();
      for (const record of await readAll(source, { start, end })) addRow(rows, record);
      return rows.size;
    };
    await expect.poll(look, { timeout: 60_000, interval: 200 }).toBe(count);
    return [...rows.values()];
  }
});

function addRow(rows: Map<string, object>, record: TopicRecord): void {
  const change = parseChange(record);
  if (change.kind !== 'row') return;
  const { trans_num, amt, cc_num } = change.row;
  rows.set(trans_num ?? '', { op: change.op, trans_num, amt, cc_num });
}
