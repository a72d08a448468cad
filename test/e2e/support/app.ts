/** The real app under Playwright: built bundles, embedded stack, a data folder of its own, log and pictures kept. */
import type { ChildProcess } from 'node:child_process';
import { appendFileSync, chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { _electron, type ElectronApplication, type Page } from 'playwright';
import { resolveElectron } from '../../../scripts/electron.mjs';
import { clusterFolder } from '../../../src/stack/embedded/cluster.ts';

const results = path.resolve(import.meta.dirname, '../../../test-results/e2e');

export interface Launch {
  readonly executablePath: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

export interface TestApp {
  readonly electron: ElectronApplication;
  readonly page: Page;
  readonly home: string;
  /** Everything the process has written so far. */
  output(): string;
  picture(name: string): Promise<void>;
  /** Asks the app to quit as a person does, and waits for its exit code. */
  quit(): Promise<number | null>;
}

export interface AppOptions {
  /** Names the log and the pictures. */
  readonly name: string;
  readonly launch?: Launch;
  readonly home?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** A folder that a user without rights can reach too: PostgreSQL does not run as root. */
export function makeHome(): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'sluice-e2e-'));
  chmodSync(folder, 0o755);
  return path.join(folder, 'home');
}

/** For root the database cluster lies outside of the home. */
export function removeHome(home: string): void {
  for (const folder of [clusterFolder(home), path.dirname(home)]) rmSync(folder, { recursive: true, force: true });
}

export async function startApp({ name, launch, home = makeHome(), env = {} }: AppOptions): Promise<TestApp> {
  mkdirSync(results, { recursive: true });
  const found = launch ?? (await resolveElectron({ quiet: true }));
  const logFile = path.join(results, `${name}.log`);
  rmSync(logFile, { force: true });
  const entry = makeEntry(found.args.at(-1) ?? '');
  const electron = await _electron.launch({
    executablePath: found.executablePath,
    // There is no graphics card under Xvfb.
    args: ['--disable-gpu', ...found.args.slice(0, -1), entry],
    env: { ...withoutUndefined(process.env), ...found.env, SLUICE_APP_ROOT: entry, SLUICE_HOME: home, ...env },
    // Without this Playwright would take the sandbox away from everybody.
    chromiumSandbox: !found.args.includes('--no-sandbox'),
    timeout: 60_000,
  });
  const child = electron.process();
  child.once('exit', () => rmSync(path.dirname(entry), { recursive: true, force: true }));
  let output = '';
  const keep = (chunk: Buffer) => {
    output += chunk.toString();
    appendFileSync(logFile, chunk);
  };
  child.stdout?.on('data', keep);
  child.stderr?.on('data', keep);
  const page = await electron.firstWindow();
  page.on('console', (message) => keep(Buffer.from(`page: ${message.type()}: ${message.text()}\n`)));
  page.on('pageerror', (error) => keep(Buffer.from(`page: fault: ${error.message}\n`)));
  return {
    electron,
    page,
    home,
    output: () => output,
    picture: async (picture) => {
      await page.screenshot({ path: path.join(results, `${name}-${picture}.png`) });
    },
    quit: () => quit(electron, child),
  };
}

function quit(electron: ElectronApplication, child: ChildProcess): Promise<number | null> {
  if (child.exitCode !== null) return Promise.resolve(child.exitCode);
  const ended = new Promise<number | null>((resolve) => child.once('exit', (code) => resolve(code)));
  // The answer to this call is lost when the process ends first.
  electron.evaluate(({ app }) => app.quit()).catch(() => undefined);
  return ended;
}

/**
 * Holds the app back until Playwright has attached itself. For the electron package it does so by itself; another
 * executable that opens its window in the same moment can hang for ever.
 */
function makeEntry(appFolder: string): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'sluice-entry-'));
  const entry = path.join(folder, 'entry.cjs');
  const lines = [
    `const { app } = require('electron');`,
    `const attached = new Promise((resolve) => { globalThis.__playwright_run = resolve; });`,
    `const ready = app.whenReady();`,
    `app.whenReady = () => attached.then(() => ready);`,
    `app.setVersion(require(${JSON.stringify(path.join(appFolder, 'package.json'))}).version);`,
    `require(${JSON.stringify(path.join(appFolder, 'dist/main.cjs'))});`,
  ];
  writeFileSync(entry, lines.join('\n'));
  chmodSync(folder, 0o755);
  return entry;
}

function withoutUndefined(env: NodeJS.ProcessEnv): Record<string, string> {
  return Object.fromEntries(Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined));
}
