import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { examineAlone, patientAlone } from '../../src/console/doctor-alone.ts';
import { captureLines } from '../../src/cli/connector.ts';
import { checkLines, reportLines } from '../../src/cli/doctor.ts';
import type { CaptureView, CheckView } from '../../src/console/contract.ts';
import { MIGRATIONS_FOLDER } from '../support/postgres.ts';
import { makeConsole, removeFolders } from './support/console.ts';

let home: string;
beforeEach(() => (home = mkdtempSync(path.join(os.tmpdir(), 'sluice-doctor-'))));
afterEach(() => {
  rmSync(home, { recursive: true, force: true });
  removeFolders();
});

const EXTERNAL = {
  SLUICE_STACK: 'external',
  KAFKA_BROKERS: '127.0.0.1:1',
  POSTGRES_PORT: '1',
  POSTGRES_PASSWORD: 'canary-4711',
  FRAUD_API_URL: 'http://127.0.0.1:1',
  CONNECT_URL: 'http://127.0.0.1:1',
  BRONZE_PATH: './lake/bronze',
  BRONZE_CHECKPOINT: './lake/checkpoints/bronze',
  ALERT_CHECKPOINT: './lake/checkpoints/alert',
};
const alone = (env: Record<string, string>) => ({
  home,
  env,
  cwd: home,
  migrationsFolder: MIGRATIONS_FOLDER,
  composeFile: path.join(home, 'docker-compose.yml'),
});
const stateOf = (checks: readonly CheckView[], id: CheckView['id']) => checks.find((check) => check.id === id)?.state;

describe('without a console', () => {
  test('the embedded stack is looked at as far as folders tell', async () => {
    const { checks, profile } = await examineAlone(alone({}));
    expect(profile).toBe('embedded');
    expect(
      ['data-folder', 'disk', 'checkpoint-bronze', 'slack-url'].map((id) => stateOf(checks, id as 'disk')),
    ).toEqual(['passed', 'passed', 'passed', 'passed']);
    expect(stateOf(checks, 'postgres')).toBe('skipped');
  });

  test('servers of one’s own are asked where the settings say they are, and no password is told', async () => {
    const { checks } = await examineAlone(alone(EXTERNAL));
    for (const id of ['kafka', 'connect', 'postgres', 'fraud-api'] as const) expect(stateOf(checks, id)).toBe('failed');
    for (const id of ['topic', 'connector', 'slot'] as const) expect(stateOf(checks, id)).toBe('skipped');
    expect(JSON.stringify(checks)).not.toContain('canary-4711');
  });

  test('settings that are missing, and a Slack address that may not be used, are told', () => {
    expect(() => patientAlone(alone({ SLUICE_STACK: 'external' }))).toThrowError(/POSTGRES_PASSWORD|KAFKA_BROKERS/);
    writeFileSync(
      path.join(home, '.env'),
      'SLACK_WEBHOOK_URL=http://hooks.slack.com/services/T0/B0/canary4711canary\n',
    );
    const { slack } = patientAlone(alone({}));
    expect(slack).toEqual({ kind: 'wrong', why: 'it begins with http: instead of https:' });
  });
});

test('on the docker profile docker itself is asked, by its own command', async () => {
  const env = {
    SLUICE_STACK: 'docker',
    POSTGRES_PASSWORD: 'canary-4711',
    AWS_SECRET_ACCESS_KEY: 'canary-0815',
    PATH: home,
  };
  const { checks, profile } = await examineAlone(alone(env));
  expect(profile).toBe('docker');
  expect(checks.find(({ id }) => id === 'docker')).toMatchObject({
    state: 'failed',
    seen: 'there is no docker on this machine',
  });
  expect(stateOf(checks, 'docker-disk')).toBe('skipped');
  expect(JSON.stringify(checks)).not.toContain('canary');
});

describe('with a console', () => {
  test('doctor and fix go through the contract; on a stack without connector its commands say so', async () => {
    const { console } = makeConsole({});
    await console.start();
    const report = await console.call('doctor.run', {});
    expect(report.checks.length).toBeGreaterThan(20);
    expect(stateOf(report.checks, 'postgres')).toBe('failed');
    await expect(console.call('doctor.fix', { id: 'disk', will: ['rm -rf /'] })).resolves.toMatchObject({ did: [] });
    await expect(console.call('doctor.fix', { id: 'postgres', will: ['x'] })).rejects.toMatchObject({
      code: 'NOT_ALLOWED_NOW',
    });
    await expect(console.call('connector.restart', {})).rejects.toMatchObject({
      code: 'NOT_ALLOWED_NOW',
      seen: expect.stringContaining('captures changes by itself'),
    });
    const view = await console.call('connector.view', {});
    expect(view).toMatchObject({ connector: null, slot: null, slotError: { code: 'SQL_UNAVAILABLE' } });
    await console.stop();
  });
});

describe('in the terminal', () => {
  const failed: CheckView = {
    id: 'migrations',
    title: 'Migrations are applied',
    group: 'postgres',
    state: 'failed',
    looked: 'frauddb',
    seen: 'not applied: 006',
    expected: 'all',
    fix: { text: 'Apply them.', command: 'psql', action: { label: 'Apply', will: ['Run 006'] } },
    tookMs: 3,
  };

  test('what wants fixing is told with its evidence and both ways to repair it', () => {
    expect(checkLines(failed)).toEqual([
      'failed   Migrations are applied: not applied: 006',
      '         looked at  frauddb',
      '         expected   all',
      '         do         Apply them.',
      '         by hand    psql',
      '         or         sluice doctor --fix migrations   (Run 006)',
    ]);
  });

  test('checks that do not apply are counted, those that are blocked are shown', () => {
    const skipped = (seen: string): CheckView => ({
      ...failed,
      id: 'slot',
      title: 'Slot',
      state: 'skipped',
      seen,
      fix: null,
    });
    const checks = [skipped('nothing runs in docker'), skipped('it needs "PostgreSQL answers", which failed')];
    expect(reportLines({ at: 0, tookMs: 1_000, profile: 'docker', checks })).toEqual([
      'skipped  Slot: it needs "PostgreSQL answers", which failed',
      '0 checks of the docker stack in 1 s, nothing to fix, 2 do not apply here.',
    ]);
  });

  test('the connector and its slot are told in a few lines', () => {
    const view: CaptureView = {
      at: 0,
      connector: {
        name: 'postgres-connector',
        state: 'FAILED',
        connector: 'RUNNING',
        tasks: [{ id: 0, state: 'FAILED', worker: 'w', trace: 'boom' }],
        reason: 'boom',
        config: {},
        findings: [],
        url: 'http://127.0.0.1:8083',
        changes: [{ name: 'decimal.handling.mode', from: null, to: 'double' }],
        lastRestart: null,
      },
      without: null,
      connectorError: null,
      slotName: 'debezium',
      slotError: null,
      slot: {
        name: 'debezium',
        active: false,
        wal: 'reserved',
        retainedBytes: 61 * 1024 ** 2,
        unconfirmedBytes: 0,
        safeBytes: 1024 ** 3,
        limitBytes: 2 * 1024 ** 3,
        confirmedLsn: '0/1',
        currentLsn: '0/2',
      },
      growth: { perMinute: 10 * 1024 ** 2, lostInMs: 3_600_000 },
      samples: [],
    };
    expect(captureLines(view)).toEqual([
      'Connector  postgres-connector  FAILED  (connector RUNNING, task 0 FAILED) on http://127.0.0.1:8083',
      '  boom',
      '  differs: decimal.handling.mode: absent, wanted double',
      'Slot       debezium  INACTIVE  61 MB of log kept, limit 2 GB, 10 MB/min more, lost in 1 h',
      '           confirmed 0/1, current 0/2',
    ]);
  });
});
