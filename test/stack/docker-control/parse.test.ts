import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  parseContainers,
  parseEvent,
  parseIds,
  parseLogLine,
  parseSize,
  parseStats,
} from '../../../src/stack/docker/parse.ts';

const fixture = (name: string): string =>
  readFileSync(path.join(import.meta.dirname, '../../fixtures/docker', name), 'utf8');

describe('containers', () => {
  const found = parseContainers(fixture('inspect.json'));

  test('are those of the compose file, whatever else was run from it', () =>
    expect(found.map(({ service }) => service)).toEqual(['kafka', 'minio', 'bucket-setup']));

  test('that run have health, ports and a time', () =>
    expect(found[0]?.view).toEqual({
      image: 'apache/kafka:4.0.0',
      state: 'running',
      health: 'healthy',
      exitCode: null,
      ports: [{ host: 9700, container: 9700 }],
      cpuPercent: null,
      memoryBytes: null,
      upSince: Date.UTC(2026, 10, 22, 11, 18, 2, 123),
    }));

  test('that ended say how and why', () => {
    expect(found[1]).toMatchObject({ trouble: 'it ran out of memory', view: { exitCode: 137, upSince: null } });
    expect(found[2]).toMatchObject({
      trouble: 'driver failed programming external connectivity',
      view: { state: 'created', ports: [] },
    });
  });

  test.each(['', 'null', '{}', '[{}]', '[{"Id":"x"}]', 'Error: No such object'])('of %j there are none', (text) =>
    expect(parseContainers(text)).toEqual([]),
  );
});

test('ids are read, and nothing else is taken for one', () =>
  expect(parseIds(`${'a'.repeat(64)}\n${'b'.repeat(64)}\n\nWARNING: no swap\n`)).toEqual([
    'a'.repeat(64),
    'b'.repeat(64),
  ]));

test('usage is that of each container; a line without numbers is left out', () => {
  const text = [
    '{"BlockIO":"0B / 0B","CPUPerc":"6.40%","Container":"aa","ID":"aa","MemPerc":"2.8%","MemUsage":"688.1MiB / 23.4GiB","Name":"sluice-kafka-1","NetIO":"1kB / 2kB","PIDs":"81"}',
    '{"CPUPerc":"--","ID":"bb","MemUsage":"-- / --"}',
    '{"CPUPerc":"212.00%","ID":"cc","MemUsage":"1.5GB / 8GB"}',
    'not json',
  ].join('\n');
  expect([...parseStats(text)]).toEqual([
    ['aa', { cpuPercent: 6.4, memoryBytes: Math.round(688.1 * 1024 ** 2) }],
    ['cc', { cpuPercent: 212, memoryBytes: 1.5e9 }],
  ]);
});

test.each([
  ['0B', 0],
  ['512KiB', 524_288],
  ['1.5 GiB', 1_610_612_736],
  ['58MB', 58_000_000],
  ['--', null],
  ['5 parsecs', null],
])('the size %j is %j', (text, bytes) => expect(parseSize(text)).toBe(bytes));

describe('events', () => {
  const event = (action: string, more: object = {}) =>
    JSON.stringify({
      status: action,
      Type: 'container',
      Action: action,
      Actor: { ID: 'x', Attributes: { 'com.docker.compose.service': 'kafka', ...more } },
      timeNano: 1,
    });

  test.each([
    ['start', {}, { action: 'start', service: 'kafka', exitCode: null }],
    ['die', { exitCode: '137' }, { action: 'die', service: 'kafka', exitCode: 137 }],
    ['health_status: unhealthy', {}, { action: 'health_status: unhealthy', service: 'kafka', exitCode: null }],
  ])('%s %j', (action, more, wanted) => expect(parseEvent(event(action, more))).toEqual(wanted));

  test.each(['', 'null', '{"Action":"start"}', '{"Action":"start","Actor":{"Attributes":{}}}', 'garbage'])(
    '%j is of no service of ours',
    (line) => expect(parseEvent(line)).toBeNull(),
  );
});

test.each([
  ['2026-11-22T15:02:41.123456789Z [Bronze] Batch 1', Date.UTC(2026, 10, 22, 15, 2, 41, 123), '[Bronze] Batch 1'],
  ['2026-11-22T16:02:41.000000001+01:00 ready', Date.UTC(2026, 10, 22, 15, 2, 41), 'ready'],
  ['2026-11-22T15:02:41.5Z', Date.UTC(2026, 10, 22, 15, 2, 41, 500), ''],
  ['Error response from daemon', 77, 'Error response from daemon'],
])('the log line %j was written at %j', (line, at, text) => expect(parseLogLine(line, 77)).toEqual({ at, text }));
