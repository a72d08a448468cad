import { describe, expect, test } from 'vitest';
import { parseCommandLine } from '../../src/cli/args.ts';
import { UsageError } from '../../src/cli/words.ts';
import { HELP } from '../../src/cli/help.ts';
import { SETTINGS } from '../../src/console/settings.ts';

const parse = (line: string) => parseCommandLine(line.split(' ').filter(Boolean), '/home/ada');

const TAKE_OVER = {
  command: 'take-over',
  query: 'bronze',
  checkpoint: null,
  table: null,
  brokers: null,
  sparkIsStopped: false,
  json: false,
};

describe('what is understood', () => {
  test.each([
    ['', { command: 'help' }],
    ['--version', { command: 'version' }],
    ['status --json', { command: 'status', running: false, json: true }],
    ['status --running', { command: 'status', running: true, json: false }],
    ['setup', { command: 'setup', steps: ['database', 'bucket', 'topic', 'connector'], json: false }],
    ['setup connector topic', { command: 'setup', steps: ['topic', 'connector'], json: false }],
    ['produce --until-stopped', { command: 'hand-produce', heartbeat: null, json: false }],
    ['produce --until-stopped --heartbeat a', { command: 'hand-produce', heartbeat: 'a', json: false }],
    ['start', { command: 'start', queries: ['bronze', 'alert'], json: false }],
    ['stop alert', { command: 'stop', queries: ['alert'], json: false }],
    ['stack', { command: 'stack', asked: { what: 'status' }, json: false }],
    ['stack up --json', { command: 'stack', asked: { what: 'start', service: 'all' }, json: true }],
    ['stack start', { command: 'stack', asked: { what: 'start', service: 'all' }, json: false }],
    ['stack stop kafka', { command: 'stack', asked: { what: 'stop', service: 'kafka' }, json: false }],
    ['stack restart all', { command: 'stack', asked: { what: 'restart', service: 'all' }, json: false }],
    ['stack repair', { command: 'stack', asked: { what: 'repair' }, json: false }],
    ['stack down', { command: 'stack', asked: { what: 'down' }, json: false }],
    [
      'stack logs debezium-connect -f -n 20',
      { command: 'stack', asked: { what: 'logs', service: 'debezium-connect', follow: true, lines: 20 }, json: false },
    ],
    ['restart all', { command: 'restart', queries: ['bronze', 'alert'], json: false }],
    [
      'restart bronze --clear-checkpoints',
      { command: 'clear', queries: ['bronze'], from: null, yes: false, json: false },
    ],
    [
      'restart --clear-checkpoints --from table',
      { command: 'clear', queries: ['bronze', 'alert'], from: 'table', yes: false, json: false },
    ],
    [
      'restart bronze --clear-checkpoints --from latest --yes',
      { command: 'clear', queries: ['bronze'], from: 'latest', yes: true, json: false },
    ],
    ['accept-loss bronze', { command: 'accept-loss', query: 'bronze', yes: false, json: false }],
    ['accept-loss alert --yes --json', { command: 'accept-loss', query: 'alert', yes: true, json: true }],
    ['logs', { command: 'logs', follow: false, grep: undefined, lines: 200, json: false }],
    ['logs -f --grep Batch|NEW -n 5', { command: 'logs', follow: true, grep: 'Batch|NEW', lines: 5, json: false }],
    ['doctor', { command: 'doctor', fix: null, json: false }],
    ['doctor --fix migrations --json', { command: 'doctor', fix: 'migrations', json: true }],
    ['connector', { command: 'connector', what: 'status', yes: false, json: false }],
    ['connector ensure --yes', { command: 'connector', what: 'ensure', yes: true, json: false }],
    ['connector restart --json', { command: 'connector', what: 'restart', yes: false, json: true }],
    ['alerts test', { command: 'alerts', what: 'test', transNums: [], json: false }],
    ['alerts resume --json', { command: 'alerts', what: 'resume', transNums: [], json: true }],
    ['alerts resend t1 t2', { command: 'alerts', what: 'resend', transNums: ['t1', 't2'], json: false }],
    ['alerts discard --all', { command: 'alerts', what: 'discard', transNums: [], json: false }],
    ['produce test', { command: 'produce', what: 'suspicious', json: false }],
    ['produce test normal --json', { command: 'produce', what: 'normal', json: true }],
    ['run bronze --available-now --json', { command: 'run-query', query: 'bronze', runs: 'available-now', json: true }],
    ['run bronze --until-stopped', { command: 'run-query', query: 'bronze', runs: 'until-stopped', json: false }],
    [
      'take-over inspect --checkpoint s3a://lake/cp --table /t --json',
      { ...TAKE_OVER, what: 'inspect', checkpoint: 's3a://lake/cp', table: '/t', json: true },
    ],
    [
      'take-over confirm --query alert --brokers k:9092 --spark-is-stopped',
      { ...TAKE_OVER, what: 'confirm', query: 'alert', brokers: 'k:9092', sparkIsStopped: true },
    ],
    ['table health --json', { command: 'table', task: { what: 'health' }, json: true }],
    ['table history -n 3', { command: 'table', task: { what: 'history', limit: 3 }, json: false }],
    ['table optimize --dry-run', { command: 'table', task: { what: 'optimize', dryRun: true }, json: false }],
    ['table vacuum', { command: 'table', task: { what: 'vacuum', delete: false }, json: false }],
    ['table vacuum --delete', { command: 'table', task: { what: 'vacuum', delete: true }, json: false }],
    ['produce scenario card-theft', { command: 'produce', what: 'card-theft', json: false }],
    ['produce scenario late-night --json', { command: 'produce', what: 'late-night', json: true }],
    ['produce pause', { command: 'produce', what: 'pause', json: false }],
    [
      'dead-letters',
      {
        command: 'dead-letters',
        what: 'list',
        query: 'all',
        reason: undefined,
        ids: [],
        yes: false,
        limit: 50,
        json: false,
      },
    ],
    [
      'dead-letters replay p1-2-x p1-3-x --query alert --reason NO_KEY --yes --json',
      {
        command: 'dead-letters',
        what: 'replay',
        query: 'alert',
        reason: 'NO_KEY',
        ids: ['p1-2-x', 'p1-3-x'],
        yes: true,
        limit: 50,
        json: true,
      },
    ],
  ])('%s', (line, expected) => expect(parse(line)).toEqual(expected));

  test.each([
    ['60s', 60_000],
    ['60', 60_000],
    ['5m', 300_000],
    ['500ms', 500],
  ])('run for %s', (text, durationMs) =>
    expect(parse(`run --headless --duration ${text}`)).toMatchObject({ durationMs }),
  );

  test.each([
    ['--rate 200', { 'producer.mode': 'stream', 'producer.rate': '200' }],
    ['--bulk 1000', { 'producer.mode': 'bulk', 'producer.rows': '1000' }],
    ['--idle', { 'producer.mode': 'idle' }],
    ['--csv data/t.csv', { 'producer.csv': '/home/ada/data/t.csv' }],
  ])('run with %s', (flags, settings) => expect(parse(`run --headless ${flags}`)).toMatchObject({ settings }));
});

test.each([
  'bogus',
  'run',
  'run --headless --duration soon',
  'run --headless --duration 0',
  'run --headless --idle --rate 5',
  'run --headless --bulk 5 --rate 5',
  'start silver',
  'start bronze alert',
  'restart --from table',
  'restart --clear-checkpoints --from scratch',
  'logs -n 0',
  'logs -n 99999',
  'alerts',
  'alerts resend',
  'alerts resend t1 --all',
  'alerts test t1',
  'produce',
  'produce test weird',
  'dead-letters burn',
  'dead-letters show',
  'dead-letters list p1-2-x',
  'dead-letters list --yes',
  'dead-letters list -n 0',
  'dead-letters replay --yes',
  'dead-letters --reason BAD_LUCK',
  'dead-letters --query silver',
  'produce start normal',
  'status --yaml',
  'setup everything',
  'produce start --until-stopped',
  'stack explode',
  'stack stop silver',
  'stack logs',
  'stack logs all',
  'stack down kafka',
  'stack repair kafka',
  'stack stop -f',
  'run --headless --stack swarm',
])('%s is refused in one sentence', (line) => {
  expect(() => parse(line)).toThrow(UsageError);
  expect(() => parse(line)).toThrow(/^[^\n]+$/);
});

test('the help names every variable of the environment that a person is likely to set', () => {
  for (const name of [
    'BRONZE_TRIGGER',
    'ALERT_TRIGGER',
    'PRODUCER_RATE',
    'PRODUCER_CSV',
    'LOG_LEVEL',
    'SLUICE_HOME',
    'SLACK_WEBHOOK_URL',
  ]) {
    expect(HELP).toContain(name);
  }
  expect(SETTINGS['producer.rate'].fallback).toBe(25);
  expect(HELP).toContain('(25)');
});
