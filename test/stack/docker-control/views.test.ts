import { describe, expect, test } from 'vitest';
import { dockerViews, waitingFor } from '../../../src/stack/docker/views.ts';
import type { Container } from '../../../src/stack/docker/parse.ts';
import type { ContainerView, ServiceView } from '../../../src/stack/stack.ts';

const container = (service: string, view: Partial<ContainerView>, trouble: string | null = null): Container => ({
  id: 'a'.repeat(64),
  service,
  trouble,
  view: {
    image: 'x:1',
    state: 'running',
    health: 'healthy',
    exitCode: null,
    ports: [{ host: 9700, container: 9092 }],
    cpuPercent: 1,
    memoryBytes: 2,
    upSince: 3,
    ...view,
  },
});

const kafka = (containers: Container[], answers: [string, ServiceView][] = [], trouble: string | null = null) =>
  dockerViews(containers, new Map(answers), trouble).find(({ name }) => name === 'kafka');

const answer = (state: ServiceView['state'], detail: string): [string, ServiceView] => [
  'kafka',
  { name: 'kafka', title: 'Kafka', state, detail, pid: null, address: null },
];

test('every service of the compose file has a row, in the order of their start', () => {
  const rows = dockerViews([], new Map(), null);
  expect(rows.map(({ name }) => name)).toEqual([
    'postgres',
    'kafka',
    'debezium-connect',
    'minio',
    'fraud-api',
    'data-producer',
  ]);
  expect(new Set(rows.map(({ state }) => state))).toEqual(new Set(['STOPPED']));
});

test.each<[Partial<ContainerView>, string | null, string, string]>([
  [{}, null, 'OK', 'healthy'],
  [{ health: null }, null, 'OK', 'runs'],
  [{ health: 'starting' }, null, 'STARTING', 'its health check has not passed yet'],
  [{ health: 'unhealthy' }, null, 'FAILED', 'its health check fails'],
  [{ state: 'paused' }, null, 'WARN', 'paused'],
  [{ state: 'restarting', exitCode: 1 }, null, 'WARN', 'docker starts it again: it ended with 1'],
  [{ state: 'created' }, null, 'STOPPED', 'created, not started'],
  [{ state: 'exited', exitCode: 0 }, null, 'STOPPED', 'stopped'],
  [{ state: 'exited', exitCode: 143 }, null, 'STOPPED', 'stopped'],
  [{ state: 'exited', exitCode: 137 }, 'it ran out of memory', 'FAILED', 'it ran out of memory'],
  [{ state: 'exited', exitCode: 1 }, null, 'FAILED', 'it ended with 1'],
])('a container that is %j (%j) is %s: %s', (view, trouble, state, detail) => {
  expect(kafka([container('kafka', view, trouble)])).toMatchObject({ state, detail });
});

describe('what the server itself answers', () => {
  test('goes before what docker thinks of its health', () => {
    const row = kafka([container('kafka', {})], [answer('FAILED', 'ECONNREFUSED')]);
    expect(row).toMatchObject({ state: 'FAILED', detail: 'ECONNREFUSED', address: '127.0.0.1:9700' });
  });

  test('counts for nothing before it was asked, and once the container is gone', () => {
    expect(kafka([container('kafka', {})], [answer('STOPPED', 'not asked yet')])).toMatchObject({ state: 'OK' });
    const ended = container('kafka', { state: 'exited', exitCode: 0 });
    expect(kafka([ended], [answer('OK', '4 partitions')])).toMatchObject({ state: 'STOPPED' });
  });
});

test.each<[Container[], readonly string[]]>([
  [[], ['start']],
  [[container('kafka', {})], ['stop', 'restart', 'logs']],
  [[container('kafka', { state: 'exited', exitCode: 0 })], ['start', 'logs']],
])('a row offers what makes sense', (containers, verbs) => expect(kafka(containers)?.verbs).toEqual(verbs));

test('while docker does not answer nothing is offered, and the row says why', () => {
  const row = kafka([container('kafka', {})], [], 'There is no docker');
  expect(row).toMatchObject({ state: 'WARN', verbs: [], locked: 'There is no docker' });
});

test.each<[Container[], string | null]>([
  [[], 'Starting PostgreSQL'],
  [[container('postgres', {})], 'Starting Kafka'],
  [[container('postgres', {}), container('kafka', { health: 'starting' })], 'Waiting for Kafka'],
  [[container('postgres', {}), container('kafka', {})], null],
])('the first that is not healthy is waited for', (containers, step) =>
  expect(waitingFor(containers, ['postgres', 'kafka'])).toBe(step),
);
