import { existsSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Worker } from 'node:worker_threads';
import { afterEach, describe, expect, it } from 'vitest';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { armFailpoints, failpoint, parseFailpoints, passesOf } from '../../src/pipeline/failpoints.ts';
import { tempFolder } from './support/temp.ts';

const FILE = path.resolve(import.meta.dirname, '../../src/pipeline/failpoints.ts');
const arm = (text: string, folder: string | null = null) => armFailpoints({ shots: parseFailpoints(text), folder });

afterEach(() => armFailpoints(null));

describe('what is armed', () => {
  it('is read from text', () => {
    expect(parseFailpoints('b5=kill@2, a3=delay:500')).toEqual([
      { name: 'b5', action: 'kill', ms: 0, pass: 2 },
      { name: 'a3', action: 'delay', ms: 500, pass: 1 },
    ]);
  });

  it.each(['b5', 'b5=explode', 'c1=kill', 'b5=kill@', ''])('is refused when it is not understood: %j', (text) => {
    expect(() => parseFailpoints(text)).toThrow('is not like b5=kill@2');
  });
});

describe('a failpoint', () => {
  it('acts at its pass and at no other', async () => {
    arm('b4=throw@2');
    await failpoint('b4');
    await failpoint('b3');
    await expect(failpoint('b4')).rejects.toThrow('failpoint b4');
    await failpoint('b4');
    expect(passesOf('b4')).toBe(3);
  });

  it('does nothing while none is armed', async () => {
    await failpoint('b4');
    expect(passesOf('b4')).toBe(0);
  });

  it.each([
    ['offsets/7', 'b2'],
    ['commits/7', 'b9'],
    ['_delta_log/00000000000000000007.json', 'b7'],
    ['_delta_log/00000000000000000010.checkpoint.parquet', 'b11'],
    ['year=2019/month=1/day=1/part-00000-x.c000.snappy.parquet', 'b5'],
    ['dead-letters/q/0000000001.parquet', null],
    ['_sluice/lease', null],
  ] as const)('of a store goes by the object that is written: %s', async (key, name) => {
    arm('b1=delay');
    await failpoint('writing', key);
    const reached = (['b2', 'b5', 'b7', 'b9', 'b11'] as const).filter((each) => passesOf(each) > 0);
    expect(reached).toEqual(name === null ? [] : [name]);
  });

  it('leaves a mark and does not act twice, whoever is started again', async () => {
    const folder = tempFolder();
    arm('b4=throw', folder);
    await expect(failpoint('b4')).rejects.toThrow('failpoint b4');
    expect(existsSync(path.join(folder, 'b4@1.fired'))).toBe(true);
    arm('b4=throw', folder);
    await failpoint('b4');
  });

  it('that loses an answer lets the query try again', async () => {
    arm('b7=lose');
    await expect(failpoint('b7')).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE', retryable: true });
  });

  it('that pauses goes on when it is told to', async () => {
    const folder = tempFolder();
    arm('b4=pause', folder);
    const passed = failpoint('b4').then(() => 'passed');
    expect(await Promise.race([passed, failpoint('b3').then(() => 'waits')])).toBe('waits');
    writeFileSync(path.join(folder, 'b4.go'), '');
    expect(await passed).toBe('passed');
  });
});

describe('death', () => {
  const code = `import(${JSON.stringify(FILE)}).then(async ({ failpoint }) => { await failpoint('b4'); console.log('lives'); })`;

  it('by kill takes the process', async () => {
    const child = spawn(process.execPath, ['-e', code], { env: { SLUICE_FAILPOINTS: 'b4=kill' }, stdio: 'ignore' });
    expect(await once(child, 'exit')).toEqual([null, 'SIGKILL']);
  }, 30_000);

  it('by terminate takes the thread alone', async () => {
    const worker = new Worker(code, { eval: true, env: { SLUICE_FAILPOINTS: 'b4=terminate' } });
    expect(await once(worker, 'exit')).toEqual([1]);
  }, 30_000);
});
