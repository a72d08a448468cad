import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { stageApp } from '../lib/stage.mjs';
import { resolveElectron } from '../electron.mjs';

const NOBODY = 65534;

/** @typedef {import('../electron.mjs').ElectronLaunch & { home: string }} UserLaunch `home` is a folder of the user's own */

/**
 * Lays out Electron and the app where an ordinary user can read them, and says how to start them as that user: so that
 * a test that runs as root can see the window with Chromium's real sandbox. Who is no root already gets the usual launch.
 * @param {string} folder a new folder that every user can reach, below /tmp for instance
 * @returns {Promise<UserLaunch>}
 */
export async function launchAsOrdinaryUser(folder) {
  const home = path.join(folder, 'home');
  mkdirSync(home, { recursive: true });
  if (process.getuid?.() !== 0) return { ...(await resolveElectron({ quiet: true })), home };
  chmodSync(folder, 0o755);
  chownSync(home, NOBODY, NOBODY);
  const app = path.join(folder, 'app');
  stageApp(app);
  const electron = await resolveElectron({ app, quiet: true });
  const executablePath = path.join(folder, 'electron-as-nobody');
  const copy = copyElectron(path.dirname(electron.executablePath), path.join(folder, 'electron'));
  writeFileSync(executablePath, asNobody(path.join(copy, path.basename(electron.executablePath))), { mode: 0o755 });
  return { ...electron, executablePath, args: [app], env: { ...electron.env, ...userEnvironment(home) }, home };
}

/** Hard links where they are possible: an Electron is 230 MB. @param {string} from @param {string} to */
function copyElectron(from, to) {
  if (spawnSync('cp', ['-al', from, to]).status !== 0) {
    rmSync(to, { recursive: true, force: true });
    cpSync(from, to, { recursive: true, verbatimSymlinks: true });
  }
  chmodSync(to, 0o755);
  if (!userNamespacesWork()) grantSetuid(path.join(to, 'chrome-sandbox'));
  return to;
}

/** Chromium's other way to a sandbox. On a copy, so that the cached file keeps its rights. @param {string} helper */
function grantSetuid(helper) {
  copyFileSync(helper, `${helper}.own`);
  renameSync(`${helper}.own`, helper);
  chownSync(helper, 0, 0);
  chmodSync(helper, 0o4755);
}

function userNamespacesWork() {
  return spawnSync('setpriv', [...identity(), 'unshare', '-U', 'true']).status === 0;
}

const identity = () => [`--reuid=${NOBODY}`, `--regid=${NOBODY}`, '--clear-groups'];

/** A launcher, because Playwright starts one file and knows no user. @param {string} executable */
const asNobody = (executable) => `#!/bin/sh\nexec setpriv ${identity().join(' ')} '${executable}' "$@"\n`;

/** The key to the screen is readable only by who started it. @param {string} home @returns {Record<string, string>} */
function userEnvironment(home) {
  const own = { HOME: home, XDG_RUNTIME_DIR: home, XDG_CONFIG_HOME: '', XDG_DATA_HOME: '', XDG_CACHE_HOME: '' };
  const key = process.env['XAUTHORITY'];
  if (!key || !existsSync(key)) return own;
  const copy = path.join(home, '.Xauthority');
  copyFileSync(key, copy);
  chownSync(copy, NOBODY, NOBODY);
  return { ...own, XAUTHORITY: copy };
}
