import { spawn } from 'node:child_process';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, expect, test } from 'vitest';
import { makeHome, removeHome, startApp } from './support/app.ts';
import { eventually, startUnwatched } from './support/unwatched.ts';

const root = path.resolve(import.meta.dirname, '../..');
const home = makeHome();
afterAll(() => removeHome(home));

test('a data folder that another console owns: one clear sentence, and exit code 4', async () => {
  const other = spawn(process.execPath, [path.join(root, 'dist/cli.cjs'), 'run', '--headless'], {
    env: { ...process.env, SLUICE_HOME: home },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = new Promise((resolve) => other.once('exit', resolve));
  try {
    // Its first line comes after it has taken the folder.
    await new Promise((resolve) => createInterface({ input: other.stdout }).once('line', resolve));
    const app = await startApp({ name: 'owned', home });
    await app.page.getByText('OWNED_BY_OTHER').waitFor();
    await app.picture('owned');
    expect(await app.quit()).toBe(4);
    expect(app.output()).not.toMatch(/^\s+at /m);
  } finally {
    other.kill('SIGINT');
    await ended;
  }
});

test('a data folder that cannot be made: one clear sentence, and exit code 3', async () => {
  // Root may write everywhere, but not below a file.
  const app = await startApp({ name: 'no-home', home: path.join(import.meta.filename, 'home') });
  await app.page.getByText('HOME_READ_ONLY').waitFor();
  await app.picture('no-home');
  expect(await app.quit()).toBe(3);
  expect(app.output()).not.toMatch(/^\s+at /m);
});

test('a page that crashes comes back by itself, and the queries have gone on', async () => {
  const app = await startUnwatched(home);
  const before = await eventually(() => app.evaluate(RUN_IDS), areTwo);
  const crashed = app.pagePid();
  process.kill(crashed ?? 0, 'SIGKILL');
  await eventually(app.pagePid, (pid) => pid !== null && pid !== crashed);
  await eventually(
    () => app.evaluate(`document.querySelector('h1')?.textContent`),
    (title) => title === 'Overview',
  );
  expect(await app.evaluate(RUN_IDS)).toEqual(before);
  expect(await app.quit()).toBe(0);
});

/** Of the queries that run. */
const RUN_IDS = `sluice.call('snapshot', {}).then(({ value: { queries } }) =>
  [queries.bronze, queries.alert].filter(({ state }) => state === 'RUNNING').map(({ runId }) => runId))`;
const areTwo = (runIds: unknown): boolean => Array.isArray(runIds) && runIds.length === 2;
