import { ensureLibraries } from './lib/debian.mjs';
import { root } from './lib/paths.mjs';
import { say } from './lib/say.mjs';
import { ensureFallback, FALLBACK_VERSION } from './electron/fallback.mjs';
import { DECLARED_VERSION, ensureOfficial } from './electron/official.mjs';

/**
 * @typedef {object} ElectronLaunch how to start the window, the same for `npm start`, the tests and Playwright
 * @property {string} executablePath
 * @property {string[]} args switches of Chromium, then the app's folder; the app's own arguments follow after it
 * @property {Record<string, string>} env to be added to the environment
 * @property {string} version of Electron
 * @property {boolean} fallback whether it is the older Electron that is for development and tests only
 */

/**
 * Brings the Electron that runs on this machine: the declared version, or the fallback where that cannot be had.
 * Quick when it lies there already.
 * @param {{ app?: string, quiet?: boolean }} [options] `app` is another app's folder or .cjs file (for tests);
 *   `quiet` leaves out the lines that tell which Electron it is
 * @returns {Promise<ElectronLaunch>}
 */
export async function resolveElectron({ app = root, quiet = false } = {}) {
  const official = await ensureOfficial({ quiet });
  const found = official
    ? { executablePath: official, version: DECLARED_VERSION, fallback: false }
    : { executablePath: await ensureFallback(), version: FALLBACK_VERSION, fallback: true };
  await ensureLibraries(found.executablePath);
  const switches = sandboxSwitches();
  if (!quiet) tell(found, switches);
  return { ...found, args: [...switches, app], env: environment(found.fallback, app) };
}

/** Chromium refuses to start its sandbox as root, so root goes without. @returns {string[]} */
function sandboxSwitches() {
  return process.getuid?.() === 0 ? ['--no-sandbox'] : [];
}

/** @param {boolean} fallback @param {string} app @returns {Record<string, string>} */
function environment(fallback, app) {
  // The fallback cannot be told its app on the command line: see electron/bootstrap.cjs.
  return fallback ? { SLUICE_ELECTRON_FALLBACK: '1', SLUICE_APP_ROOT: app } : {};
}

/** @param {{ version: string, fallback: boolean }} electron @param {string[]} switches */
function tell({ version, fallback }, switches) {
  if (fallback) {
    say(`Electron: ${DECLARED_VERSION} cannot be had here, using ${version}: for development and tests only.`);
  } else {
    say(`Electron: ${version}.`);
  }
  if (switches.length > 0) say('Running as root: Chromium starts without its sandbox (--no-sandbox).');
}
