import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { wantedConfig, type ConnectorConfig } from '../../../src/stack/connector/config.ts';
import { openConnector, worstOf, type Connector, type ConnectorState } from '../../../src/stack/connector/connector.ts';

/** A Kafka Connect that keeps the rules that matter: acting is asynchronous, rebalancing answers 409, absent is 404. */
interface FakeConnect {
  config: ConnectorConfig | null;
  connector: ConnectorState;
  tasks: { id: number; state: ConnectorState; worker_id: string; trace?: string }[];
  /** Answers of 409 before the next writing call is taken, and of 500 before the next reading one. */
  rebalances: number;
  readRebalances: number;
  /** What the next looks at the status show, before the state above. */
  onTheWay: ConnectorState[];
  calls: string[];
}

const WANTED = wantedConfig({
  host: 'postgres',
  port: 5432,
  user: 'postgres',
  password: 'secret',
  database: 'frauddb',
  slot: 'debezium',
  publication: 'dbz_publication',
});

let fake: FakeConnect;
let server: Server;
let connector: Connector;

beforeEach(async () => {
  fake = { config: null, connector: 'RUNNING', tasks: [], rebalances: 0, readRebalances: 0, onTheWay: [], calls: [] };
  server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      const { status, answer } = respond(`${request.method} ${request.url}`, body);
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(answer === null ? '' : JSON.stringify(answer));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  connector = openConnector({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, patienceMs: 2_000 });
});

afterEach(() => new Promise((resolve) => server.close(resolve)));

describe('ensuring', () => {
  it('creates what is absent, updates what differs, and leaves alone what fits', async () => {
    expect((await connector.view()).state).toBe('ABSENT');
    expect((await connector.ensure(WANTED)).did).toBe('created');
    fake.config = { ...WANTED, 'decimal.handling.mode': 'precise', 'heartbeat.interval.ms': '10000' };
    expect(await connector.compare(WANTED)).toEqual({
      did: 'updated',
      changes: [{ name: 'decimal.handling.mode', from: 'precise', to: 'double' }],
    });
    expect((await connector.ensure(WANTED)).did).toBe('updated');
    expect(fake.config).toEqual({ ...WANTED, 'heartbeat.interval.ms': '10000' });
    fake.calls = [];
    expect(await connector.ensure(WANTED)).toEqual({ did: 'nothing', changes: [] });
    expect(fake.calls.filter((call) => call.startsWith('PUT'))).toEqual([]);
  });

  it('waits while the workers share out their work', async () => {
    fake.rebalances = 2;
    expect((await connector.ensure(WANTED)).did).toBe('created');
    expect(fake.calls.filter((call) => call.startsWith('PUT'))).toHaveLength(3);
  });
});

describe('looking', () => {
  it('shows the worst of connector and tasks, with the first line of the trace', async () => {
    fake.config = WANTED;
    fake.tasks = [{ id: 0, state: 'FAILED', worker_id: 'w:8083', trace: 'ConnectException: NaN\n\tat x' }];
    expect(await connector.view()).toMatchObject({
      connector: 'RUNNING',
      state: 'FAILED',
      reason: 'ConnectException: NaN',
      config: { 'database.password': '••••••' },
      findings: [],
    });
  });

  it('is not running while there is no task', async () => {
    fake.config = WANTED;
    expect((await connector.view()).state).toBe('UNASSIGNED');
  });

  it('of a server that is no Connect says so', async () => {
    await new Promise((resolve) => server.close(resolve));
    await expect(connector.view()).rejects.toMatchObject({ code: 'CONNECT_UNAVAILABLE', seen: 'ECONNREFUSED' });
    server = createServer((_, response) => response.end('<html>'));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const other = openConnector({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` });
    await expect(other.view()).rejects.toMatchObject({ code: 'CONNECT_UNAVAILABLE', seen: 'no JSON' });
  });

  it('ranks the states', () => {
    expect(worstOf(['RUNNING', 'PAUSED'])).toBe('PAUSED');
    expect(worstOf(['RUNNING', 'FAILED', 'UNASSIGNED'])).toBe('FAILED');
    expect(worstOf(['RUNNING', 'RUNNING'])).toBe('RUNNING');
  });
});

it('asks again while the workers share out their work', async () => {
  fake.config = WANTED;
  fake.tasks = [{ id: 0, state: 'RUNNING', worker_id: 'w:8083' }];
  fake.readRebalances = 3;
  expect((await connector.view()).state).toBe('RUNNING');
});

describe('restarting what failed', () => {
  it('resolves only when it has come to rest', async () => {
    fake.config = WANTED;
    fake.tasks = [{ id: 0, state: 'RUNNING', worker_id: 'w:8083' }];
    fake.onTheWay = ['FAILED', 'RESTARTING', 'UNASSIGNED'];
    expect((await connector.restartFailed()).state).toBe('RUNNING');
    expect(fake.onTheWay).toEqual([]);
    expect(fake.calls).toContain('POST /connectors/postgres-connector/restart?includeTasks=true&onlyFailed=true');
  });

  it('gives up with a sentence when it does not', async () => {
    fake.config = WANTED;
    fake.tasks = [{ id: 0, state: 'UNASSIGNED', worker_id: 'w:8083' }];
    await expect(connector.restartFailed()).rejects.toMatchObject({
      code: 'CONNECT_UNAVAILABLE',
      seen: expect.stringContaining('still UNASSIGNED'),
    });
  });
});

function respond(call: string, body: string): { status: number; answer: unknown } {
  fake.calls.push(call);
  const isWrite = !call.startsWith('GET');
  if (isWrite && fake.rebalances > 0) {
    fake.rebalances -= 1;
    return { status: 409, answer: { error_code: 409, message: 'a rebalance is in process' } };
  }
  if (!isWrite && fake.readRebalances > 0) {
    fake.readRebalances -= 1;
    const message = 'Request cannot be completed because a rebalance is expected';
    return { status: 500, answer: { error_code: 500, message } };
  }
  if (call === 'PUT /connectors/postgres-connector/config') {
    fake.config = JSON.parse(body) as ConnectorConfig;
    return { status: 201, answer: {} };
  }
  if (isWrite) return { status: 202, answer: null };
  if (!fake.config) return { status: 404, answer: { error_code: 404, message: 'not found' } };
  if (call.endsWith('/config')) return { status: 200, answer: fake.config };
  const passing = fake.onTheWay.shift();
  const tasks = passing ? fake.tasks.map((task) => ({ ...task, state: passing })) : fake.tasks;
  return { status: 200, answer: { connector: { state: fake.connector, worker_id: 'w:8083' }, tasks } };
}
