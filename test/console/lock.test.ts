import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { findOwner, takeLock } from '../../src/console/lock.ts';
import { removeFolders, temporaryFolder, until } from './support/console.ts';

const script = path.join(import.meta.dirname, 'support/lock-taker.ts');
const children: ReturnType<typeof spawn>[] = [];
afterEach(async () => {
  for (const child of children.splice(0)) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
  removeFolders();
});

/** Starts a process that takes the lock at `at` and says `taken` or the code of the refusal. */
function taker(folder: string, at: number) {
  const child = spawn(process.execPath, [script, folder, String(at)], { stdio: ['ignore', 'pipe', 'inherit'] });
  children.push(child);
  let said = '';
  child.stdout.on('data', (data) => (said += String(data)));
  return { child, answer: () => until(() => said.includes('\n') && said.trim()) };
}

test('of many processes that start at the same time exactly one gets the folder', async () => {
  const folder = temporaryFolder();
  for (let round = 0; round < 3; round++) {
    const at = Date.now() + 1_500;
    const takers = Array.from({ length: 6 }, () => taker(folder, at));
    const answers = await Promise.all(takers.map(({ answer }) => answer()));
    expect(answers.filter((answer) => answer === 'taken')).toHaveLength(1);
    expect(answers.filter((answer) => answer.startsWith('OWNED_BY_OTHER'))).toHaveLength(5);
    // The next round takes over from an owner that was killed.
    for (const { child } of takers) child.kill('SIGKILL');
    await Promise.all(takers.map(({ child }) => child.exitCode ?? child.signalCode ?? once(child, 'exit')));
  }
});

test('taken and given back again and again by four processes, it never has two owners', async () => {
  const folder = temporaryFolder();
  const hammer = path.join(import.meta.dirname, 'support/lock-hammer.ts');
  const until = String(Date.now() + 4_000);
  const hammers = Array.from({ length: 4 }, async () => {
    const child = spawn(process.execPath, [hammer, folder, until], { stdio: ['ignore', 'pipe', 'inherit'] });
    children.push(child);
    let said = '';
    child.stdout.on('data', (data) => (said += String(data)));
    await once(child, 'close');
    return JSON.parse(said) as { taken: number; shared: number };
  });
  const counts = await Promise.all(hammers);
  expect(counts.reduce((sum, { taken }) => sum + taken, 0)).toBeGreaterThan(10);
  expect(counts.map(({ shared }) => shared)).toEqual([0, 0, 0, 0]);
});

test('a live owner is named with process, host and time; a killed one is taken over', async () => {
  const folder = temporaryFolder();
  const { child, answer } = taker(folder, 0);
  expect(await answer()).toBe('taken');
  expect(() => takeLock(folder, '/s')).toThrow(new RegExp(`process ${child.pid} on ${os.hostname()}, since 20`));
  expect(findOwner(folder)).toMatchObject({ pid: child.pid, socket: '/taker' });
  child.kill('SIGKILL');
  await once(child, 'exit');
  expect(findOwner(folder)).toBeNull();
  const lock = takeLock(folder, '/mine');
  expect(findOwner(folder)).toMatchObject({ pid: process.pid, socket: '/mine' });
  lock.release();
  expect(findOwner(folder)).toBeNull();
});

test('a process that got the number of a dead console is not taken for it', () => {
  const folder = temporaryFolder();
  const dead = { pid: process.pid, host: os.hostname(), since: 1, processStart: '1', socket: '/s', released: false };
  writeFileSync(path.join(folder, '4.json'), JSON.stringify(dead));
  takeLock(folder, '/mine');
  expect(readdirSync(folder)).toEqual(['5.json']);
});

test.each(['', '{', '{"pid":"x"}'])('a lock file that holds %j names nobody', (text) => {
  const folder = temporaryFolder();
  writeFileSync(path.join(folder, '1.json'), text);
  takeLock(folder, '/mine').release();
  expect(JSON.parse(readFileSync(path.join(folder, '2.json'), 'utf8'))).toMatchObject({ released: true });
});

test('a console of another machine is believed to live', () => {
  const folder = temporaryFolder();
  const other = { pid: 1, host: 'elsewhere', since: 1, processStart: null, socket: '/s', released: false };
  writeFileSync(path.join(folder, '1.json'), JSON.stringify(other));
  expect(() => takeLock(folder, '/mine')).toThrow(/process 1 on elsewhere/);
});
