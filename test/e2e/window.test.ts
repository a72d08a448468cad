import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { resolveElectron } from '../../scripts/electron.mjs';
import { makeHome, removeHome, startApp, type TestApp } from './support/app.ts';
import {
  snapshotOf,
  tourCheckpoints,
  tourDeliveries,
  tourFeed,
  tourFrame,
  tourDeadLetters,
  tourLag,
  tourLogs,
  tourOverview,
  tourQueries,
  tourStack,
  waitFor,
} from './support/tour.ts';

const home = makeHome();
let app: TestApp;
beforeAll(async () => {
  app = await startApp({ name: 'window', home, env: { BRONZE_TRIGGER: '2 s', PRODUCER_RATE: '10' } });
});
afterAll(async () => {
  await app.quit();
  removeHome(home);
});

describe('every button does what it says, on the real stack', () => {
  test('Overview', () => tourOverview(app));
  test('Queries', () => tourQueries(app));
  test('Checkpoints', () => tourCheckpoints(app));
  test('Fraud feed', () => tourFeed(app));
  test('Deliveries', () => tourDeliveries(app));
  test('Lag', () => tourLag(app));
  test('Dead letters', () => tourDeadLetters(app));
  test('Stack', () => tourStack(app));
  test('Logs', () => tourLogs(app));
  test('title bar, banners and sheet', () => tourFrame(app));
  test('the page had no fault and broke no policy', () => {
    const faults = app
      .output()
      .split('\n')
      .filter((line) => /^page: (fault|error)/.test(line));
    expect(faults).toEqual([]);
  });
});

describe('what the page cannot do', () => {
  test('it has no Node, and two functions to speak with the console', async () => {
    const seen = await app.page.evaluate(() => ({
      process: typeof (globalThis as Record<string, unknown>)['process'],
      require: typeof (globalThis as Record<string, unknown>)['require'],
      bridge: Object.keys(window.sluice ?? {}).sort(),
    }));
    expect(seen).toEqual({ process: 'undefined', require: 'undefined', bridge: ['call', 'subscribe'] });
  });

  test('inline script, eval, network, frames and plugins are refused by the policy', async () => {
    const outcome = await app.page.evaluate(async () => {
      const broken: string[] = [];
      addEventListener('securitypolicyviolation', ({ effectiveDirective }) => broken.push(effectiveDirective));
      const script = document.createElement('script');
      try {
        script.text = 'window.owned = true';
      } catch {
        broken.push('trusted-types');
      }
      document.body.append(script);
      const frame = document.createElement('iframe');
      frame.src = 'https://example.org/';
      const image = document.createElement('img');
      image.src = 'https://example.org/a.png';
      document.body.append(frame, image);
      const fetched = await fetch('https://example.org/').then(
        () => 'answered',
        () => 'refused',
      );
      await new Promise((resolve) => setTimeout(resolve, 300));
      [script, frame, image].forEach((each) => each.remove());
      return { owned: 'owned' in window, fetched, broken };
    });
    expect(outcome.owned).toBe(false);
    expect(outcome.fetched).toBe('refused');
    expect(outcome.broken).toEqual(expect.arrayContaining(['connect-src', 'frame-src', 'img-src', 'trusted-types']));
  });

  test('it cannot leave, open a window, or get a permission', async () => {
    const before = app.page.url();
    const answers = await app.page.evaluate(async () => {
      const opened = window.open('https://example.org/');
      const leave = document.createElement('a');
      leave.href = 'https://example.org/';
      document.body.append(leave);
      leave.click();
      leave.remove();
      const names = ['notifications', 'geolocation', 'camera', 'microphone', 'clipboard-read', 'midi'];
      const states = names.map((name) =>
        navigator.permissions.query({ name: name as PermissionName }).then(({ state }) => state),
      );
      return { opened: opened === null, granted: (await Promise.all(states)).filter((state) => state === 'granted') };
    });
    expect(answers).toEqual({ opened: true, granted: [] });
    expect(app.page.url()).toBe(before);
    expect(app.electron.windows()).toHaveLength(1);
  });

  test('a command that does not fit is refused with a code and without a stack', async () => {
    const replies = await app.page.evaluate(async () => {
      const call = (window as unknown as { sluice: { call: (...args: unknown[]) => Promise<Record<string, unknown>> } })
        .sluice.call;
      return Promise.all([
        call('no.such.command', {}),
        call('query.stop', { query: 'everything' }),
        call('query.stop', { query: 'bronze', __proto__: { x: 1 }, extra: 1 }),
        call('logs.read', { grep: 'x'.repeat(100_000) }),
        call('constructor', {}),
      ]);
    });
    for (const reply of replies) {
      expect(reply).toMatchObject({ ok: false, error: { code: 'COMMAND_INVALID' } });
      const error = reply['error'] as Record<string, unknown>;
      expect(Object.keys(error).sort()).toEqual([
        'action',
        'code',
        'expected',
        'message',
        'retryable',
        'seen',
        'tried',
      ]);
    }
  });

  test('it never gets a whole card number', async () => {
    const snapshot = await waitFor(app.page, 'frauds', ({ frauds }) => frauds.length > 0);
    for (const { card } of snapshot.frauds) expect(card).toMatch(/^•••• \d{4}$/);
    // Times in ms have 13 digits, and ids are hexadecimal; only a card would be a longer run of digits alone.
    const text = JSON.stringify(snapshot).replace(/"(transNum|offset)":"[^"]*"/g, '');
    expect(text.match(/(?<![\da-f.-])\d{14,19}(?![\da-f.-])/g) ?? []).toEqual([]);
  });
});

describe('the process', () => {
  test('the menu shows a screen without loading the page anew', async () => {
    await app.page.evaluate(() => void Object.assign(window, { marker: 1 }));
    await app.electron.evaluate(({ Menu }) => {
      const view = Menu.getApplicationMenu()?.items.find(({ label }) => label === '&View');
      view?.submenu?.items.find(({ label }) => label === 'Checkpoints')?.click();
    });
    await app.page.getByRole('heading', { level: 1, name: 'Checkpoints' }).waitFor();
    expect(await app.page.evaluate(() => 'marker' in window)).toBe(true);
  });

  test('a second start on the same data folder gives way to the first', async () => {
    const { executablePath, args, env } = await resolveElectron({ quiet: true });
    const second = spawn(executablePath, ['--disable-gpu', ...args], {
      env: { ...process.env, ...env, SLUICE_HOME: home },
      stdio: 'ignore',
    });
    const code = await new Promise((resolve) => second.once('exit', resolve));
    expect(code).toBe(0);
    expect((await snapshotOf(app.page)).console.stack).toBe('UP');
  });

  test('closing the window says that it stops, ends well, and leaves no PostgreSQL behind', async () => {
    const { services } = await snapshotOf(app.page);
    const pid = services.find(({ name }) => name === 'postgres')?.pid;
    const child = app.electron.process();
    const ended = new Promise((resolve) => child.once('exit', resolve));
    expect(pid).toBeGreaterThan(0);
    // A server that takes its time: a stop that is over at once has nothing to say.
    process.kill(pid ?? 0, 'SIGSTOP');
    app.electron.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.close()).catch(() => undefined);
    try {
      await app.page.getByText('Sluice finishes its batches and stops.').waitFor();
    } finally {
      process.kill(pid ?? 0, 'SIGCONT');
    }
    const started = Date.now();
    expect(await ended).toBe(0);
    expect(Date.now() - started).toBeLessThan(12_000);
    expect(existsSync(`/proc/${pid}`)).toBe(false);
  });
});
