/** The checks that need no server of their own: this machine, the API, Slack, clocks, checkpoints in a folder. */
import { mkdtempSync, rmSync } from 'node:fs';
import { chmod, mkdir, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import net, { type AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../../src/pipeline/clock.ts';
import { takeLease, type Lease } from '../../../src/pipeline/ownership/lease.ts';
import { openLocalStore } from '../../../src/pipeline/store/local.ts';
import { hasEarlyRecord, judgeClocks, judgeSlack, leastApart } from '../../../src/stack/doctor/checks/services.ts';
import type { DockerTool, Instruments } from '../../../src/stack/doctor/instruments.ts';
import { parseTable, readListeners } from '../../../src/stack/doctor/listeners.ts';
import type { Patient } from '../../../src/stack/doctor/patient.ts';
import { look, prove } from './support/prove.ts';
import { patientIn, serversWith } from './support/patients.ts';

const GB = 1024 ** 3;
let home: string;

beforeEach(() => (home = mkdtempSync(path.join(os.tmpdir(), 'sluice-doctor-'))));
afterEach(() => rmSync(home, { recursive: true, force: true }));

describe('this machine', () => {
  it('sees a data folder that others may look into, and one that cannot be written', async () => {
    const patient = () => patientIn(home);
    await prove('machine', {
      check: 'data-folder',
      broken: 'its rights are 755',
      patient,
      damage: () => chmod(home, 0o755),
      finds: 'warn',
      seen: /mode 755/,
      repair: { words: 'chmod 700', do: () => chmod(home, 0o700) },
    });
    await prove('machine', {
      check: 'data-folder',
      broken: 'it is gone',
      patient,
      damage: () => rm(home, { recursive: true }),
      finds: 'failed',
      seen: /cannot be written \(ENOENT\)/,
      repair: { words: 'mkdir', do: () => mkdir(home, { mode: 0o700 }) },
    });
  });

  it.each([
    ['disk', 4 * GB, 'warn', /4 GB of 100 GB free/],
    ['disk', GB / 2, 'failed', /512 MB of 100 GB free/],
  ] as const)('sees that the disk fills up: %s with %d bytes', async (check, free, finds, seen) => {
    let left = 50 * GB;
    await prove('machine', {
      check,
      broken: `${free / GB} GB are left`,
      patient: () => patientIn(home),
      damage: () => (left = free),
      finds,
      seen,
      repair: { words: 'free some space', do: () => (left = 50 * GB) },
      tools: { disk: async () => ({ free: left, total: 100 * GB }) },
    });
  });

  it('sees that docker or compose is away, and that its disk is full', async () => {
    const broken: { engine: boolean; compose: boolean } = { engine: false, compose: false };
    const docker: DockerTool = {
      version: async () =>
        broken.engine ? Promise.reject(new Error('Cannot connect to the Docker daemon')) : '26.1.5',
      composeVersion: async () =>
        broken.compose ? Promise.reject(new Error('compose is not a docker command')) : '2.26.1',
      root: async () => home,
    };
    const shared = { patient: () => patientIn(home, { profile: 'docker' }), finds: 'failed' } as const;
    const all = { ...shared, tools: { docker } };
    await prove('machine', {
      ...all,
      check: 'docker',
      broken: 'the engine does not answer',
      damage: () => (broken.engine = true),
      seen: /Cannot connect/,
      repair: { words: 'start docker', do: () => (broken.engine = false) },
    });
    await prove('machine', {
      ...all,
      check: 'docker',
      broken: 'compose is not installed',
      damage: () => (broken.compose = true),
      seen: /compose is not a docker command/,
      repair: { words: 'install the compose plugin', do: () => (broken.compose = false) },
    });
    let free = 50 * GB;
    await prove('machine', {
      ...shared,
      check: 'docker-disk',
      broken: 'the disk of docker is full',
      damage: () => (free = 0),
      seen: /0 B of 100 GB free/,
      repair: { words: 'docker image prune', do: () => (free = 50 * GB) },
      tools: { docker, disk: async () => ({ free, total: 100 * GB }) },
    });
  });

  it.runIf(process.platform === 'linux')('names the program that has taken a port', async () => {
    const own = net.createServer();
    const port = await listen(own, 0, '127.0.0.1');
    own.close();
    await prove('machine', {
      check: 'ports',
      broken: 'another program listens on a port of the stack',
      patient: () => patientIn(home, { profile: 'embedded', ports: [{ service: 'PostgreSQL', port, pid: 1 }] }),
      damage: () => listen((stranger = net.createServer()), port, '127.0.0.1'),
      finds: 'failed',
      seen: new RegExp(`${port} of PostgreSQL is taken by .+ \\(process ${process.pid}\\)`),
      repair: { words: 'end that program', do: () => stop(stranger) },
    });
    await prove('machine', {
      check: 'ports',
      broken: 'a service listens on all addresses of the machine',
      patient: () => patientIn(home, { profile: 'embedded', ports: [{ service: 'Kafka', port, pid: process.pid }] }),
      damage: () => listen((stranger = net.createServer()), port, '0.0.0.0'),
      finds: 'warn',
      seen: /open to other machines: Kafka/,
      repair: { words: 'publish it on 127.0.0.1', do: () => stop(stranger) },
    });
  });

  it('is calm about ports where the system tells nothing', async () => {
    const patient = () => patientIn(home, { profile: 'embedded', ports: [{ service: 'Kafka', port: 9092, pid: 1 }] });
    expect(await look({ check: 'ports', patient, tools: { listeners: async () => null } })).toMatchObject({
      state: 'passed',
      seen: 'this system does not tell who holds a port',
    });
    expect(await readListeners(path.join(home, 'no-proc'))).toBeNull();
  });

  it('takes a published port of a container for ours, and no other', async () => {
    const at = (port: number, name: string) => ({ port, address: '127.0.0.1', process: { pid: 7, name } });
    const tools: Partial<Instruments> = {
      listeners: async () => [at(9700, 'docker-proxy'), at(8083, 'docker-proxy'), at(8000, 'python3')],
    };
    const stateAt = async (port: number, published: readonly number[] | null) => {
      const ports = [{ service: 'Kafka', port, pid: null }];
      const patient = () => patientIn(home, { profile: 'docker', ports, published });
      return (await look({ check: 'ports', patient, tools })).state;
    };
    expect(await stateAt(9700, [9700])).toBe('passed');
    expect(await stateAt(8083, [9700])).toBe('failed');
    // Where it is not known what our containers have, docker is believed, and nobody else.
    expect(await stateAt(8083, null)).toBe('passed');
    expect(await stateAt(8000, null)).toBe('failed');
  });

  it('reads the kernel’s table', () => {
    const text = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:1538 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 12345 1
   1: 00000000000000000000000001000000:0050 00000000000000000000000000000000:0000 0A 0 0 0 0 0 77 1
   2: 0100007F:1538 0100007F:9999 01 00000000:00000000 00:00000000 00000000     0        0 999 1`;
    expect(parseTable(text)).toMatchObject([
      { port: 5432, address: '127.0.0.1', inode: '12345' },
      { port: 80, address: '::1' },
    ]);
  });
});

let stranger: net.Server;
const listen = (server: net.Server, port: number, host: string): Promise<number> =>
  new Promise((resolve) => server.listen(port, host, () => resolve((server.address() as AddressInfo).port)));
const stop = (server: net.Server): Promise<void> => new Promise((resolve) => server.close(() => resolve()));

describe('the fraud API', () => {
  let server: Server;
  let answer: { status: number; loaded: boolean; headers: Record<string, string> };
  let patient: () => Patient;
  const respond = (request: IncomingMessage, response: ServerResponse): void => {
    if (request.method === 'POST' && request.url === '/model/reload') answer.loaded = true;
    response.writeHead(answer.status, { 'content-type': 'application/json', ...answer.headers });
    response.end(JSON.stringify({ status: 'healthy', model_loaded: answer.loaded, model_versions: ['xgb-1'] }));
  };
  beforeAll(async () => {
    server = createServer(respond);
    await listen(server, 0, '127.0.0.1');
  });
  afterAll(() => stop(server));
  beforeEach(() => {
    answer = { status: 200, loaded: true, headers: {} };
    const fraudApiUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    patient = () => patientIn(home, { servers: serversWith({ fraudApiUrl }) });
  });

  it('answers from rules: a warning, and the model is loaded by the fix', () =>
    prove('services', {
      check: 'fraud-api',
      broken: 'no model is loaded',
      patient,
      damage: () => (answer.loaded = false),
      finds: 'warn',
      seen: /model_loaded = false/,
      repair: 'us',
    }));

  it('answers with an error, or not at all', async () => {
    await prove('services', {
      check: 'fraud-api',
      broken: 'it answers 503',
      patient,
      damage: () => (answer.status = 503),
      finds: 'failed',
      seen: /answers 503/,
      repair: { words: 'restart it', do: () => (answer.status = 200) },
    });
    const { port } = server.address() as AddressInfo;
    await prove('services', {
      check: 'fraud-api',
      broken: 'it is stopped',
      patient,
      damage: () => {
        server.closeAllConnections();
        return stop(server);
      },
      finds: 'failed',
      seen: /fetch failed|ECONNREFUSED/,
      repair: { words: 'start it', do: () => listen(server, port, '127.0.0.1') },
    });
  });

  it('is started by docker where docker runs it', async () => {
    const { port } = server.address() as AddressInfo;
    const started: string[] = [];
    const control = {
      start: async (service: string) => {
        started.push(service);
        await listen(server, port, '127.0.0.1');
      },
    };
    const away = patient();
    const view = await prove('services', {
      check: 'fraud-api',
      broken: 'its container is stopped',
      patient: () => ({ ...away, profile: 'docker' }),
      damage: () => {
        server.closeAllConnections();
        return stop(server);
      },
      finds: 'failed',
      seen: /fetch failed|ECONNREFUSED/,
      repair: 'us',
      tools: { control },
    });
    expect(view.fix?.action?.will).toEqual(['docker compose up --detach --wait fraud-api']);
    expect(started).toEqual(['fraud-api']);
  });

  it('has another time than this machine', async () => {
    const ahead = new Date(Date.now() + 600_000).toUTCString();
    const view = await prove('services', {
      check: 'clocks',
      broken: 'the clock of a server is 10 min ahead',
      patient,
      damage: () => (answer.headers = { date: ahead }),
      finds: 'failed',
      seen: /the fraud API is 10 min ahead/,
      repair: { words: 'NTP', do: () => (answer.headers = {}) },
    });
    expect(view.fix?.command).toBe('timedatectl status');
  });
});

describe('Slack, clocks and passwords', () => {
  it('names what is wrong with the form of the address, never the address', async () => {
    let slack: Patient['slack'] = { kind: 'webhook' };
    await prove('services', {
      check: 'slack-url',
      broken: 'the address is http and not https',
      patient: () => patientIn(home, { slack }),
      damage: () => (slack = { kind: 'wrong', why: 'it begins with http: instead of https:' }),
      finds: 'failed',
      seen: /begins with http:/,
      repair: { words: 'copy it again', do: () => (slack = { kind: 'webhook' }) },
    });
    expect(judgeSlack({ kind: 'unset' }, 'external').state).toBe('warn');
    expect(judgeSlack({ kind: 'unset' }, 'embedded').state).toBe('passed');
    expect(judgeSlack({ kind: 'empty' }, 'docker').state).toBe('passed');
  });

  it('allows for what a clock does not tell', () => {
    expect(leastApart(10_000, 10_400, 10_500, 1_000)).toBe(0);
    expect(leastApart(5_000, 10_400, 10_500, 1_000)).toBe(-4_400);
    expect(leastApart(20_000, 10_400, 10_500, 1_000)).toBe(9_500);
    expect(judgeClocks([{ name: 'one', ms: 6_000 }], false)).toMatchObject({ state: 'warn', seen: 'one is 6 s ahead' });
    expect(judgeClocks([{ name: 'one', ms: 10 }], true).state).toBe('warn');
    expect(judgeClocks([], false).state).toBe('failed');
  });

  it('takes no record for early because the topic grows while it is looked at', async () => {
    let end = 10n;
    const grown = (): Map<number, bigint> => new Map([[0, (end += 5n)]]);
    const growing = { bounds: async () => ({ start: new Map(), end: grown() }), offsetsAt: async () => grown() };
    expect(await hasEarlyRecord(growing, 0)).toBe(false);
    expect(await hasEarlyRecord({ ...growing, offsetsAt: async () => new Map([[0, 3n]]) }, 0)).toBe(true);
  });

  it('sees a password that everybody knows', async () => {
    let password = 'one of our own';
    const captured = () => ({ host: '127.0.0.1', port: 1, user: 'postgres', password, database: 'frauddb' });
    await prove('services', {
      check: 'passwords',
      broken: 'PostgreSQL has the password of its image',
      patient: () => patientIn(home, { servers: serversWith({ captured: captured() }) }),
      damage: () => (password = 'postgres'),
      finds: 'warn',
      seen: /PostgreSQL: a password that everybody knows/,
      repair: { words: 'set one of your own', do: () => (password = 'one of our own') },
    });
  });
});

describe.each(['bronze', 'alert'] as const)('the checkpoint of %s', (query) => {
  const check = `checkpoint-${query}` as const;
  const patient = (): Patient => patientIn(home);
  const file = (name: string): string => path.join(home, query, name);
  beforeEach(async () => {
    await mkdir(file('offsets'), { recursive: true });
    await writeFile(file('metadata'), '{"id":"3e6cf6c4-7a5e-4a2b-8a55-8a4b3d2f9f10"}');
  });

  it('belongs to another run', async () => {
    let lease: Lease;
    const store = () => openLocalStore(path.join(home, query));
    const owner = { runId: 'another', host: 'elsewhere', pid: 4711 };
    await prove(`checkpoint-${query}`, {
      check,
      broken: 'another run owns it',
      patient,
      damage: async () => (lease = await takeLease({ store: store(), owner, clock: systemClock, replaceOwn: false })),
      finds: 'failed',
      seen: /process 4711 on elsewhere writes to it since/,
      repair: { words: 'stop the other run', do: () => lease.release() },
    });
    const ours = await takeLease({
      store: store(),
      owner: { ...owner, runId: 'ours' },
      clock: systemClock,
      replaceOwn: false,
    });
    expect(await look({ check, patient: () => patientIn(home, { ownRuns: ['ours'] }) })).toMatchObject({
      state: 'passed',
      seen: expect.stringContaining('in use by this console'),
    });
    await ours.release();
  });

  it('is damaged', () =>
    prove(`checkpoint-${query}`, {
      check,
      broken: 'its newest offsets file is torn',
      patient,
      damage: () => writeFile(file('offsets/7'), 'v1\n{"batchWater'),
      finds: 'failed',
      seen: /offsets\/7 cannot be read/,
      repair: { words: 'put the file back', do: () => rm(file('offsets/7')) },
    }));
});
