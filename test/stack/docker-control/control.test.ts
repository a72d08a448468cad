/** The verbs through a process of their own, on a docker command that is only a program of ours. */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { openDockerCli } from '../../../src/stack/docker/cli.ts';
import { createContainers, type Containers } from '../../../src/stack/docker/containers.ts';
import { createControl, type DockerControl } from '../../../src/stack/docker/control.ts';
import { createLogTails, type LogTails } from '../../../src/stack/docker/log-tails.ts';
import type { ServiceLog, StackWork } from '../../../src/stack/stack.ts';
import { makeFakeDocker, PROJECT, until, type FakeDocker } from './support.ts';

// Each verb is a process, and a busy machine takes its time to start one.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

let docker: FakeDocker;
let containers: Containers;
let tails: LogTails;
let control: DockerControl;
let stopping: AbortController;
let work: (StackWork | null)[];
let said: string[];

beforeEach(() => {
  docker = makeFakeDocker();
  stopping = new AbortController();
  work = [];
  said = [];
  const log = (level: string, message: string): void => void said.push(`${level}: ${message}`);
  containers = createContainers({
    docker: docker.cli,
    onChange: () => undefined,
    log,
    measureEveryMs: 50,
    returnMs: 50,
  });
  tails = createLogTails(docker.cli, 60_000);
  control = createControl({
    docker: docker.cli,
    containers,
    tails,
    onWork: (each) => work.push(each),
    signal: stopping.signal,
    lookEveryMs: 30,
  });
});

afterEach(async () => {
  await containers.stop();
  await tails.stop();
  docker.remove();
});

const states = (): string[] => containers.now().map(({ service, view }) => `${service} ${view.state} ${view.health}`);
const steps = (): string[] => work.map((each) => each?.step ?? 'done');
const changes = (): string[] => docker.calls().filter((call) => /^compose/.test(call));

describe('bringing up', () => {
  test('tests the compose file, starts all services and tells which one is waited for', async () => {
    docker.set({ hold: 'kafka' });
    const up = control.up();
    await until(() => steps().includes('Waiting for Kafka'));
    docker.set({ hold: null });
    await up;
    expect(changes()).toEqual(['compose config --quiet', 'compose up --detach --wait --wait-timeout 900']);
    expect(states()).toEqual([
      'postgres running healthy',
      'kafka running healthy',
      'debezium-connect running healthy',
      'minio running healthy',
      'fraud-api running healthy',
      'data-producer running healthy',
    ]);
    expect(steps()[0]).toBe('Starting the services');
    expect(steps().at(-1)).toBe('done');
  });

  test('a service that ends is the reason that is told, and the next try is free', async () => {
    docker.fail({ up: 'dependency failed to start: container sluice-kafka-1 exited (1)' });
    await expect(control.up()).rejects.toMatchObject({
      code: 'STACK_FAILED',
      seen: 'dependency failed to start: container sluice-kafka-1 exited (1)',
    });
    expect(steps().at(-1)).toBe('done');
    await expect(control.up()).rejects.toMatchObject({ code: 'STACK_FAILED' });
  });

  test('a console that stops ends it', async () => {
    docker.set({ hang: ['up'] });
    const up = control.up();
    await until(() => changes().length === 2);
    stopping.abort();
    await expect(up).rejects.toMatchObject({ code: 'STACK_FAILED' });
  });

  test('without docker the answer is calm', async () => {
    const cli = openDockerCli({ project: PROJECT, env: docker.env, command: '/nowhere/docker' });
    await expect(cli.run({ do: 'ids' })).rejects.toMatchObject({
      code: 'DOCKER_UNAVAILABLE',
      seen: 'there is no docker on this machine',
    });
  });
});

describe('a stack that runs', () => {
  beforeEach(async () => {
    docker.running();
    await containers.look();
  });

  test('is repaired: what the guide restarts is restarted, and waited for', async () => {
    await control.repair();
    expect(changes().slice(-2)).toEqual([
      'compose restart kafka debezium-connect minio',
      'compose up --detach --wait --wait-timeout 900 --no-recreate kafka debezium-connect minio',
    ]);
    expect(new Set(states().map((state) => state.split(' ').at(-1)))).toEqual(new Set(['healthy']));
    expect(steps()).toContain('Restarting Kafka, Debezium Connect, MinIO');
  });

  test.each<[string, () => Promise<void>, string[]]>([
    ['stop one', () => control.stop('kafka'), ['compose stop kafka']],
    ['stop all', () => control.stop('all'), ['compose --profile * stop']],
    [
      'restart one',
      () => control.restart('minio'),
      ['compose restart minio', 'compose up --detach --wait --wait-timeout 900 --no-recreate minio'],
    ],
    ['start one', () => control.start('minio'), ['compose up --detach --wait --wait-timeout 900 --no-recreate minio']],
    ['down', () => control.down(), ['compose --profile * down']],
  ])('%s is what docker is told', async (_, act, wanted) => {
    const before = changes().length;
    await act();
    expect(changes().slice(before)).toEqual(wanted);
  });

  test('what was taken down is there no more, and a restart makes it again', async () => {
    await control.down();
    expect(states()).toEqual([]);
    await control.restart('kafka');
    expect(states()).toEqual(['kafka running healthy']);
  });

  test('does one thing at a time', async () => {
    docker.set({ hold: 'minio' });
    const first = control.repair();
    await expect(control.stop('kafka')).rejects.toMatchObject({
      code: 'NOT_ALLOWED_NOW',
      seen: expect.stringContaining('Restarting Kafka') as string,
    });
    docker.set({ hold: null });
    await first;
    await control.stop('kafka');
  });

  test('is followed: what ends by itself is seen and told', async () => {
    containers.follow();
    await until(() => docker.calls().some((call) => call.startsWith('events')));
    await until(() => containers.now()[1]?.view.cpuPercent === 6.4);
    await docker.cli.run({ do: 'stop', services: ['kafka'] });
    await until(() => states().includes('kafka exited null'));
    await until(() => said.includes('warn: The container of kafka has ended (143)'));
  });

  test('is followed again when the engine comes back', async () => {
    containers.follow();
    docker.fail({ ps: 'Cannot connect to the Docker daemon at unix:///x. Is the docker daemon running?' });
    await until(() => containers.trouble());
    expect(containers.trouble()).toContain('Cannot connect to the Docker daemon');
    expect(said.filter((line) => line.includes('Cannot connect'))).toHaveLength(1);
    docker.fail({});
    await until(() => containers.trouble() === null);
  });
});

describe('logs', () => {
  const line = (second: number, text: string): string => `2026-11-22T11:18:0${second}.000000000Z ${text}\n`;
  beforeEach(async () => {
    docker.running();
    await containers.look();
  });

  /** Asks until there is something behind the number, as who looks at a log does. */
  async function read(after: number, limit: number): Promise<ServiceLog> {
    for (;;) {
      const found = await control.logs('kafka', after, limit);
      if (found.lines.length > 0) return found;
    }
  }

  test('are numbered, and go on behind the last number', async () => {
    docker.write('log.txt', line(1, 'one') + line(2, 'two'));
    const first = await read(0, 100);
    expect(first).toMatchObject({
      last: 2,
      lines: [
        { id: 1, text: 'one' },
        { id: 2, text: 'two' },
      ],
    });
    docker.write('log-more.txt', line(3, 'three'));
    expect((await read(first.last, 100)).lines).toEqual([
      { id: 3, at: Date.UTC(2026, 10, 22, 11, 18, 3), text: 'three' },
    ]);
    expect(docker.calls().filter((call) => call.startsWith('logs'))).toHaveLength(1);
  });

  test('are bounded by what is asked for, the newest first to stay', async () => {
    docker.write('log.txt', line(1, 'one') + line(2, 'two') + line(3, 'three'));
    expect((await read(0, 2)).lines.map(({ text }) => text)).toEqual(['two', 'three']);
  });

  test('of a container that has ended are read to their end, and its next life goes on behind them', async () => {
    docker.set({ logsEnd: true });
    docker.write('log.txt', line(1, 'one'));
    expect((await read(0, 100)).last).toBe(1);
    docker.write('log.txt', line(5, 'again'));
    expect((await read(1, 100)).lines).toMatchObject([{ id: 2, text: 'again' }]);
    expect(
      docker
        .calls()
        .filter((call) => call.startsWith('logs'))
        .at(-1),
    ).toContain('--since 2026-11-22T11:18:01.001Z');
  });

  test('are followed no longer than somebody looks', async () => {
    const short = createLogTails(docker.cli, 20);
    docker.write('log.txt', line(1, 'one'));
    const id = containers.now()[1]?.id ?? '';
    await short.read('kafka', id, 0, 10);
    await until(() => docker.ended().includes('logs'));
    await short.read('kafka', id, 0, 10);
    expect(docker.calls().filter((call) => call.startsWith('logs'))).toHaveLength(2);
    await short.stop();
  });

  test('of a service without a container are refused', async () => {
    await control.down();
    await expect(control.logs('kafka', 0, 10)).rejects.toMatchObject({ code: 'NOT_ALLOWED_NOW' });
  });
});
