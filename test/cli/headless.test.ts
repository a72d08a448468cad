/** The whole flow in a process of its own, on the real embedded stack, as a script would run it. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { RunSummary } from '../../src/console/console.ts';
import { makeTestHome, removeTestHome } from '../support/postgres.ts';
import { until } from '../console/support/console.ts';

const cli = path.resolve(import.meta.dirname, '../../src/cli/cli.ts');
let home: string;
beforeAll(async () => {
  home = await makeTestHome();
});
const children: ChildProcess[] = [];

afterAll(async () => {
  for (const child of children) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    child.kill('SIGTERM');
    await once(child, 'exit');
  }
  await removeTestHome(home);
});

/** Runs the CLI; what it says grows while it runs. */
function sluice(line: string, env: Record<string, string> = {}) {
  const child = spawn(process.execPath, [cli, ...line.split(' ')], {
    env: { ...process.env, SLUICE_HOME: home, BRONZE_TRIGGER: '1 s', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  children.push(child);
  const said = { out: '', err: '' };
  child.stdout.on('data', (data) => (said.out += String(data)));
  child.stderr.on('data', (data) => (said.err += String(data)));
  const ended = once(child, 'close').then(([code]) => ({ code: code as number, ...said }));
  return { child, said, ended };
}

const lastLine = (text: string): string => text.trimEnd().split('\n').at(-1) ?? '';
const sum = (positions: Readonly<Record<string, number>>): number =>
  Object.values(positions).reduce((all, each) => all + each, 0);

describe('a run with a duration', { timeout: 120_000 }, () => {
  let result: { code: number; out: string; err: string };
  let summary: RunSummary;
  beforeAll(async () => {
    result = await sluice('run --headless --duration 6s --json --rate 40').ended;
    summary = JSON.parse(lastLine(result.out)) as RunSummary;
  }, 120_000);

  test('ends by itself with 0, with one object on stdout and the lines on stderr', () => {
    expect(result.code).toBe(0);
    expect(result.out.trimEnd().split('\n')).toHaveLength(1);
    expect(result.err).toMatch(/^\[Bronze\] Batch 0: Writing to Bronze layer\.\.\. \d+ rows, version 0$/m);
    expect(result.err).toMatch(/^\[Alert\] {2}Batch 0: Processing \d+ transactions$/m);
    expect(result.err).toMatch(/^\[Alert\] {2}.*ALERT sent for \S+ \((HIGH|MEDIUM|LOW) risk\)$/m);
    expect(result.err).not.toMatch(/^\s+at /m);
  });

  test('everything that was sent was read by both, and the numbers agree', () => {
    expect(summary.bronze.rows).toBeGreaterThan(100);
    expect(summary.bronze.rows).toBe(sum(summary.offsets.end));
    expect(summary.alert.predictions).toBe(summary.bronze.rows);
    expect(summary.offsets.bronze).toEqual(summary.offsets.end);
    expect(summary.offsets.alert).toEqual(summary.offsets.end);
    expect(summary.alert.alerts).toBe(summary.alert.frauds);
    expect(summary.alert.frauds).toBeGreaterThan(0);
    expect([summary.bronze.deadLetters, summary.alert.deadLetters]).toEqual([0, 0]);
    expect(summary.seconds).toBeGreaterThanOrEqual(6);
    expect(summary.seconds).toBeLessThan(8);
  });

  test('the paths are absolute and hold what the numbers say', () => {
    const { table, checkpoint, batches, deltaVersion } = summary.bronze;
    for (const each of [table, checkpoint, summary.alert.checkpoint]) expect(path.isAbsolute(each)).toBe(true);
    const commits = readdirSync(path.join(checkpoint, 'commits')).filter((name) => /^\d+$/.test(name));
    expect(commits).toHaveLength(batches);
    const versions = readdirSync(path.join(table, '_delta_log')).filter((name) => /^\d{20}\.json$/.test(name));
    expect(versions).toHaveLength((deltaVersion ?? -1) + 1);
    const rows = versions
      .flatMap((name) =>
        readFileSync(path.join(table, '_delta_log', name), 'utf8')
          .trim()
          .split('\n'),
      )
      .map((line) => (JSON.parse(line) as { add?: { stats: string } }).add)
      .reduce((all, add) => all + (add ? (JSON.parse(add.stats) as { numRecords: number }).numRecords : 0), 0);
    expect(rows).toBe(summary.bronze.rows);
  });

  test('the data folder is for its owner only, and nobody owns it any more', async () => {
    expect(statSync(home).mode & 0o777).toBe(0o700);
    expect(await sluice('status').ended).toMatchObject({ code: 3 });
  });
});

describe('a run until Ctrl-C', { timeout: 120_000 }, () => {
  test('goes on where the last one ended, is commanded from outside, refuses a second one, and drains', async () => {
    const running = sluice('run --headless --idle');
    await until(
      () => running.said.out.includes('[Alert]  Query RUNNING') && running.said.out.includes('[Bronze] Query RUNNING'),
    );
    const second = await sluice('run --headless').ended;
    expect(second).toMatchObject({ code: 4, out: '' });
    expect(second.err).toContain(`process ${running.child.pid}`);

    const sent = JSON.parse((await sluice('produce test suspicious --json').ended).out) as { transNum: string };
    await until(() => running.said.out.includes(`ALERT sent for ${sent.transNum}`));
    expect(await sluice('restart alert').ended).toMatchObject({ code: 0, out: 'Alert is RUNNING.\n' });
    const found = await sluice(`logs --grep ${sent.transNum}|Inserted`).ended;
    expect(found.out).toContain(sent.transNum);
    expect(found.out).not.toContain('Processing');
    const cleared = await sluice('restart bronze --clear-checkpoints --from table').ended;
    expect(cleared).toMatchObject({ code: 0 });

    running.child.kill('SIGINT');
    const ended = await running.ended;
    expect(ended.code).toBe(0);
    expect(ended.out).toMatch(/^ {2}Bronze {2}\d+ rows in \d+ batch/m);
    expect(ended.err).toBe('');
  });

  test.each([
    ['a rate that is no rate', 'run --headless --rate fast', {}, 2, 'SETTINGS_INVALID'],
    [
      'a Slack address elsewhere',
      'run --headless',
      { SLACK_WEBHOOK_URL: 'https://evil.example/x' },
      2,
      'SETTINGS_INVALID',
    ],
    ['a data folder that is none', 'run --headless', { SLUICE_HOME: '/dev/null' }, 3, 'HOME_READ_ONLY'],
  ])('%s: one line, no stack trace', async (_, line, env, code, word) => {
    const ended = await sluice(line, env).ended;
    expect([ended.code, ended.out]).toEqual([code, '']);
    expect(ended.err.trimEnd().split('\n')).toHaveLength(1);
    expect(ended.err).toMatch(new RegExp(`^${word}: `));
    expect(ended.err).not.toContain('evil.example/x');
  });
});
