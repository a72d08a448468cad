import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { spawn } from 'node:child_process';
import os from 'node:os';
import path from 'node:path';
import { cacheFolder, inRoot, pinnedNode, readJson } from '../lib/paths.mjs';
import { say, withProgress } from '../lib/say.mjs';

const TOTAL_MS = 120_000;
const STALLED_MS = 20_000;
const REMEMBER_MS = 24 * 3600_000;
const LOOK_MS = 500;

const folder = inRoot('node_modules/electron');

/** The version that package.json declares. @type {string} */
export const DECLARED_VERSION = readJson(inRoot('package.json'))?.devDependencies?.electron ?? 'unknown';

/**
 * The declared Electron, downloaded by its own installer if need be. Not having it is an answer, not an error: many
 * networks give npm packages and nothing else. The answer is kept for a day, so that nobody waits for it twice.
 * @param {{ quiet: boolean }} options
 * @returns {Promise<string | undefined>} the path of its executable
 */
export async function ensureOfficial({ quiet }) {
  const installed = findInstalled();
  if (installed) return installed;
  const note = path.join(cacheFolder, `electron-${DECLARED_VERSION}.unreachable`);
  if (isRecent(note)) {
    if (!quiet) say(`Electron ${DECLARED_VERSION} was out of reach within the last day: delete ${note} to try again.`);
    return undefined;
  }
  try {
    await download();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    say(`Electron ${DECLARED_VERSION} could not be downloaded: ${reason}.`);
    mkdirSync(cacheFolder, { recursive: true });
    writeFileSync(note, `${new Date().toISOString()} ${reason}\n`);
  }
  return findInstalled();
}

/** The installer writes the executable's name last, and only when everything is in its place. */
function findInstalled() {
  try {
    const name = readFileSync(path.join(folder, 'path.txt'), 'utf8');
    const version = readFileSync(path.join(folder, 'dist/version'), 'utf8').replace(/^v/, '');
    const executable = path.join(folder, 'dist', name);
    return version === DECLARED_VERSION && existsSync(executable) ? executable : undefined;
  } catch {
    return undefined;
  }
}

/** @param {string} file */
function isRecent(file) {
  return existsSync(file) && Date.now() - statSync(file).mtimeMs < REMEMBER_MS;
}

async function download() {
  const temp = mkdtempSync(path.join(os.tmpdir(), 'sluice-electron-'));
  const look = () => ({ done: Math.round(sizeOf(temp) / 1e6), unit: ' MB' });
  try {
    await withProgress(`Downloading Electron ${DECLARED_VERSION}`, look, () => install(temp));
  } finally {
    rmSync(temp, { recursive: true, force: true });
  }
}

/**
 * Runs the installer for as long as bytes arrive. It downloads into the folder for temporary files: giving it one of
 * its own makes the bytes countable.
 * @param {string} temp @returns {Promise<void>}
 */
function install(temp) {
  const env = { ...process.env, TMPDIR: temp, TMP: temp, TEMP: temp };
  const child = spawn(pinnedNode(), [path.join(folder, 'install.js')], { env, stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.on('data', (chunk) => (said += chunk));
  return new Promise((resolve, reject) => {
    const watch = watchBytes(temp, (reason) => {
      said = `Error: ${reason}`;
      child.kill('SIGKILL');
    });
    child.on('error', reject);
    child.on('close', (code) => {
      clearInterval(watch);
      if (code === 0 && findInstalled()) resolve();
      else reject(new Error(firstReason(said)));
    });
  });
}

/** @param {string} temp @param {(reason: string) => void} giveUp */
function watchBytes(temp, giveUp) {
  const started = Date.now();
  let [size, moved] = [0, started];
  return setInterval(() => {
    const now = Date.now();
    const grown = sizeOf(temp) + sizeOf(path.join(folder, 'dist'));
    if (grown !== size) [size, moved] = [grown, now];
    if (now - moved > STALLED_MS) giveUp(`no byte arrived for ${STALLED_MS / 1000} s`);
    else if (now - started > TOTAL_MS) giveUp(`not done after ${TOTAL_MS / 1000} s`);
  }, LOOK_MS);
}

/** @param {string} text the installer's stack trace */
function firstReason(text) {
  const cause = /(?:cause|code): (.*)/.exec(text)?.[1] ?? /Error: (.*)/.exec(text)?.[1];
  return (cause ?? 'its installer failed')
    .trim()
    .replace(/[{.,]+$/, '')
    .trim();
}

/** Bytes below a folder, as far as they can be seen: files come and go meanwhile. @param {string} top @returns {number} */
function sizeOf(top) {
  try {
    const stats = readdirSync(top, { recursive: true }).map((name) => statSync(path.join(top, String(name))));
    return stats.reduce((sum, stat) => sum + (stat.isFile() ? stat.size : 0), 0);
  } catch {
    return 0;
  }
}
