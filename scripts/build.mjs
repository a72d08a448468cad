/**
 * `npm run build`: bundles every entry of `entries.mjs` whose sources have changed since it was last built.
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { ENTRIES } from './lib/entries.mjs';
import { inRoot, pinnedNode, readJson } from './lib/paths.mjs';
import { run } from './lib/run.mjs';
import { fail, say, withProgress } from './lib/say.mjs';

const stampFile = inRoot('dist/.built.json');
const SHARED = [
  'package-lock.json',
  'vite.config.ts',
  'tsconfig.json',
  'scripts/lib/entries.mjs',
  'scripts/lib/failpoints.mjs',
];

if (process.argv[1] === fileURLToPath(import.meta.url)) await build().catch(fail);

/**
 * Builds what is out of date; an entry whose source is not written yet is left out.
 * @param {string[]} [only] the names of the entries; all of them when left out
 */
export async function build(only) {
  const entries = ENTRIES.filter(({ name, source }) => (only?.includes(name) ?? true) && existsSync(inRoot(source)));
  const hashes = Object.fromEntries(entries.map((entry) => [entry.name, hashOf(entry)]));
  const built = readJson(stampFile) ?? {};
  const stale = entries.filter(
    ({ name, output }) => hashes[name] && !(built[name] === hashes[name] && existsSync(inRoot(output))),
  );
  if (stale.length === 0) {
    say('Bundles: nothing has changed.');
    return;
  }
  const names = stale.map((entry) => entry.name);
  await withProgress(
    `Building ${names.join(', ')}`,
    () => undefined,
    () => run(pinnedNode(), [inRoot('scripts/lib/bundle.mjs'), ...names]),
  );
  mkdirSync(path.dirname(stampFile), { recursive: true });
  writeFileSync(stampFile, JSON.stringify({ ...built, ...hashes }));
}

/** All that a bundle is made of. @param {import('./lib/entries.mjs').Entry} entry */
function hashOf(entry) {
  const hash = createHash('sha256');
  for (const file of [...SHARED, ...entry.folders.flatMap(listFiles)])
    hash.update(`${file}\n`).update(readFileSync(inRoot(file)));
  return hash.digest('hex');
}

/** @param {string} folder @returns {string[]} */
function listFiles(folder) {
  if (!existsSync(inRoot(folder))) return [];
  const paths = readdirSync(inRoot(folder), { recursive: true }).map((name) => `${folder}/${name}`);
  return paths.filter((file) => statSync(inRoot(file)).isFile()).sort();
}
