import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { launchAsOrdinaryUser } from '../../scripts/electron/ordinary-user.mjs';
import { startApp, type TestApp } from './support/app.ts';
import {
  tourCheckpoints,
  tourDeliveries,
  tourFeed,
  tourFrame,
  tourLag,
  tourLogs,
  tourOverview,
  tourQueries,
} from './support/tour.ts';

/** The same tour as an ordinary user, whom Chromium gives its real sandbox. */
const folder = mkdtempSync(path.join(tmpdir(), 'sluice-user-'));
let app: TestApp;
beforeAll(async () => {
  const launch = await launchAsOrdinaryUser(folder);
  app = await startApp({
    name: 'ordinary-user',
    launch,
    home: path.join(launch.home, 'sluice'),
    env: { BRONZE_TRIGGER: '2 s', PRODUCER_RATE: '10' },
  });
});
afterAll(async () => {
  await app.quit();
  rmSync(folder, { recursive: true, force: true });
});

test('the page runs inside the sandbox of the system', async () => {
  const pid = await app.electron.evaluate(({ BrowserWindow }) =>
    BrowserWindow.getAllWindows()[0]?.webContents.getOSProcessId(),
  );
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  expect(status).toMatch(/^Seccomp:\s+2$/m);
  expect(status).toMatch(/^NoNewPrivs:\s+1$/m);
});

test('every button does what it says', async () => {
  await tourOverview(app);
  await tourQueries(app);
  await tourCheckpoints(app);
  await tourFeed(app);
  await tourDeliveries(app);
  await tourLag(app);
  await tourLogs(app);
  await tourFrame(app);
}, 600_000);

test('it ends well', async () => {
  expect(await app.quit()).toBe(0);
});
