/** The doctor on real servers, all started once: Kafka, Kafka Connect with Debezium, PostgreSQL, MinIO. */
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openCapture } from '../../../src/console/capture.ts';
import { openCheckpointLog } from '../../../src/pipeline/checkpoint/log.ts';
import type { PostgresSettings } from '../../../src/pipeline/job-settings.ts';
import { parseAddressMap, type KafkaSettings } from '../../../src/pipeline/source/kafka-settings.ts';
import { openDatabase, type Database } from '../../../src/pipeline/sql.ts';
import { openLocalStore } from '../../../src/pipeline/store/local.ts';
import { localFolder } from '../../../src/pipeline/store/location.ts';
import { openS3Store } from '../../../src/pipeline/store/s3.ts';
import type { S3Settings } from '../../../src/pipeline/store/s3-settings.ts';
import { CONNECTOR_NAME, wantedConfig, type ConnectorConfig } from '../../../src/stack/connector/config.ts';
import { openConnector, type Connector } from '../../../src/stack/connector/connector.ts';
import type { Patient, PatientServers } from '../../../src/stack/doctor/patient.ts';
import type { CheckId } from '../../../src/stack/doctor/report.ts';
import { startTestPostgres, type TestPostgres } from '../../support/postgres.ts';
import { look, prove as proveIn, type Case } from '../doctor/support/prove.ts';
import { patientIn, serversWith } from '../doctor/support/patients.ts';
import { connectObstacle, startConnect, type ConnectServer } from './connect.ts';
import { kafkaObstacle, startKafka, type KafkaServer } from './kafka.ts';
import { startLake, type Lake } from './lake.ts';
import { notRun } from './not-run.ts';
import { s3Obstacle, S3_KEYS } from './s3.ts';
import { kafkaSettings, openFiller, type Filler } from './topics.ts';

const TOPIC = 'postgres.public.transactions';
const obstacle = notRun('doctor', kafkaObstacle() ?? connectObstacle() ?? s3Obstacle('minio'));

describe.skipIf(obstacle)('the doctor on real servers', () => {
  let kafka: KafkaServer;
  let fill: Filler;
  let connect: ConnectServer;
  let connector: Connector;
  let postgres: TestPostgres;
  let frauddb: Database;
  let captured: PostgresSettings;
  let wanted: ConnectorConfig;
  let lake: Lake;
  let home: string;
  let servers: Partial<PatientServers>;
  let change: Partial<Patient>;

  beforeAll(async () => {
    home = mkdtempSync(path.join(os.tmpdir(), 'sluice-doctor-'));
    // A single broker that wants three copies of the topic of the groups: what many a first installation meets.
    [kafka, postgres, lake] = await Promise.all([
      startKafka('offsets.topic.replication.factor=3\n'),
      startTestPostgres(),
      startLake('minio'),
    ]);
    captured = (await postgres.createFraudDatabases()).frauddb;
    frauddb = openDatabase(captured);
    wanted = wantedConfig({ ...captured, slot: 'debezium', publication: 'dbz_publication' });
  }, 240_000);

  afterAll(async () => {
    await fill?.close();
    await frauddb?.close();
    await connect?.stop();
    await Promise.all([kafka?.stop(), postgres?.stop(), lake?.server.stop()]);
    rmSync(home, { recursive: true, force: true });
  });

  beforeEach(() => {
    servers = {};
    change = {};
  });

  const source = (more: Partial<KafkaSettings> = {}): KafkaSettings => kafkaSettings(kafka.address, TOPIC, more);
  const s3 = (prefix: string, more: Partial<S3Settings> = {}): S3Settings => ({
    kind: 's3',
    bucket: 'lakehouse',
    prefix,
    endpoint: lake.server.endpoint,
    region: 'us-east-1',
    forcePathStyle: true,
    credentials: { ...S3_KEYS, sessionToken: null },
    ...more,
  });
  const patient = (): Patient =>
    patientIn(home, {
      table: s3('bronze/transactions'),
      checkpoints: { bronze: s3('checkpoints/bronze'), alert: s3('checkpoints/realtime-prediction') },
      servers: serversWith({
        source: source(),
        captured,
        serving: captured,
        connect: connect ? { url: connect.url, name: CONNECTOR_NAME, wanted } : null,
        ...servers,
      }),
      ...change,
    });
  const prove = (each: Omit<Case, 'patient'>) => proveIn('servers', { ...each, patient });
  const state = async (check: CheckId) => (await look({ check, patient })).state;

  describe('Kafka', () => {
    it('cannot keep the topic of the groups on one broker, and is killed', async () => {
      await prove({
        check: 'kafka-groups',
        broken: 'one broker, and offsets.topic.replication.factor is 3',
        damage: 'from the start',
        finds: 'failed',
        seen: /__consumer_offsets cannot be made/,
        repair: {
          words: 'offsets.topic.replication.factor=1, and a restart',
          // One restart for both: it takes seconds.
          do: () =>
            prove({
              check: 'kafka',
              broken: 'the broker is killed (-9)',
              damage: () => kafka.end('SIGKILL'),
              finds: 'failed',
              seen: /ECONNREFUSED/,
              repair: { words: 'start it', do: () => kafka.reconfigure('offsets.topic.replication.factor=1') },
            }),
        },
      });
      fill = await openFiller(kafka.address);
    });

    it('has no topic yet', async () =>
      void (await prove({
        check: 'topic',
        broken: 'the topic is absent',
        damage: 'from the start',
        finds: 'failed',
        seen: /there is no such topic/,
        repair: 'us',
      })));

    it.each([
      ['keeps the topic for an hour', 'retention.ms', '3600000', '604800000', /4 partitions, kept 60 min/],
      ['compacts the topic', 'cleanup.policy', 'compact', 'delete', /cleanup compact/],
    ])('%s', async (broken, name, bad, good, seen) => {
      await prove({
        check: 'topic',
        broken,
        damage: () => configure(name, bad),
        finds: 'warn',
        seen,
        repair: { words: `${name}=${good}`, do: () => configure(name, good) },
      });
    });

    it('advertises a name that cannot be resolved: the map of the fix is what helps', async () => {
      const hidden = (addressMap = {}): PatientServers['source'] =>
        source({ brokers: [kafka.hidden.address], addressMap });
      const { fix } = await prove({
        check: 'kafka-listeners',
        broken: 'the listener advertises kafka.invalid:9092',
        damage: () => (servers = { source: hidden() }),
        finds: 'failed',
        seen: /advertises kafka\.invalid:9092, a name that this machine cannot resolve/,
        repair: {
          words: `KAFKA_BROKER_MAP=${kafka.hidden.advertised}=reachable address`,
          do: async () => {
            const { fix: shown } = await look({ check: 'kafka-listeners', patient });
            const map = shown?.command?.replace('KAFKA_BROKER_MAP=', '') ?? '';
            servers = { source: hidden(parseAddressMap(map, 'the fix')) };
          },
        },
      });
      expect(fix?.command).toBe(`KAFKA_BROKER_MAP=${kafka.hidden.advertised}=${kafka.hidden.address}`);
    });

    it('advertises an address where nobody answers', () =>
      prove({
        check: 'kafka-listeners',
        broken: 'the map leads to a closed port',
        damage: () => {
          const addressMap = { [kafka.hidden.advertised]: '127.0.0.1:1' };
          servers = { source: source({ brokers: [kafka.hidden.address], addressMap }) };
        },
        finds: 'failed',
        seen: /where nobody answers \(ECONNREFUSED\)/,
        repair: { words: 'correct the map', do: () => (servers = {}) },
      }));

    it('holds a record from the future', async () => {
      const at = (ms: number) => ({
        value: null,
        key: 'from the future',
        timestamp: String(Date.now() + ms),
        partition: 3,
      });
      await prove({
        check: 'clocks',
        broken: 'the clock of a producer is 10 min ahead',
        damage: () => fill.producer.send({ topic: TOPIC, messages: [at(600_000)] }),
        finds: 'warn',
        seen: /younger than now/,
        repair: { words: 'NTP, and the time goes by', do: () => fill.deleteBefore(TOPIC, 3, 1n) },
      });
    });

    async function configure(name: string, value: string): Promise<void> {
      const resources = [{ type: 2, name: TOPIC, configEntries: [{ name, value }] }];
      await fill.admin.alterConfigs({ validateOnly: false, resources });
    }
  });

  describe('a checkpoint and its topic', () => {
    const at = (partition: number, offset: bigint) => ({ topic: TOPIC, offsets: new Map([[partition, offset]]) });
    const begin = (name: string, partition: number, offset: bigint): Promise<void> =>
      openCheckpointLog(openLocalStore(path.join(home, name))).create(crypto.randomUUID(), at(partition, offset));
    const pointAt = (name: string) => () =>
      (change = {
        checkpoints: { bronze: localFolder(path.join(home, name)), alert: localFolder(path.join(home, 'none')) },
      });

    it('are of two different topics', async () => {
      await begin('fits', 0, 0n);
      await begin('ahead', 0, 9_000n);
      pointAt('fits')();
      await prove({
        check: 'checkpoint-bronze',
        broken: 'the topic was made anew and ends before the checkpoint',
        damage: pointAt('ahead'),
        finds: 'failed',
        seen: /partition 0 of the topic ends at 0, the checkpoint is at 9000/,
        repair: { words: 'point Sluice at the old topic', do: pointAt('fits') },
      });
    });

    it('have lost records between them', async () => {
      await fill.send(TOPIC, ['a', 'b', 'c'], 1);
      await begin('behind', 1, 0n);
      pointAt('behind')();
      await prove({
        check: 'checkpoint-bronze',
        broken: 'the topic has removed records before they were read',
        damage: () => fill.deleteBefore(TOPIC, 1, 2n),
        finds: 'failed',
        seen: /begins at 2, the checkpoint is at 0: 2 records were removed unread/,
        repair: {
          words: 'sluice accept-loss bronze',
          do: async () => {
            await begin('accepted', 1, 2n);
            pointAt('accepted')();
          },
        },
      });
    });
  });

  describe('the lakehouse', () => {
    it('has no bucket of this name', async () => {
      let bucket = 'lakehouse';
      change = { table: s3('bronze', { bucket }) };
      await prove({
        check: 'bucket',
        broken: 'the bucket is absent',
        damage: () => {
          bucket = 'another-lake';
          change = { table: s3('bronze', { bucket }) };
        },
        finds: 'failed',
        seen: /there is no bucket another-lake/,
        repair: 'us',
      });
    });

    it('refuses the account', () =>
      prove({
        check: 'bucket',
        broken: 'the secret key is wrong',
        damage: () => {
          const credentials = { ...S3_KEYS, secretAccessKey: 'canary-4711', sessionToken: null };
          change = { table: s3('bronze', { credentials }) };
        },
        finds: 'failed',
        seen: /403/,
        repair: { words: 'correct the key', do: () => (change = {}) },
      }).then((view) => expect(JSON.stringify(view)).not.toContain('canary-4711')));

    it('is killed', () =>
      prove({
        check: 'bucket',
        broken: 'MinIO is killed (-9)',
        damage: () => lake.server.end('SIGKILL'),
        finds: 'failed',
        seen: /ECONNREFUSED/,
        repair: { words: 'start it', do: () => lake.server.start() },
      }));

    it('takes conditional writes without looking at the condition', async () => {
      const server = await startForgiving();
      const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
      const checkpoints = { bronze: s3('checkpoints/bronze', { endpoint }), alert: s3('checkpoints/alert') };
      await prove({
        check: 'conditional-put',
        broken: 'the server answers 200 to a second If-None-Match: *',
        damage: () => (change = { checkpoints }),
        finds: 'failed',
        seen: /replaced the first/,
        repair: { words: 'another server', do: () => (change = {}) },
      });
      server.close();
      // The real server was asked as well, and nothing of it is left there.
      const store = openS3Store(s3('checkpoints/bronze'), () => undefined);
      expect(await store.list('')).toEqual([]);
      store.close();
    });
  });

  describe('the connector', () => {
    beforeAll(async () => {
      connect = await startConnect(kafka.address);
      connector = openConnector({ url: connect.url, patienceMs: 120_000 });
    }, 240_000);

    it('is not there yet', async () => {
      await prove({
        check: 'connector',
        broken: 'there is no connector',
        damage: 'from the start',
        finds: 'failed',
        seen: /there is no connector postgres-connector/,
        repair: 'us',
      });
      await expect.poll(() => state('slot'), { timeout: 60_000 }).toBe('passed');
    });

    it('is paused', () =>
      prove({
        check: 'connector',
        broken: 'it is paused',
        damage: () => connector.pause(),
        finds: 'warn',
        seen: /connector PAUSED, task 0 PAUSED/,
        repair: 'us',
      }));

    it('is stopped: nobody reads its slot then', async () => {
      await prove({
        check: 'slot',
        broken: 'its connector is stopped',
        damage: async () => {
          await connector.stop();
          await expect.poll(() => state('slot'), { timeout: 60_000 }).toBe('warn');
        },
        finds: 'warn',
        seen: /debezium has no reader/,
        repair: {
          words: 'resume the connector',
          do: async () => {
            const { fix } = await look({ check: 'connector', patient });
            expect(fix?.action?.label).toBe('Resume');
            await connector.resume();
            await expect.poll(() => state('slot'), { timeout: 60_000 }).toBe('passed');
          },
        },
      });
    });

    it('may bring back the tables of the alerts', () =>
      prove({
        check: 'connector-config',
        broken: 'publication.autocreate.mode is all_tables',
        damage: () => set({ 'publication.autocreate.mode': 'all_tables' }),
        finds: 'failed',
        seen: /publication\.autocreate\.mode = all_tables/,
        repair: 'us',
      }));

    it('sends exact amounts, fails on NaN, and works again after both fixes', async () => {
      const { fix } = await prove({
        check: 'decimal-mode',
        broken: 'decimal.handling.mode is precise',
        damage: () => set({ 'decimal.handling.mode': 'precise' }),
        finds: 'failed',
        seen: /decimal\.handling\.mode = precise/,
        repair: 'us',
      });
      expect(fix?.action?.will).toEqual(['PUT decimal.handling.mode: precise -> double']);
      const view = await prove({
        check: 'connector',
        broken: 'its task has failed on a NaN in precise mode',
        damage: async () => {
          await set({ 'decimal.handling.mode': 'precise' });
          await insert('nan', 'NaN');
          await expect.poll(async () => (await connector.view()).state, { timeout: 90_000 }).toBe('FAILED');
        },
        finds: 'failed',
        seen: /connector RUNNING, task 0 FAILED: .*Exception/,
        repair: {
          words: 'decimal.handling.mode=double, then restart the task',
          do: async () => {
            await set({ 'decimal.handling.mode': 'double' });
            await connector.restartFailed();
          },
        },
      });
      expect(view.fix?.text).toContain('set decimal.handling.mode to double first');
      expect(view.fix?.action?.label).toBe('Restart task');
    });

    it('is commanded from the console, which keeps an eye on its slot', async () => {
      const at = patient();
      const said: string[] = [];
      const desk = openCapture({
        profile: 'external',
        servers: at.servers as PatientServers,
        say: (_, message) => said.push(message),
      });
      const view = await desk.view();
      expect(view).toMatchObject({
        connector: { state: 'RUNNING', changes: [] },
        slot: { active: true },
        without: null,
      });
      expect(view.samples).toHaveLength(1);
      await connector.ensure({ 'tombstones.on.delete': 'false', 'decimal.handling.mode': 'string' });
      await connector.settled();
      const changes = [{ name: 'decimal.handling.mode', from: 'string', to: 'double' }];
      expect(await desk.ensure(false)).toEqual({ did: 'updated', changes });
      expect((await connector.view()).config['decimal.handling.mode']).toBe('string');
      expect(await desk.ensure(true)).toEqual({ did: 'updated', changes });
      // What only the present one has is kept.
      expect((await connector.view()).config['tombstones.on.delete']).toBe('false');
      expect((await desk.pause()).connector?.state).toBe('PAUSED');
      expect((await desk.resume()).connector?.state).toBe('RUNNING');
      expect((await desk.restart()).connector?.lastRestart?.settled).toBe('RUNNING');
      expect(said).toContain('Paused the connector postgres-connector: it is PAUSED');
      await desk.close();
    });

    it('has lost its slot, and begins anew with all rows', async () => {
      await prove({
        check: 'slot',
        broken: 'PostgreSQL has removed its log while the connector was stopped',
        damage: async () => {
          await connector.stop();
          await expect.poll(() => state('slot'), { timeout: 60_000 }).toBe('warn');
          await limit('1MB');
          for (let segment = 0; segment < 4; segment += 1) {
            await frauddb.query(`SELECT pg_logical_emit_message(false, 'x', 'y')`);
            await frauddb.query('SELECT pg_switch_wal()');
          }
          await frauddb.query('CHECKPOINT');
          await limit('-1');
        },
        finds: 'failed',
        seen: /debezium is lost/,
        repair: 'us',
      });
      expect(await connector.view()).toMatchObject({ state: 'RUNNING' });
    });

    async function limit(size: string): Promise<void> {
      await frauddb.query(`ALTER SYSTEM SET max_slot_wal_keep_size = '${size}'`);
      await frauddb.query('SELECT pg_reload_conf()');
      const shown = async () =>
        (await frauddb.query<{ now: string }>(`SELECT current_setting('max_slot_wal_keep_size') AS now`))[0]?.now;
      await expect.poll(shown, { timeout: 30_000 }).toBe(size);
    }

    it('is not where Kafka Connect is said to be', () =>
      prove({
        check: 'connect',
        broken: 'CONNECT_URL is the address of another server',
        damage: () => (servers = { connect: { url: lake.server.endpoint, name: CONNECTOR_NAME, wanted } }),
        finds: 'failed',
        seen: /an answer of \d+ that is not Kafka Connect’s/,
        repair: { words: 'correct it', do: () => (servers = {}) },
      }));

    async function set(more: ConnectorConfig): Promise<void> {
      await connector.ensure(more);
      await connector.settled();
    }

    async function insert(transNum: string, amount: string): Promise<void> {
      await frauddb.query(
        `INSERT INTO transactions (trans_date_trans_time, cc_num, merchant, category, amt, lat, long, trans_num, merch_lat, merch_long)
         VALUES ('2026-01-31 12:00:00.5', 4992346398065154184, 'fraud_Kirby', 'travel', $2::numeric, 48.8, -118.2, $1, 49.1, -118.1)`,
        [transNum, amount],
      );
    }
  });
});

/** A server from the time before conditional writes: it takes every request. */
async function startForgiving(): Promise<Server> {
  const server = createServer((request, response) => {
    request.resume();
    response.writeHead(request.method === 'DELETE' ? 204 : 200, { etag: '"1"' }).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}
